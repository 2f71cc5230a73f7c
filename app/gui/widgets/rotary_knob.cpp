#include "gui/widgets/rotary_knob.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>

#include <imgui-knobs.h>
#include <imgui_internal.h>

#include "gui/widgets/focus.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

// The dial leaves a quarter open at the bottom, as on a real front panel.
constexpr float kAngleMin = std::numbers::pi_v<float> * 0.75F;
constexpr float kAngleMax = std::numbers::pi_v<float> * 2.25F;
constexpr float kDial = 48.0F;

float dial_size(const Theme& theme, float width) { return std::min(theme.px(kDial), width); }

ImGuiKnobs::KnobColors dial_colors(const Theme& theme) {
  ImGuiKnobs::KnobColors colors;
  colors.primary = ImGuiKnobs::color_set(ImColor(theme.accent));
  colors.secondary = ImGuiKnobs::color_set(ImColor(theme.raised));
  colors.track = ImGuiKnobs::color_set(ImColor(theme.line));
  return colors;
}

void draw_cap(const Theme& theme, ImVec2 center, float radius, float position, bool lit) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float cap = radius * 0.62F;
  list->AddCircleFilled(center, cap, packed(theme.raised));
  list->AddCircle(center, cap, packed(lit ? theme.quiet : theme.line));
  const float angle = kAngleMin + (kAngleMax - kAngleMin) * position;
  const ImVec2 direction = {std::cos(angle), std::sin(angle)};
  list->AddLine({center.x + direction.x * cap * 0.4F, center.y + direction.y * cap * 0.4F},
                {center.x + direction.x * cap * 0.9F, center.y + direction.y * cap * 0.9F}, packed(theme.strong),
                std::max(1.5F, theme.px(2.0F)));
}

/// How many steps up (or down) the wheel asks for.
int wheel_steps(bool hovered) {
  int steps = 0;
  if (hovered) {
    ImGui::SetItemKeyOwner(ImGuiKey_MouseWheelY);
    const float wheel = ImGui::GetIO().MouseWheel;
    if (wheel > 0.0F) ++steps;
    if (wheel < 0.0F) --steps;
  }
  return steps;
}

/// The field that a double-click opens over the value. True when `value` changed.
bool typed_value(const Theme& theme, std::span<const std::int64_t> values, std::int64_t& value, float width,
                 ImGuiID open_key) {
  std::array<char, 24> text{};
  std::to_chars(text.data(), text.data() + text.size() - 1, value);
  ImGuiStorage* storage = ImGui::GetStateStorage();
  const bool opened_now = storage->GetInt(open_key) == 1;
  if (opened_now) {
    ImGui::SetKeyboardFocusHere();
    storage->SetInt(open_key, 2);
  }
  ImGui::PushFont(theme.fonts.strong_figures, text_size::value);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{theme.px(4.0F), 0.0F});
  ImGui::SetNextItemWidth(width);
  const bool entered = ImGui::InputText(
      "##typed", text.data(), text.size(),
      ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll | ImGuiInputTextFlags_CharsDecimal);
  ImGui::PopStyleVar();
  ImGui::PopFont();
  if (!opened_now && (entered || ImGui::IsItemDeactivated())) storage->SetInt(open_key, 0);
  if (!entered) return false;
  const std::optional<std::int64_t> wanted = parse_knob_value(values, text.data());
  if (!wanted || *wanted == value) return false;
  value = *wanted;
  return true;
}

}  // namespace

std::size_t nearest_index(std::span<const std::int64_t> values, std::int64_t value) {
  std::size_t best = 0;
  auto distance = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double d = std::fabs(static_cast<double>(values[i]) - static_cast<double>(value));
    if (d < distance) {
      distance = d;
      best = i;
    }
  }
  return best;
}

std::optional<std::int64_t> parse_knob_value(std::span<const std::int64_t> values, std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size() || values.empty()) return std::nullopt;
  return values[nearest_index(values, number)];
}

float rotary_knob_height(const Theme& theme, float width) {
  return dial_size(theme, width) + std::ceil((text_size::value + text_size::caption) * theme.scale) + theme.px(4.0F);
}

