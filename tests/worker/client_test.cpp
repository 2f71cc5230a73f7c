// The client: its queue, its snapshots, and workers that misbehave.

#include <chrono>
#include <csignal>
#include <thread>

#include <sys/wait.h>

#include "worker/bench.h"

namespace knobscope::worker {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// A point that takes a while: many launches of 30 ms.
PointRequest slow_request(std::uint64_t seed = 1) {
  PointRequest request = Bench::request("13_slow", true);
  request.problem.seed = seed;
  request.method.time_limit_s = 600.0;
  request.method.target_relative_error = 0.0;
  request.method.max_samples = 100'000;
  return request;
}

bool is_measuring_13(const Snapshot& now) { return now.live && (now.live->cold || now.live->hot); }

TEST(Client, says_what_there_is) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  const SnapshotPtr now = bench.client->snapshot();
  EXPECT_NE(now->device("cpu"), nullptr);
  EXPECT_NE(now->catalog->find("layernorm_forward/01_right.cpp"), nullptr);
  EXPECT_EQ(now->progress.total, 0);
  EXPECT_FALSE(now->live);
}

TEST(Client, tells_any_worker_of_files_elsewhere) {
  Bench bench;
  std::filesystem::create_directories(bench.file("elsewhere/layernorm_forward"));
  const std::string lone = bench.file("elsewhere/layernorm_forward/20_lone.cpp").string();
  std::filesystem::copy(bench.kernels() / "layernorm_forward/01_right.cpp", lone);
  ClientOptions options;
  options.command = {KNOBSCOPE_TEST_WORKER, "--serves", bench.file("pid").string()};
  options.kernels_dir = bench.kernels().string();
  options.kernel_files = {lone};
  options.cache_dir = bench.file("cache").string();
  const Client client(options);
  ASSERT_TRUE(client.wait([](const Snapshot& now) { return !now.catalog->variants.empty(); }, kWait_s));
  EXPECT_NE(client.snapshot()->catalog->find("layernorm_forward/01_right.cpp"), nullptr);
  EXPECT_NE(client.snapshot()->catalog->find(lone), nullptr);
}

TEST(Client, shows_samples_while_they_are_taken_and_cancels) {
  Bench bench;
  bench.start();
  bench.measure({slow_request(), Bench::request("01_right")});
  ASSERT_TRUE(
      bench.wait([](const Snapshot& now) { return now.live && now.live->cold && now.live->cold->size() >= 3; }));
  const SnapshotPtr during = bench.client->snapshot();
  EXPECT_EQ(during->worker, WorkerState::measuring);
  EXPECT_EQ(during->live->request.variant, "layernorm_forward/13_slow.cpp");
  EXPECT_EQ(during->progress.total, 2);
  const std::size_t samples = during->live->cold->size();
  const SeriesEnvironment* told = during->live->series_environment(Timing::cold);
  ASSERT_NE(told, nullptr) << "what the device was like comes with the samples";
  EXPECT_EQ(told->sm_clocks_mhz.size(), samples);
  EXPECT_GE(told->readings.size(), 1U);

  const auto asked = Clock::now();
  bench.client->post(CancelAll{});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.worker == WorkerState::idle && !now.live; }));
  EXPECT_LT(seconds_since(asked), 3.0);
  EXPECT_TRUE(bench.client->snapshot()->points->empty()) << "a cancelled point leaves nothing, a dropped one neither";
  EXPECT_EQ(bench.client->snapshot()->worker_restarts, 0);
  EXPECT_EQ(during->live->cold->size(), samples) << "a snapshot never changes";

  EXPECT_EQ(bench.measured(Bench::request("01_right"))->verdict, Verdict::pass) << "and it goes on after";
}

TEST(Client, a_newer_request_of_the_same_tag_replaces_the_older) {
  Bench bench;
  bench.start();
  PointRequest other = Bench::request("01_right");
  bench.measure({slow_request(), Bench::request("02_wrong_tail"), Bench::request("03_unwritten_mean")}, "live");
  bench.measure({other}, "sweep");
  ASSERT_TRUE(bench.wait(is_measuring_13));
  other.problem.seed = 5;
  bench.measure({other}, "live");
  ASSERT_TRUE(bench.wait_for_points(2));
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.worker == WorkerState::idle; }));
  const auto points = *bench.client->snapshot()->points;
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0]->request.problem.seed, 1U) << "the other tag's point stayed";
  EXPECT_EQ(points[1]->request.problem.seed, 5U);
  EXPECT_EQ(bench.client->snapshot()->progress.done, bench.client->snapshot()->progress.total);
}

