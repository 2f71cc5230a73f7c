#include "gui/views/findings_list.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/views/source_marks.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/meter.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

constexpr float kTitle = 28.0F;  // design pixels of the title row
constexpr float kPad = 8.0F;
constexpr float kGap = 4.0F;

float height_of(ImFont* font, float size, std::string_view text, float width) {
  ImGui::PushFont(font, size);
  const float height = ImGui::CalcTextSize(text.data(), text.data() + text.size(), false, width).y;
  ImGui::PopFont();
  return height;
}

void draw_text(ImFont* font, float size, const ImVec4& color, ImVec2 at, std::string_view text, float width) {
  ImGui::PushFont(font, size);
  ImGui::GetWindowDrawList()->AddText(ImGui::GetFont(), ImGui::GetFontSize(), at, packed(color), text.data(),
                                      text.data() + text.size(), width);
  ImGui::PopFont();
}

/// The mark of what folds: pointing down while it is open.
void draw_arrow(const Theme& theme, ImVec2 center, const ImVec4& color, bool folded) {
  const float r = theme.px(4.0F);
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (folded) {
    list->AddTriangleFilled({center.x - r * 0.5F, center.y - r}, {center.x + r, center.y},
                            {center.x - r * 0.5F, center.y + r}, packed(color));
  } else {
    list->AddTriangleFilled({center.x - r, center.y - r * 0.5F}, {center.x + r, center.y - r * 0.5F},
                            {center.x, center.y + r}, packed(color));
  }
}

float inner_width(const Theme& theme, float width) { return width - theme.px(kPad) * 2.0F - theme.px(4.0F); }

/// Small lines of a card, in their order.
std::vector<std::string> lines_of(const FindingDetails& details) {
  std::vector<std::string> lines;
  for (const std::string* line : {&details.who, &details.within, &details.other}) {
    if (!line->empty()) lines.push_back(*line);
  }
  return lines;
}

float card_height(const Theme& theme, const Finding& finding, const std::string& id, float width) {
  const float inside = inner_width(theme, width);
  float height = theme.px(kPad) * 2.0F + badge_size(theme, {}, "x").y + theme.px(kGap);
  height += height_of(theme.fonts.words, text_size::body, finding.message, inside);
  for (const std::string& line : lines_of(details_of(finding, id))) {
    height += theme.px(2.0F) + height_of(theme.fonts.words, text_size::small, line, inside);
  }
  return std::ceil(height);
}

struct CardClick {
  bool card = false;
  bool other = false;
};

CardClick draw_card(const Theme& theme, const Finding& finding, const std::string& id, bool chosen) {
  const float width = ImGui::GetContentRegionAvail().x;
  const float inside = inner_width(theme, width);
  const float height = card_height(theme, finding, id, width);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool leads = line_in(finding, id).has_value();
  ImDrawList* list = ImGui::GetWindowDrawList();
  CardClick click;
  ImGui::SetNextItemAllowOverlap();
  click.card = ImGui::InvisibleButton("show", {width, height}, ImGuiButtonFlags_EnableNav) && leads;
  const bool hovered = ImGui::IsItemHovered();
  if (chosen || hovered) {
    list->AddRectFilled(at, {at.x + width, at.y + height}, packed(theme.raised, chosen ? 1.0F : 0.6F),
                        theme.px(corner::control));
  }
  if (chosen) {
    list->AddRectFilled({at.x, at.y + theme.px(8.0F)}, {at.x + theme.px(2.0F), at.y + height - theme.px(8.0F)},
                        packed(theme.accent), theme.px(1.0F));
  }
  const float left = at.x + theme.px(kPad);
  const float right = at.x + width - theme.px(kPad);
  float y = at.y + theme.px(kPad);
  const std::string_view kind = name_of(finding.kind);
  const ImVec2 pill = badge_size(theme, {}, kind);
  draw_badge(list, theme, {left, y}, theme.wrong, {}, kind);
  const float scaled = text_size::small * theme.scale;
  const float middle = y + std::floor((pill.y - scaled) * 0.5F);
  float head_right = right;
  if (finding.count > 1) {
    const std::string count = fmt::format("{} ×", format_count(finding.count));
    head_right -= text_width(theme.fonts.figures, text_size::small, count);
    draw_text(theme.fonts.figures, text_size::small, theme.quiet, {std::floor(head_right), middle}, count, 0.0F);
    head_right -= theme.px(8.0F);
  }
  const float place_left = left + pill.x + theme.px(8.0F);
  const std::string place = shortened(theme.fonts.strong_figures, text_size::small, place_text(finding.at, id),
                                      std::max(head_right - place_left, 0.0F));
  draw_text(theme.fonts.strong_figures, text_size::small, leads ? theme.strong : theme.quiet, {place_left, middle},
            place, 0.0F);
  y += pill.y + theme.px(kGap);
  draw_text(theme.fonts.words, text_size::body, theme.text, {left, y}, finding.message, inside);
  y += height_of(theme.fonts.words, text_size::body, finding.message, inside);
  const FindingDetails details = details_of(finding, id);
  for (const std::string& line : lines_of(details)) {
    y += theme.px(2.0F);
    const float high = height_of(theme.fonts.words, text_size::small, line, inside);
    const bool to_other = line == details.other && finding.other_at.file == id && finding.other_at.line > 0;
    bool over = false;
    if (to_other) {
      ImGui::SetCursorScreenPos({left, y});
      click.other = ImGui::InvisibleButton("show other", {std::max(inside, 1.0F), high}, ImGuiButtonFlags_EnableNav);
      over = ImGui::IsItemHovered();
    }
    draw_text(theme.fonts.words, text_size::small, over ? theme.accent : theme.quiet, {left, y}, line, inside);
    y += high;
  }
  if ((hovered && leads) || click.other) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  ImGui::SetCursorScreenPos({at.x, at.y + height});
  ImGui::Dummy({width, 0.0F});
  return click;
}

