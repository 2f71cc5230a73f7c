#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/gui.h"
#include "gui/shell/fonts.h"
#include "gui/shell/pacing.h"
#include "gui/shell/plot_choice.h"
#include "gui/shell/quiet_window.h"
#include "gui/shell/stage.h"
#include "gui/shell/work.h"
#include "gui/views/exploration.h"
#include "session/export.h"
#include "session/session.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Whether everything the window wants has been measured (or never will be).
bool is_done(const Snapshot& snapshot, const ViewState& state) {
  if (state.recorded) {
    // The kernels' texts come from the worker, a moment after the points.
    return !snapshot.points->empty() && (!snapshot.catalog->variants.empty() || snapshot.worker == WorkerState::gone);
  }
  if (snapshot.worker == WorkerState::gone) return true;
  if (snapshot.live || snapshot.progress.done < snapshot.progress.total || snapshot.devices.empty()) return false;
  return !state.ticked.empty() && without_known(wanted_points(snapshot, state), snapshot).empty();
}

/// Docking, tables and plots settle over a few frames, and what takes longer goes on in as many as it needs.
void settle(Stage& stage, const worker::Client& client) {
  for (int i = 0; i < 6 || stage.interface().is_busy(); ++i) stage.frame(*client.snapshot());
}

/// Draws now and then until all is measured or the time is over; leaves the best point selected. A frame every so often
/// is enough: nobody watches. A live window draws sixty times a second, as if somebody did.
void explore_unwatched(Stage& stage, worker::Client& client, double limit_s) {
  QuietWindow quiet(stage.platform().graphics_device(), client);
  const auto start = Clock::now();
  std::optional<Clock::time_point> last_frame;
  SnapshotPtr snapshot = client.snapshot();
  while (seconds_since(start) < limit_s) {
    stage.platform().poll_events();
    snapshot = client.snapshot();
    const bool live = stage.interface().live_window();
    quiet.follow(*snapshot, live);
    if (!last_frame || !quiet.holds(*snapshot, seconds_since(*last_frame))) {
      last_frame = Clock::now();
      stage.frame(*snapshot);
    }
    if (is_done(*snapshot, stage.interface().state())) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(live ? 16 : 200));
  }
  snapshot = client.snapshot();
  if (!stage.interface().state().recorded) stage.interface().select_best(*snapshot);
  settle(stage, client);
}

int explore_headless(Stage& stage, Work& work, const GuiOptions& options) {
  explore_unwatched(stage, *work.client, options.headless_limit_s);
  const SnapshotPtr snapshot = work.client->snapshot();
  const std::filesystem::path picture = options.picture.empty() ? "knobscope.png" : options.picture;
  stage.write_picture(picture);
  if (snapshot->points->empty()) {
    fmt::print(stderr, "knobscope: nothing could be measured{}{}\n", snapshot->worker_message.empty() ? "" : ": ",
               snapshot->worker_message);
    return 1;
  }
  if (options.session) work.keeper.save(*snapshot, stage.interface().state().plan, *options.session);
  fmt::print("{}\n", session::to_table(*snapshot->points, 120, false));
  fmt::print("No display: the window is drawn in {}\n", std::filesystem::absolute(picture).string());
  if (work.keeper.is_open()) fmt::print("Session: {}\n", std::filesystem::absolute(work.keeper.file()).string());
  return 0;
}

int run_window(Stage& stage, Work& work) {
  Pacing pacing(stage.platform().graphics_device(), *work.client);
  while (!stage.platform().should_close()) {
    if (pacing.wait(stage, *work.client)) stage.frame(*work.client->snapshot());
  }
  return 0;
}

int complain(const std::exception& error) {
  fmt::print(stderr, "knobscope: {}\n", error.what());
  return 1;
}

}  // namespace

