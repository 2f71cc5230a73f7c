// A sweep that is resumed: ceilings of the session, and buffers of the point before, are used again where they fit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/engine.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

using testing::HasSubstr;

struct Bench {
  FakeDevice device;
  Recorder recorder;
  PointPtr measure(Engine& engine) { return engine.measure(sample_request(), sample_variant(), recorder); }
};

/// What a first process found, its sizes 1.5 times as fast as they are: who has them did not measure.
KnownCeilings recorded(const Point& point) {
  KnownCeilings known = known_ceilings(std::vector<PointPtr>{std::make_shared<const Point>(point)}).at(0);
  for (KnownSizeCeiling& each : known.sizes) each.ceiling.copy.value *= 1.5;
  return known;
}

TEST(ResumedSweep, UsesTheSessionsCeilings) {
  Bench bench;
  Engine first(bench.device, nullptr, "1.2.3");
  const PointPtr before = bench.measure(first);
  ASSERT_FALSE(before->size_ceilings.empty());
  const KnownCeilings known = recorded(*before);
  Engine resumed(bench.device, nullptr, "1.2.3");
  resumed.know(known);
  const PointPtr after = bench.measure(resumed);
  ASSERT_EQ(after->size_ceilings.size(), before->size_ceilings.size());
  for (std::size_t i = 0; i < known.sizes.size(); ++i) {
    EXPECT_EQ(after->size_ceilings[i], known.sizes[i].ceiling);
  }
  EXPECT_EQ(after->ceiling, before->ceiling) << "the device's own is always measured";
}

TEST(ResumedSweep, MeasuresAnewAndSaysSoWhereTheyDoNotFit) {
  Bench bench;
  Engine first(bench.device, nullptr, "1.2.3");
  const PointPtr before = bench.measure(first);
  KnownCeilings known = recorded(*before);
  known.driver_version += " of another day";
  Engine resumed(bench.device, nullptr, "1.2.3");
  resumed.know(known);
  const PointPtr after = bench.measure(resumed);
  EXPECT_EQ(after->size_ceilings, before->size_ceilings);
  ASSERT_FALSE(bench.recorder.notes.empty());
  EXPECT_THAT(bench.recorder.notes.back(), HasSubstr("measured anew: they were measured with driver"));
}

TEST(SpareBuffers, TheNextPointGetsThoseOfTheLast) {
  Bench bench;
  Engine engine(bench.device, nullptr, "1.2.3");
  bench.measure(engine);
  const std::int64_t kept = bench.device.in_use;
  const int allocated = bench.device.allocations;
  bench.measure(engine);
  EXPECT_EQ(bench.device.allocations, allocated) << "a second point of the same sizes asks for nothing";
  EXPECT_EQ(bench.device.in_use, kept);
  engine.release_memory();
  EXPECT_EQ(bench.device.in_use, 0);
}

}  // namespace
}  // namespace knobscope::measure