/// What stands where there is no card.
struct Standing {
  ImVec4 color;
  std::string mark;
  std::string text;
};

Standing standing_of(const Theme& theme, const FindingsOf& of) {
  if (of.live && !of.point) {
    std::string text = fmt::format("{} …", name_of(of.live->phase));
    if (of.live->done) text = fmt::format("{} {}", name_of(of.live->phase), format_percent(of.live->done));
    return {theme.quiet, {}, "playing: " + text};
  }
  if (!of.point) return {theme.quiet, {}, "not played yet with these settings"};
  switch (of.point->verdict) {
    // The reason stands in the band above the source.
    case Verdict::failed:
      return {
          theme.quiet, {}, of.point->compile_log.empty() ? "not played to the end" : "not played: it does not compile"};
    case Verdict::unfit:
      return {theme.quiet, {}, "not played: it does not fit"};
    case Verdict::wrong:
    case Verdict::invalid:
      return {theme.noisy.ink, "!", watched_sentence(of.thorough) + "; yet the output is wrong"};
    case Verdict::pass:
    case Verdict::noisy:
    case Verdict::throttled:
      break;
  }
  return {theme.pass.ink, "✓", watched_sentence(of.thorough)};
}

float mark_width(const Theme& theme, const Standing& standing) {
  if (standing.mark.empty()) return 0.0F;
  return text_width(theme.fonts.figures, text_size::body, standing.mark) + theme.px(8.0F);
}

bool has_cards(const FindingsOf& of) { return of.point && !of.point->findings.empty(); }

}  // namespace

std::string watched_sentence(bool thorough) {
  return thorough ? "no findings: bounds, initialisation, races, barriers, lanes and order were watched"
                  : "no findings: bounds, initialisation, barriers and lanes were watched; races and order were not";
}

std::string place_text(const SourcePlace& place, const std::string& id) {
  if (place.file.empty()) return {};
  if (place.line <= 0) return place.file;
  return place.file == id ? fmt::format("line {}", place.line) : fmt::format("{}:{}", place.file, place.line);
}

FindingDetails details_of(const Finding& finding, const std::string& id) {
  FindingDetails details;
  if (finding.who) details.who = format_thread(*finding.who);
  if (!finding.launch.empty()) {
    details.who += (details.who.empty() ? "" : " · ") + fmt::format("{}()", finding.launch);
  }
  if (!finding.within.file.empty()) details.within = "in " + place_text(finding.within, id);
  const std::string where = place_text(finding.other_at, id);
  if (!where.empty() || finding.other_who) {
    details.other = "against " + where;
    if (finding.other_who) details.other += (where.empty() ? "" : ", ") + format_thread(*finding.other_who);
  }
  return details;
}