int run(const GuiOptions& options) try {
  StageOptions stage_options;
  stage_options.platform.display = options.display;
  stage_options.platform.size = options.size;
  stage_options.resources = options.resources;
  // Nobody is there to set anything without a display, and what is drawn must be the same everywhere.
  if (!options.config_dir.empty() && options.display != Display::none) {
    stage_options.settings_file = options.config_dir / "window.toml";
  }
  stage_options.scale = options.scale;
  stage_options.interface.device = options.device;
  stage_options.interface.theme = options.theme;
  stage_options.interface.live_window = options.live_window;
  stage_options.interface.baselines = recorded_baselines(options.resources);
  stage_options.interface.save_folder = std::filesystem::current_path();
  stage_options.interface.fit_rules = options.fit_rules;
  if (options.display != Display::none) stage_options.interface.desktop = desktop_of_environment();

  // What was measured into this file before is known, and a sweep that was not over can go on.
  session::Recorded earlier;
  if (options.session && std::filesystem::exists(*options.session)) earlier = session::load(*options.session);
  stage_options.interface.begun_plans = earlier.plans;
  stage_options.interface.tour = options.display != Display::none && !options.open;

  Work work(options.kernels_dir, options.cache_dir, options.worker_command, options.session);
  Stage stage(stage_options, *work.client, work.keeper);
  if (!earlier.points.empty()) work.take_up(earlier.points);
  if (options.session) stage.interface().state().session_path = options.session->string();
  work.client->post(worker::AddLogLine{LogLevel::info, stage.platform().graphics()});
  // With somebody there to see it, the window does not wait for a long file.
  if (options.open && !stage.platform().headless()) {
    stage.interface().read_session(*options.open);
  } else if (options.open && !stage.interface().open_session(*options.open)) {
    fmt::print(stderr, "knobscope: {}\n", stage.interface().notice());
    return 1;
  }
  return stage.platform().headless() ? explore_headless(stage, work, options) : run_window(stage, work);
} catch (const WindowError& error) {
  return complain(error);
} catch (const FontError& error) {
  return complain(error);
} catch (const session::SessionError& error) {
  return complain(error);
}

int screenshot(const ScreenshotOptions& options) try {
  const std::vector<std::string> titles = view_titles();
  if (!options.view.empty() && std::find(titles.begin(), titles.end(), options.view) == titles.end()) {
    fmt::print(stderr, "knobscope: there is no panel {}; there are: {}\n", options.view, fmt::join(titles, ", "));
    return 2;
  }
  if (const auto fault = find_fault(options.plot)) {
    fmt::print(stderr, "knobscope: {}\n", *fault);
    return 2;
  }
  StageOptions stage_options;
  stage_options.platform = {Display::none, options.size, true, "Knobscope"};
  stage_options.resources = options.resources;
  stage_options.scale = options.scale;
  stage_options.interface.device = options.device;
  stage_options.interface.theme = options.theme;
  stage_options.interface.live_window = options.live_window;
  stage_options.interface.only_view = options.view;
  stage_options.interface.baselines = recorded_baselines(options.resources);

  Work work(options.kernels_dir, options.cache_dir, options.worker_command, std::nullopt);
  Stage stage(stage_options, *work.client, work.keeper);
  if (options.open && !stage.interface().open_session(*options.open)) {
    fmt::print(stderr, "knobscope: {}\n", stage.interface().notice());
    return 1;
  }
  explore_unwatched(stage, *work.client, options.limit_s);
  if (const auto fault = apply(options.plot, *work.client->snapshot(), stage.interface())) {
    fmt::print(stderr, "knobscope: {}\n", *fault);
    return 2;
  }
  settle(stage, *work.client);
  stage.write_picture(options.out);
  return 0;
} catch (const WindowError& error) {
  return complain(error);
} catch (const FontError& error) {
  return complain(error);
} catch (const session::SessionError& error) {
  return complain(error);
}

std::vector<std::string> view_titles() {
  std::vector<std::string> titles;
  for (const std::unique_ptr<View>& view : make_views()) titles.emplace_back(view->title());
  return titles;
}

}  // namespace knobscope::gui
