#pragma once
// Kernel times and counters of a work on one GPU, by CUPTI.

#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "core/profile.h"
#include "device/cuda/context.h"
#include "device/cuda/cupti_library.h"
#include "device/cuda/range_counters.h"
#include "device/cuda/timer.h"

namespace knobscope::device::cuda {

class Profiler {
 public:
  /// Nothing is loaded before it is asked for. `timer` must outlive it.
  Profiler(ContextPtr context, int ordinal, Timer& timer)
      : context_(std::move(context)), ordinal_(ordinal), timer_(timer) {}

  /// Cold runs of a work that starts `operations` kernels and clears. Throws Unprofilable.
  void time_kernels(const std::function<void()>& enqueue_work, std::size_t operations, std::span<Nanoseconds> times);
  /// Throws Unprofilable.
  Counters count(const std::function<void()>& enqueue_work);

 private:
  const std::shared_ptr<const CuptiLibrary>& cupti();

  ContextPtr context_;
  int ordinal_ = 0;
  Timer& timer_;
  std::shared_ptr<const CuptiLibrary> cupti_;
  std::unique_ptr<RangeCounters> counters_;
};

}  // namespace knobscope::device::cuda