float FindingsList::wanted_height(const Theme& theme, const FindingsOf& of, float width) const {
  float height = theme.px(kTitle);
  if (folded_) return height;
  if (!has_cards(of)) {
    const Standing standing = standing_of(theme, of);
    const float room = width - mark_width(theme, standing);
    height += height_of(theme.fonts.words, text_size::body, standing.text, room) + theme.px(kPad);
    if (of.live && of.live->done && !of.point) height += theme.px(12.0F);
    return std::ceil(height);
  }
  for (const Finding& finding : of.point->findings) height += card_height(theme, finding, of.variant, width);
  return height + theme.px(kPad);
}

std::optional<int> FindingsList::draw(const Theme& theme, const FindingsOf& of, float most_height) {
  const float width = ImGui::GetContentRegionAvail().x;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddLine(at, {at.x + width, at.y}, packed(theme.faint_line), std::max(1.0F, theme.px(1.0F)));
  if (ImGui::InvisibleButton("fold findings", {std::max(width, 1.0F), theme.px(kTitle)}, ImGuiButtonFlags_EnableNav)) {
    folded_ = !folded_;
  }
  const ImVec4& ink = ImGui::IsItemHovered() ? theme.text : theme.quiet;
  const float caption = text_size::caption * theme.scale;
  const float title_y = at.y + std::floor((theme.px(kTitle) - caption) * 0.5F);
  draw_arrow(theme, {at.x + theme.px(4.0F), at.y + std::floor(theme.px(kTitle) * 0.5F)}, ink, folded_);
  draw_text(theme.fonts.strong, text_size::caption, ink, {at.x + theme.px(16.0F), title_y}, "FINDINGS", 0.0F);
  std::string note = of.thorough ? "thorough" : "quick";
  if (has_cards(of)) {
    const std::size_t count = of.point->findings.size();
    note = fmt::format("{} {} · {}", count, count == 1 ? "finding" : "findings", note);
  }
  const float note_left = at.x + width - text_width(theme.fonts.words, text_size::small, note);
  const float small = text_size::small * theme.scale;
  draw_text(theme.fonts.words, text_size::small, has_cards(of) ? theme.wrong.ink : theme.quiet,
            {std::floor(note_left), at.y + std::floor((theme.px(kTitle) - small) * 0.5F)}, note, 0.0F);
  ImGui::SetCursorScreenPos({at.x, at.y + theme.px(kTitle)});
  if (folded_) return std::nullopt;

  if (!has_cards(of)) {
    const Standing standing = standing_of(theme, of);
    const ImVec2 start = ImGui::GetCursorScreenPos();
    draw_text(theme.fonts.figures, text_size::body, standing.color, start, standing.mark, 0.0F);
    const float indent = mark_width(theme, standing);
    draw_text(theme.fonts.words, text_size::body, standing.color, {start.x + indent, start.y}, standing.text,
              width - indent);
    const float high = height_of(theme.fonts.words, text_size::body, standing.text, width - indent);
    ImGui::Dummy({width, high});
    if (of.live && of.live->done && !of.point) meter(theme, of.live->done, theme.accent, {width, theme.px(4.0F)});
    return std::nullopt;
  }

  if (chosen_of_ != of.point) chosen_.reset();
  std::optional<int> go_to;
  const float height = std::max(most_height - theme.px(kTitle), theme.px(48.0F));
  if (ImGui::BeginChild("findings", {0.0F, height}, ImGuiChildFlags_NavFlattened)) {
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0.0F, 0.0F});
    for (std::size_t i = 0; i < of.point->findings.size(); ++i) {
      const Finding& finding = of.point->findings[i];
      ImGui::PushID(static_cast<int>(i));
      const CardClick click = draw_card(theme, finding, of.variant, chosen_ == i);
      ImGui::PopID();
      if (!click.card && !click.other) continue;
      chosen_ = i;
      chosen_of_ = of.point;
      go_to = click.other ? finding.other_at.line : finding.at.line;
    }
    ImGui::PopStyleVar();
  }
  ImGui::EndChild();
  return go_to;
}

}  // namespace knobscope::gui