bool rotary_knob(const Theme& theme, const char* id, std::string_view label, std::span<const std::int64_t> values,
                 std::int64_t& value, float width, std::string_view help) {
  if (values.empty()) return false;
  const std::int64_t before = value;
  const std::size_t index = nearest_index(values, value);
  const auto last = static_cast<float>(values.size() - 1);
  const float dial = dial_size(theme, width);
  const ImVec2 at = ImGui::GetCursorScreenPos();

  ImGui::PushID(id);
  ImGui::BeginGroup();
  const ImVec2 dial_at = {at.x + std::floor((width - dial) * 0.5F), at.y};
  ImGui::SetCursorScreenPos(dial_at);
  // "%.0f" makes the drag itself round to whole positions and keep the remainder: that is the snap.
  auto position = static_cast<float>(index);
  ImGui::BeginDisabled(values.size() < 2);
  const FocusStop stop = focus_stop("keys", dial_at, {dial, dial});
  ImGuiKnobs::SetKnobColors(dial_colors(theme));
  if (ImGuiKnobs::Knob("dial", &position, 0.0F, std::max(last, 1.0F), std::max(last, 1.0F) / 160.0F, "%.0f",
                       ImGuiKnobVariant_WiperOnly, dial / ImGui::GetStyle().FontScaleMain,
                       ImGuiKnobFlags_NoTitle | ImGuiKnobFlags_NoInput | ImGuiKnobFlags_AlwaysClamp, 10, kAngleMin,
                       kAngleMax)) {
    value = values[static_cast<std::size_t>(std::clamp(position, 0.0F, last))];
  }
  ImGuiKnobs::UnsetKnobColors();
  const bool hovered = ImGui::IsItemHovered();
  if (ImGui::IsItemActivated()) focus_on(stop);
  int steps = values.size() > 1 ? wheel_steps(hovered) : 0;
  if (stop.focused && values.size() > 1) {
    const ArrowSteps arrows = take_arrows(stop.id);
    steps += arrows.right - arrows.down;
  }
  ImGui::EndDisabled();
  if (steps != 0) {
    const auto moved = static_cast<std::int64_t>(nearest_index(values, value)) + steps;
    value = values[static_cast<std::size_t>(std::clamp<std::int64_t>(moved, 0, static_cast<std::int64_t>(last)))];
  }

  const ImVec2 center = {at.x + std::floor((width - dial) * 0.5F) + dial * 0.5F, at.y + dial * 0.5F};
  const auto shown = static_cast<float>(nearest_index(values, value));
  draw_cap(theme, center, dial * 0.5F, last > 0.0F ? shown / last : 0.5F, hovered || stop.focused);
  if (stop.focused) {
    ImGui::GetWindowDrawList()->AddCircle(center, dial * 0.5F, packed(theme.accent, 0.7F), 0, theme.px(1.0F));
  }

  const ImGuiID open_key = ImGui::GetID("typing");
  ImGuiStorage* storage = ImGui::GetStateStorage();
  if (hovered && values.size() > 1 && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) storage->SetInt(open_key, 1);
  if (stop.pressed && values.size() > 1) storage->SetInt(open_key, 1);

  ImGui::SetCursorScreenPos({at.x, at.y + dial});
  if (storage->GetInt(open_key) != 0) {
    typed_value(theme, values, value, width, open_key);
    if (storage->GetInt(open_key) == 0) focus_on(stop);
  } else {
    const std::string figures = format_count(value);
    const float wide = text_width(theme.fonts.strong_figures, text_size::value, figures);
    ImGui::SetCursorScreenPos({at.x + std::floor((width - wide) * 0.5F), at.y + dial});
    text_in(theme.fonts.strong_figures, text_size::value, theme.strong, figures);
  }
  const std::string name = shortened(theme.fonts.words, text_size::caption, label, width);
  const float name_wide = text_width(theme.fonts.words, text_size::caption, name);
  ImGui::SetCursorScreenPos(
      {at.x + std::floor((width - name_wide) * 0.5F), at.y + dial + std::ceil(text_size::value * theme.scale)});
  text_in(theme.fonts.words, text_size::caption, theme.quiet, name);
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({width, rotary_knob_height(theme, width)});
  ImGui::EndGroup();
  ImGui::PopID();

  if (hovered && !help.empty() && ImGui::GetActiveID() == 0 && begin_tip(theme)) {
    text_in(theme.fonts.strong, text_size::body, theme.strong, label);
    text_in(theme.fonts.words, text_size::small, theme.text, help);
    text_in(theme.fonts.words, text_size::small, theme.quiet,
            "drag, scroll, arrow keys, or double-click or Enter to type");
    end_tip();
  }
  return value != before;
}

}  // namespace knobscope::gui
