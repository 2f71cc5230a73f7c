// The device in the window: choosing one, and what its kind means for everything else.

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/shell/fixed_window.h"
#include "gui/shell/interface.h"
#include "gui/views/findings_list.h"
#include "gui/views/problem_view.h"
#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

const ImVec4& worker_color(const Theme& theme, WorkerState state) {
  switch (state) {
    case WorkerState::starting:
    case WorkerState::restarting:
      return theme.noisy.ink;
    case WorkerState::gone:
      return theme.wrong.ink;
    case WorkerState::idle:
    case WorkerState::measuring:
      break;
  }
  return theme.accent;
}

/// The kind whose files such a device runs.
DeviceKind files_of(DeviceKind kind) { return kind == DeviceKind::emulated ? DeviceKind::cuda : kind; }

/// What the choice between quick and thorough means, said beside it.
const char* consequence_of(bool thorough) {
  return thorough ? "races watched; played forwards, backwards and shuffled"
                  : "played once; races and order are not watched";
}

}  // namespace

bool Interface::judges(const Snapshot& snapshot) const {
  return !is_timed(device_kind_of(snapshot, state_.plan.device));
}

void Interface::switch_device(const Snapshot& snapshot, const DeviceFacts& to) {
  if (state_.recorded || to.id == state_.plan.device) return;
  const DeviceKind from = device_kind_of(snapshot, state_.plan.device);
  if (from != to.kind) {
    left_[from] = {state_.plan, state_.knobs};
    // What is fed in stays; how much of it, and for how long, depends on the device.
    Plan plan = state_.plan;
    const Plan fresh = built_in_plan(to.kind);
    const ShapePreset preset = shape_presets(plan.operation, to.kind).front();
    plan.method = fresh.method;
    plan.shapes = {preset.shape};
    plan.normalized_dims = preset.normalized_dims;
    const bool same_files = files_of(from) == files_of(to.kind);
    if (!same_files) state_.knobs.clear();
    if (const auto before = left_.find(to.kind); before != left_.end()) {
      const auto& [plan_before, knobs_before] = before->second;
      plan.method = plan_before.method;
      if (plan_before.operation == plan.operation) {
        plan.shapes = plan_before.shapes;
        plan.normalized_dims = plan_before.normalized_dims;
      }
      if (!same_files) state_.knobs = knobs_before;
    }
    state_.plan = plan;
  }
  state_.plan.device = to.id;
  state_.selected_point.reset();
  state_.baseline_point.reset();
}

void Interface::draw_device_chooser(const Snapshot& snapshot) {
  const DeviceFacts* device = snapshot.device(state_.plan.device);
  std::string name = device != nullptr ? device->name : (state_.plan.device.empty() ? "looking" : state_.plan.device);
  name = shortened(theme_.fonts.words, text_size::body, name, theme_.px(176.0F));
  const float height = control_height(theme_);
  const float text_wide = text_width(theme_.fonts.words, text_size::body, name);
  const float arrow_wide = text_width(theme_.fonts.words, text_size::body, "▾");
  const float width = std::ceil(text_wide + arrow_wide + theme_.px(12.0F + 8.0F + 8.0F + 8.0F + 12.0F));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (ImGui::InvisibleButton("device", {width, height}, ImGuiButtonFlags_EnableNav)) ImGui::OpenPopup("devices");
  const bool hovered = ImGui::IsItemHovered();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(at, {at.x + width, at.y + height}, packed(hovered ? theme_.line : theme_.raised),
                      theme_.px(corner::control));
  list->AddRect(at, {at.x + width, at.y + height}, packed(theme_.line), theme_.px(corner::control));
  const float scaled = text_size::body * theme_.scale;
  const float text_y = std::floor(at.y + (height - scaled) * 0.5F);
  list->AddCircleFilled({at.x + theme_.px(16.0F), at.y + height * 0.5F}, theme_.px(4.0F),
                        packed(worker_color(theme_, snapshot.worker)));
  list->AddText(theme_.fonts.words, scaled, {at.x + theme_.px(28.0F), text_y}, packed(theme_.text), name.c_str());
  list->AddText(theme_.fonts.words, scaled, {at.x + theme_.px(36.0F) + text_wide, text_y}, packed(theme_.quiet), "▾");
  if (!ImGui::BeginPopup("devices")) return;
  if (snapshot.devices.empty())
    text_in(theme_.fonts.words, text_size::body, theme_.quiet, "The worker has not said yet.");
  for (const DeviceFacts& each : snapshot.devices) {
    ImGui::PushID(each.id.c_str());
    const std::string label = fmt::format("{}##device", each.name);
    if (ImGui::Selectable(label.c_str(), each.id == state_.plan.device,
                          state_.recorded ? ImGuiSelectableFlags_Disabled : 0) &&
        each.id != state_.plan.device) {
      switch_device(snapshot, each);
    }
    text_in(theme_.fonts.words, text_size::small, theme_.quiet,
            is_timed(each.kind) ? fmt::format("{} · {} · {}", each.id, format_bytes(each.memory), each.toolkit_version)
                                : fmt::format("CUDA files played on the CPU · {}", kErrorsAreReal));
    ImGui::PopID();
  }
  ImGui::EndPopup();
}

