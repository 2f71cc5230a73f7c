#include "device/cuda/timer.h"

#include <algorithm>

namespace knobscope::device::cuda {
namespace {

// Twice the cache leaves nothing of the work's data in it, whatever the cache's way of choosing victims. At least as
// much as takes the GPU longer to write than the host to enqueue the work behind it, so that the time has no gap.
constexpr std::int64_t kLeastFlushBytes = std::int64_t{64} << 20;
constexpr std::int64_t flush_bytes(Bytes cache) { return std::max(2 * cache.count, kLeastFlushBytes); }

// A head start for the host on a batch of hot runs: enqueueing a launch and an event takes a few microseconds.
constexpr std::int64_t kHeadStartPerRun = 8'000;
constexpr std::int64_t kLongestHeadStart = 2'000'000;

}  // namespace

Timer::Timer(ContextPtr context, std::shared_ptr<const OwnProgram> program, Bytes last_level_cache)
    : context_(std::move(context)), program_(std::move(program)), flushed_(context_, flush_bytes(last_level_cache)) {}

Timer::~Timer() {
  context_->activate_quietly();
  for (CUevent event : events_) context_->driver().cuEventDestroy(event);
}

Nanoseconds Timer::cold(const std::function<void()>& enqueue_work) {
  flush();
  record(0);
  enqueue_work();
  record(1);
  KNOBSCOPE_CU(context_->driver(), "running the timed work", cuEventSynchronize(event(1)));
  return between(0, 1);
}

void Timer::hot(const std::function<void()>& enqueue_work, std::span<Nanoseconds> times) {
  if (times.empty()) return;
  const auto runs = static_cast<std::int64_t>(times.size());
  const auto head_start = static_cast<unsigned long long>(std::min(runs * kHeadStartPerRun, kLongestHeadStart));
  program_->enqueue("pause", 1, 1, head_start);
  enqueue_work();  // untimed: every timed run follows a run of its own kind
  record(0);
  for (std::size_t run = 0; run < times.size(); ++run) {
    enqueue_work();
    record(run + 1);
  }
  KNOBSCOPE_CU(context_->driver(), "running the timed work", cuEventSynchronize(event(times.size())));
  for (std::size_t run = 0; run < times.size(); ++run) times[run] = between(run, run + 1);
}

void Timer::flush() {
  // Another value every time: memory that compresses, or writes that change nothing, could stay cheap.
  flush_value_ = ~flush_value_ + 0x01010101u;
  KNOBSCOPE_CU(context_->driver(), "flushing the L2 cache",
               cuMemsetD32Async(flushed_.address(), flush_value_, static_cast<std::size_t>(flushed_.size() / 4),
                                context_->stream()));
}

CUevent Timer::event(std::size_t number) {
  while (events_.size() <= number) {
    CUevent made = nullptr;
    KNOBSCOPE_CU(context_->driver(), "making an event", cuEventCreate(&made, CU_EVENT_DEFAULT));
    events_.push_back(made);
  }
  return events_[number];
}

void Timer::record(std::size_t number) {
  KNOBSCOPE_CU(context_->driver(), "recording an event", cuEventRecord(event(number), context_->stream()));
}

Nanoseconds Timer::between(std::size_t first, std::size_t second) {
  float milliseconds = 0.0F;
  KNOBSCOPE_CU(context_->driver(), "reading the time between events",
               cuEventElapsedTime(&milliseconds, events_[first], events_[second]));
  return Nanoseconds(static_cast<double>(milliseconds) * 1e6);
}

}  // namespace knobscope::device::cuda
