#include "gui/shell/interface.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/render/renderer.h"
#include "gui/shell/is_ready.h"
#include "gui/shell/recorded_session.h"
#include "gui/shell/style.h"
#include "gui/views/lenses.h"
#include "gui/views/problem_view.h"
#include "gui/views/series.h"
#include "gui/views/variants_view.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

bool is_right(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::noisy || verdict == Verdict::throttled;
}

}  // namespace

Plan built_in_plan(DeviceKind device) {
  Plan plan;
  const ShapePreset preset = shape_presets(plan.operation, device).front();
  plan.shapes = {preset.shape};
  plan.normalized_dims = preset.normalized_dims;
  // The window shows many points at once: a fifth of a second each is plenty for a plot, and any of them can be
  // measured again at length.
  plan.method.time_limit_s = 0.2;
  return plan;
}

Interface::Interface(const Fonts& fonts, Renderer& renderer, worker::CommandSink& commands, SessionKeeper& keeper,
                     InterfaceOptions options)
    : renderer_(renderer), commands_(commands), keeper_(keeper), options_(std::move(options)), views_(make_views()) {
  theme_.fonts = fonts;
  monitor_scale_ = options_.scale;
  layout_wanted_ = !options_.keep_layout;
  state_.plan = built_in_plan(DeviceKind::cpu);
  restore(options_.remembered);
  history_.begin(choice_of(state_));
  if (options_.tour) tour_.begin();
}

Interface::~Interface() {
  if (saving_.valid()) saving_.wait();
  if (exporting_.valid()) exporting_.wait();
  if (copying_.valid()) copying_.wait();
}

void Interface::set_theme(ThemeName name) {
  Theme theme = make_theme(name);
  theme.fonts = theme_.fonts;
  theme.scale = theme_.scale;
  theme_ = theme;
  apply_style(theme_);
}

void Interface::notify(const Tint& tint, std::string text) { notice_ = {tint, std::move(text)}; }

void Interface::draw(const Snapshot& snapshot) {
  state_.busy = false;
  index_.follow(snapshot);
  const Choice left = choice_of(state_);
  follow(snapshot);
  // What follows from the snapshot is nobody's step.
  history_.absorb(left, choice_of(state_));
  act_on_keys(snapshot);
  finish_saving();
  finish_exporting();
  finish_reading();
  finish_copying();
  if (options_.only_view.empty()) {
    draw_top_bar(snapshot);
    draw_panels(snapshot, draw_bands(snapshot, theme_.px(48.0F)));
    if (keys_shown_) draw_keys();
    tour_.draw(theme_);
    if (palette_.is_open()) {
      ViewContext context = context_of(snapshot);
      palette_.draw(theme_, palette_entries(context));
    }
  } else {
    draw_one_panel(snapshot);
  }
  if (std::exchange(state_.header_requested, false)) export_header(snapshot);
  grant_wish(snapshot);
  keep_sweep();
  // A slider that is dragged is one step, when it is let go.
  history_.look(choice_of(state_), ImGui::IsAnyItemActive() && ImGui::IsMouseDown(ImGuiMouseButton_Left),
                ImGui::GetTime());
  // Nothing is begun on the device that would be given up a moment later.
  if (!reader_.is_reading_for(SessionReader::Purpose::show)) exploration_.update(snapshot, state_, commands_);
}

ViewContext Interface::context_of(const Snapshot& snapshot) {
  return {snapshot, state_, commands_, theme_, renderer_, index_, options_.baselines};
}

void Interface::follow(const Snapshot& snapshot) {
  choose_device(snapshot);
  tick_new_variants(snapshot);
  tell_of_pairs(snapshot);
  const std::vector<std::string> listed = listed_variants(snapshot, state_, &index_);
  if (!listed.empty() && std::find(listed.begin(), listed.end(), state_.selected_variant) == listed.end()) {
    // The end of the story is the variant worth looking at first; to be judged, the simplest answers soonest.
    state_.selected_variant = judges(snapshot) ? listed.front() : listed.back();
    state_.selected_point.reset();
  }
  if (const Variant* selected = snapshot.catalog->find(state_.selected_variant)) {
    for (const Knob& knob : selected->knobs) state_.knobs.try_emplace(knob.name, knob.initial);
  }
  const std::vector<std::string> axes = available_axes(snapshot, state_, &index_);
  // Only the row length: the knobs are not known yet.
  if (!state_.ticked.empty() && axes.size() > 1 && std::find(axes.begin(), axes.end(), state_.x_axis) == axes.end()) {
    state_.x_axis = axes.front();
  }
}

void Interface::choose_device(const Snapshot& snapshot) {
  if (state_.recorded || snapshot.devices.empty() || snapshot.device(state_.plan.device) != nullptr) return;
  const DeviceFacts* wanted = options_.device.empty() ? nullptr : snapshot.device(options_.device);
  if (wanted == nullptr && !options_.device.empty() && state_.plan.device.empty()) {
    std::string ids;
    for (const DeviceFacts& device : snapshot.devices) ids += (ids.empty() ? "" : ", ") + device.id;
    notify(theme_.noisy, fmt::format("There is no device {}; there are: {}.", options_.device, ids));
  }
  const DeviceFacts& device = wanted != nullptr ? *wanted : snapshot.devices.front();
  if (options_.device.empty() && !state_.plan.device.empty()) {
    notify(theme_.noisy,
           fmt::format("{}, which was measured on last, is not here: {} it is.", state_.plan.device, device.name));
  }
  state_.plan = built_in_plan(device.kind);
  state_.plan.device = device.id;
}

