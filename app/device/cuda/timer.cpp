#include "device/cuda/timer.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace knobscope::device::cuda {
namespace {

using namespace std::chrono_literals;

// Twice the cache leaves nothing of the work's data in it, whatever the cache's way of choosing victims. At least as
// much as takes the GPU longer to write than the host to enqueue the work behind it, so that even a run that cannot be
// held back has no gap.
constexpr std::int64_t kLeastFlushBytes = std::int64_t{64} << 20;
constexpr std::int64_t flush_bytes(Bytes cache) { return std::max(2 * cache.count, kLeastFlushBytes); }

// Enqueueing a run takes microseconds. A host that needs longer than this was interrupted, or waits for the very stream
// that is held.
constexpr std::chrono::nanoseconds kLongestHold = 20ms;
// A batch may be more than the stream's queue holds: the host then waits until the GPU goes on, with a queue full of
// runs ahead of it, which is all that is wanted.
constexpr std::chrono::nanoseconds kLongestBatchHold = 5ms;
constexpr int kTries = 3;
constexpr int kTryAgainEvery = 64;

}  // namespace

Timer::Timer(ContextPtr context, std::shared_ptr<const OwnProgram> program, Bytes last_level_cache)
    : context_(std::move(context)),
      program_(std::move(program)),
      blocker_(context_, program_),
      sm_clock_(context_, program_),
      flushed_(context_, flush_bytes(last_level_cache)),
      sink_(context_, sizeof(unsigned)) {
  int bytes = 0;
  has_persisting_lines_ =
      context_->driver().cuDeviceGetAttribute(&bytes, CU_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE,
                                              context_->device()) == CUDA_SUCCESS &&
      bytes > 0;
}

Timer::~Timer() {
  context_->activate_quietly();
  for (CUevent event : events_) context_->driver().cuEventDestroy(event);
}

Nanoseconds Timer::cold(const std::function<void()>& enqueue_work) {
  for (int tries = 1;; ++tries) {
    // Before the stream is held: it may wait for the GPU. Lines that a kernel asked to persist would outlive a flush.
    if (has_persisting_lines_) context_->driver().cuCtxResetPersistingL2Cache();
    const bool hold = is_worth_holding();
    {
      std::optional<Held> held;
      if (hold) {
        held.emplace(blocker_, kLongestHold, sm_clock_.next_place());
      } else {
        sm_clock_.enqueue_first();
      }
      flush();
      record(0);
      enqueue_work();
      record(1);
      sm_clock_.enqueue_second();
    }
    wait_for(1);
    const bool exposed = !hold || blocker_.gave_up();
    if (hold) given_up_in_a_row_ = exposed ? given_up_in_a_row_ + 1 : 0;
    if (exposed && hold && tries < kTries) continue;
    if (exposed) ++exposed_launches_;
    return between(0, 1);
  }
}

void Timer::run_cold(const std::function<void()>& enqueue_work) {
  if (has_persisting_lines_) context_->driver().cuCtxResetPersistingL2Cache();
  {
    const Held held(blocker_, kLongestHold, sm_clock_.next_place());
    flush();
    enqueue_work();
  }
  context_->synchronize("running a kernel");
}

void Timer::fill_cache() {
  if (has_persisting_lines_) context_->driver().cuCtxResetPersistingL2Cache();
  flush();
  drain_cache();
}

void Timer::drain_cache() {
  constexpr unsigned kThreads = 256;  // kBlock in memory.cu
  constexpr std::int64_t kPackBytes = 16;
  constexpr std::int64_t kTile = kThreads * std::int64_t{4};  // kReadsInFlight
  const std::int64_t packs = flushed_.size() / kPackBytes;
  program_->enqueue("read", (packs + kTile - 1) / kTile, kThreads, flushed_.address(), packs, sink_.address());
  context_->synchronize("emptying the L2 cache");
}

void Timer::hot(const std::function<void()>& enqueue_work, std::span<Nanoseconds> times) {
  if (times.empty()) return;
  {
    const Held held(blocker_, kLongestBatchHold, sm_clock_.next_place());
    enqueue_work();  // untimed: every timed run follows a run of its own kind
    record(0);
    for (std::size_t run = 0; run < times.size(); ++run) {
      enqueue_work();
      record(run + 1);
    }
    sm_clock_.enqueue_second();
  }
  wait_for(times.size());
  for (std::size_t run = 0; run < times.size(); ++run) times[run] = between(run, run + 1);
}

Nanoseconds Timer::graph(const CudaGraph& graph) {
  {
    const Held held(blocker_, kLongestHold, sm_clock_.next_place());
    record(0);
    graph.enqueue();
    record(1);
    sm_clock_.enqueue_second();
  }
  wait_for(1);
  if (blocker_.gave_up()) ++exposed_launches_;
  return between(0, 1);
}

Nanoseconds Timer::wall(const std::function<void()>& enqueue_work) {
  sm_clock_.enqueue_first();
  context_->synchronize("waiting for the GPU to be idle");
  const auto begin = std::chrono::steady_clock::now();
  enqueue_work();
  context_->synchronize("running the timed work");
  const Nanoseconds time = std::chrono::steady_clock::now() - begin;
  sm_clock_.enqueue_second();
  return time;
}

std::int64_t Timer::take_exposed_launches() { return std::exchange(exposed_launches_, 0); }

/// A work that cannot be enqueued behind a held stream would cost the longest hold every time: after a few of them it
/// is tried only now and then.
bool Timer::is_worth_holding() {
  if (given_up_in_a_row_ < kTries) return true;
  return ++not_held_ % kTryAgainEvery == 0;
}

void Timer::flush() {
  // Another value every time: memory that compresses, or writes that change nothing, could stay cheap.
  flush_value_ = ~flush_value_ + 0x01010101u;
  KNOBSCOPE_CU(context_->driver(), "flushing the L2 cache",
               cuMemsetD32Async(flushed_.address(), flush_value_, static_cast<std::size_t>(flushed_.size() / 4),
                                context_->stream()));
}

void Timer::wait_for(std::size_t number) {
  KNOBSCOPE_CU(context_->driver(), "running the timed work", cuEventSynchronize(event(number)));
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
