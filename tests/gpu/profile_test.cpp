// What events, CUPTI's records and the GPU's counters say of the same kernels, and that asking the profiler leaves the
// timing as it was. Skipped where CUPTI is missing or not permitted.

#include <algorithm>
#include <cstdio>

#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "core/plan.h"
#include "emulated/bench.h"
#include "gpu_device.h"
#include "measure/engine.h"

namespace knobscope::device {
namespace {

// Waits by the GPU's clock.
constexpr const char* kSleep = R"(
extern "C" __global__ void sleep(float* out, long long nanoseconds) {
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now)); while (now - begin < nanoseconds);
  out[0] = 1;
})";

constexpr const char* kCopy = R"(
extern "C" __global__ void copy(float4* to, const float4* from, long long count) {
  const long long i = blockIdx.x * 256ll + threadIdx.x;
  if (i < count) to[i] = from[i];
})";

class GpuProfile : public GpuTest {
 protected:
  using Enqueue = std::function<void()>;

  double cold(const Work& work, int samples = 31) const {
    std::vector<double> times;
    for (int i = 0; i < samples; ++i) times.push_back(gpu().time_cold([&] { gpu().enqueue(work); }).count());
    return quantile(times, 0.5).value_or(0.0);
  }
  double by_records(const Work& work, std::size_t samples = 31) const {
    std::vector<Nanoseconds> times(samples);
    gpu().time_kernels(work, times);
    std::vector<double> counts;
    for (const Nanoseconds time : times) counts.push_back(time.count());
    return quantile(counts, 0.5).value_or(0.0);
  }
  struct Both {
    double events = 0.0;
    double records = 0.0;
  };
  /// In turns, for what memory is doing may change from one series to the next.
  Both by_both(const Work& work) const {
    std::vector<double> events;
    std::vector<double> records;
    for (int turn = 0; turn < 7; ++turn) {
      events.push_back(cold(work, 11));
      records.push_back(by_records(work, 11));
    }
    return {quantile(events, 0.5).value_or(0.0), quantile(records, 0.5).value_or(0.0)};
  }
  static double microseconds(double nanoseconds) { return nanoseconds * 1e-3; }
};