TEST(Client, a_running_point_asked_for_again_goes_on) {
  Bench bench;
  bench.start();
  bench.measure({slow_request()}, "live");
  ASSERT_TRUE(bench.wait(is_measuring_13));
  const std::int64_t id = bench.client->snapshot()->live->request.id;
  bench.measure({slow_request(), slow_request(2)}, "live");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const SnapshotPtr now = bench.client->snapshot();
  ASSERT_TRUE(now->live);
  EXPECT_EQ(now->live->request.id, id);
  EXPECT_EQ(now->progress.total, 2);
}

TEST(Client, paused_takes_no_new_points) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  bench.client->post(SetPaused{true});
  bench.measure({Bench::request("01_right")});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.paused && now.progress.total == 1; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(bench.client->snapshot()->points->empty());
  bench.client->post(SetPaused{false});
  EXPECT_TRUE(bench.wait_for_points(1));
}

// While a point runs, the next one lies at the worker already. Paused it is called back, and measured later all the
// same.
TEST(Client, a_point_that_was_sent_ahead_is_called_back_and_sent_again) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  PointRequest slow = slow_request();
  slow.method.time_limit_s = 0.5;
  bench.measure({slow, Bench::request("01_right"), Bench::request("02_wrong_tail")});
  ASSERT_TRUE(bench.wait(is_measuring_13));
  bench.client->post(SetPaused{true});
  ASSERT_TRUE(bench.wait_for_points(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(bench.client->snapshot()->points->size(), 1U);
  for (int i = 0; i < 3; ++i) {
    bench.client->post(SetPaused{false});
    bench.client->post(SetPaused{true});
  }
  bench.client->post(SetPaused{false});
  ASSERT_TRUE(bench.wait_for_points(3));
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.worker == WorkerState::idle; }));
  const auto points = *bench.client->snapshot()->points;
  ASSERT_EQ(points.size(), 3U) << "each once";
  EXPECT_EQ(points[1]->request.id, 2);
  EXPECT_EQ(points[2]->request.id, 3);
  EXPECT_EQ(points[2]->verdict, Verdict::wrong);
}

TEST(Client, a_cancel_reaches_the_point_that_was_sent_ahead_too) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  bench.measure({slow_request(), slow_request(2), slow_request(3)});
  ASSERT_TRUE(bench.wait(is_measuring_13));
  bench.client->post(CancelAll{});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.worker == WorkerState::idle && !now.live; }));
  EXPECT_EQ(bench.measured(Bench::request("01_right"))->verdict, Verdict::pass);
  EXPECT_EQ(bench.client->snapshot()->points->size(), 1U);
}

// A point says what it cost to wait for it, too: together that is the time from one result to the next.
TEST(Client, points_add_up_to_the_time_they_took) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  const auto begin = std::chrono::steady_clock::now();
  bench.measure({Bench::request("01_right"), Bench::request("02_wrong_tail"), Bench::request("01_right", true)});
  ASSERT_TRUE(bench.wait_for_points(3));
  const double wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  double sum_s = 0.0;
  for (const PointPtr& point : *bench.client->snapshot()->points) {
    ASSERT_TRUE(point->spent);
    sum_s += point->spent->total();
  }
  EXPECT_LE(sum_s, 1.1 * wall_s + 0.1) << "but for how long messages took";
  EXPECT_GE(sum_s, 0.8 * wall_s - 0.1);
  EXPECT_GT((*bench.client->snapshot()->points->front()->spent)[Expense::open], 0.0);
}