void Interface::draw_emulated_band(float& top) {
  const float width = ImGui::GetMainViewport()->Size.x;
  const float height = theme_.px(36.0F);
  begin_fixed("##emulated", {0.0F, top}, {width, height}, theme_.raised);
  const float margin = theme_.px(16.0F);
  const float scaled = text_size::body * theme_.scale;
  const float text_y = std::floor(top + (height - scaled) * 0.5F);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddText(theme_.fonts.strong, scaled, {margin, text_y}, packed(theme_.strong), kErrorsAreReal);
  const float said_end = margin + text_width(theme_.fonts.strong, text_size::body, kErrorsAreReal);
  if (!state_.recorded) {
    const std::array<std::string, 2> modes = {"quick", "thorough"};
    float x = width - theme_.px(12.0F) - segmented_width(theme_, modes);
    ImGui::SetCursorScreenPos({x, top + std::floor((height - control_height(theme_)) * 0.5F)});
    int mode = state_.plan.method.thorough ? 1 : 0;
    if (segmented(theme_, "mode", modes, mode)) {
      state_.plan.method.thorough = mode == 1;
      state_.selected_point.reset();
    }
    const char* consequence = consequence_of(state_.plan.method.thorough);
    x -= text_width(theme_.fonts.words, text_size::body, consequence) + theme_.px(12.0F);
    if (x > said_end + margin) {
      list->AddText(theme_.fonts.words, scaled, {std::floor(x), text_y}, packed(theme_.quiet), consequence);
    }
  }
  ImGui::End();
  top += height;
}

void Interface::draw_no_gpu_band(const Snapshot& snapshot, float& top) {
  const DeviceFacts* emulated = nullptr;
  for (const DeviceFacts& device : snapshot.devices) {
    if (device.kind == DeviceKind::cuda) return;
    if (device.kind == DeviceKind::emulated) emulated = &device;
  }
  if (snapshot.devices.empty() || no_gpu_dismissed_ || state_.recorded) return;
  std::vector<std::string> actions;
  const auto offer = [&actions](std::string label) { return actions.push_back(std::move(label)), actions.size() - 1; };
  std::optional<std::size_t> play;
  std::optional<std::size_t> read;
  if (emulated != nullptr) play = offer("Check the CUDA files, emulated");
  if (!options_.recorded_session.empty()) read = offer("Read " + options_.recorded_session.filename().string());
  const std::size_t dismiss = offer("Dismiss");
  const int pressed =
      draw_band("##no_gpu", theme_.noisy, "No NVIDIA GPU here: the CPU's variants are measured.", actions, top);
  if (pressed < 0) return;
  const auto action = static_cast<std::size_t>(pressed);
  if (play == action) switch_device(snapshot, *emulated);
  if (read == action) read_session(options_.recorded_session);
  if (dismiss == action) no_gpu_dismissed_ = true;
}

}  // namespace knobscope::gui
