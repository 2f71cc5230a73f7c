// What a point costs beyond its kernel: a sweep of small points, its wall time by expense.

#include <cstdio>
#include <initializer_list>

#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "core/plan.h"
#include "emulated/bench.h"
#include "gpu_device.h"
#include "measure/engine.h"

namespace knobscope::device {
namespace {

/// All but the kernel's own runs and the checks: also what it takes to flush the cache, launch and wait for 15 samples.
constexpr double kMostOverhead_ms = 2.0;

class GpuOverhead : public GpuTest {};

TEST_F(GpuOverhead, OfAPointIsAtMostTwoMilliseconds) {
  const Catalog catalog = catalog::scan(root_folder() + "/kernels");
  measure::Engine engine(gpu(), nullptr, "test");
  emulated_tests::QuietObserver deaf;
  std::vector<PointRequest> requests;
  for (const std::int64_t rows : {64, 128, 256, 512}) {
    for (const std::int64_t columns : {512, 1024, 2048, 4096}) {
      for (const char* name : {"layernorm_forward/02_block_per_row.cu", "layernorm_forward/05_float4.cu",
                               "layernorm_forward/04_welford.cu", "layernorm_forward/07_row_split.cu"}) {
        const Variant* variant = catalog.find(name);
        if (variant == nullptr) continue;
        PointRequest request;
        request.device = gpu().facts().id;
        request.variant = variant->id;
        request.knobs = default_knobs(*variant);
        request.problem.shape = {rows, columns};
        request.method.set_timings({Timing::cold});
        request.method.cold_stopping = StoppingCriterion::sample_count;
        request.method.target_samples = 15;
        request.method.recheck = false;
        requests.push_back(std::move(request));
      }
    }
  }
  ASSERT_FALSE(requests.empty());
  // The first time compiles, fills and takes ceilings; what it costs to look again is what a sweep of knobs costs.
  TimeSpent first;
  TimeSpent again;
  std::size_t samples = 0;
  for (TimeSpent* sum : {&first, &again}) {
    for (const PointRequest& request : requests) {
      const PointPtr point = engine.measure(request, *catalog.find(request.variant), deaf);
      ASSERT_TRUE(point->spent && point->cold) << point->reason;
      *sum += *point->spent;
      if (sum == &again) samples += point->cold->size();
    }
  }
  const auto count = static_cast<double>(requests.size());
  std::printf("  %zu points, %.1f samples each; ms a point, the first time and again\n", requests.size(),
              static_cast<double>(samples) / count);
  for (const Expense expense : kExpenses) {
    std::printf("  %-10s %9.3f %9.3f\n", std::string(name_of(expense)).c_str(), first[expense] / count * 1e3,
                again[expense] / count * 1e3);
  }
  const auto ms = [&](std::initializer_list<Expense> expenses) {
    double sum_s = 0.0;
    for (const Expense expense : expenses) sum_s += again[expense];
    return sum_s / count * 1e3;
  };
  const double around_ms = ms({Expense::load, Expense::fill, Expense::reference, Expense::allocate, Expense::other});
  const double timing_ms = ms({Expense::timing});
  std::printf("  around its runs: %.3f ms a point; flush, launch and waiting: %.3f ms, %.1f us a sample\n", around_ms,
              timing_ms, again[Expense::timing] / static_cast<double>(samples) * 1e6);
  const double overhead_ms = around_ms + timing_ms;
  EXPECT_LE(overhead_ms, kMostOverhead_ms);
}

}  // namespace
}  // namespace knobscope::device
