// The window with the real worker on the CPU device: what is set is measured, drawn, cancelled, saved and read again.

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include "gui/gui.h"
#include "gui/harness.h"
#include "gui/shell/stage.h"
#include "gui/views/series.h"
#include "session/session.h"
#include "worker/client.h"

namespace knobscope::test {
namespace {

std::vector<std::string> worker_command() { return {KNOBSCOPE_PROGRAM, "worker"}; }

const std::filesystem::path& source_dir() {
  static const std::filesystem::path dir = KNOBSCOPE_SOURCE_DIR;
  return dir;
}

/// Width and height as a PNG's header says them; nothing when it is no PNG.
std::optional<gui::WindowSize> png_size(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<unsigned char, 24> head{};
  in.read(reinterpret_cast<char*>(head.data()), head.size());
  if (!in || head[1] != 'P' || head[2] != 'N' || head[3] != 'G') return std::nullopt;
  const auto number = [&head](std::size_t at) {
    return (head[at] << 24) | (head[at + 1] << 16) | (head[at + 2] << 8) | head[at + 3];
  };
  return gui::WindowSize{number(16), number(20)};
}

/// A stage and a client with a real worker.
class Live : public testing::Test {
 protected:
  Live() {
    worker::ClientOptions options;
    options.command = worker_command();
    options.kernels_dir = (source_dir() / "kernels").string();
    options.cache_dir = (folder_.path() / "cache").string();
    options.on_point = [this](const PointPtr& point) { keeper_.add(point); };
    client_ = std::make_unique<worker::Client>(std::move(options));
    gui::StageOptions stage;
    stage.platform.display = gui::Display::none;
    stage.platform.size = gui::WindowSize{1280, 720};
    stage.resources = source_dir();
    stage.interface.device = "cpu";
    stage_ = std::make_unique<gui::Stage>(stage, *client_, keeper_);
  }
  ~Live() override { client_.reset(); }

  gui::ViewState& state() { return stage_->interface().state(); }

  /// Draws until `done` holds.
  bool until(const std::function<bool(const Snapshot&)>& done, double limit_s = 90.0) {
    const auto start = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - start < std::chrono::duration<double>(limit_s)) {
      stage_->platform().poll_events();
      const SnapshotPtr snapshot = client_->snapshot();
      stage_->frame(*snapshot);
      if (done(*snapshot)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  /// One variant on a tiny problem, timed for as long as a test can wait.
  void set_tiny() {
    state().plan.shapes = {{16, 256}};
    state().plan.method.time_limit_s = 0.01;
    state().plan.method.min_samples = 3;
    state().ticked = {"layernorm_forward/01_scalar_two_pass.cpp"};
    state().selected_variant = "layernorm_forward/01_scalar_two_pass.cpp";
    state().x_axis = "block";
  }

  TemporaryFolder folder_;
  gui::SessionKeeper keeper_;
  std::unique_ptr<worker::Client> client_;
  std::unique_ptr<gui::Stage> stage_;
};

TEST_F(Live, MeasuresDrawsSavesAndReadsAgain) {
  ASSERT_TRUE(until([&](const Snapshot&) { return !state().ticked.empty(); }))
      << "the built-in exploration starts itself";
  set_tiny();
  ASSERT_TRUE(until([&](const Snapshot& snapshot) {
    return gui::make_series(snapshot, state(), state().x_axis, gui::Quantity::bytes_per_second).lines.size() == 1 &&
           gui::make_series(snapshot, state(), state().x_axis, gui::Quantity::bytes_per_second)
                   .lines[0]
                   .points.size() >= 3;
  }));
  const SnapshotPtr snapshot = client_->snapshot();
  for (const PointPtr& point : gui::matching_points(*snapshot, state(), state().x_axis)) {
    EXPECT_NE(point->verdict, Verdict::wrong) << point->reason;
    EXPECT_NE(point->verdict, Verdict::failed) << point->reason;
  }

  const std::filesystem::path file = folder_.path() / "lab.session";
  state().session_path = file.string();
  stage_->interface().save(*snapshot);
  ASSERT_TRUE(until([&](const Snapshot&) { return !stage_->interface().is_saving(); }));
  EXPECT_GE(session::load(file).points.size(), 3U);

  ASSERT_TRUE(stage_->interface().open_session(file));
  ASSERT_TRUE(until([&](const Snapshot& now) { return state().recorded && !now.live && !now.points->empty(); }));

  gui::ScreenshotOptions picture;
  picture.resources = source_dir();
  picture.kernels_dir = source_dir() / "kernels";
  picture.cache_dir = folder_.path() / "cache";
  picture.worker_command = worker_command();
  picture.open = file;
  picture.out = folder_.path() / "window.png";
  picture.size = {1280, 720};
  stage_.reset();
  EXPECT_EQ(gui::screenshot(picture), 0);
  const std::optional<gui::WindowSize> size = png_size(picture.out);
  ASSERT_TRUE(size);
  EXPECT_EQ(size->width, 1280);
  EXPECT_EQ(size->height, 720);
}

TEST_F(Live, CancelEndsTheSweep) {
  ASSERT_TRUE(until([&](const Snapshot& snapshot) { return snapshot.live != nullptr; }));
  client_->post(worker::CancelAll{});
  ASSERT_TRUE(until(
      [](const Snapshot& snapshot) { return !snapshot.live && snapshot.progress.done == snapshot.progress.total; }));
  const std::size_t points = client_->snapshot()->points->size();
  for (int i = 0; i < 20; ++i) {
    stage_->frame(*client_->snapshot());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(client_->snapshot()->points->size(), points) << "nothing goes on behind the person's back";
}

TEST(Headless, RunExploresPrintsATableAndWritesAPicture) {
  const TemporaryFolder folder;
  gui::GuiOptions options;
  options.resources = source_dir();
  options.kernels_dir = source_dir() / "kernels";
  options.cache_dir = folder.path() / "cache";
  options.worker_command = worker_command();
  options.device = "cpu";
  options.display = gui::Display::none;
  options.size = gui::WindowSize{1280, 720};
  options.headless_limit_s = 12.0;
  options.picture = folder.path() / "window.png";
  options.session = folder.path() / "run.session";
  testing::internal::CaptureStdout();
  EXPECT_EQ(gui::run(options), 0);
  const std::string printed = testing::internal::GetCapturedStdout();
  EXPECT_NE(printed.find("layernorm"), std::string::npos) << printed;
  EXPECT_NE(printed.find("window.png"), std::string::npos) << printed;
  EXPECT_TRUE(png_size(options.picture));
  EXPECT_FALSE(session::load(*options.session).points.empty());
}

TEST(Headless, AScreenshotOfAPanelThatDoesNotExistSaysWhichThereAre) {
  gui::ScreenshotOptions options;
  options.view = "Speedometer";
  testing::internal::CaptureStderr();
  EXPECT_EQ(gui::screenshot(options), 2);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("Throughput"), std::string::npos);
}

}  // namespace
}  // namespace knobscope::test
