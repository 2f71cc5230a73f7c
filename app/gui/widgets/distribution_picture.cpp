#include "gui/widgets/distribution_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "gui/widgets/focus.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

struct Words {
  const char* caption;
  const char* help;
};

Words words_of(DistributionKind kind) {
  switch (kind) {
    case DistributionKind::uniform:
      return {"uniform", "Uniform in [0, 1)."};
    case DistributionKind::normal:
      return {"normal", "Mean 0, sigma 1."};
    case DistributionKind::offset:
      return {"offset", "A mean far from 0: E[x²] − E[x]² loses its digits."};
    case DistributionKind::constant_rows:
      return {"constant", "Every element of a row is equal: the variance is 0."};
    case DistributionKind::outlier:
      return {"outlier", "Normal, and one element of each row is 10 000."};
    case DistributionKind::nonfinite:
      return {"Inf/NaN", "Normal, and one row holds an Inf and a NaN. Other rows must not notice."};
  }
  return {"?", ""};
}

/// A bell over [0, 1] with its middle at `middle`.
float bell(float x, float middle, float width) {
  const float z = (x - middle) / width;
  return std::exp(-0.5F * z * z);
}

void curve(ImDrawList* list, ImVec2 at, ImVec2 size, ImU32 color, float weight, float middle, float width) {
  constexpr int steps = 24;
  for (int i = 0; i <= steps; ++i) {
    const float x = static_cast<float>(i) / static_cast<float>(steps);
    list->PathLineTo({at.x + size.x * x, at.y + size.y * (1.0F - bell(x, middle, width) * 0.95F)});
  }
  list->PathStroke(color, weight);
}

void draw_picture(ImDrawList* list, const Theme& theme, ImVec2 at, ImVec2 size, DistributionKind kind, ImU32 ink) {
  const float weight = std::max(1.0F, 1.25F * theme.scale);
  const float bottom = at.y + size.y;
  const float right = at.x + size.x;
  switch (kind) {
    case DistributionKind::uniform: {
      const std::array<ImVec2, 4> p = {ImVec2{at.x, bottom}, ImVec2{at.x, at.y + size.y * 0.25F},
                                       ImVec2{right, at.y + size.y * 0.25F}, ImVec2{right, bottom}};
      list->AddPolyline(p.data(), static_cast<int>(p.size()), ink, weight);
      break;
    }
    case DistributionKind::normal:
      curve(list, at, size, ink, weight, 0.5F, 0.16F);
      break;
    case DistributionKind::offset:
      list->AddLine({at.x, at.y}, {at.x, bottom}, ink, weight);
      curve(list, at, size, ink, weight, 0.78F, 0.1F);
      break;
    case DistributionKind::constant_rows:
      list->AddLine({at.x + size.x * 0.5F, at.y}, {at.x + size.x * 0.5F, bottom}, ink, weight * 1.5F);
      list->AddLine({at.x, bottom}, {right, bottom}, ink, weight * 0.75F);
      break;
    case DistributionKind::outlier:
      curve(list, at, {size.x * 0.72F, size.y}, ink, weight, 0.5F, 0.18F);
      list->AddLine({right - weight, at.y + size.y * 0.6F}, {right - weight, bottom}, ink, weight * 1.5F);
      break;
    case DistributionKind::nonfinite: {
      curve(list, at, {size.x * 0.62F, size.y}, ink, weight, 0.5F, 0.18F);
      const float arm = size.y * 0.2F;
      const ImVec2 c = {right - arm - weight, at.y + size.y * 0.5F};
      list->AddLine({c.x - arm, c.y - arm}, {c.x + arm, c.y + arm}, ink, weight);
      list->AddLine({c.x - arm, c.y + arm}, {c.x + arm, c.y - arm}, ink, weight);
      break;
    }
  }
}

bool moved_by(int steps, DistributionKind& kind) {
  const auto at = std::ranges::find(kDistributionKinds, kind) - kDistributionKinds.begin();
  const auto last = static_cast<std::ptrdiff_t>(kDistributionKinds.size()) - 1;
  const DistributionKind before = kind;
  kind = kDistributionKinds.at(static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(at + steps, 0, last)));
  return kind != before;
}

}  // namespace

bool distribution_pictures(const Theme& theme, const char* id, DistributionKind& kind) {
  const float gap = theme.px(4.0F);
  const auto count = static_cast<float>(kDistributionKinds.size());
  const float width = std::floor((ImGui::GetContentRegionAvail().x - gap * (count - 1.0F)) / count);
  const float caption = text_size::caption * theme.scale;
  // Captions stand below the pictures only where the widest fits: a cut word helps nobody, the tooltip does.
  const bool captions = text_width(theme.fonts.words, text_size::caption, "constant") + theme.px(4.0F) <= width;
  const float height = theme.px(captions ? 28.0F : 32.0F) + (captions ? caption + theme.px(4.0F) : 0.0F);

  ImGui::PushID(id);
  ImGui::BeginGroup();
  const FocusStop stop = focus_stop("keys", ImGui::GetCursorScreenPos(), {(width + gap) * count - gap, height});
  bool changed = false;
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (std::size_t i = 0; i < kDistributionKinds.size(); ++i) {
    const DistributionKind each = kDistributionKinds[i];
    if (i > 0) ImGui::SameLine(0.0F, gap);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    if (ImGui::InvisibleButton(name_of(each).data(), {width, height}) && kind != each) {
      kind = each;
      changed = true;
    }
    if (ImGui::IsItemActivated()) focus_on(stop);
    const bool chosen = kind == each;
    const bool hovered = ImGui::IsItemHovered();
    const ImVec2 end = {at.x + width, at.y + height};
    const float rounding = theme.px(corner::control);
    list->AddRectFilled(at, end, packed(chosen || hovered ? theme.raised : theme.sunken), rounding);
    list->AddRect(at, end, packed(chosen ? theme.accent : theme.faint_line), rounding);
    const ImVec4& ink = chosen ? theme.accent : theme.quiet;
    const ImVec2 picture = {std::min(width - theme.px(12.0F), theme.px(28.0F)), theme.px(16.0F)};
    draw_picture(list, theme, {at.x + std::floor((width - picture.x) * 0.5F), at.y + theme.px(8.0F)}, picture, each,
                 packed(ink));
    const Words words = words_of(each);
    if (captions) {
      const float wide = text_width(theme.fonts.words, text_size::caption, words.caption);
      list->AddText(theme.fonts.words, caption,
                    {at.x + std::floor((width - wide) * 0.5F), end.y - caption - theme.px(4.0F)},
                    packed(chosen ? theme.strong : theme.quiet), words.caption);
    }
    if (hovered && begin_tip(theme)) {
      text_in(theme.fonts.strong, text_size::body, theme.strong, words.caption);
      text_in(theme.fonts.words, text_size::small, theme.text, words.help);
      end_tip();
    }
  }
  if (stop.focused) changed = moved_by(take_arrows(stop.id, false).right, kind) || changed;
  ImGui::EndGroup();
  ImGui::PopID();
  return changed;
}

}  // namespace knobscope::gui
