// Frame times, measured: what `knobscope frames` prints.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <glad/gl.h>
#include <imgui_internal.h>
#include <unistd.h>

#include "core/statistics.h"
#include "gui/gui.h"
#include "gui/shell/fonts.h"
#include "gui/shell/layout.h"
#include "gui/shell/pacing.h"
#include "gui/shell/stage.h"
#include "gui/shell/work.h"
#include "gui/views/lenses.h"
#include "gui/views/series.h"
#include "session/session.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSettling = 8;
constexpr int kFramesASelection = 40;
constexpr int kFewestFrames = 120;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Since this process was started, in the system's clock ticks. Linux tells the start as the 22nd field of its stat.
double process_age_ms() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  // The second field is a name in parentheses, which may hold spaces.
  std::istringstream rest(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::string field;
  for (int at = 3; at <= 22; ++at) rest >> field;
  const double start_s = std::stod(field) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return (seconds_of(CLOCK_BOOTTIME) - start_s) * 1e3;
}

class FrameClock {
 public:
  FrameClock(Stage& stage, const worker::Client& client) : stage_(stage), client_(client) {}

  /// One frame, from beginning to when the driver is done with it.
  double frame() {
    const auto start = Clock::now();
    stage_.frame(*client_.snapshot());
    glFinish();
    return ms_since(start);
  }

  void settle() {
    for (int i = 0; i < kSettling; ++i) frame();
  }

 private:
  Stage& stage_;
  const worker::Client& client_;
};

FrameSeries series_from(std::string name, std::vector<double> times) {
  FrameSeries series{std::move(name), static_cast<std::int64_t>(times.size())};
  if (times.empty()) return series;
  series.p50_ms = quantile(times, 0.5).value_or(0.0);
  series.p99_ms = quantile(times, 0.99).value_or(0.0);
  series.worst_ms = *std::ranges::max_element(times);
  return series;
}

/// Moves the mouse over the large plot, to and fro.
void move_mouse(int step) {
  const ImGuiWindow* panel = ImGui::FindWindowByName(window_id("Throughput").c_str());
  if (panel == nullptr) return;
  const ImRect area = panel->InnerRect;
  const auto part = [step](int period) {
    const int at = step % (2 * period);
    return static_cast<float>(at < period ? at : 2 * period - at) / static_cast<float>(period);
  };
  ImGui::GetIO().AddMousePosEvent(area.Min.x + area.GetWidth() * (0.1F + 0.8F * part(97)),
                                  area.Min.y + area.GetHeight() * (0.3F + 0.6F * part(41)));
}

/// Every lens from the first frame on, which has to work out what it shows; now and then another point is selected.
FrameSeries frames_of(const LensFacts& lens, Stage& stage, const worker::Client& client, double seconds) {
  FrameClock clock(stage, client);
  ViewState& state = stage.interface().state();
  const std::vector<PointPtr>& points = *client.snapshot()->points;
  std::vector<double> times;
  const auto start = Clock::now();
  state.lens = lens.lens;
  for (int step = 0; step < kFewestFrames || ms_since(start) < seconds * 1e3; ++step) {
    if (step % kFramesASelection == kFramesASelection - 1 && !points.empty()) {
      // Neighbours of the problem that is shown first, as somebody would pick them.
      select_point(state, *points[static_cast<std::size_t>(step * 7) % std::min<std::size_t>(points.size(), 1000)]);
    }
    move_mouse(step);
    times.push_back(clock.frame());
  }
  return series_from(lens.id, std::move(times));
}

