// The main job on the CPU through the real worker: right kernels pass, wrong ones are wrong for the right reason, and
// what kills the worker costs one point.

#include <chrono>
#include <thread>

#include "worker/bench.h"

namespace knobscope::worker {
namespace {

TEST(Judging, a_right_kernel_passes) {
  Bench bench;
  bench.start();
  const PointPtr point = bench.measured(Bench::request("01_right"));
  EXPECT_EQ(point->verdict, Verdict::pass) << Bench::describe(*bench.client->snapshot());
  EXPECT_EQ(point->request.id, 1);
  EXPECT_EQ(point->variant_name, "right");
  EXPECT_EQ(point->source_hash.size(), 32U);
  ASSERT_TRUE(point->error && point->error->map);
  EXPECT_EQ(point->error->outputs.size(), 3U);
  EXPECT_EQ(point->error->outputs[0].elements, 32 * 64);
  EXPECT_LT(point->error->outputs[0].relative_l2, 1e-6);
  EXPECT_EQ(point->error->map->tile_rows, 32);
  EXPECT_EQ(point->error->map->tile_columns, 64);
  EXPECT_FALSE(point->headline());
}

TEST(Judging, a_timed_kernel_has_samples_a_ceiling_and_an_environment) {
  Bench bench;
  bench.start();
  const PointPtr point = bench.measured(Bench::request("01_right", true));
  // How noisy this machine is now is not ours to say.
  EXPECT_TRUE(point->verdict == Verdict::pass || point->verdict == Verdict::noisy) << point->reason;
  ASSERT_TRUE(point->cold && point->hot);
  EXPECT_GE(point->cold->size(), 1U);
  EXPECT_GE(point->hot->size(), 1U);
  ASSERT_TRUE(point->bandwidth() && point->copy_fraction());
  EXPECT_GT(point->bandwidth()->value, 0.0);
  EXPECT_EQ(point->ceiling->device, "cpu");
  EXPECT_GT(point->ceiling->read.value, 0.0);
  EXPECT_FALSE(point->environment.device_name.empty());
  EXPECT_FALSE(point->environment.host.empty());
  ASSERT_EQ(bench.client->snapshot()->ceilings.size(), 1U);
}

struct Wrong {
  const char* kernel;
  const char* reason;
};
class WrongKernel : public testing::TestWithParam<Wrong> {};

TEST_P(WrongKernel, is_wrong_for_the_right_reason) {
  Bench bench;
  bench.start();
  const PointPtr point = bench.measured(Bench::request(GetParam().kernel));
  EXPECT_EQ(point->verdict, Verdict::wrong) << Bench::describe(*bench.client->snapshot());
  EXPECT_TRUE(point->reason.starts_with(GetParam().reason)) << point->reason;
  EXPECT_EQ(bench.measured(Bench::request("01_right"))->verdict, Verdict::pass) << "the next one is not affected";
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongKernel,
    testing::Values(Wrong{"02_wrong_tail", "y differs in 1 of 2 048 elements; first at [row 31, column 63]: "},
                    Wrong{"03_unwritten_mean", "3 elements of mean never written"},
                    Wrong{"04_nan",
                          "NaN where a number is expected: 1 of 2 048 elements of y; first at [row 2, column 3]"},
                    Wrong{"05_past_end", "wrote outside the bounds of y"},
                    Wrong{"06_changes_gamma", "gamma was changed by the kernel"}),
    [](const auto& each) { return std::string(each.param.kernel).substr(3); });

class DeceptiveKernel : public testing::TestWithParam<Wrong> {};

TEST_P(DeceptiveKernel, is_right_before_timing_and_found_out_after) {
  Bench bench;
  bench.start();
  EXPECT_EQ(bench.measured(Bench::request(GetParam().kernel))->verdict, Verdict::pass) << "it deceives a single check";
  const PointPtr point = bench.measured(Bench::request(GetParam().kernel, true));
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_TRUE(point->reason.starts_with(std::string("right before timing, wrong after ") + GetParam().reason))
      << point->reason;
  EXPECT_TRUE(point->cold_summary) << "wrong kernels are timed all the same";
}

INSTANTIATE_TEST_SUITE_P(
    All, DeceptiveKernel,
    testing::Values(Wrong{"16_right_once", "(the last timed run): y differs in 1 of 2 048 elements"},
                    Wrong{"17_skips_later", "(the last timed run): 64 elements of y never written"},
                    Wrong{"18_keeps_results", "(on inputs of seed 2): y differs in 64 of 2 048 elements"},
                    Wrong{"19_first_inputs_only", "(on inputs of seed 2): y differs in 1 of 2 048 elements"},
                    Wrong{"20_wrong_when_new", "(on inputs of seed 2, loaded anew): y differs in 1 of 2 048 elements"}),
    [](const auto& each) { return std::string(each.param.kernel).substr(3); });

TEST(Judging, a_kernel_need_not_be_judged_again) {
  Bench bench;
  bench.start();
  PointRequest request = Bench::request("19_first_inputs_only", true);
  request.method.recheck = false;
  EXPECT_NE(bench.measured(request)->verdict, Verdict::wrong);
}

TEST(Judging, two_are_timed_in_turns_and_each_has_its_verdict) {
  Bench bench;
  bench.start();
  PointRequest request = Bench::request("01_right", true);
  request.against = Against{"layernorm_forward/13_slow.cpp", {{"width", 1}}};
  const PointPtr point = bench.measured(request);
  ASSERT_TRUE(point->rival) << point->reason;
  EXPECT_TRUE(point->cold && point->rival->samples) << point->reason << point->rival->reason;
  EXPECT_EQ(point->rival->variant_name, "slow");
  request.against->variant = "layernorm_forward/16_right_once.cpp";
  EXPECT_EQ(bench.measured(request)->rival->verdict, Verdict::wrong);
  request.against->variant = "layernorm_forward/99_nothing.cpp";
  const PointPtr missing = bench.measured(request);
  EXPECT_EQ(missing->verdict, Verdict::failed);
  EXPECT_NE(missing->reason.find("99_nothing"), std::string::npos) << missing->reason;
  EXPECT_TRUE(missing->rival);
}

TEST(Judging, a_rival_that_kills_the_worker_costs_the_pair) {
  Bench bench;
  bench.start();
  PointRequest request = Bench::request("01_right", true);
  request.against = Against{"layernorm_forward/07_segfault.cpp", {{"width", 1}}};
  const PointPtr point = bench.measured(request);
  EXPECT_EQ(point->verdict, Verdict::failed);
  ASSERT_TRUE(point->rival);
  EXPECT_EQ(point->rival->variant_name, "segfault");
  EXPECT_EQ(bench.measured(Bench::request("01_right"))->verdict, Verdict::pass);
}

TEST(Judging, a_compile_error_comes_with_its_log) {
  Bench bench;
  bench.start();
  const PointPtr point = bench.measured(Bench::request("12_no_compile"));
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_FALSE(point->reason.empty());
  EXPECT_NE(point->compile_log.find("12_no_compile.cpp:22"), std::string::npos) << point->compile_log;
  EXPECT_EQ(bench.client->snapshot()->worker_restarts, 0);
}

struct Crash {
  const char* kernel;
  const char* reason;
};
class CrashingKernel : public testing::TestWithParam<Crash> {};

TEST_P(CrashingKernel, costs_one_point_and_the_queue_goes_on) {
  Bench bench;
  bench.start();
  PointRequest crash = Bench::request(GetParam().kernel);
  crash.method.launch_limit_s = 1.0;
  bench.measure({Bench::request("01_right"), crash, Bench::request("01_right")});
  ASSERT_TRUE(bench.wait_for_points(3));
  const auto points = *bench.client->snapshot()->points;
  EXPECT_EQ(points[0]->verdict, Verdict::pass) << points[0]->reason;
  EXPECT_EQ(points[1]->verdict, Verdict::failed);
  EXPECT_EQ(points[1]->reason, GetParam().reason);
  EXPECT_EQ(points[1]->request.id, 2);
  EXPECT_EQ(points[1]->bytes, points[0]->bytes) << "the same problem and outputs, run or not";
  EXPECT_FALSE(points[1]->variant_title.empty());
  EXPECT_EQ(points[2]->verdict, Verdict::pass) << points[2]->reason;
  EXPECT_EQ(bench.client->snapshot()->worker_restarts, 1);
  EXPECT_EQ(bench.finished().size(), 3U);
}

INSTANTIATE_TEST_SUITE_P(All, CrashingKernel,
                         testing::Values(Crash{"07_segfault", "segmentation fault (SIGSEGV) during verify"},
                                         Crash{"08_divide",
                                               "floating-point exception (SIGFPE): integer divide error during verify"},
                                         Crash{"09_abort", "aborted (SIGABRT) during verify"},
                                         Crash{"10_hang", "no answer for 1 s; the kernel hangs during verify"},
                                         Crash{"11_exit", "the worker ended with exit code 3 during verify"},
                                         Crash{"15_trap", "illegal instruction (SIGILL) during verify"}),
                         [](const auto& each) { return std::string(each.param.kernel).substr(3); });

TEST(Judging, what_a_kernel_prints_goes_to_the_log) {
  Bench bench;
  bench.start();
  EXPECT_EQ(bench.measured(Bench::request("14_prints"))->verdict, Verdict::pass);
  bench.wait([](const Snapshot& now) { return has_log(now, "hello from the kernel"); });
}

TEST(Judging, unknown_files_and_devices_and_shapes_are_told) {
  Bench bench;
  bench.start();
  PointPtr point = bench.measured(Bench::request("99_nothing"));
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_NE(point->reason.find("no kernel file layernorm_forward/99_nothing.cpp"), std::string::npos) << point->reason;
  PointRequest request = Bench::request("01_right");
  request.device = "cuda:77";
  point = bench.measured(request);
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_NE(point->reason.find("cpu"), std::string::npos) << "the ids there are: " << point->reason;
  request = Bench::request("01_right");
  request.problem.type = ElementType::f16;
  EXPECT_EQ(bench.measured(request)->verdict, Verdict::unfit);
  request.problem = Problem{};
  request.problem.shape = {4};
  EXPECT_EQ(bench.measured(request)->verdict, Verdict::failed);
  request = Bench::request("01_right");
  request.device = "";
  point = bench.measured(request);
  EXPECT_EQ(point->request.device, bench.client->snapshot()->devices.front().id) << "no device named: the best one";
}

}  // namespace
}  // namespace knobscope::worker
