// What is derived from launch facts, kernel times and counters.

#include <limits>
#include <utility>

#include <gtest/gtest.h>

#include "core/point.h"

namespace knobscope {
namespace {

TEST(CoreLaunchFacts, TheLastWaveIsWhatIsLeftOfTheWaves) {
  CompileFacts facts;
  EXPECT_FALSE(facts.last_wave());
  for (const auto& [waves, last] : {std::pair{2.25, 0.25}, {3.0, 1.0}, {0.125, 0.125}, {1.0, 1.0}}) {
    facts.waves = waves;
    EXPECT_DOUBLE_EQ(facts.last_wave().value_or(-1.0), last) << waves;
  }
  facts.waves = 0.0;
  EXPECT_FALSE(facts.last_wave());
  facts.waves = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(facts.last_wave());
}

TEST(CoreLaunchFacts, TheLimitIsWhatHasNoRoomForOneBlockMore) {
  // Of an H200: 64 warps, 32 blocks, 228 KiB of shared memory on each multiprocessor.
  BlockFootprint block{
      .warps = 8, .shared = 1024, .resident = 8, .most_warps = 64, .most_blocks = 32, .most_shared = 228 * 1024};
  EXPECT_EQ(occupancy_limit(block), OccupancyLimit::threads);
  block.resident = 4;
  EXPECT_EQ(occupancy_limit(block), OccupancyLimit::registers);
  block.shared = 50 * 1024;
  EXPECT_EQ(occupancy_limit(block), OccupancyLimit::shared);
  block = {.warps = 1, .shared = 0, .resident = 32, .most_warps = 64, .most_blocks = 32, .most_shared = 228 * 1024};
  EXPECT_EQ(occupancy_limit(block), OccupancyLimit::blocks);
  block.most_blocks = 0;  // the driver does not tell
  EXPECT_EQ(occupancy_limit(block), OccupancyLimit::registers);
}

TEST(CoreLaunchFacts, LimitsHaveNamesBothWays) {
  for (const OccupancyLimit limit :
       {OccupancyLimit::threads, OccupancyLimit::blocks, OccupancyLimit::shared, OccupancyLimit::registers}) {
    EXPECT_EQ(occupancy_limit_named(name_of(limit)), limit);
  }
  EXPECT_FALSE(occupancy_limit_named("luck"));
}

TEST(CoreProfile, CountedBytesStandBesideTheModels) {
  Point point;
  point.bytes = {1000};
  EXPECT_FALSE(point.counted_over_modelled());
  point.profile.emplace();
  EXPECT_FALSE(point.counted_over_modelled()) << "nothing was counted";
  point.profile->counters = Counters{.dram_read = {900}, .dram_written = {200}, .dram_left = {400}};
  EXPECT_DOUBLE_EQ(*point.counted_over_modelled(), 1.5) << "the compulsory bytes where there is no model";
  point.modelled_reads = Bytes{2000};
  EXPECT_DOUBLE_EQ(*point.counted_over_modelled(), 1.5) << "half a model is none";
  point.modelled_writes = Bytes{1000};
  EXPECT_DOUBLE_EQ(*point.counted_over_modelled(), 0.5);
  point.modelled_reads = point.modelled_writes = Bytes{0};
  EXPECT_FALSE(point.counted_over_modelled());
}

TEST(CoreProfile, EventTimeIsComparedWithKernelTimeOfColdRunsOnly) {
  Point point;
  point.profile.emplace().kernel = Summary{.median = Nanoseconds(900.0)};
  point.hot_summary = Summary{.median = Nanoseconds(700.0)};
  EXPECT_FALSE(point.event_over_kernel()) << "records are of cold runs";
  point.cold_summary = Summary{.median = Nanoseconds(1250.0)};
  EXPECT_DOUBLE_EQ(point.event_over_kernel()->count(), 350.0);
}

}  // namespace
}  // namespace knobscope
