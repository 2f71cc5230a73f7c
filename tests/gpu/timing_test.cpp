// Times that can be right: cold slower than hot, twice the work twice the time, ceilings below the memory's peak.

#include <algorithm>
#include <cstdio>

#include <gtest/gtest.h>

#include "gpu_device.h"

namespace knobscope::device {
namespace {

class GpuTiming : public GpuTest {
 protected:
  Nanoseconds cold(const std::function<void()>& work, int samples = 21) const {
    gpu().time_cold(work);
    std::vector<double> times;
    for (int i = 0; i < samples; ++i) times.push_back(gpu().time_cold(work).count());
    return median(std::move(times));
  }

  Nanoseconds hot(const std::function<void()>& work, std::size_t samples = 21) const {
    std::vector<Nanoseconds> batch(samples);
    gpu().time_hot(work, batch);
    std::vector<double> times;
    for (const Nanoseconds time : batch) times.push_back(time.count());
    return median(std::move(times));
  }

 private:
  static Nanoseconds median(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    return Nanoseconds(times[times.size() / 2]);
  }
};

TEST_F(GpuTiming, ColdIsSlowerThanHotForWhatFitsTheCache) {
  const BufferPtr data = gpu().allocate(gpu().facts().last_level_cache.count / 4);
  gpu().poison(*data, ElementType::f32);
  const auto work = [&] { gpu().enqueue_read(*data); };
  const Nanoseconds cold_time = cold(work);
  const Nanoseconds hot_time = hot(work);
  std::printf("  read of %.0f MiB: cold %.2f us, hot %.2f us\n", static_cast<double>(data->size()) / 1048576.0,
              cold_time.count() * 1e-3, hot_time.count() * 1e-3);
  EXPECT_GT(cold_time, hot_time);
  EXPECT_GT(hot_time.count(), 500.0);
}

TEST_F(GpuTiming, CopyAndReadReachThePlausibleShareOfThePeak) {
  ASSERT_TRUE(gpu().facts().peak_bandwidth.has_value());
  const double peak = gpu().facts().peak_bandwidth->value;
  const std::int64_t bytes = std::min<std::int64_t>(std::int64_t{1} << 30, gpu().facts().memory.count / 8);
  const BufferPtr from = gpu().allocate(bytes);
  const BufferPtr to = gpu().allocate(bytes);
  gpu().poison(*from, ElementType::f32);
  gpu().poison(*to, ElementType::f16);
  const auto check = [&](const char* name, double moved, const std::function<void()>& work) {
    const double rate = moved / (cold(work).count() * 1e-9);
    const double hot_rate = moved / (hot(work).count() * 1e-9);
    std::printf("  %s: %.2f TB/s cold, %.2f hot, of %.2f\n", name, rate * 1e-12, hot_rate * 1e-12, peak * 1e-12);
    EXPECT_GT(rate, 0.5 * peak) << name;
    EXPECT_LT(rate, 1.02 * peak) << name;
  };
  const auto size = static_cast<double>(bytes);
  check("driver's copy", 2.0 * size, [&] { gpu().enqueue_copy(*to, *from, false); });
  EXPECT_EQ(gpu().hash(*to), gpu().hash(*from));
  gpu().poison(*to, ElementType::f16);
  check("copy kernel", 2.0 * size, [&] { gpu().enqueue_copy(*to, *from, true); });
  EXPECT_EQ(gpu().hash(*to), gpu().hash(*from));
  check("read kernel", size, [&] { gpu().enqueue_read(*from); });
}

TEST_F(GpuTiming, CopyKernelCopiesOddSizes) {
  for (const std::int64_t bytes : {2, 14, 16, 18, 4098, 1'000'006}) {
    const BufferPtr from = gpu().allocate(bytes);
    const BufferPtr to = gpu().allocate(bytes);
    gpu().poison(*from, ElementType::bf16);
    gpu().poison(*to, ElementType::f16);
    gpu().enqueue_copy(*to, *from, true);
    gpu().enqueue_read(*from);
    gpu().synchronize();
    EXPECT_EQ(gpu().hash(*to), gpu().hash(*from)) << bytes << " bytes";
    EXPECT_TRUE(gpu().guards_intact(*to)) << bytes << " bytes";
  }
}

TEST_F(GpuTiming, TwiceTheWorkTakesTwiceTheTime) {
  const SmallProgram program(gpu(), R"(
extern "C" __global__ void wait(float* out, long long nanoseconds) {
  unsigned long long begin, now;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
  do asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(now)); while (now - begin < nanoseconds);
  out[0] = 1;
})",
                             {"wait"});
  const BufferPtr out = gpu().allocate(4);
  const Work once = program.work({buffer(*out), integer(200'000)});
  const Work twice = program.work({buffer(*out), integer(400'000)});
  for (const bool is_cold : {true, false}) {
    const auto time = [&](const Work& work) {
      const auto enqueue = [&] { gpu().enqueue(work); };
      return (is_cold ? cold(enqueue, 7) : hot(enqueue, 7)).count();
    };
    const double one = time(once);
    const double two = time(twice);
    EXPECT_NEAR(one, 200'000.0, 30'000.0) << (is_cold ? "cold" : "hot");
    EXPECT_NEAR(two / one, 2.0, 0.15) << (is_cold ? "cold" : "hot");
  }
}

}  // namespace
}  // namespace knobscope::device
