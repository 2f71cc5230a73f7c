#include "device/cuda/profiler.h"

#include <utility>

#include "device/cuda/kernel_records.h"

namespace knobscope::device::cuda {

const std::shared_ptr<const CuptiLibrary>& Profiler::cupti() {
  if (!cupti_) cupti_ = CuptiLibrary::load();
  return cupti_;
}

void Profiler::time_kernels(const std::function<void()>& enqueue_work, std::size_t operations,
                            std::span<Nanoseconds> times) {
  KernelRecorder recorder(cupti());
  for (Nanoseconds& time : times) {
    timer_.run_cold(enqueue_work);
    // The flush and the kernel that held the stream are recorded, too, and began before.
    const auto together = time_of_last(recorder.take(), operations);
    if (!together) throw Unprofilable("CUPTI recorded fewer kernels than were started: try again");
    time = *together;
  }
}

Counters Profiler::count(const std::function<void()>& enqueue_work) {
  if (!counters_) {
    counters_ = std::make_unique<RangeCounters>(cupti(), ordinal_, context_->device(), context_->handle());
  }
  CountedWork work;
  work.prepare = [&] { timer_.fill_cache(); };
  work.run = [&] {
    enqueue_work();
    context_->synchronize("running a kernel");
  };
  work.drain = [&] { timer_.drain_cache(); };
  return counters_->count(work);
}

}  // namespace knobscope::device::cuda