void Interface::tick_new_variants(const Snapshot& snapshot) {
  if (state_.recorded || snapshot.device(state_.plan.device) == nullptr) return;
  for (const Variant* variant :
       variants_for(*snapshot.catalog, state_.plan.operation, device_kind_of(snapshot, state_.plan.device))) {
    // A file that appears while the window runs is explored like the others: that is why it was put there.
    if (known_variants_.insert(variant->id).second) state_.ticked.insert(variant->id);
  }
}

void Interface::run_or_pause(const Snapshot& snapshot) {
  if (state_.recorded) return;
  if (snapshot.paused) {
    commands_.post(worker::SetPaused{false});
    return;
  }
  if (snapshot.live || snapshot.progress.done < snapshot.progress.total) {
    commands_.post(worker::SetPaused{true});
    return;
  }
  exploration_.ask_again();
}

void Interface::save(const Snapshot& snapshot) {
  if (saving_.valid()) return;
  if (state_.recorded) {
    notify(theme_.noisy, "A recorded session is open for reading; there is nothing to save.");
    return;
  }
  if (snapshot.points->empty()) {
    notify(theme_.noisy, "Nothing to save yet: no point has been measured.");
    return;
  }
  const std::filesystem::path fallback =
      state_.session_path.empty() ? new_session_file(options_.save_folder) : std::filesystem::path(state_.session_path);
  // Every point waits for the disk, so not on this thread.
  saving_ = std::async(std::launch::async, [this, snapshot, plan = state_.plan, fallback] {
    return keeper_.save(snapshot, plan, fallback);
  });
}

void Interface::finish_saving() {
  if (is_ready(saving_)) {
    try {
      notify(theme_.pass, saving_.get());
      state_.session_path = keeper_.file().string();
    } catch (const session::SessionError& error) {
      notify(theme_.wrong, error.what());
    }
  }
  if (const std::optional<std::string> fault = keeper_.take_fault()) notify(theme_.wrong, *fault);
}

bool Interface::open_session(const std::filesystem::path& file) {
  try {
    return show_session(file, session::load(file));
  } catch (const session::SessionError& error) {
    notify(theme_.wrong, error.what());
    return false;
  }
}

bool Interface::show_session(const std::filesystem::path& file, session::Recorded recorded) {
  if (recorded.points.empty()) {
    notify(theme_.noisy, fmt::format("{} holds no points yet.", file.filename().string()));
    return false;
  }
  if (!state_.recorded) live_state_ = state_;
  const ViewState before = std::exchange(state_, state_for(recorded, file));
  take_look(state_, before);
  provenance_ = provenance_of(file, recorded);
  std::ranges::copy_if(recorded.points, std::back_inserter(options_.baselines), &Point::is_baseline,
                       [](const PointPtr& point) -> const Point& { return *point; });
  commands_.post(worker::CancelAll{});
  commands_.post(worker::ShowPoints{std::move(recorded.points), std::move(recorded.devices)});
  notice_ = {};
  history_.begin(choice_of(state_));
  return true;
}

void Interface::finish_reading() {
  std::optional<SessionReader::Outcome> outcome = reader_.take();
  if (!outcome) return;
  if (!outcome->fault.empty()) {
    notify(theme_.wrong, outcome->fault);
  } else if (outcome->purpose == SessionReader::Purpose::compare) {
    compare_with(outcome->file, std::move(outcome->recorded));
  } else {
    show_session(outcome->file, std::move(outcome->recorded));
  }
}

void Interface::close_session() {
  if (!state_.recorded) return;
  const ViewState before = std::exchange(state_, live_state_.value_or(ViewState{}));
  take_look(state_, before);
  if (!live_state_) state_.plan = built_in_plan(DeviceKind::cpu);
  live_state_.reset();
  known_variants_.clear();
  history_.begin(choice_of(state_));
  provenance_.clear();
  commands_.post(worker::ClearPoints{});
  exploration_.ask_again();
}

void Interface::drop(const std::filesystem::path& file) {
  switch (kind_of_dropped(file)) {
    case DroppedKind::session:
      reader_.begin(file,
                    state_.lens == Lens::compare ? SessionReader::Purpose::compare : SessionReader::Purpose::show);
      break;
    case DroppedKind::kernel:
      notify(theme_.noisy,
             fmt::format("{} is a kernel: copy it into kernels/{}/ and it appears in the list. It needs front matter; "
                         "the files there show how.",
                         file.filename().string(), name_of(state_.plan.operation)));
      break;
    case DroppedKind::other:
      notify(theme_.wrong, fmt::format("{} is not a session file (.session).", file.filename().string()));
      break;
  }
}

void Interface::select_best(const Snapshot& snapshot) {
  PointPtr best;
  for (const PointPtr& point : matching_points(snapshot, state_, state_.x_axis, {}, &index_)) {
    if (!is_right(point->verdict) || !point->bandwidth()) continue;
    if (!best || *best->bandwidth() < *point->bandwidth()) best = point;
  }
  if (judges(snapshot)) {
    // Nothing is fastest; what is worth looking at is what was found.
    for (const PointPtr& point : matching_points(snapshot, state_, state_.x_axis, {}, &index_)) {
      if (!point->findings.empty() && (!best || best->findings.size() < point->findings.size())) best = point;
    }
  }
  if (!best) return;
  state_.selected_variant = best->request.variant;
  state_.selected_point = best->request.id;
  for (const auto& [name, value] : best->request.knobs) state_.knobs[name] = value;
}

}  // namespace knobscope::gui
