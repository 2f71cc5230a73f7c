#include "gui/views/changes_pane.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

/// Equal lines that stay beside a change.
constexpr std::ptrdiff_t kBeside = 3;
/// A run that is not longer than this is not worth folding.
constexpr std::ptrdiff_t kShortest = 2 * kBeside + 2;

/// Width on screen of the first `bytes` of a line, in the font at hand.
float width_to(const std::string& line, std::size_t bytes) {
  return ImGui::CalcTextSize(line.data(), line.data() + std::min(bytes, line.size())).x;
}

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
  const std::string old_code = code_of(before);
  const std::string new_code = code_of(after);
  const std::vector<DiffLine> lines = diff_lines(old_code, new_code);
  const std::vector<std::vector<TextPart>> changed = changes_within(lines);
  const std::vector<std::vector<CodePiece>> old_pieces = code_pieces(old_code);
  const std::vector<std::vector<CodePiece>> new_pieces = code_pieces(new_code);
  const auto row_of = [&](const DiffLine& line) {
    const bool is_old = line.fate == LineFate::removed;
    const auto number = static_cast<std::size_t>((is_old ? line.before : line.after) - 1);
    return Row{line, (is_old ? old_pieces : new_pieces).at(number),
               changed[static_cast<std::size_t>(&line - lines.data())]};
  };
  added_ = static_cast<int>(std::ranges::count(lines, LineFate::added, &DiffLine::fate));
  removed_ = static_cast<int>(std::ranges::count(lines, LineFate::removed, &DiffLine::fate));
  for (auto begin = lines.begin(); begin != lines.end();) {
    const auto end = std::find_if(begin, lines.end(), [&](const DiffLine& line) { return line.fate != begin->fate; });
    const auto lead = begin == lines.begin() ? 0 : kBeside;
    const auto tail = end == lines.end() ? 0 : kBeside;
    const bool folds = begin->fate == LineFate::same && end - begin > kShortest;
    for (auto line = begin; line != end; ++line) {
      if (folds && line - begin >= lead && end - line > tail) {
        rows_.push_back({{}, {}, {}, static_cast<int>(end - begin - lead - tail)});
        line = end - tail - 1;
        continue;
      }
      rows_.push_back(row_of(*line));
    }
    begin = end;
  }
}

void ChangesPane::draw_row(const Theme& theme, const Row& row, ImVec2 at, float gutter, float wide) {
  const DiffLine& line = row.line;
  const bool same = line.fate == LineFate::same;
  const bool added = line.fate == LineFate::added;
  const float height = ImGui::GetTextLineHeight();
  const ImVec2 text_at = {at.x + gutter, at.y};
  ImDrawList* list = ImGui::GetWindowDrawList();
  const auto write = [list](ImVec2 where, const ImVec4& ink, const char* begin, const char* end) {
    list->AddText(where, packed(ink), begin, end);
  };
  if (!same) {
    const ChangedGround& ground = added ? theme.added : theme.removed;
    const float left = at.x + ImGui::GetScrollX();
    list->AddRectFilled({left, at.y}, {left + wide, at.y + height}, packed(ground.line));
    for (const TextPart& part : row.changed) {
      list->AddRectFilled({text_at.x + width_to(line.text, part.begin), at.y},
                          {text_at.x + width_to(line.text, part.end), at.y + height}, packed(ground.words),
                          theme.px(2.0F));
    }
  }
  const auto number = [](int of) { return of > 0 ? fmt::format("{:4}", of) : std::string("    "); };
  const char mark = same ? ' ' : added ? '+' : '-';
  const std::string head = fmt::format("{} {} {}", number(line.before), number(line.after), mark);
  write(at, same ? theme.quiet : (added ? theme.pass : theme.wrong).ink, head.data(), head.data() + head.size());
  for (const CodePiece& piece : row.pieces) {
    write({text_at.x + width_to(line.text, piece.begin), at.y}, ink_of(theme, piece.kind),
          line.text.data() + piece.begin, line.text.data() + std::min(piece.end, line.text.size()));
  }
  ImGui::Dummy({gutter + width_to(line.text, line.text.size()), height});
}

void ChangesPane::draw(const Theme& theme, ImVec2 size) const {
  if (ImGui::BeginChild("##changes", size, ImGuiChildFlags_None, ImGuiWindowFlags_HorizontalScrollbar)) {
    ImGui::PushFont(theme.fonts.figures, text_size::small);
    const float gutter = std::ceil(ImGui::CalcTextSize("0000 0000 + ").x);
    const float wide = std::max(ImGui::GetContentRegionAvail().x, 1.0F);
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0.0F, 0.0F});
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(rows_.size()), ImGui::GetTextLineHeight());
    while (clipper.Step()) {
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        const Row& row = rows_[static_cast<std::size_t>(i)];
        if (row.folded > 0) {
          text_in(theme.fonts.figures, text_size::small, theme.quiet,
                  fmt::format("          ⋯ {} equal lines", row.folded));
        } else {
          draw_row(theme, row, ImGui::GetCursorScreenPos(), gutter, wide);
        }
      }
    }
    ImGui::PopStyleVar();
    ImGui::PopFont();
  }
  ImGui::EndChild();
}

}  // namespace knobscope::gui