TEST(Client, points_say_what_the_window_did_while_they_were_timed) {
  Bench bench;
  bench.start();
  PointRequest timed = Bench::request("01_right", true);
  timed.method.time_limit_s = 0.01;
  EXPECT_EQ(bench.measured(timed)->window, WindowState::none) << "there is none";
  bench.client->post(SetWindow{{"cuda:0"}, true});
  EXPECT_EQ(bench.measured(timed)->window, WindowState::none) << "it draws elsewhere";
  bench.client->post(SetWindow{{"cuda:0", "cpu"}, false});
  EXPECT_EQ(bench.measured(timed)->window, WindowState::paused);
  bench.client->post(SetWindow{{"cpu"}, true});
  EXPECT_EQ(bench.measured(timed)->window, WindowState::live);
  EXPECT_FALSE(bench.measured(Bench::request("01_right"))->window) << "not timed";
  bench.client->post(SetWindow{{"cpu"}, false});
  timed.method.time_limit_s = 1.5;
  timed.method.target_relative_error = 0.0;
  timed.method.max_samples = 1'000'000;
  const std::size_t before = bench.client->snapshot()->points->size();
  bench.measure({timed});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.live && now.live->cold; }));
  bench.client->post(SetWindow{{"cpu"}, true});
  bench.client->post(SetWindow{{"cpu"}, false});
  ASSERT_TRUE(bench.wait_for_points(before + 1));
  EXPECT_EQ(bench.client->snapshot()->points->back()->window, WindowState::live) << "a moment of it is enough";
}

TEST(Client, files_added_changed_and_broken_appear) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  const auto folder = bench.kernels() / "layernorm_forward";
  const std::string old_hash = bench.client->snapshot()->catalog->find("layernorm_forward/01_right.cpp")->source_hash;

  std::filesystem::copy_file(folder / "01_right.cpp", folder / "50_new.cpp");
  ASSERT_TRUE(
      bench.wait([](const Snapshot& now) { return now.catalog->find("layernorm_forward/50_new.cpp") != nullptr; }));
  EXPECT_EQ(bench.measured(Bench::request("50_new"))->verdict, Verdict::pass);

  std::ofstream(folder / "50_new.cpp", std::ios::app) << "\n// a word more\n";
  ASSERT_TRUE(bench.wait([&](const Snapshot& now) {
    const Variant* variant = now.catalog->find("layernorm_forward/50_new.cpp");
    return variant != nullptr && variant->source_hash != old_hash && variant->source.ends_with("a word more\n");
  }));

  std::ofstream(folder / "51_broken.cpp") << "/* knobscope\ntitle = \n*/\n";
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return !now.catalog->faults.empty(); }));
  EXPECT_EQ(bench.client->snapshot()->catalog->faults.front().file, "layernorm_forward/51_broken.cpp");
  const PointPtr point = bench.measured(Bench::request("51_broken"));
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_NE(point->reason.find("51_broken.cpp:2"), std::string::npos) << point->reason;
}

TEST(Client, a_worker_killed_from_outside_is_replaced) {
  Bench bench;
  bench.start();
  bench.measure({slow_request(), Bench::request("01_right")});
  ASSERT_TRUE(bench.wait(is_measuring_13));
  ASSERT_GT(bench.worker_pid(), 0);
  ::kill(bench.worker_pid(), SIGKILL);
  ASSERT_TRUE(bench.wait_for_points(2));
  const auto points = *bench.client->snapshot()->points;
  EXPECT_EQ(points[0]->verdict, Verdict::failed);
  EXPECT_TRUE(points[0]->reason.starts_with("killed (SIGKILL), most likely by the system for lack of memory"))
      << points[0]->reason;
  EXPECT_TRUE(points[0]->reason.ends_with("during cold")) << points[0]->reason;
  EXPECT_EQ(points[1]->verdict, Verdict::pass);
  EXPECT_TRUE(has_log(*bench.client->snapshot(), "starting another"));
}

TEST(Client, a_worker_that_dies_while_idle_is_replaced) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  ::kill(bench.worker_pid(), SIGTERM);
  ASSERT_TRUE(
      bench.wait([](const Snapshot& now) { return now.worker_restarts == 1 && now.worker == WorkerState::idle; }));
  EXPECT_EQ(bench.measured(Bench::request("01_right"))->verdict, Verdict::pass);
}

