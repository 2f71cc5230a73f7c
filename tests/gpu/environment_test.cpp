// What the GPU tells of itself while it is timed: plausible, complete, and the same by its own counters as by NVML. And
// what that costs: the stamps of a sample, and judging again after timing.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "core/plan.h"
#include "core/statistics.h"
#include "device/cuda/blocker.h"
#include "device/cuda/nvrtc_library.h"
#include "device/cuda/sm_clock.h"
#include "gpu_device.h"
#include "measure/engine.h"
#include "silent.h"

namespace knobscope::device {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double microseconds(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

double median(const std::vector<double>& values) { return quantile(values, 0.5).value_or(0.0); }

/// Watts that the first GPU may take, asked of NVML beside the program's own way to it; nothing where it does not say.
std::optional<double> power_limit_w() {
  void* library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  const auto init = reinterpret_cast<int (*)()>(dlsym(library, "nvmlInit_v2"));
  const auto handle = reinterpret_cast<int (*)(unsigned, void**)>(dlsym(library, "nvmlDeviceGetHandleByIndex_v2"));
  const auto limit = reinterpret_cast<int (*)(void*, unsigned*)>(dlsym(library, "nvmlDeviceGetEnforcedPowerLimit"));
  void* device = nullptr;
  unsigned milliwatts = 0;
  if (init == nullptr || handle == nullptr || limit == nullptr || init() != 0 || handle(0, &device) != 0 ||
      limit(device, &milliwatts) != 0) {
    return std::nullopt;
  }
  return milliwatts / 1000.0;
}

class GpuEnvironment : public GpuTest {
 protected:
  GpuEnvironment() : catalog_(catalog::scan(root_folder() + "/kernels")) {}

  /// So many cold samples of LayerNorm, four elements a load.
  PointRequest request(std::vector<std::int64_t> shape, int samples) const {
    const Variant& variant = *catalog_.find(kVariant);
    PointRequest request;
    request.device = gpu().facts().id;
    request.variant = variant.id;
    request.knobs = default_knobs(variant);
    request.problem.shape = std::move(shape);
    request.method.set_timings({Timing::cold});
    request.method.cold_stopping = StoppingCriterion::sample_count;
    request.method.target_samples = samples;
    request.method.min_samples = 1;
    request.method.time_limit_s = 5.0;
    return request;
  }
  PointPtr measure(measure::Engine& engine, const PointRequest& request) const {
    Silent deaf;
    return engine.measure(request, *catalog_.find(kVariant), deaf);
  }

  static constexpr const char* kVariant = "layernorm_forward/05_float4.cu";
  Catalog catalog_;
};

TEST_F(GpuEnvironment, OfEveryColdSampleIsThereAndPlausible) {
  const Telemetry before = gpu().telemetry();
  ASSERT_TRUE(before.power_w && before.sm_clock_mhz && before.temperature_c);
  measure::Engine engine(gpu(), nullptr, "test");
  const PointPtr point = measure(engine, request({8192, 4096}, 2500));
  ASSERT_TRUE(point->cold) << point->reason;
  const SeriesEnvironment* cold = point->series_environment(Timing::cold);
  ASSERT_NE(cold, nullptr);
  ASSERT_EQ(cold->sm_clocks_mhz.size(), point->cold->size());
  EXPECT_TRUE(std::ranges::all_of(cold->sm_clocks_mhz, [](double clock) { return std::isfinite(clock); }))
      << "every sample has its clock";
  ASSERT_GE(cold->readings.size(), 5U) << "before, after, and every 50 ms meanwhile";

  const double idle_w = *before.power_w;
  const std::optional<double> limit_w = power_limit_w();
  std::vector<double> told_mhz;
  double highest_w = 0.0;
  for (const EnvironmentReading& told : cold->readings) {
    ASSERT_TRUE(told.sm_clock_mhz && told.memory_clock_mhz && told.power_w && told.temperature_c &&
                told.throttle_reasons);
    EXPECT_GT(*told.temperature_c, 20.0);
    EXPECT_LT(*told.temperature_c, 100.0);
    EXPECT_GT(*told.power_w, 0.9 * idle_w);
    EXPECT_LT(*told.power_w, 1.1 * limit_w.value_or(1e4)) << "it may pass the limit for a moment";
    highest_w = std::max(highest_w, *told.power_w);
    // The first one is from before the series, the last one from after it.
    if (told.taken > 0 && told.taken < std::ssize(*point->cold)) told_mhz.push_back(*told.sm_clock_mhz);
  }
  EXPECT_GT(highest_w, idle_w) << "work takes power";
  const double counted = cold->sm_clock_mhz().value_or(0.0);
  std::printf(
      "  %zu samples, %zu readings: SM clock %.1f MHz by its own cycles (%.1f to %.1f), %.0f by NVML; "
      "%.0f W idle, up to %.0f of %.0f W; %.0f C\n",
      point->cold->size(), cold->readings.size(), counted, *quantile(cold->sm_clocks_mhz, 0.0),
      *quantile(cold->sm_clocks_mhz, 1.0), median(told_mhz), idle_w, highest_w, limit_w.value_or(0.0),
      *cold->readings.back().temperature_c);
  ASSERT_FALSE(told_mhz.empty());
  EXPECT_NEAR(counted / median(told_mhz), 1.0, 0.03);

  // What it is measured among.
  const Environment& environment = point->environment;
  EXPECT_TRUE(environment.expected_sm_clock_mhz);
  EXPECT_TRUE(environment.ecc.has_value() || !environment.untold.empty());
  EXPECT_TRUE(environment.mig.has_value() || !environment.untold.empty());
  EXPECT_TRUE(environment.other_processes.has_value() || !environment.untold.empty());
}

/// Cold samples as the program takes them, with and without the second stamp. The first is written by the kernel that
/// holds the stream, in both.
class StampedSamples {
 public:
  StampedSamples(const DeviceFacts& facts, std::shared_ptr<const cuda::Driver> driver,
                 const std::shared_ptr<const cuda::NvrtcLibrary>& nvrtc)
      : context_(std::make_shared<const cuda::Context>(std::move(driver), 0)),
        cache_(gpu_options().cache_dir, gpu_options().cache_limit_bytes),
        program_(std::make_shared<const cuda::OwnProgram>(
            context_, *nvrtc, cache_, nvrtc->architecture_for(facts.compute_capability), "memory.cu")),
        blocker_(context_, program_),
        clock_(context_, program_),
        flushed_(context_, 2 * facts.last_level_cache.count) {
    for (CUevent& event : events_) {
      KNOBSCOPE_CU(context_->driver(), "making an event", cuEventCreate(&event, CU_EVENT_DEFAULT));
    }
  }
  ~StampedSamples() {
    for (CUevent event : events_) context_->driver().cuEventDestroy(event);
  }
  StampedSamples(const StampedSamples&) = delete;
  StampedSamples& operator=(const StampedSamples&) = delete;

  struct Sample {
    double wall_us = 0.0;   ///< of the host, for the whole sample
    double event_us = 0.0;  ///< what is timed: a clear of 4 MiB
  };
  Sample take(bool stamped) {
    const auto begin = Clock::now();
    {
      const cuda::Held held(blocker_, 20ms, clock_.next_place());
      set(flushed_.size(), ++value_);
      record(0);
      set(std::int64_t{4} << 20, value_);
      record(1);
      if (stamped) clock_.enqueue_second();
    }
    KNOBSCOPE_CU(context_->driver(), "running the timed work", cuEventSynchronize(events_[1]));
    float milliseconds = 0.0F;
    KNOBSCOPE_CU(context_->driver(), "reading the time", cuEventElapsedTime(&milliseconds, events_[0], events_[1]));
    const bool is_known = !stamped || clock_.mhz().has_value();
    EXPECT_TRUE(is_known);
    return {microseconds(Clock::now() - begin), 1e3 * static_cast<double>(milliseconds)};
  }

 private:
  void set(std::int64_t bytes, unsigned value) {
    KNOBSCOPE_CU(context_->driver(), "writing memory",
                 cuMemsetD32Async(flushed_.address(), value, static_cast<std::size_t>(bytes / 4), context_->stream()));
  }
  void record(std::size_t number) {
    KNOBSCOPE_CU(context_->driver(), "recording an event", cuEventRecord(events_[number], context_->stream()));
  }

  cuda::ContextPtr context_;
  CompileCache cache_;
  std::shared_ptr<const cuda::OwnProgram> program_;
  cuda::Blocker blocker_;
  cuda::SmClock clock_;
  cuda::Memory flushed_;
  std::array<CUevent, 2> events_{};
  unsigned value_ = 0;
};

TEST_F(GpuEnvironment, AStampCostsMicrosecondsAndIsNotInTheTime) {
  gpu().synchronize();
  std::string problem;
  const auto nvrtc = cuda::NvrtcLibrary::load(&problem);
  ASSERT_NE(nvrtc, nullptr) << problem;
  StampedSamples samples(gpu().facts(), cuda::Driver::load(nullptr), nvrtc);
  for (int i = 0; i < 100; ++i) samples.take(true);
  std::array<std::vector<double>, 2> wall_us;
  std::array<std::vector<double>, 2> event_us;
  for (int i = 0; i < 4000; ++i) {
    const auto stamped = static_cast<std::size_t>(i % 2);
    const StampedSamples::Sample sample = samples.take(stamped == 1);
    wall_us[stamped].push_back(sample.wall_us);
    event_us[stamped].push_back(sample.event_us);
  }
  const double cost_us = median(wall_us[1]) - median(wall_us[0]);
  std::printf("  a sample takes %.2f us with its clock and %.2f without: %.2f us more; timed %.3f and %.3f us\n",
              median(wall_us[1]), median(wall_us[0]), cost_us, median(event_us[1]), median(event_us[0]));
  EXPECT_LT(cost_us, 30.0);
  EXPECT_NEAR(median(event_us[1]), median(event_us[0]), 0.25) << "the stamp is not in what is timed";
}

TEST_F(GpuEnvironment, JudgingAgainTakesMilliseconds) {
  measure::Engine engine(gpu(), nullptr, "test");
  for (const auto& shape : {std::vector<std::int64_t>{64, 768}, std::vector<std::int64_t>{8192, 4096}}) {
    std::array<std::vector<double>, 2> wall_ms;
    for (int i = 0; i < 22; ++i) {
      PointRequest asked = request(shape, 11);
      asked.method.recheck = i % 2 == 1;
      const auto begin = Clock::now();
      const PointPtr point = measure(engine, asked);
      const double took_ms = microseconds(Clock::now() - begin) * 1e-3;
      ASSERT_TRUE(point->cold) << point->reason;
      if (i >= 2) wall_ms[static_cast<std::size_t>(i % 2)].push_back(took_ms);  // the first ones compile and fill
    }
    const double cost_ms = median(wall_ms[1]) - median(wall_ms[0]);
    std::printf("  %lld x %lld: a point takes %.2f ms judged again and %.2f ms without: %.2f ms more\n",
                static_cast<long long>(shape[0]), static_cast<long long>(shape[1]), median(wall_ms[1]),
                median(wall_ms[0]), cost_ms);
    EXPECT_GT(cost_ms, 0.0);
    EXPECT_LT(cost_ms, 50.0);
  }
}

}  // namespace
}  // namespace knobscope::device
