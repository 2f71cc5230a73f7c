// The same points with the window drawing all the time, standing still while samples are taken, and without a window:
// what drawing on the GPU that measures does to its times. Skipped where OpenGL does not draw on it. Prints the figures
// that the README has.

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "core/plan.h"
#include "gui/harness.h"
#include "gui/shell/quiet_window.h"
#include "gui/shell/stage.h"
#include "worker/client.h"

namespace knobscope::test {
namespace {

constexpr int kRounds = 4;
/// Of sampling each point: some eighteen frames.
constexpr double kSampling_s = 0.3;
constexpr double kFrame_s = 1.0 / 60.0;

/// $KNOBSCOPE_ROOT, or where the sources were when this was built.
std::filesystem::path root_folder() {
  const char* root = std::getenv("KNOBSCOPE_ROOT");
  return root != nullptr && *root != '\0' ? root : KNOBSCOPE_SOURCE_DIR;
}

/// $KNOBSCOPE_PROGRAM, or the one that was built with this.
std::string program() {
  const char* named = std::getenv("KNOBSCOPE_PROGRAM");
  return named != nullptr && *named != '\0' ? named : KNOBSCOPE_PROGRAM;
}

enum class Drawing { none, paused, live };
constexpr std::array kDrawings = {Drawing::none, Drawing::paused, Drawing::live};
constexpr std::array kNames = {"no window", "paused", "live"};

struct Times {
  std::vector<double> medians_us;  ///< of each round
  std::vector<double> cvs;
  int frames = 0;  ///< drawn while its samples were taken
};

double mean(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

class QuietLive : public testing::Test {
 protected:
  QuietLive() {
    worker::ClientOptions options;
    options.command = {program(), "worker"};
    options.kernels_dir = (root_folder() / "kernels").string();
    options.cache_dir = (folder_.path() / "cache").string();
    client_ = std::make_unique<worker::Client>(std::move(options));
    gui::StageOptions stage;
    stage.platform.display = gui::Display::none;
    stage.platform.size = gui::WindowSize{1280, 720};
    stage.resources = root_folder();
    // What the window itself would explore is not what is asked here.
    stage_ = std::make_unique<gui::Stage>(stage, silent_, keeper_);
  }

  /// Kernels from microseconds to ten milliseconds, timed cold for as long as many frames take.
  std::vector<PointRequest> requests(const std::string& device) {
    struct Wanted {
      const char* variant;
      std::int64_t block;  ///< 0: its default
      std::vector<std::int64_t> shape;
    };
    std::vector<PointRequest> list;
    for (const Wanted& each : {Wanted{"layernorm_forward/05_float4.cu", 0, {256, 1024}},
                               {"layernorm_forward/05_float4.cu", 0, {8192, 4096}},
                               {"layernorm_forward/05_float4.cu", 0, {32768, 8192}},
                               {"layernorm_forward/00_thread_per_row.cu", 32, {8192, 4096}},
                               {"layernorm_forward/00_thread_per_row.cu", 384, {8192, 4096}},
                               {"layernorm_forward/00_thread_per_row.cu", 1024, {8192, 4096}}}) {
      const Variant* variant = client_->snapshot()->catalog->find(each.variant);
      if (variant == nullptr) continue;
      PointRequest request;
      request.device = device;
      request.variant = variant->id;
      request.knobs = default_knobs(*variant);
      if (each.block != 0) request.knobs["block"] = each.block;
      request.problem.shape = each.shape;
      request.method.set_timings({Timing::cold});
      request.method.cold_stopping = StoppingCriterion::sample_count;
      request.method.target_samples = 100'000;  // the time ends it
      request.method.time_limit_s = kSampling_s;
      request.method.recheck = false;
      list.push_back(std::move(request));
    }
    return list;
  }

  /// Measures all of `points` once; frames as the run loop draws them, on this thread.
  std::vector<PointPtr> measure(std::vector<PointRequest> points, Drawing drawing, std::vector<int>& frames) {
    const std::size_t before = client_->snapshot()->points->size();
    const std::size_t wanted = points.size();
    gui::QuietWindow quiet(drawing == Drawing::none ? gui::Graphics{} : stage_->platform().graphics_device(), *client_);
    quiet.follow(*client_->snapshot(), drawing == Drawing::live);
    client_->post(worker::MeasurePoints{std::move(points), ""});
    const auto start = std::chrono::steady_clock::now();
    auto last_frame = start;
    frames.assign(wanted, 0);
    while (client_->snapshot()->points->size() < before + wanted) {
      if (std::chrono::steady_clock::now() - start > std::chrono::seconds(60)) break;
      const SnapshotPtr snapshot = client_->snapshot();
      const double since = std::chrono::duration<double>(std::chrono::steady_clock::now() - last_frame).count();
      if (drawing != Drawing::none && since >= kFrame_s && !quiet.holds(*snapshot, since)) {
        last_frame = std::chrono::steady_clock::now();
        stage_->platform().poll_events();
        stage_->frame(*snapshot);
        const std::size_t done = snapshot->points->size() - before;
        if (done < wanted && snapshot->live && snapshot->live->phase == Phase::cold) ++frames[done];
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    const SnapshotPtr done = client_->snapshot();
    return {done->points->begin() + static_cast<std::ptrdiff_t>(before), done->points->end()};
  }

  TemporaryFolder folder_;
  gui::SessionKeeper keeper_;
  ScriptedSink silent_;
  std::unique_ptr<worker::Client> client_;
  std::unique_ptr<gui::Stage> stage_;
};

TEST_F(QuietLive, TheSamePointsWithTheWindowLivePausedAndWithout) {
  ASSERT_TRUE(
      client_->wait([](const Snapshot& now) { return !now.devices.empty() && !now.catalog->variants.empty(); }, 60.0));
  const gui::Graphics graphics = stage_->platform().graphics_device();
  const SnapshotPtr first = client_->snapshot();
  const auto device = std::find_if(first->devices.begin(), first->devices.end(), [&](const DeviceFacts& each) {
    return each.kind == DeviceKind::cuda && gui::draws_on(graphics, each);
  });
  if (device == first->devices.end())
    GTEST_SKIP() << "OpenGL (" << graphics.renderer << ") draws on no GPU that measures";
  std::printf("  OpenGL: %s, %s\n  device: %s, %s\n", graphics.renderer.c_str(), graphics.uuid.c_str(),
              device->name.c_str(), device->uuid.c_str());
  const std::vector<PointRequest> points = requests(device->id);
  ASSERT_FALSE(points.empty());
  std::vector<int> ignored;
  measure(points, Drawing::none, ignored);  // compiles, and takes the ceilings

  std::map<std::pair<std::size_t, Drawing>, Times> found;
  for (int round = 0; round < kRounds; ++round) {
    for (const Drawing drawing : kDrawings) {
      std::vector<int> frames;
      const std::vector<PointPtr> measured = measure(points, drawing, frames);
      ASSERT_EQ(measured.size(), points.size());
      for (std::size_t i = 0; i < measured.size(); ++i) {
        ASSERT_TRUE(measured[i]->cold_summary) << measured[i]->reason;
        const WindowState expected = drawing == Drawing::none     ? WindowState::none
                                     : drawing == Drawing::paused ? WindowState::paused
                                                                  : WindowState::live;
        EXPECT_EQ(measured[i]->window, expected);
        Times& times = found[{i, drawing}];
        times.medians_us.push_back(measured[i]->cold_summary->median.count() * 1e-3);
        times.cvs.push_back(measured[i]->cold_summary->cv);
        times.frames += frames[i];
      }
    }
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t which = 0; which < kDrawings.size(); ++which) {
      const Times& times = found[{i, kDrawings[which]}];
      const double median = mean(times.medians_us);
      std::printf(
          "  %-41s %-18s %-10s %-9s median %9.2f us  %+6.2f %%  CV %6.2f %%  %3d frames\n", points[i].variant.c_str(),
          format_knobs(points[i].knobs).c_str(), format_shape(points[i].problem.shape).c_str(), kNames[which], median,
          (median / mean(found[{i, Drawing::none}].medians_us) - 1.0) * 100.0, mean(times.cvs) * 100.0, times.frames);
    }
    // What standing still is for: as if there were no window.
    const double without = mean(found[{i, Drawing::none}].medians_us);
    EXPECT_NEAR(mean(found[{i, Drawing::paused}].medians_us), without, std::max(0.02 * without, 1.0));
  }
}

}  // namespace
}  // namespace knobscope::test
