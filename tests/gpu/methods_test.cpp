// Each technique against a kernel of a known length, and against each other: what the cache and the host are in them.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "core/plan.h"
#include "emulated/bench.h"
#include "gpu_device.h"
#include "measure/engine.h"

namespace knobscope::device {
namespace {

using namespace std::chrono_literals;

constexpr int kRuns = 20;

// Waits by the GPU's clock.
constexpr const char* kSleep = R"(
extern "C" __global__ void sleep(float* out, long long nanoseconds) {
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now)); while (now - begin < nanoseconds);
  out[0] = 1;
})";

double median(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

class GpuMethods : public GpuTest {
 protected:
  using Enqueue = std::function<void()>;

  double cold(const Enqueue& work, int samples = 31) const {
    return median_of(samples, [&] { return gpu().time_cold(work); });
  }
  double hot(const Enqueue& work, std::size_t samples = 31) const {
    std::vector<Nanoseconds> batch(samples);
    gpu().time_hot(work, batch);
    std::vector<double> times;
    for (const Nanoseconds time : batch) times.push_back(time.count());
    return median(std::move(times));
  }
  double graph(const Enqueue& work, int samples = 11) const {
    const GraphPtr graph = gpu().capture(work, kRuns);
    gpu().time_graph(*graph);
    return median_of(samples, [&] { return gpu().time_graph(*graph); }) / kRuns;
  }
  double wall(const Enqueue& work, int samples = 31) const {
    return median_of(samples, [&] { return gpu().time_wall(work); });
  }

 private:
  template <class Take>
  static double median_of(int samples, const Take& take) {
    take();
    std::vector<double> times;
    for (int i = 0; i < samples; ++i) times.push_back(take().count());
    return median(std::move(times));
  }
};

TEST_F(GpuMethods, AKernelOfKnownLengthIsFoundByEach) {
  const SmallProgram program(gpu(), kSleep, {"sleep"});
  const BufferPtr out = gpu().allocate(4);
  for (const std::int64_t length : {20'000, 200'000, 2'000'000}) {
    const Work work = program.work({buffer(*out), integer(length)});
    const Enqueue enqueue = [&] { gpu().enqueue(work); };
    const double by_cold = cold(enqueue);
    const double by_hot = hot(enqueue);
    const double by_graph = graph(enqueue);
    const double by_wall = wall(enqueue);
    std::printf("  sleep of %.0f us: cold %.2f, hot %.2f, graph %.2f, wall %.2f us\n",
                static_cast<double>(length) * 1e-3, by_cold * 1e-3, by_hot * 1e-3, by_graph * 1e-3, by_wall * 1e-3);
    const auto expected = static_cast<double>(length);
    const double slack = std::max(0.025 * expected, 8'000.0);
    EXPECT_NEAR(by_cold, expected, slack) << "cold";
    EXPECT_NEAR(by_hot, expected, slack) << "hot";
    EXPECT_NEAR(by_graph, expected, slack) << "graph";
    EXPECT_GE(by_wall, expected) << "wall";
    EXPECT_LE(by_wall, expected + slack + 40'000.0) << "wall";
  }
}

TEST_F(GpuMethods, WhatTheHostDoesIsInWallAndInNothingElse) {
  const SmallProgram program(gpu(), kSleep, {"sleep"});
  const BufferPtr out = gpu().allocate(4);
  const Work work = program.work({buffer(*out), integer(10'000)});
  const Enqueue slowly = [&] {
    std::this_thread::sleep_for(1ms);
    gpu().enqueue(work);
  };
  gpu().take_exposed_launches();
  const double by_cold = cold(slowly, 7);
  EXPECT_EQ(gpu().take_exposed_launches(), 0) << "the stream waited for the host";
  const double by_wall = wall(slowly, 7);
  std::printf("  a host that needs 1 ms to start 10 us: cold %.2f, wall %.2f us\n", by_cold * 1e-3, by_wall * 1e-3);
  EXPECT_LT(by_cold, 30'000.0);
  EXPECT_GT(by_wall, 1'000'000.0);
}

TEST_F(GpuMethods, AHostThatNeverComesDoesNotHangTheStream) {
  const SmallProgram program(gpu(), kSleep, {"sleep"});
  const BufferPtr out = gpu().allocate(4);
  const Work work = program.work({buffer(*out), integer(10'000)});
  const Enqueue never = [&] {
    gpu().enqueue(work);
    gpu().synchronize();  // behind a held stream: it can only wait until the hold gives up
  };
  gpu().take_exposed_launches();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 10; ++i) gpu().time_cold(never);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(gpu().take_exposed_launches(), 10) << "each is told";
  std::printf("  ten runs whose host waits for a held stream: %.0f ms\n", took.count() * 1e3);
  EXPECT_LT(took.count(), 2.0);
  // And the next work is held again, once it lets itself be.
  for (int i = 0; i < 200; ++i) gpu().time_cold([&] { gpu().enqueue(work); });
  gpu().take_exposed_launches();
  for (int i = 0; i < 10; ++i) gpu().time_cold([&] { gpu().enqueue(work); });
  EXPECT_EQ(gpu().take_exposed_launches(), 0);
}

TEST_F(GpuMethods, AThrowWhileTheStreamIsHeldLetsItGo) {
  struct Surprise {};
  EXPECT_THROW(gpu().time_cold([] { throw Surprise(); }), Surprise);
  const auto begin = std::chrono::steady_clock::now();
  gpu().synchronize();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
  std::vector<Nanoseconds> times(3);
  EXPECT_THROW(gpu().time_hot([] { throw Surprise(); }, times), Surprise);
  EXPECT_THROW(gpu().capture([] { throw Surprise(); }, kRuns), Surprise);
  const BufferPtr data = gpu().allocate(1 << 20);
  EXPECT_GT(hot([&] { gpu().enqueue_read(*data); }), 0.0) << "the stream is not in a capture any more";
}

TEST_F(GpuMethods, ABatchThatIsMoreThanTheQueueHoldsIsTimed) {
  const SmallProgram program(gpu(), kSleep, {"sleep"});
  const BufferPtr out = gpu().allocate(4);
  Work work = program.work({buffer(*out), integer(1'000)});
  work.launches.resize(16, work.launches.front());
  const double by_hot = hot([&] { gpu().enqueue(work); }, 256);
  EXPECT_GT(by_hot, 16'000.0);
  EXPECT_LT(by_hot, 160'000.0);
}

TEST_F(GpuMethods, WhatFitsTheCacheIsOrdered) {
  // A quarter of the L2: it holds one; three caches are a dozen.
  const std::int64_t bytes = gpu().facts().last_level_cache.count / 4;
  const std::int64_t copies = 3 * gpu().facts().last_level_cache.count / bytes + 1;
  std::vector<BufferPtr> data;
  for (std::int64_t i = 0; i < copies; ++i) {
    data.push_back(gpu().allocate(bytes));
    gpu().poison(*data.back(), ElementType::f32);
  }
  const Enqueue same = [&] { gpu().enqueue_read(*data.front()); };
  std::size_t turn = 0;
  const Enqueue next = [&] { gpu().enqueue_read(*data[turn++ % data.size()]); };
  for (std::size_t i = 0; i < data.size(); ++i) next();
  const double by_cold = cold(same);
  const double by_rotating = hot(next, 4 * data.size());
  const double by_hot = hot(same, 64);
  const double by_graph = graph(same);
  const double by_wall = wall(same);
  std::printf("  read of %.0f MiB: cold %.2f, rotating %.2f (%zu copies), hot %.2f, graph %.2f, wall %.2f us\n",
              static_cast<double>(bytes) / 1048576.0, by_cold * 1e-3, by_rotating * 1e-3, data.size(), by_hot * 1e-3,
              by_graph * 1e-3, by_wall * 1e-3);
  EXPECT_GT(by_cold, 1.05 * by_hot) << "what the cache saves";
  EXPECT_NEAR(by_rotating, by_cold, 0.35 * by_cold);
  EXPECT_GT(by_rotating, by_hot);
  EXPECT_LE(by_graph, by_hot + 500.0) << "no event between the runs";
  EXPECT_GT(by_wall, by_hot + 1'000.0) << "a launch and a wait";
}

TEST_F(GpuMethods, EveryLayerNormVariantIsTimedByAllOfThem) {
  const Catalog catalog = catalog::scan(root_folder() + "/kernels");
  const auto variants = variants_for(catalog, Operation::layernorm_forward, DeviceKind::cuda);
  ASSERT_FALSE(variants.empty());
  measure::Engine engine(gpu(), nullptr, "test");
  emulated_tests::QuietObserver deaf;
  for (const Variant* variant : variants) {
    PointRequest request;
    request.device = "cuda:0";
    request.problem.shape = {512, 4096};  // 16 MiB together: it fits the L2
    request.variant = variant->id;
    request.knobs = default_knobs(*variant);
    request.method.set_timings({kTimings.begin(), kTimings.end()});
    request.method.time_limit_s = 0.02;
    request.method.max_samples = 200;
    const PointPtr point = engine.measure(request, *variant, deaf);
    if (point->verdict == Verdict::unfit) continue;
    EXPECT_TRUE(point->verdict == Verdict::pass || point->verdict == Verdict::noisy)
        << variant->id << ": " << name_of(point->verdict) << ", " << point->reason;
    const auto microseconds = [&](Timing timing) {
      return point->summary(timing) ? point->summary(timing)->median.count() * 1e-3 : 0.0;
    };
    std::printf("  %-48s cold %7.2f  rotating %7.2f  hot %7.2f  graph %7.2f  wall %7.2f us\n", variant->id.c_str(),
                microseconds(Timing::cold), microseconds(Timing::rotating), microseconds(Timing::hot),
                microseconds(Timing::graph), microseconds(Timing::wall));
    for (const TimingNote& note : point->timing_notes) {
      std::printf("    %s: %s\n", std::string(name_of(note.timing)).c_str(), note.text.c_str());
    }
    for (const Timing timing : kTimings) {
      EXPECT_TRUE(point->summary(timing)) << variant->id << ", " << name_of(timing);
    }
    EXPECT_TRUE(point->timing_notes.empty()) << variant->id;
    if (!point->wall_summary || !point->graph_summary) continue;
    EXPECT_GT(point->wall_summary->median, point->graph_summary->median) << variant->id;
  }
}

}  // namespace
}  // namespace knobscope::device
