#include "gui/views/changes_pane.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

/// Equal lines that stay beside a change.
constexpr std::ptrdiff_t kBeside = 3;
/// A run that is not longer than this is not worth folding.
constexpr std::ptrdiff_t kShortest = 2 * kBeside + 2;

}  // namespace

std::string code_of(const Variant& variant) {
  const std::size_t end = variant.source.find("*/");
  if (end == std::string::npos) return variant.source;
  const std::size_t line = variant.source.find('\n', end);
  return line == std::string::npos ? std::string() : variant.source.substr(line + 1);
}

void ChangesPane::show(const Variant& before, const Variant& after) {
  if (before_ == before.source && after_ == after.source && !rows_.empty()) return;
  before_ = before.source;
  after_ = after.source;
  rows_.clear();
  const std::vector<DiffLine> lines = diff_lines(code_of(before), code_of(after));
  added_ = static_cast<int>(std::ranges::count(lines, LineFate::added, &DiffLine::fate));
  removed_ = static_cast<int>(std::ranges::count(lines, LineFate::removed, &DiffLine::fate));
  for (auto begin = lines.begin(); begin != lines.end();) {
    const auto end = std::find_if(begin, lines.end(), [&](const DiffLine& line) { return line.fate != begin->fate; });
    const auto lead = begin == lines.begin() ? 0 : kBeside;
    const auto tail = end == lines.end() ? 0 : kBeside;
    const bool folds = begin->fate == LineFate::same && end - begin > kShortest;
    for (auto line = begin; line != end; ++line) {
      if (folds && line - begin >= lead && end - line > tail) {
        rows_.push_back({{}, static_cast<int>(end - begin - lead - tail)});
        line = end - tail - 1;
        continue;
      }
      rows_.push_back({*line, 0});
    }
    begin = end;
  }
}

void ChangesPane::draw(const Theme& theme, ImVec2 size) const {
  if (ImGui::BeginChild("##changes", size, ImGuiChildFlags_None, ImGuiWindowFlags_HorizontalScrollbar)) {
    ImGui::PushFont(theme.fonts.figures, text_size::small);
    const float height = ImGui::GetTextLineHeight();
    const float gutter = std::ceil(ImGui::CalcTextSize("0000 0000 + ").x);
    const float wide = std::max(ImGui::GetContentRegionAvail().x, 1.0F);
    ImDrawList* list = ImGui::GetWindowDrawList();
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0.0F, 0.0F});
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(rows_.size()), height);
    while (clipper.Step()) {
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        const Row& row = rows_[static_cast<std::size_t>(i)];
        const ImVec2 at = ImGui::GetCursorScreenPos();
        if (row.folded > 0) {
          text_in(theme.fonts.figures, text_size::small, theme.quiet,
                  fmt::format("          ⋯ {} equal lines", row.folded));
          continue;
        }
        const DiffLine& line = row.line;
        const bool same = line.fate == LineFate::same;
        const Tint& tint = line.fate == LineFate::added ? theme.pass : theme.wrong;
        const float scroll = ImGui::GetScrollX();
        if (!same) {
          list->AddRectFilled({at.x + scroll, at.y}, {at.x + scroll + wide, at.y + height}, packed(tint.ground));
        }
        const auto number = [](int of) { return of > 0 ? fmt::format("{:4}", of) : std::string("    "); };
        const char mark = same ? ' ' : line.fate == LineFate::added ? '+' : '-';
        text_in(theme.fonts.figures, text_size::small, same ? theme.quiet : tint.ink,
                fmt::format("{} {} {}", number(line.before), number(line.after), mark));
        ImGui::SameLine(0.0F, 0.0F);
        ImGui::SetCursorScreenPos({at.x + gutter, at.y});
        text_in(theme.fonts.figures, text_size::small, same ? theme.text : tint.ink,
                line.text.empty() ? " " : line.text);
      }
    }
    ImGui::PopStyleVar();
    ImGui::PopFont();
  }
  ImGui::EndChild();
}

}  // namespace knobscope::gui
