// What the command palette lists: every action, and everything that can be chosen.

#include <cctype>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <imgui.h>

#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/views/knobs_view.h"
#include "gui/views/problem_view.h"
#include "gui/views/series.h"
#include "gui/views/variants_view.h"

namespace knobscope::gui {
namespace {

std::string capitalised(std::string_view text) {
  std::string out(text);
  if (!out.empty()) out.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(out.front())));
  return out;
}

/// Everything a recorded session has fixed.
std::function<void()> unless(bool recorded, std::function<void()> act) {
  return recorded ? std::function<void()>{} : std::move(act);
}

}  // namespace

std::vector<PaletteEntry> Interface::palette_entries(const Snapshot& snapshot) {
  std::vector<PaletteEntry> entries;
  list_actions(snapshot, entries);
  list_copies(snapshot, entries);
  list_panels(entries);
  list_problem(snapshot, entries);
  list_variants(snapshot, entries);
  return entries;
}

void Interface::list_actions(const Snapshot& snapshot, std::vector<PaletteEntry>& entries) {
  for (const Shortcut& shortcut : shortcuts()) {
    if (shortcut.action == Action::show_palette) continue;
    PaletteEntry entry{capitalised(shortcut.meaning), std::string(shortcut.key), false, {}};
    if (can_perform(shortcut.action, snapshot)) {
      entry.act = [this, &snapshot, action = shortcut.action] { perform(action, snapshot); };
    }
    if (shortcut.action == Action::undo && entry.act) entry.title += ": " + history_.undo_text();
    if (shortcut.action == Action::redo && entry.act) entry.title += ": " + history_.redo_text();
    entry.chosen = (shortcut.action == Action::dark_theme && theme_.name == ThemeName::dark) ||
                   (shortcut.action == Action::light_theme && theme_.name == ThemeName::light) ||
                   (shortcut.action == Action::live_window && live_window_);
    entries.push_back(std::move(entry));
  }
  entries.push_back({"Name the best kernel for this shape", "", state_.best_shown,
                     [this] { state_.best_shown = !state_.best_shown; }});
  entries.push_back(
      {"Export a C++ header with the best kernels", "", false, [this, &snapshot] { export_header(snapshot); }});
  if (state_.recorded)
    entries.push_back({"Measure here: close the recorded session", "", false, [this] { close_session(); }});
  if (!options_.recorded_session.empty() && !state_.recorded) {
    entries.push_back({fmt::format("Read {}", options_.recorded_session.filename().string()), "", false,
                       [this] { read_session(options_.recorded_session); }});
  }
}

void Interface::list_panels(std::vector<PaletteEntry>& entries) {
  for (const std::unique_ptr<View>& view : views_) {
    const std::string title = view->title();
    const bool hidden = hidden_views_.contains(title);
    entries.push_back({"Go to panel: " + title, "", false, [this, title] {
                         hidden_views_.erase(title);
                         bring_panel_to_front(title);
                         ImGui::SetWindowFocus(window_id(title).c_str());
                       }});
    entries.push_back({(hidden ? "Show panel: " : "Hide panel: ") + title, "", false, [this, title, hidden] {
                         if (hidden)
                           hidden_views_.erase(title);
                         else
                           hidden_views_.insert(title);
                       }});
  }
}

void Interface::list_problem(const Snapshot& snapshot, std::vector<PaletteEntry>& entries) {
  Plan& plan = state_.plan;
  const bool fixed = state_.recorded;
  const auto offer = [&](std::string title, bool chosen, std::function<void()> act) {
    entries.push_back({std::move(title), "", chosen, unless(fixed, std::move(act))});
  };
  for (const DeviceFacts& device : snapshot.devices) {
    offer(fmt::format("Device: {} ({})", device.name, device.id), device.id == plan.device,
          [this, &snapshot, &device] { switch_device(snapshot, device); });
  }
  for (const Operation operation : kOperations) {
    offer(fmt::format("Operation: {}", info_of(operation).title), operation == plan.operation,
          [this, &snapshot, operation] { choose_operation(snapshot, operation); });
  }
  for (const ShapePreset& preset : shape_presets(plan.operation, device_kind_of(snapshot, plan.device))) {
    const bool chosen = plan.shapes.front() == preset.shape;
    offer(fmt::format("Shape: {} ({})", preset.name, fmt::join(preset.shape, "×")), chosen, [this, preset] {
      state_.plan.shapes = {preset.shape};
      state_.plan.normalized_dims = preset.normalized_dims;
    });
  }
  for (const ElementType type : kElementTypes) {
    offer(fmt::format("Element type: {}", name_of(type)), plan.types.front() == type,
          [this, type] { state_.plan.types = {type}; });
  }
  if (family_of(plan.operation) == Family::batchnorm) {
    for (const Layout layout : kLayouts) {
      offer(fmt::format("Memory layout: {}", name_of(layout)), plan.layout == layout,
            [this, layout] { state_.plan.layout = layout; });
    }
  } else if (plan.operation == Operation::layernorm_forward) {
    for (const Activation activation : kActivations) {
      offer(fmt::format("Activation: {}", name_of(activation)), plan.activation == activation,
            [this, activation] { state_.plan.activation = activation; });
    }
  }
  for (const DistributionKind kind : kDistributionKinds) {
    offer(fmt::format("Input: {}", name_of(kind)), plan.distributions.front().kind == kind,
          [this, kind] { state_.plan.distributions.front().kind = kind; });
  }
}

void Interface::list_variants(const Snapshot& snapshot, std::vector<PaletteEntry>& entries) {
  for (const std::string& axis : available_axes(snapshot, state_, &index_)) {
    entries.push_back(
        {fmt::format("X axis: {}", axis), "", axis == state_.x_axis, [this, axis] { state_.x_axis = axis; }});
  }
  for (const std::string& id : listed_variants(snapshot, state_, &index_)) {
    const Variant* variant = snapshot.catalog->find(id);
    const std::string title = variant != nullptr ? variant->title : id;
    entries.push_back({fmt::format("Variant: {} {}", number_of(id), title), "", id == state_.selected_variant,
                       [this, &snapshot, id] { select_variant(snapshot, state_, id); }});
    if (state_.recorded) continue;
    const bool ticked = state_.ticked.contains(id);
    entries.push_back({fmt::format("{}: {} {}", ticked ? "Leave out" : "Explore", number_of(id), title), "", false,
                       [this, ticked, id] {
                         if (ticked)
                           state_.ticked.erase(id);
                         else
                           state_.ticked.insert(id);
                       }});
  }
  const Variant* selected = snapshot.catalog->find(state_.selected_variant);
  if (selected == nullptr || state_.recorded) return;
  const KnobValues current = knobs_for(*selected, state_.knobs);
  for (const Knob& knob : selected->knobs) {
    for (const std::int64_t value : knob.values) {
      entries.push_back({fmt::format("Knob: {} = {}", knob.name, value), "", current.at(knob.name) == value,
                         [this, &snapshot, name = knob.name, value] { turn_knob(snapshot, state_, name, value); }});
    }
  }
}

}  // namespace knobscope::gui