TEST_F(GpuProfile, EventTimeLessItsOverheadIsTheKernelTime) {
  ASSERT_TRUE(gpu().event_overhead());
  const double overhead = gpu().event_overhead()->count();
  std::printf("  events' overhead: %.2f us\n", microseconds(overhead));
  EXPECT_GT(overhead, 500.0);
  EXPECT_LT(overhead, 5'000.0);
  const auto compare = [&](const char* name, const Work& work) {
    Both both;
    try {
      both = by_both(work);
    } catch (const Unprofilable& error) {
      GTEST_SKIP() << error.what();
    }
    const auto [events, recorded] = both;
    std::printf("  %-16s events %9.2f, less overhead %9.2f, records %9.2f, difference %6.2f us\n", name,
                microseconds(events), microseconds(events - overhead), microseconds(recorded),
                microseconds(events - overhead - recorded));
    EXPECT_NEAR(events - overhead, recorded, std::max(0.02 * recorded, 1'000.0)) << name;
  };
  const SmallProgram sleep(gpu(), kSleep, {"sleep"});
  const BufferPtr out = gpu().allocate(4);
  for (const std::int64_t length : {3'000, 10'000, 30'000, 100'000, 1'000'000, 10'000'000}) {
    const std::string name = "sleep " + std::to_string(length / 1000) + " us";
    compare(name.c_str(), sleep.work({buffer(*out), integer(length)}));
  }
  const SmallProgram copy(gpu(), kCopy, {"copy"});
  for (const std::int64_t mebibytes : {1, 4, 16, 64, 256, 1024}) {
    const std::int64_t bytes = mebibytes << 20;
    const BufferPtr from = gpu().allocate(bytes);
    const BufferPtr to = gpu().allocate(bytes);
    gpu().poison(*from, ElementType::f32);
    const std::int64_t packs = bytes / 16;
    const std::string name = "copy " + std::to_string(mebibytes) + " MiB";
    compare(name.c_str(),
            copy.work({buffer(*to), buffer(*from), integer(packs)}, {(packs + 255) / 256, 1, 1}, {256, 1, 1}));
  }
}

TEST_F(GpuProfile, ACopyMovesWhatItCopies) {
  const SmallProgram copy(gpu(), kCopy, {"copy"});
  for (const std::int64_t mebibytes : {16, 256}) {
    const std::int64_t bytes = mebibytes << 20;
    const BufferPtr from = gpu().allocate(bytes);
    const BufferPtr to = gpu().allocate(bytes);
    gpu().poison(*from, ElementType::f32);
    const std::int64_t packs = bytes / 16;
    const Work work = copy.work({buffer(*to), buffer(*from), integer(packs)}, {(packs + 255) / 256, 1, 1}, {256, 1, 1});
    Counters counted;
    try {
      counted = gpu().count(work);
    } catch (const Unprofilable& error) {
      GTEST_SKIP() << error.what();
    }
    const auto expected = static_cast<double>(bytes);
    std::printf(
        "  copy of %lld MiB: read %.3f, written %.3f and later %.3f of it, L2 hits %.1f %%, occupancy %.1f %%, "
        "%d passes\n",
        static_cast<long long>(mebibytes), static_cast<double>(counted.dram_read.count) / expected,
        static_cast<double>(counted.dram_written.count) / expected,
        static_cast<double>(counted.dram_left.count) / expected, 100.0 * counted.l2_hit_rate, 100.0 * counted.occupancy,
        counted.passes);
    EXPECT_NEAR(static_cast<double>(counted.dram_read.count), expected, 0.01 * expected);
    EXPECT_NEAR(static_cast<double>((counted.dram_written + counted.dram_left).count), expected, 0.01 * expected);
    EXPECT_GT(counted.occupancy, 0.4);
    EXPECT_LE(counted.occupancy, 1.0);
  }
}

TEST_F(GpuProfile, TimingIsAsItWasAfterwards) {
  const SmallProgram sleep(gpu(), kSleep, {"sleep"});
  const BufferPtr out = gpu().allocate(4);
  const Work work = sleep.work({buffer(*out), integer(10'000)});
  gpu().take_exposed_launches();
  const double before = cold(work);
  try {
    by_records(work, 3);
    gpu().count(work);
  } catch (const Unprofilable& error) {
    GTEST_SKIP() << error.what();
  }
  gpu().take_exposed_launches();
  const double after = cold(work);
  std::printf("  sleep of 10 us: before %.2f, after %.2f us\n", microseconds(before), microseconds(after));
  EXPECT_NEAR(after, before, 200.0);
  EXPECT_EQ(gpu().take_exposed_launches(), 0) << "the stream can be held as before";
}

TEST_F(GpuProfile, KernelsOfEveryKindAreCountedAndStayRight) {
  const Catalog catalog = catalog::scan(root_folder() + "/kernels");
  measure::Engine engine(gpu(), nullptr, "test");
  emulated_tests::QuietObserver deaf;
  for (const char* name : {"float4", "three_kernels", "row_split_grid_sync", "row_split_cluster", "row_split_ticket",
                           "grid_on_chip", "bulk_ring"}) {
    for (const Variant* variant : variants_for(catalog, Operation::layernorm_forward, DeviceKind::cuda)) {
      if (variant->name != name) continue;
      PointRequest request;
      request.device = "cuda:0";
      request.problem.shape = {512, 4096};
      request.variant = variant->id;
      request.knobs = default_knobs(*variant);
      request.method.set_timings({Timing::cold});
      request.method.time_limit_s = 0.02;
      request.method.counters = true;
      const PointPtr point = engine.measure(request, *variant, deaf);
      if (point->verdict == Verdict::unfit) continue;
      EXPECT_TRUE(point->verdict == Verdict::pass || point->verdict == Verdict::noisy)
          << variant->id << ": " << name_of(point->verdict) << ", " << point->reason;
      ASSERT_TRUE(point->profile) << variant->id;
      for (const std::string& note : point->profile->notes) std::printf("  %s: %s\n", name, note.c_str());
      if (!point->profile->counters || !point->profile->kernel) continue;
      const Counters& counted = *point->profile->counters;
      std::printf(
          "  %-20s events %8.2f, records %8.2f us; read %.2f MB (model %.2f), written %.2f + %.2f MB (%.2f), L2 "
          "hits %.1f %%, occupancy %.1f %% of %.1f %%\n",
          name, microseconds(point->cold_summary->median.count()), microseconds(point->profile->kernel->median.count()),
          1e-6 * static_cast<double>(counted.dram_read.count),
          1e-6 * static_cast<double>(point->modelled_reads.value_or(Bytes{}).count),
          1e-6 * static_cast<double>(counted.dram_written.count), 1e-6 * static_cast<double>(counted.dram_left.count),
          1e-6 * static_cast<double>(point->modelled_writes.value_or(Bytes{}).count), 100.0 * counted.l2_hit_rate,
          100.0 * counted.occupancy, 100.0 * point->compiled.occupancy.value_or(0.0));
      std::fflush(stdout);
      EXPECT_GE(counted.dram_read.count, point->bytes.count / 4) << variant->id << ": at least x";
    }
  }
}

}  // namespace
}  // namespace knobscope::device
