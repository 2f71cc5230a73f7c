#include "gui/views/problem_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <imgui_internal.h>

#include "gui/views/action_list.h"
#include "gui/views/exploration.h"
#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/distribution_picture.h"
#include "gui/widgets/focus.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

constexpr double kLargestOffset = 1e6;

bool can_change_rank(const ViewState& state) {
  const OperationInfo& info = info_of(state.plan.operation);
  return info.min_rank != info.max_rank;
}

/// One step of the offset's slider.
constexpr double kOffsetStep = 0.16;

/// Sets a shape and keeps the normalized dims possible.
void set_shape(ViewState& state, std::vector<std::int64_t> shape, int normalized_dims) {
  state.plan.normalized_dims = std::clamp(normalized_dims, 1, std::max(1, static_cast<int>(shape.size()) - 1));
  state.plan.shapes = {std::move(shape)};
}

void set_rank(ViewState& state, int rank) {
  // Dimensions come and go in front.
  const std::vector<std::int64_t>& before = state.plan.shapes.front();
  std::vector<std::int64_t> shape(static_cast<std::size_t>(rank), 1);
  const auto kept = static_cast<std::ptrdiff_t>(std::min(before.size(), shape.size()));
  std::copy(before.end() - kept, before.end(), shape.end() - kept);
  set_shape(state, std::move(shape), state.plan.normalized_dims);
}

/// "− 3 +" with a label: true when `value` changed within [low, high].
bool stepper(const Theme& theme, const char* label, int& value, int low, int high) {
  ImGui::PushID(label);
  text_in(theme.fonts.words, text_size::body, theme.text, label);
  ImGui::SameLine(theme.px(140.0F));
  bool changed = false;
  if (button(theme, "less", "−", {}, ButtonKind::plain, value > low)) {
    --value;
    changed = true;
  }
  ImGui::SameLine();
  text_in(theme.fonts.strong_figures, text_size::value, theme.strong, std::to_string(value));
  ImGui::SameLine();
  if (button(theme, "more", "+", {}, ButtonKind::plain, value < high)) {
    ++value;
    changed = true;
  }
  ImGui::PopID();
  return changed;
}

/// One extent of the shape in its field, in thousands unless it is being typed. True when it has changed.
bool draw_extent(const Theme& theme, std::int64_t& extent, float width, bool normalized, bool reading) {
  const bool typing = ImGui::GetActiveID() == ImGui::GetID("##dimension");
  const std::string shown = format_count(extent);
  const float room = width - theme.px(4.0F);
  float size = text_size::value;
  if (text_width(theme.fonts.figures, size, shown) > room) size = text_size::small;
  if (text_width(theme.fonts.figures, size, shown) > room) size = text_size::caption;
  ImGui::PushFont(theme.fonts.figures, size);
  const ImVec4& ink = normalized ? theme.value : theme.strong;
  ImGui::PushStyleColor(ImGuiCol_Text, typing ? ink : ImVec4{});
  if (!reading) ImGui::PushStyleColor(ImGuiCol_Border, normalized ? theme.accent : theme.line);
  // Figures stand in the middle of their field, as on the face of an instrument.
  const float wide = ImGui::CalcTextSize(shown.c_str()).x;
  const float pad_x = std::max(theme.px(2.0F), std::floor((width - wide) * 0.5F));
  const float pad_y = std::floor((control_height(theme) - ImGui::GetFontSize()) * 0.5F);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{pad_x, pad_y});
  ImGui::SetNextItemWidth(width);
  std::int64_t typed = extent;
  ImGui::InputScalar("##dimension", ImGuiDataType_S64, &typed, nullptr, nullptr, nullptr,
                     ImGuiInputTextFlags_AutoSelectAll);
  const bool changed = ImGui::IsItemDeactivatedAfterEdit() && typed != extent;
  if (!typing) {
    const ImVec2 at = ImGui::GetItemRectMin();
    ImGui::GetWindowDrawList()->AddText({at.x + pad_x, at.y + pad_y}, packed(ink), shown.c_str());
  }
  if (changed) extent = typed;
  ImGui::PopStyleVar();
  ImGui::PopStyleColor(reading ? 1 : 2);
  ImGui::PopFont();
  return changed;
}

