// The window with the real worker on the CPU device: what is set is measured, drawn, cancelled, saved and read again.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <optional>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/gui.h"
#include "gui/harness.h"
#include "gui/shell/interface.h"
#include "gui/shell/stage.h"
#include "gui/views/series.h"
#include "gui/views/source_marks.h"
#include "session/session.h"
#include "worker/client.h"

namespace knobscope::test {
namespace {

std::vector<std::string> worker_command() { return {KNOBSCOPE_PROGRAM, "worker"}; }

constexpr const char* kScalar = "layernorm_forward/01_scalar_two_pass.cpp";

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

/// What this thread has computed so far.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// A stage and a client with a real worker.
class Live : public testing::Test {
 protected:
  Live() : Live(std::nullopt) {}
  /// `kernels` is a folder inside the test's own; nothing: the kernels of the repository.
  explicit Live(const std::optional<std::string>& kernels) {
    if (kernels) copy_kernels(folder_.path() / *kernels);
    worker::ClientOptions options;
    options.command = worker_command();
    options.kernels_dir = (kernels ? folder_.path() / *kernels : source_dir() / "kernels").string();
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

  /// A catalog of one file, so that what a test adds is soon measured.
  static void copy_kernels(const std::filesystem::path& to) {
    std::filesystem::create_directories(to / "layernorm_forward");
    std::filesystem::copy(source_dir() / "kernels/include", to / "include", std::filesystem::copy_options::recursive);
    std::filesystem::copy_file(source_dir() / "kernels" / kScalar, to / kScalar);
  }

  /// Draws until `done` holds.
  bool until(const std::function<bool(const Snapshot&)>& done, double limit_s = 180.0) {
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
    state().ticked = {kScalar};
    state().selected_variant = kScalar;
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
  ASSERT_TRUE(until([&](const Snapshot&) { return !stage_->interface().is_busy(); }));
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

/// As Live, on a kernels folder that the test may write to.
class LiveFiles : public Live {
 protected:
  LiveFiles() : Live("kernels") {}

  /// Saves a variant of the scalar kernel in which `code` was replaced; returns its id.
  std::string save(const std::string& name, const std::string& code, const std::string& by) {
    std::ifstream in(source_dir() / "kernels" / kScalar);
    std::ostringstream read;
    read << in.rdbuf();
    std::string text = read.str();
    const std::size_t at = text.find(code);
    EXPECT_NE(at, std::string::npos) << code;
    text.replace(at, code.size(), by);
    std::string id = "layernorm_forward/" + name;
    std::ofstream(folder_.path() / "kernels" / id) << text;
    return id;
  }

  /// What the worker said, for the message of a failed test.
  std::string log_text() {
    std::string text;
    for (const LogLine& line : *client_->snapshot()->log) text += "\n" + line.text;
    for (const PointPtr& point : *client_->snapshot()->points)
      text += "\n" + point->request.variant + " " + std::string(name_of(point->verdict)) + " " + point->reason;
    return text;
  }

  /// The latest point of a variant; null when there is none.
  static PointPtr latest(const Snapshot& snapshot, const std::string& variant) {
    const auto found = std::find_if(snapshot.points->rbegin(), snapshot.points->rend(),
                                    [&](const PointPtr& point) { return point->request.variant == variant; });
    return found == snapshot.points->rend() ? nullptr : *found;
  }
};

TEST_F(LiveFiles, ASavedFileAppearsIsJudgedAndIsMeasuredAgainWhenSavedAgain) {
  ASSERT_TRUE(until([&](const Snapshot&) { return !state().ticked.empty(); }));
  set_tiny();
  const std::string id = save("02_mine.cpp", "const double row_mean = sum / count;", "const double row_mean = 1.0;");
  ASSERT_TRUE(until([&](const Snapshot& snapshot) { return latest(snapshot, id) != nullptr; }))
      << "a new file is ticked and measured without anybody asking" << log_text();
  EXPECT_EQ(latest(*client_->snapshot(), id)->verdict, Verdict::wrong);
  save("02_mine.cpp", "const double row_mean = sum / count;", "const double row_mean = 1.0 * sum / count;");
  ASSERT_TRUE(until([&](const Snapshot& snapshot) {
    const PointPtr point = latest(snapshot, id);
    return point && point->verdict != Verdict::wrong;
  })) << "a saved file is compiled, checked and plotted again";
  const gui::SeriesSet set =
      gui::make_series(*client_->snapshot(), state(), state().x_axis, gui::Quantity::max_abs_error);
  EXPECT_FALSE(set.empty());
  for (const gui::Series& line : set.lines) {
    for (const gui::SeriesPoint& point : line.points) {
      // Right in every element; how well it was timed is not this test's matter.
      const OutputError* error = point.point->error ? point.point->error->main() : nullptr;
      ASSERT_NE(error, nullptr) << line.variant << ": " << point.point->reason;
      EXPECT_EQ(error->failing, 0) << line.variant << ": " << point.point->reason;
    }
  }
}

/// As LiveFiles, with a CUDA kernel that the emulated device plays.
class LivePlays : public LiveFiles {
 protected:
  /// Chooses the emulated device, on the problem it begins with, and the kernel of `id` to look at.
  void judge(const std::string& id) {
    state().plan = gui::built_in_plan(DeviceKind::emulated);
    state().plan.device = "emulated";
    state().knobs = {{"block", 128}};
    state().ticked = {id};
    state().selected_variant = id;
  }

  /// Saves the kernel without its first barrier, or with it and a remark; returns the file's text.
  std::string save_racy(const std::string& id, const std::optional<std::string>& remark) {
    std::ifstream in(source_dir() / "tests/emulated/kernels/layernorm_forward/01_missing_barrier.cu");
    std::ostringstream read;
    read << in.rdbuf();
    std::string text = read.str();
    const std::string mistake = "scratch[thread] = value;  // BUG";
    const std::size_t at = text.find(mistake);
    EXPECT_NE(at, std::string::npos);
    if (remark) text.replace(at, mistake.size(), "scratch[thread] = value;\n  __syncthreads();  // " + *remark);
    std::ofstream(folder_.path() / "kernels" / id) << text;
    return text;
  }

  /// The point that the kernel panel looks at, once it is about this text.
  PointPtr judged(const Snapshot& snapshot, const std::string& id, const std::string& text) {
    const Variant* variant = snapshot.catalog->find(id);
    const PointPtr point = gui::focused_point(snapshot, state());
    if (variant == nullptr || variant->source != text || !point || point->source_hash != variant->source_hash) {
      return nullptr;
    }
    return point;
  }

  /// Draws until the saved text has been judged; says how long that took.
  PointPtr judged_after_saving(const char* what, const std::string& id, const std::string& text) {
    const auto start = std::chrono::steady_clock::now();
    PointPtr point;
    EXPECT_TRUE(until([&](const Snapshot& snapshot) { return (point = judged(snapshot, id, text)) != nullptr; }, 60.0))
        << log_text();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    std::cout << what << " after " << took.count() << " s\n";
    RecordProperty(what, std::to_string(took.count()));
    return point;
  }

  /// Whether a child window of the kernel panel has a vertex of this colour; nothing when it is not shown.
  static std::optional<bool> shows_color(std::string_view child, const ImVec4& color) {
    for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
      const std::string_view name = window->Name;
      if (!window->WasActive || name.find("###Kernel/") == std::string_view::npos) continue;
      if (name.find(child) == std::string_view::npos) continue;
      const auto& vertices = window->DrawList->VtxBuffer;
      return std::any_of(vertices.begin(), vertices.end(),
                         [&](const ImDrawVert& vertex) { return vertex.col == gui::packed(color); });
    }
    return std::nullopt;
  }

  const gui::Theme& theme() { return stage_->interface().theme(); }
};

TEST_F(LivePlays, ASavedFilesFindingsAreListedAtTheirLineAndGoneOnceItIsRepaired) {
  ASSERT_TRUE(until([&](const Snapshot& snapshot) { return snapshot.device("emulated") != nullptr; }))
      << "the emulated device is there on every machine";
  const std::string id = "layernorm_forward/09_mine.cu";
  const std::string sound = save_racy(id, "all values are there");
  judge(id);
  PointPtr point = judged_after_saving("first_verdict", id, sound);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;

  const std::string racy = save_racy(id, std::nullopt);
  point = judged_after_saving("findings", id, racy);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->verdict, Verdict::wrong);
  ASSERT_FALSE(point->findings.empty()) << point->reason;
  const auto race = std::find_if(point->findings.begin(), point->findings.end(),
                                 [](const Finding& finding) { return finding.kind == FindingKind::race; });
  ASSERT_NE(race, point->findings.end()) << point->reason;
  const std::optional<int> line = gui::line_in(*race, id);
  ASSERT_TRUE(line) << race->at.file << " should be " << id;
  const std::vector<gui::SourceMark> marks = gui::finding_marks(point->findings, id);
  const gui::AnnotatedSource shown = gui::annotate(racy, marks, 80);
  std::size_t start = 0;
  for (int i = 1; i < *line; ++i) start = racy.find('\n', start) + 1;
  const std::string at = racy.substr(start, racy.find('\n', start) - start);
  EXPECT_TRUE(at.find("BUG") != std::string::npos || at.find("SEEN") != std::string::npos) << at;
  EXPECT_EQ(shown.rows.at(shown.row_of(*line)).about, *line);
  ASSERT_TRUE(
      until([&](const Snapshot&) { return shows_color("findings", theme().wrong.ground).value_or(false); }, 10.0))
      << "no card of it";
  EXPECT_EQ(shows_color("##source", theme().wrong.ground), true) << "not marked in the source";
  if (const char* folder = std::getenv("KNOBSCOPE_PICTURES"); folder != nullptr && *folder != '\0') {
    stage_->write_picture(std::filesystem::path(folder) / "live_findings.png");
  }

  const std::string repaired = save_racy(id, "all are there again");
  point = judged_after_saving("no_findings", id, repaired);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_TRUE(point->findings.empty());
  ASSERT_TRUE(until([&](const Snapshot&) { return shows_color("##source", theme().wrong.ground) == false; }, 10.0));
  for (const PointPtr& each : *client_->snapshot()->points) {
    if (each->request.device != "emulated") continue;
    EXPECT_FALSE(each->headline()) << "a time where there is none";
    EXPECT_FALSE(each->compiled.compile_ms);
  }
}

TEST_F(LiveFiles, AFileThatDoesNotCompileSaysWhereAndStandsOnTheFloor) {
  ASSERT_TRUE(until([&](const Snapshot&) { return !state().ticked.empty(); }));
  set_tiny();
  const std::string id = save("03_broken.cpp", "double sum = 0.0;", "double sum = nothing_of_that_name;");
  ASSERT_TRUE(until([&](const Snapshot& snapshot) { return latest(snapshot, id) != nullptr; }));
  const SnapshotPtr snapshot = client_->snapshot();
  const PointPtr point = latest(*snapshot, id);
  EXPECT_EQ(point->verdict, Verdict::failed);
  const std::vector<gui::SourceMark> marks = gui::source_marks(point->compile_log, "03_broken.cpp");
  ASSERT_FALSE(marks.empty()) << point->compile_log;
  const std::string& source = snapshot->catalog->find(id)->source;
  const auto at = source.begin() + static_cast<std::ptrdiff_t>(source.find("nothing_of_that_name"));
  EXPECT_EQ(marks.front().line, 1 + std::count(source.begin(), at, '\n'));
  EXPECT_TRUE(marks.front().is_error);
  const gui::SeriesSet set = gui::make_series(*snapshot, state(), state().x_axis, gui::Quantity::bytes_per_second);
  const auto line =
      std::find_if(set.lines.begin(), set.lines.end(), [&](const gui::Series& series) { return series.variant == id; });
  ASSERT_NE(line, set.lines.end());
  EXPECT_FALSE(line->points.front().y) << "nothing was timed: the point stands on the floor";
}

TEST_F(Live, FramesWhileMeasuring) {
  ASSERT_TRUE(until([](const Snapshot& snapshot) { return snapshot.live && !snapshot.points->empty(); }));
  stage_->clear_frame_times();
  std::vector<double> wall_ms;
  std::vector<double> thread_ms;
  const auto start = std::chrono::steady_clock::now();
  while (wall_ms.size() < 240 && std::chrono::steady_clock::now() - start < std::chrono::seconds(20)) {
    const SnapshotPtr snapshot = client_->snapshot();
    const auto wall = std::chrono::steady_clock::now();
    const double thread = thread_seconds();
    stage_->platform().poll_events();
    stage_->frame(*snapshot);
    thread_ms.push_back((thread_seconds() - thread) * 1e3);
    wall_ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - wall).count());
    std::this_thread::sleep_for(std::chrono::milliseconds(8));
  }
  const auto print = [this](const char* name, const std::vector<double>& times) {
    std::cout << name << ": p50 " << *quantile(times, 0.5) << " ms, p99 " << *quantile(times, 0.99) << " ms of "
              << times.size() << " frames\n";
    RecordProperty(std::string(name) + "_p50_ms", std::to_string(*quantile(times, 0.5)));
    RecordProperty(std::string(name) + "_p99_ms", std::to_string(*quantile(times, 0.99)));
  };
  print("wall", wall_ms);
  print("thread", thread_ms);
  EXPECT_FALSE(client_->snapshot()->points->empty());
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // The processor is also the device here, and others may use the machine: the wall clock is said, not judged.
  EXPECT_LT(*quantile(thread_ms, 0.5), 16.7);
#endif
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
