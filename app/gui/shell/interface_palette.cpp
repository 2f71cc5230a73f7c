// What the command palette lists: every action, and everything that can be chosen.

#include <algorithm>
#include <cctype>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <imgui.h>

#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/views/knobs_view.h"
#include "gui/views/lenses.h"
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

}  // namespace

std::vector<PaletteEntry> Interface::palette_entries(ViewContext& context) {
  const Snapshot& snapshot = context.snapshot;
  std::vector<PaletteEntry> entries;
  list_actions(snapshot, entries);
  list_bands(entries);
  list_sessions(entries);
  list_copies(snapshot, entries);
  list_panels(entries);
  list_problem(snapshot, entries);
  list_variants(snapshot, entries);
  list_views(context, entries);
  return entries;
}

std::vector<std::pair<std::string, bool>> Interface::palette_titles(const Snapshot& snapshot) {
  ViewContext context = context_of(snapshot);
  std::vector<std::pair<std::string, bool>> titles;
  for (PaletteEntry& entry : palette_entries(context))
    titles.emplace_back(std::move(entry.title), entry.act != nullptr);
  return titles;
}

void Interface::list_views(ViewContext& context, std::vector<PaletteEntry>& entries) {
  for (const std::unique_ptr<View>& view : views_) {
    const std::size_t before = entries.size();
    ActionList actions(entries, view->title());
    view->list_actions(context, actions);
    for (std::size_t i = before; i < entries.size(); ++i) {
      if (!entries[i].act) continue;
      entries[i].act = [this, title = std::string(view->title()), act = std::move(entries[i].act)] {
        show_panel(title);
        act();
      };
    }
  }
}

void Interface::list_bands(std::vector<PaletteEntry>& entries) {
  for (const BandAction& action : band_actions_) {
    entries.push_back(
        {fmt::format("{}: {}", action.label, action.text), "", false, [this, band = action.band, index = action.index] {
           band_wanted_ = {band, index};
         }});
  }
}

void Interface::find_sessions() {
  sessions_.clear();
  for (const std::filesystem::path& folder : {options_.save_folder, options_.recorded_session.parent_path()}) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
      if (entry.path().extension() == ".session") sessions_.push_back(entry.path());
    }
  }
  std::ranges::sort(sessions_);
  const auto again = std::ranges::unique(sessions_);
  sessions_.erase(again.begin(), again.end());
}

void Interface::list_sessions(std::vector<PaletteEntry>& entries) {
  for (const std::filesystem::path& file : sessions_) {
    const std::string name = file.filename().string();
    const bool is_base = state_.base_session && state_.base_name == name;
    entries.push_back({fmt::format("Read {}", name), "", state_.recorded && state_.session_path == file.string(),
                       [this, file] { read_session(file); }});
    entries.push_back({fmt::format("Compare with {}", name), "", is_base, [this, file] {
                         state_.lens = Lens::compare;
                         reader_.begin(file, SessionReader::Purpose::compare);
                       }});
  }
  if (!state_.base_session) return;
  entries.push_back({"Compare with the baseline again, not with " + state_.base_name, "", false,
                     [this] { state_.base_session.reset(); }});
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
  entries.push_back(
      {"Export a C++ header with the best kernels", "", false, [this, &snapshot] { export_header(snapshot); }});
  if (state_.recorded)
    entries.push_back({"Measure here: close the recorded session", "", false, [this] { close_session(); }});
}

void Interface::list_panels(std::vector<PaletteEntry>& entries) {
  for (const std::unique_ptr<View>& view : views_) {
    const std::string title = view->title();
    const bool hidden = hidden_views_.contains(title);
    entries.push_back({"Go to panel: " + title, "", false, [this, title] {
                         show_panel(title);
                         focus_wanted_ = window_id(title);
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
    entries.push_back({std::move(title), "", chosen, when(!fixed, std::move(act))});
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
  if (judges(snapshot)) {
    for (const bool thorough : {false, true}) {
      offer(thorough ? "Play thoroughly: races and order, too" : "Play quickly: once", plan.method.thorough == thorough,
            [this, thorough] {
              state_.plan.method.thorough = thorough;
              state_.selected_point.reset();
            });
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