TEST(Client, a_long_play_is_shown_and_not_taken_for_a_hang) {
  Bench bench;
  bench.start({"--plays", "20"});
  PointRequest request = Bench::request("01_right");
  request.device = "emulated";
  request.method.launch_limit_s = 1.0;
  const auto start = Clock::now();
  bench.measure({request});
  // About twice as long as silence may last, and still alive.
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.live && now.live->done > 0.93; }));
  EXPECT_GT(seconds_since(start), 1.9 * request.method.launch_limit_s);
  EXPECT_DOUBLE_EQ(*bench.client->snapshot()->live->done, 20.0 / 21.0);
  EXPECT_EQ(bench.client->snapshot()->live->phase, Phase::verify);
  EXPECT_EQ(bench.client->snapshot()->worker_restarts, 0);
  // Then it gets no further.
  ASSERT_TRUE(bench.wait_for_points(1));
  EXPECT_NE(bench.client->snapshot()->points->front()->reason.find("no answer for 1 s; the kernel hangs"),
            std::string::npos)
      << bench.client->snapshot()->points->front()->reason;
}

TEST(Client, ends_quickly_and_leaves_nothing_behind) {
  Bench bench;
  bench.start();
  PointRequest hanging = Bench::request("10_hang");
  hanging.method.launch_limit_s = 600.0;
  bench.measure({hanging});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.live && now.live->phase == Phase::verify; }));
  const pid_t pid = bench.worker_pid();
  ASSERT_GT(pid, 0);
  const auto start = Clock::now();
  bench.client.reset();
  EXPECT_LT(seconds_since(start), 2.5);
  EXPECT_EQ(::kill(pid, 0), -1) << "the worker is neither running nor a zombie";
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
}

TEST(Client, a_hanging_kernel_can_be_cancelled) {
  Bench bench;
  bench.start();
  PointRequest hanging = Bench::request("10_hang");
  hanging.method.launch_limit_s = 600.0;
  bench.measure({hanging});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.live && now.live->phase == Phase::verify; }));
  bench.client->post(CancelAll{});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.worker == WorkerState::idle && !now.live; }));
  EXPECT_TRUE(bench.client->snapshot()->points->empty());
  EXPECT_EQ(bench.measured(Bench::request("01_right"))->verdict, Verdict::pass);
}

TEST(Client, recorded_points_are_shown_and_forgotten) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  auto recorded = std::make_shared<Point>();
  recorded->request.id = 40;
  recorded->ceiling = Ceiling{"cuda:0", {4e12}, {4.5e12}, {1 << 30}, {}};
  DeviceFacts gpu;
  gpu.id = "cuda:0";
  bench.client->post(ShowPoints{{recorded}, {gpu}});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.points->size() == 1; }));
  SnapshotPtr now = bench.client->snapshot();
  EXPECT_EQ(now->devices.size(), 1U);
  EXPECT_EQ(now->devices.front().id, "cuda:0");
  ASSERT_EQ(now->ceilings.size(), 1U);
  EXPECT_EQ(bench.measured(Bench::request("01_right"))->request.id, 41) << "no id is used twice";
  bench.client->post(ClearPoints{});
  ASSERT_TRUE(bench.wait([](const Snapshot& after) { return after.points->empty(); }));
  EXPECT_NE(bench.client->snapshot()->device("cpu"), nullptr);
}

TEST(Client, points_of_the_session_that_goes_on_are_shown_beside_its_own_devices) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  auto earlier = std::make_shared<Point>();
  earlier->request.id = 40;
  bench.client->post(ShowPoints{{earlier}, {}, true});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.points->size() == 1; }));
  EXPECT_NE(bench.client->snapshot()->device("cpu"), nullptr);
  EXPECT_EQ(bench.measured(Bench::request("01_right"))->request.id, 41);
  EXPECT_EQ(bench.client->snapshot()->points->front()->request.id, 40);
}

