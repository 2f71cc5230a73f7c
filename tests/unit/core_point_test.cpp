// Points, variants, snapshots, names: the small functions around the plain data.

#include <gtest/gtest.h>

#include "core/nearest.h"
#include "core/point.h"
#include "core/snapshot.h"
#include "core/variant.h"

namespace knobscope {
namespace {

TEST(CorePoint, RatesComeFromTheHeadline) {
  Point point;
  point.request.problem.shape = {10, 100};
  point.bytes = {8000};
  EXPECT_FALSE(point.bandwidth());
  EXPECT_FALSE(point.copy_fraction());
  EXPECT_FALSE(point.elements_per_second());
  Summary hot;
  hot.median = Nanoseconds(500.0);
  point.hot_summary = hot;
  EXPECT_DOUBLE_EQ(point.bandwidth()->value, 16e9);
  Summary cold;
  cold.median = Nanoseconds(1000.0);
  point.cold_summary = cold;
  EXPECT_DOUBLE_EQ(point.bandwidth()->value, 8e9);
  EXPECT_DOUBLE_EQ(*point.elements_per_second(), 1e9);
  EXPECT_FALSE(point.copy_fraction());
  point.ceiling = Ceiling{"cpu", {16e9}, {20e9}, {1 << 20}, {}};
  EXPECT_DOUBLE_EQ(*point.copy_fraction(), 0.5);
}

TEST(CorePoint, TechniquesHaveNamesBothWays) {
  for (const Timing timing : kTimings) {
    EXPECT_EQ(timing_named(name_of(timing)), timing);
    EXPECT_EQ(name_of(phase_of(timing)), name_of(timing)) << "a phase is called as what is done in it";
    EXPECT_EQ(timing_of(phase_of(timing)), timing);
    EXPECT_TRUE(meaning_of(timing).ends_with('.'));
  }
  EXPECT_FALSE(timing_named("warm"));
  EXPECT_FALSE(timing_of(Phase::warm_up));
}

TEST(CorePoint, EachTechniqueHasFieldsOfItsOwn) {
  Point point;
  LivePoint live;
  Method method;
  method.set_timings({});
  EXPECT_FALSE(method.times_any());
  for (const Timing timing : kTimings) {
    EXPECT_FALSE(method.times(timing)) << name_of(timing);
    method.set_times(timing, true);
    point.samples(timing) = std::make_shared<const std::vector<double>>(1, static_cast<double>(timing));
    point.summary(timing) = summarize(*point.samples(timing));
    live.samples(timing) = point.samples(timing);
  }
  EXPECT_EQ(method.timings(), std::vector<Timing>(kTimings.begin(), kTimings.end()));
  for (const Timing timing : kTimings) {
    EXPECT_EQ(point.samples(timing)->front(), static_cast<double>(timing));
    EXPECT_EQ(point.summary(timing)->median.count(), static_cast<double>(timing));
    EXPECT_EQ(live.samples(timing), point.samples(timing));
  }
}

TEST(CorePoint, TheFirstTechniqueSpeaksForThePoint) {
  Point point;
  EXPECT_FALSE(point.headline_timing());
  EXPECT_FALSE(point.headline());
  for (auto timing = kTimings.rbegin(); timing != kTimings.rend(); ++timing) {
    point.summary(*timing) = Summary{.median = Nanoseconds(static_cast<double>(*timing) + 1.0)};
    EXPECT_EQ(point.headline_timing(), *timing);
    EXPECT_EQ(point.headline(), point.summary(*timing));
  }
}

TEST(CorePoint, ARecordedPointWithASenselessProblemHasNoRate) {
  Point point;
  point.request.problem.shape = {};
  point.hot_summary = Summary{};
  EXPECT_FALSE(point.bandwidth());  // median 0
  point.hot_summary->median = Nanoseconds(1.0);
  EXPECT_FALSE(point.elements_per_second());
}

TEST(CoreVariant, KnobFaults) {
  Variant variant;
  variant.name = "welford";
  variant.knobs = {{"block", {64, 96, 768}, 96, ""}, {"unroll", {1, 2}, 1, ""}};
  EXPECT_EQ(format_knobs(default_knobs(variant)), "block=96 unroll=1");
  EXPECT_FALSE(find_fault(variant, default_knobs(variant)));
  EXPECT_FALSE(find_fault(variant, {{"block", 768}, {"unroll", 2}}));
  EXPECT_NE(find_fault(variant, {{"block", 65}, {"unroll", 2}})->find("64, 96, 768"), std::string::npos);
  EXPECT_NE(find_fault(variant, {{"block", 64}})->find("'unroll'"), std::string::npos);
  EXPECT_NE(find_fault(variant, {{"blok", 64}, {"block", 64}, {"unroll", 1}})->find("Did you mean 'block'?"),
            std::string::npos);
}

TEST(CoreVariant, Lookups) {
  Catalog catalog;
  catalog.variants.resize(2);
  catalog.variants[1].id = "layernorm_forward/05_welford.cu";
  EXPECT_EQ(catalog.find("layernorm_forward/05_welford.cu"), &catalog.variants[1]);
  EXPECT_EQ(catalog.find("nothing"), nullptr);
  Snapshot snapshot;
  snapshot.devices.resize(2);
  snapshot.devices[1].id = "cuda:0";
  EXPECT_EQ(snapshot.device("cuda:0"), &snapshot.devices[1]);
  EXPECT_EQ(snapshot.device("cuda:1"), nullptr);
}

TEST(CoreDeviceFacts, Scalars) {
  DeviceFacts facts;
  facts.multiprocessors = 132;
  facts.shared_per_block_optin = {232448};
  facts.compute_capability = 90;
  facts.clusters = true;
  const auto scalars = device_scalars(facts);
  EXPECT_EQ(scalars.at("sm_count"), 132);
  EXPECT_EQ(scalars.at("shared_per_block_optin"), 232448);
  EXPECT_EQ(scalars.at("compute_capability"), 90);
  EXPECT_EQ(scalars.at("clusters"), 1);
  EXPECT_EQ(scalars.at("warp_size"), 32);
}

TEST(CoreNearest, FindsSlipsAndNothingElse) {
  const std::vector<std::string> names = {"rows", "columns", "gamma", "beta", "x"};
  EXPECT_EQ(nearest_name("colums", names), "columns");
  EXPECT_EQ(nearest_name("gamam", names), "gamma");
  EXPECT_EQ(nearest_name("row", names), "rows");
  EXPECT_EQ(nearest_name("columns", names), "columns");
  EXPECT_EQ(nearest_name("z", names), "");
  EXPECT_EQ(nearest_name("temperature", names), "");
  EXPECT_EQ(nearest_name(std::string(100000, 'a'), names), "");
  EXPECT_EQ(did_you_mean("betta", names), " Did you mean 'beta'?");
  EXPECT_EQ(did_you_mean("nothing", names), "");
}

TEST(Point, SharesOfItsSizesCeilingsAreByItsTechnique) {
  Point point;
  point.bytes = {1'000'000};
  Summary summary;
  summary.median = Nanoseconds(1e5);  // 10 GB/s
  point.cold_summary = summary;
  EXPECT_FALSE(point.memcpy_fraction() || point.sized_copy_fraction() || point.size_ceiling() != nullptr);
  point.size_ceilings = {{Timing::hot, {1'000'000}, {100e9}, {100e9}, {}, {}}};
  EXPECT_FALSE(point.memcpy_fraction() || point.sized_copy_fraction()) << "another technique's";
  point.size_ceilings.push_back({Timing::cold, {1'000'000}, {16e9}, {20e9}, BytesPerSecond{25e9}, {}});
  EXPECT_DOUBLE_EQ(*point.memcpy_fraction(), 10.0 / 16.0);
  EXPECT_DOUBLE_EQ(*point.sized_copy_fraction(), 0.5);
  EXPECT_EQ(best_of(*point.size_ceiling()), BytesPerSecond{25e9});
}

}  // namespace
}  // namespace knobscope