/// A labelled row of buttons, one for each value.
template <typename Value, std::size_t kCount>
bool choice(const Theme& theme, const char* id, const char* label, const std::array<Value, kCount>& values,
            const std::vector<std::string>& labels, Value& value) {
  field_label(theme, label);
  const auto at = std::find(values.begin(), values.end(), value);
  int selected = static_cast<int>(at - values.begin());
  ImGui::SetCursorPosY(ImGui::GetCursorPosY() - theme.px(4.0F));
  SegmentedLook look;
  look.width = ImGui::GetContentRegionAvail().x;
  if (!segmented(theme, id, labels, selected, look)) return false;
  value = values[static_cast<std::size_t>(selected)];
  return true;
}

}  // namespace

std::vector<ShapePreset> shape_presets(Operation operation, DeviceKind device) {
  const bool small = device == DeviceKind::cpu;
  if (device == DeviceKind::emulated) {
    // Every access is looked at: small enough that turning a knob answers at once, and awkward in the usual ways.
    if (family_of(operation) == Family::batchnorm) {
      return {
          {"a few planes", {2, 16, 32, 32}, 1}, {"more planes", {4, 64, 32, 32}, 1}, {"odd planes", {3, 5, 17, 19}, 1}};
    }
    return {{"a few rows", {16, 4096}, 1}, {"more rows", {64, 4096}, 1},        {"narrow rows", {64, 768}, 1},
            {"long rows", {2, 65'536}, 1}, {"feature maps", {2, 8, 32, 32}, 3}, {"odd length", {7, 1531}, 1}};
  }
  if (family_of(operation) == Family::batchnorm) {
    if (small) {
      return {
          {"small images", {4, 64, 56, 56}, 1}, {"CIFAR", {32, 64, 32, 32}, 1}, {"one image", {1, 64, 112, 112}, 1}};
    }
    return {{"KernelBench", {16, 64, 256, 256}, 1},
            {"large images", {64, 64, 512, 512}, 1},
            {"ResNet stage", {64, 256, 56, 56}, 1},
            {"small images", {256, 64, 32, 32}, 1}};
  }
  if (small) {
    return {{"transformer", {1024, 4096}, 1},
            {"narrow rows", {8192, 512}, 1},
            {"long rows", {64, 65'536}, 1},
            {"feature maps", {4, 16, 64, 64}, 3},
            {"odd length", {1023, 1531}, 1}};
  }
  return {{"transformer", {8192, 4096}, 1},
          {"wide transformer", {4096, 16'384}, 1},
          {"GPT-2 small", {32'768, 768}, 1},
          {"KernelBench", {16, 64, 256, 256}, 3},
          {"odd length", {8191, 4097}, 1}};
}

double offset_at(double position) {
  const double p = std::clamp(position, 0.0, 1.0);
  // A little room at the left end is exactly 0, the rest is logarithmic from 1.
  if (p < 0.04) return 0.0;
  const double value = std::pow(kLargestOffset, (p - 0.04) / 0.96);
  const double step = std::pow(10.0, std::floor(std::log10(value) + 1e-9) - 1.0);
  return std::min(kLargestOffset, std::round(value / step) * step);
}

double position_of_offset(double offset) {
  if (offset < 1.0) return 0.0;
  return std::min(1.0, 0.04 + 0.96 * std::log(offset) / std::log(kLargestOffset));
}

void ProblemView::list_actions(ViewContext& context, ActionList& actions) {
  ViewState& state = context.state;
  const bool free = !state.recorded;
  const OperationInfo& info = info_of(state.plan.operation);
  const int rank = static_cast<int>(state.plan.shapes.front().size());
  const int normalized = state.plan.normalized_dims;
  actions.add("type the shape", when(free, [this] { wanted_ = Field::shape; }));
  if (can_change_rank(state)) {
    const auto to_rank = [&state](int to) { return [&state, to] { set_rank(state, to); }; };
    const auto normalize = [&state](int to) { return [&state, to] { state.plan.normalized_dims = to; }; };
    actions.add("one dimension more", when(free && rank < info.max_rank, to_rank(rank + 1)));
    actions.add("one dimension less", when(free && rank > info.min_rank, to_rank(rank - 1)));
    actions.add("normalise one dimension more", when(free && normalized < rank - 1, normalize(normalized + 1)));
    actions.add("normalise one dimension less", when(free && normalized > 1, normalize(normalized - 1)));
  }
  Distribution& distribution = state.plan.distributions.front();
  for (const double offset : offsets(distribution.offset)) {
    const bool is_set = distribution.kind == DistributionKind::offset && distribution.offset == offset;
    const auto set = [&distribution, offset] { distribution = {DistributionKind::offset, offset}; };
    actions.add(fmt::format("offset of {:g} sigma", offset), when(free, set), is_set);
  }
  actions.add("another seed", when(free, [&state] { ++state.plan.seed; }));
  actions.add("type the seed", when(free, [this] { wanted_ = Field::seed; }));
}

void ProblemView::draw(ViewContext& context) {
  const bool reading = context.state.recorded;
  begin_reading(context.theme, reading);
  draw_shape(context);
  draw_type(context);
  draw_form(context);
  draw_distribution(context);
  end_reading(reading);
}

void ProblemView::draw_shape(ViewContext& context) {
  const Theme& theme = context.theme;
  text_in(theme.fonts.words, text_size::small, theme.quiet, "Shape");
  draw_presets(context);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(4.0F), theme.px(4.0F)});
  draw_dimensions(context);
  draw_consequence(context);
  ImGui::PopStyleVar();
  ImGui::Dummy({0.0F, 0.0F});
}

void ProblemView::draw_presets(ViewContext& context) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  const std::vector<ShapePreset> presets =
      shape_presets(state.plan.operation, device_kind_of(context.snapshot, context.state.plan.device));
  std::string_view current = "own shape";
  for (const ShapePreset& preset : presets) {
    const bool same_dims =
        family_of(state.plan.operation) != Family::layernorm || preset.normalized_dims == state.plan.normalized_dims;
    if (preset.shape == state.plan.shapes.front() && same_dims) current = preset.name;
  }
  const std::string label = fmt::format("{}{}", current, state.recorded ? "" : " ▾");
  const float width = text_width(theme.fonts.words, text_size::small, label);
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x;
  ImGui::SameLine();
  ImGui::SetCursorScreenPos({std::floor(right - width), ImGui::GetCursorScreenPos().y});
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (ImGui::InvisibleButton("presets", {width, ImGui::GetTextLineHeight()}, ImGuiButtonFlags_EnableNav)) {
    ImGui::OpenPopup("shape presets");
  }
  ImGui::GetWindowDrawList()->AddText(theme.fonts.words, text_size::small * theme.scale, at,
                                      packed(ImGui::IsItemHovered() ? theme.strong : theme.text), label.c_str());
  if (!ImGui::BeginPopup("shape presets")) return;
  for (const ShapePreset& preset : presets) {
    const std::string dims = format_extents(preset.shape, " × ");
    if (ImGui::Selectable(preset.name.data(), preset.name == current, 0, {theme.px(280.0F), 0.0F})) {
      set_shape(state, preset.shape, preset.normalized_dims);
    }
    ImGui::SameLine();
    text_right_in(theme.fonts.figures, text_size::small, theme.quiet, dims,
                  ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x);
  }
  if (can_change_rank(state)) {
    ImGui::Separator();
    const OperationInfo& info = info_of(state.plan.operation);
    int rank = static_cast<int>(state.plan.shapes.front().size());
    if (stepper(theme, "dimensions", rank, info.min_rank, info.max_rank)) {
      set_rank(state, rank);
    }
    int normalized = state.plan.normalized_dims;
    if (stepper(theme, "normalised", normalized, 1, rank - 1)) set_shape(state, state.plan.shapes.front(), normalized);
  }
  ImGui::EndPopup();
}

void ProblemView::draw_dimensions(ViewContext& context) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  std::vector<std::int64_t> shape = state.plan.shapes.front();
  const auto rank = shape.size();
  const bool layernorm = family_of(state.plan.operation) == Family::layernorm;
  const std::size_t first_normalized = layernorm ? rank - static_cast<std::size_t>(state.plan.normalized_dims) : rank;

  const float cross = text_width(theme.fonts.words, text_size::body, "×");
  const float gap = theme.px(4.0F);
  const float between = cross + gap * 2.0F;
  const float room = ImGui::GetContentRegionAvail().x - between * static_cast<float>(rank - 1);
  const float width = std::floor(std::min(room / static_cast<float>(rank), theme.px(88.0F)));
  bool changed = false;
  for (std::size_t i = 0; i < rank; ++i) {
    const bool normalized = i >= first_normalized;
    ImGui::PushID(static_cast<int>(i));
    if (i == 0 && wanted_ == Field::shape) {
      ImGui::SetKeyboardFocusHere();
      wanted_ = Field::none;
    }
    changed = draw_extent(theme, shape[i], width, normalized, state.recorded) || changed;
    ImGui::PopID();
    if (i + 1 == rank) break;
    ImGui::SameLine(0.0F, gap);
    ImGui::AlignTextToFramePadding();
    text_in(theme.fonts.words, text_size::body, theme.quiet, "×");
    ImGui::SameLine(0.0F, gap);
  }
  if (first_normalized < rank) {
    const float right = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x;
    const float note = text_width(theme.fonts.words, text_size::small, "normalised");
    if (ImGui::GetItemRectMax().x + note + theme.px(8.0F) <= right) {
      ImGui::SameLine();
      ImGui::AlignTextToFramePadding();
      text_right_in(theme.fonts.words, text_size::small, theme.accent, "normalised", right);
    }
  }
  if (changed) set_shape(state, std::move(shape), state.plan.normalized_dims);
}

void ProblemView::draw_consequence(ViewContext& context) const {
  const Theme& theme = context.theme;
  const Problem problem = problem_of(context.state);
  if (const std::optional<std::string> fault = find_fault(problem)) {
    text_wrapped_in(theme.fonts.words, text_size::small, theme.wrong.ink, *fault);
    return;
  }
  const Extents extents = extents_of(problem);
  const std::string rows = family_of(problem.operation) == Family::layernorm
                               ? fmt::format("{} {} of {}", format_count(extents.rows),
                                             extents.rows == 1 ? "row" : "rows", format_count(extents.columns))
                               : fmt::format("{} × {} planes of {}", format_count(extents.batch),
                                             format_count(extents.channels), format_count(extents.plane));
  const std::string text = fmt::format("{} · moves ≥ {}", rows, format_bytes(compulsory_bytes(problem, false)));
  text_wrapped_in(theme.fonts.figures, text_size::small, theme.quiet, text);
}

void ProblemView::draw_type(ViewContext& context) const {
  ElementType type = context.state.plan.types.empty() ? ElementType::f32 : context.state.plan.types.front();
  const std::vector<std::string> labels = {"f32", "f16", "bf16"};
  if (choice(context.theme, "type", "Element type", kElementTypes, labels, type)) context.state.plan.types = {type};
}

// What only some operations have: the order in memory, or a function applied to the result.
void ProblemView::draw_form(ViewContext& context) const {
  Plan& plan = context.state.plan;
  if (family_of(plan.operation) == Family::batchnorm) {
    choice(context.theme, "layout", "Memory layout", kLayouts, {"NCHW", "NHWC"}, plan.layout);
  } else if (plan.operation == Operation::layernorm_forward) {
    choice(context.theme, "activation", "Activation", kActivations, {"none", "ReLU", "GELU"}, plan.activation);
  }
}

void ProblemView::draw_distribution(ViewContext& context) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  Distribution& distribution = state.plan.distributions.front();
  // The seed stands beside the label, small: it is set once.
  text_in(theme.fonts.words, text_size::small, theme.quiet, "Input");
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x;
  const float field = theme.px(64.0F);
  const float label = text_width(theme.fonts.words, text_size::small, "seed");
  ImGui::SameLine();
  ImGui::SetCursorScreenPos({std::floor(right - field - label - theme.px(8.0F)), ImGui::GetCursorScreenPos().y});
  text_in(theme.fonts.words, text_size::small, theme.quiet, "seed");
  ImGui::SameLine(0.0F, theme.px(8.0F));
  ImGui::SetCursorScreenPos({ImGui::GetCursorScreenPos().x, ImGui::GetCursorScreenPos().y - theme.px(2.0F)});
  ImGui::PushFont(theme.fonts.figures, text_size::small);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{theme.px(8.0F), theme.px(2.0F)});
  ImGui::PushStyleVar(ImGuiStyleVar_FrameRounding, theme.px(4.0F));
  ImGui::SetNextItemWidth(field);
  if (wanted_ == Field::seed) {
    ImGui::SetKeyboardFocusHere();
    wanted_ = Field::none;
  }
  std::uint64_t seed = state.plan.seed;
  ImGui::InputScalar("##seed", ImGuiDataType_U64, &seed, nullptr, nullptr, nullptr, ImGuiInputTextFlags_AutoSelectAll);
  if (ImGui::IsItemDeactivatedAfterEdit()) state.plan.seed = seed;
  ImGui::PopStyleVar(2);
  ImGui::PopFont();

  ImGui::SetCursorPosY(ImGui::GetCursorPosY() - theme.px(4.0F));
  if (distribution_pictures(theme, "distribution", distribution.kind) &&
      distribution.kind != DistributionKind::offset && state.x_axis == "offset") {
    state.x_axis = "block";
  }
  if (distribution.kind == DistributionKind::offset) draw_offset(context);
}

void ProblemView::draw_offset(ViewContext& context) const {
  const Theme& theme = context.theme;
  Distribution& distribution = context.state.plan.distributions.front();
  text_in(theme.fonts.words, text_size::small, theme.quiet, "Offset mean / sigma");
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x;
  ImGui::SameLine();
  text_right_in(theme.fonts.figures, text_size::value, theme.value, format_count(std::llround(distribution.offset)),
                right);

  const float width = ImGui::GetContentRegionAvail().x;
  const float radius = theme.px(6.0F);
  const float height = theme.px(16.0F);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton("offset", {width, height}, ImGuiButtonFlags_EnableNav);
  const float left = at.x + radius;
  const float length = std::max(1.0F, width - radius * 2.0F);
  const auto step = [&distribution](double steps) {
    distribution.offset = offset_at(position_of_offset(distribution.offset) + steps * kOffsetStep);
  };
  if (has_keys()) {
    const int arrows = take_arrows(ImGui::GetItemID(), false).right;
    if (arrows != 0) step(arrows);
  }
  if (ImGui::IsItemActive() && ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
    distribution.offset = offset_at(static_cast<double>((ImGui::GetIO().MousePos.x - left) / length));
  }
  if (ImGui::IsItemHovered()) {
    ImGui::SetItemKeyOwner(ImGuiKey_MouseWheelY);
    const float wheel = ImGui::GetIO().MouseWheel;
    if (wheel != 0.0F) step(wheel > 0.0F ? 1.0 : -1.0);
  }
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float y = at.y + height * 0.5F;
  const float x = left + length * static_cast<float>(position_of_offset(distribution.offset));
  const float half = theme.px(2.0F);
  list->AddRectFilled({left, y - half}, {left + length, y + half}, packed(theme.line), half);
  list->AddRectFilled({left, y - half}, {x, y + half}, packed(theme.value), half);
  list->AddCircleFilled({x, y}, radius, packed(theme.strong));

  const float scaled = text_size::caption * theme.scale;
  const float ticks_y = at.y + height;
  for (const double tick : {0.0, 1e2, 1e4, 1e6}) {
    const std::string text = format_power(tick);
    const float wide = text_width(theme.fonts.words, text_size::caption, text);
    const float centre = left + length * static_cast<float>(position_of_offset(tick));
    const float start = std::clamp(centre - wide * 0.5F, at.x, at.x + width - wide);
    list->AddText(theme.fonts.words, scaled, {std::floor(start), ticks_y}, packed(theme.quiet), text.c_str());
  }
  ImGui::SetCursorScreenPos({at.x, ticks_y});
  ImGui::Dummy({width, scaled});
}

}  // namespace knobscope::gui
