// The engine looks at errors: how often it runs a kernel for it, and what it keeps.

#include <gtest/gtest.h>

#include "measure/engine.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

struct Bench {
  FakeDevice device;
  Recorder recorder;
  Engine engine{device, nullptr, "1.2.3"};
  Variant variant = sample_variant();
  ErrorRequest request;

  Bench() { request.point = sample_request(); }
  ErrorRegionPtr look() { return engine.look(request, variant, recorder); }
};

TEST(EngineLooks, run_the_point_once_and_time_nothing) {
  Bench bench;
  const ErrorRegionPtr region = bench.look();
  EXPECT_EQ(region->fault, "");
  EXPECT_EQ(region->source_hash, bench.variant.source_hash);
  EXPECT_EQ(bench.device.runs, 1);
  EXPECT_EQ(bench.device.timed_calls, 0);
  EXPECT_EQ(region->request.output, "y");
  EXPECT_EQ(region->request.area, (Area{0, 0, 64, 128}));
  ASSERT_EQ(bench.device.regions.size(), 1U);
  EXPECT_EQ(bench.device.regions[0].area, region->request.area);
  EXPECT_EQ(bench.device.regions[0].most_elements, kMostElements);
}

TEST(EngineLooks, keep_the_outputs_for_the_next_look_until_something_is_measured) {
  Bench bench;
  bench.look();
  bench.request.area = {10, 20, 5, 6};
  bench.request.output = "mean";
  bench.request.area = {0, 3, 1, 4};
  EXPECT_EQ(bench.look()->fault, "");
  EXPECT_EQ(bench.device.runs, 1);
  bench.variant.source_hash = "saved again";
  bench.look();
  EXPECT_EQ(bench.device.runs, 2) << "another kernel";
  bench.engine.measure(sample_request(), bench.variant, bench.recorder);
  const int runs = bench.device.runs;
  bench.look();
  EXPECT_EQ(bench.device.runs, runs + 1) << "what is measured has all the memory";
}

TEST(EngineLooks, keep_two_points_and_no_third) {
  Bench bench;
  const auto look_at = [&](std::uint64_t seed) {
    bench.request.point.problem.seed = seed;
    EXPECT_EQ(bench.look()->fault, "");
    return bench.device.runs;
  };
  look_at(1);
  EXPECT_EQ(look_at(2), 2);
  EXPECT_EQ(look_at(1), 2);
  EXPECT_EQ(look_at(3), 3) << "2 is forgotten, the one not looked at for longest";
  EXPECT_EQ(look_at(1), 3);
  EXPECT_EQ(look_at(2), 4);
}

TEST(EngineLooks, give_kept_outputs_up_when_memory_is_short) {
  Bench bench;
  bench.look();
  bench.device.capacity = bench.device.in_use + bench.device.in_use / 4;
  bench.request.point.problem.seed = 2;
  EXPECT_EQ(bench.look()->fault, "");
}

TEST(EngineLooks, say_what_is_wrong) {
  Bench bench;
  bench.request.point.knobs["block"] = 77;
  EXPECT_NE(bench.look()->fault, "");
  EXPECT_EQ(bench.device.runs, 0);
  bench.request.point = sample_request();
  bench.device.on_run = [](int) { throw device::DeviceLost("an illegal address"); };
  EXPECT_EQ(bench.look()->fault, "an illegal address");
  EXPECT_TRUE(bench.engine.device_lost());
}

TEST(EngineLooks, are_cancelled) {
  Bench bench;
  bench.device.on_run = [&](int) { bench.engine.stop(true); };
  EXPECT_THROW(bench.look(), device::Cancelled);
}

}  // namespace
}  // namespace knobscope::measure