TEST(Client, what_somebody_looks_at_is_measured_before_what_waits) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  bench.client->post(SetPaused{true});
  std::vector<PointRequest> sweep;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    sweep.push_back(Bench::request("01_right"));
    sweep.back().problem.seed = seed;
  }
  bench.client->post(MeasurePoints{sweep, "sweep"});
  bench.client->post(MeasurePoints{{sweep[2]}, "explore", true});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.waiting.points().size() == 4; }));
  bench.client->post(SetPaused{false});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.points->size() == 4; }));
  std::vector<std::uint64_t> seeds;
  for (const PointPtr& point : *bench.client->snapshot()->points) seeds.push_back(point->request.problem.seed);
  EXPECT_EQ(seeds, (std::vector<std::uint64_t>{3, 1, 2, 4}));
  EXPECT_TRUE(bench.client->snapshot()->waiting.points().empty());
}

TEST(Client, a_line_can_be_added_to_the_log) {
  Bench bench;
  bench.start();
  bench.client->post(AddLogLine{LogLevel::warning, "saved nowhere"});
  EXPECT_TRUE(bench.wait([](const Snapshot& now) { return has_log(now, "saved nowhere"); }));
}

TEST(Client, wait_gives_up_in_time) {
  Bench bench;
  bench.start();
  const auto start = Clock::now();
  EXPECT_FALSE(bench.client->wait([](const Snapshot&) { return false; }, 0.2));
  EXPECT_LT(seconds_since(start), 5.0);
}

void expect_gone(const std::vector<std::string>& arguments, const std::string& why, int restarts) {
  Bench bench;
  bench.start(arguments);
  bench.measure({Bench::request("01_right")});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.worker == WorkerState::gone; }));
  const SnapshotPtr now = bench.client->snapshot();
  EXPECT_NE(now->worker_message.find(why), std::string::npos) << Bench::describe(*now);
  ASSERT_EQ(now->points->size(), 1U) << "nobody waits for ever";
  EXPECT_EQ(now->worker_restarts, restarts);
  EXPECT_EQ(now->points->front()->verdict, Verdict::failed);
  EXPECT_NE(now->points->front()->reason.find(why), std::string::npos);
}

TEST(BadWorker, garbage_on_the_stream_is_shown) {
  expect_gone({"--garbage"}, "its bytes begin with \"bash: line 1: knobscope: command not found", 0);
}
TEST(BadWorker, another_version_is_told) { expect_gone({"--old"}, "speaks version 99 of the protocol", 0); }
TEST(BadWorker, one_that_dies_at_once_is_given_up) { expect_gone({"--dies"}, "exit code 42", 4); }

TEST(BadWorker, what_it_said_last_is_in_the_log) {
  Bench bench;
  bench.start({"--dies"});
  bench.wait([](const Snapshot& now) { return has_log(now, "no libcuda here"); });
}

TEST(BadWorker, a_program_that_is_not_there) {
  ClientOptions options;
  options.command = {"/nowhere/knobscope"};
  Client client(options);
  ASSERT_TRUE(client.wait([](const Snapshot& now) { return now.worker == WorkerState::gone; }, kWait_s));
  EXPECT_NE(client.snapshot()->worker_message.find("cannot start the worker \"/nowhere/knobscope\""),
            std::string::npos);
  client.post(MeasurePoints{{Bench::request("01_right")}, ""});
  ASSERT_TRUE(client.wait([](const Snapshot& now) { return now.points->size() == 1; }, kWait_s));
}

TEST(BadWorker, one_that_never_speaks_does_not_hold_up_the_end) {
  const auto start = Clock::now();
  {
    Bench bench;
    bench.start({"--deaf"});
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_LT(seconds_since(start), 4.0);
}

TEST(BadWorker, a_lost_device_costs_one_point_and_not_the_next) {
  Bench bench;
  bench.start({"--loses-device", bench.file("marker").string()});
  bench.measure({Bench::request("01_right"), Bench::request("01_right"), Bench::request("01_right")});
  ASSERT_TRUE(bench.wait_for_points(3));
  const auto points = *bench.client->snapshot()->points;
  EXPECT_EQ(points[0]->reason, "an illegal memory access");
  EXPECT_EQ(points[1]->verdict, Verdict::pass) << points[1]->reason;
  EXPECT_EQ(points[2]->verdict, Verdict::pass) << points[2]->reason;
  EXPECT_EQ(bench.client->snapshot()->worker_restarts, 1);
}

}  // namespace
}  // namespace knobscope::worker