/// Waits for a state of things, drawing now and then. False when it did not come.
bool wait_for(const std::function<bool(const Snapshot&)>& there, Stage& stage, const worker::Client& client,
              double limit_s) {
  const auto start = Clock::now();
  while (ms_since(start) < limit_s * 1e3) {
    stage.frame(*client.snapshot());
    if (there(*client.snapshot())) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

/// Sixty frames a second while something is measured.
FrameSeries frames_of_sweep(Stage& stage, const worker::Client& client, double seconds) {
  FrameClock clock(stage, client);
  std::vector<double> times;
  const auto start = Clock::now();
  for (int step = 0; ms_since(start) < seconds * 1e3; ++step) {
    const auto next = Clock::now() + std::chrono::microseconds(16'667);
    stage.platform().poll_events();
    move_mouse(step);
    if (client.snapshot()->live) times.push_back(clock.frame());
    std::this_thread::sleep_until(next);
  }
  return series_from("sweep", std::move(times));
}

/// Nothing happens, and the window waits as one on a desktop does.
void look_at_idleness(Stage& stage, worker::Client& client, double seconds, FrameFigures& figures) {
  Pacing pacing(stage.platform().graphics_device(), client);
  for (const auto start = Clock::now(); ms_since(start) < 1e3;) {
    if (pacing.wait(stage, client)) stage.frame(*client.snapshot());
  }
  const auto start = Clock::now();
  const double computed = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
  while (ms_since(start) < seconds * 1e3) {
    if (!pacing.wait(stage, client)) continue;
    stage.frame(*client.snapshot());
    ++figures.idle_frames;
  }
  figures.idle_s = ms_since(start) * 1e-3;
  figures.idle_cpu = (seconds_of(CLOCK_PROCESS_CPUTIME_ID) - computed) / figures.idle_s;
}

std::int64_t samples_in(const std::vector<PointPtr>& points) {
  std::int64_t samples = 0;
  for (const PointPtr& point : points) {
    for (const Timing timing : kTimings) {
      if (const Samples& series = point->samples(timing)) samples += static_cast<std::int64_t>(series->size());
    }
  }
  return samples;
}

int measure(Stage& stage, Work& work, const FramesOptions& options, FrameFigures& figures) {
  worker::Client& client = *work.client;
  if (options.open) {
    if (!stage.interface().open_session(*options.open)) {
      fmt::print(stderr, "knobscope: {}\n", stage.interface().notice());
      return 1;
    }
    const auto shown = [](const Snapshot& snapshot) {
      return !snapshot.points->empty() && !snapshot.catalog->variants.empty();
    };
    wait_for(shown, stage, client, 60.0);
    FrameClock(stage, client).settle();
    for (const LensFacts& lens : lenses()) {
      figures.series.push_back(frames_of(lens, stage, client, options.seconds));
    }
  } else {
    if (!wait_for([](const Snapshot& snapshot) { return snapshot.live != nullptr; }, stage, client, 60.0)) {
      fmt::print(stderr, "knobscope: nothing could be measured, so there are no frames to time\n");
      return 1;
    }
    FrameClock(stage, client).settle();
    figures.series.push_back(frames_of_sweep(stage, client, options.seconds));
    client.post(worker::CancelAll{});
    wait_for([](const Snapshot& snapshot) { return !snapshot.live; }, stage, client, 30.0);
  }
  look_at_idleness(stage, client, options.seconds, figures);
  figures.points = static_cast<std::int64_t>(client.snapshot()->points->size());
  figures.samples = samples_in(*client.snapshot()->points);
  return 0;
}

}  // namespace

int measure_frames(const FramesOptions& options, FrameFigures& figures) try {
  StageOptions stage_options;
  stage_options.platform = {options.display, options.size, false, "Knobscope"};
  stage_options.resources = options.resources;
  stage_options.scale = options.scale;
  stage_options.interface.device = options.device;
  stage_options.interface.theme = options.theme;
  // Else the window would stand still while samples are taken where it draws on the device that is timed.
  stage_options.interface.live_window = true;
  stage_options.interface.baselines = recorded_baselines(options.resources);
  Work work(options.kernels_dir, options.cache_dir, options.worker_command, std::nullopt);
  Stage stage(stage_options, *work.client, work.keeper);
  FrameClock(stage, *work.client).frame();
  figures.first_frame_ms = process_age_ms();
  figures.graphics = stage.platform().graphics();
  return measure(stage, work, options, figures);
} catch (const WindowError& error) {
  fmt::print(stderr, "knobscope: {}\n", error.what());
  return 1;
} catch (const FontError& error) {
  fmt::print(stderr, "knobscope: {}\n", error.what());
  return 1;
} catch (const session::SessionError& error) {
  fmt::print(stderr, "knobscope: {}\n", error.what());
  return 1;
}

}  // namespace knobscope::gui
