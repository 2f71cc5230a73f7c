#include "device/host/thread_pool.h"

#include <algorithm>

#include <sched.h>

#include "device/device.h"

namespace knobscope::device::host {
namespace {

constexpr std::uint32_t kOpen = 1;
constexpr std::uint32_t kInside = 2;
// Some tens of microseconds: long enough for the next launch of a series, short enough to leave the machine alone.
constexpr int kSpins = 3000;

void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Spins a little, then sleeps, until `value` differs from `old`.
std::uint32_t wait_for_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int spin = 0; spin < kSpins; ++spin) {
    if (const std::uint32_t now = value.load(std::memory_order_acquire); now != old) return now;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

int usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(CPU_COUNT(&set), 1);
  return std::max(static_cast<int>(std::thread::hardware_concurrency()), 1);
}

ThreadPool::ThreadPool(int threads) {
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { work(0); });
}

ThreadPool::~ThreadPool() {
  ending_.store(true);
  generation_.fetch_add(1);
  generation_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

std::int64_t ThreadPool::chunk_for(std::int64_t count, std::int64_t least) const {
  return std::max<std::int64_t>(count / (16LL * size()), least);
}

void ThreadPool::run(std::int64_t count, std::int64_t chunk, const Body& body, const std::atomic<bool>* stop) {
  if (count <= 0) return;
  count_ = count;
  chunk_ = std::max<std::int64_t>(chunk, 1);
  body_ = &body;
  stop_ = stop;
  failure_ = nullptr;
  abandoned_.store(false, std::memory_order_relaxed);
  next_.store(0, std::memory_order_relaxed);

  const bool alone = workers_.empty() || count_ <= chunk_;
  if (!alone) {
    state_.store(kOpen, std::memory_order_release);
    generation_.fetch_add(1, std::memory_order_release);
    generation_.notify_all();
  }
  take_pieces();
  if (!alone) {
    // Whoever has not come by now is not waited for: the pieces are gone.
    std::uint32_t inside = state_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
    while (inside != 0) inside = wait_for_change(state_, inside);
  }
  body_ = nullptr;
  if (failure_) std::rethrow_exception(failure_);
  if (abandoned_.load(std::memory_order_relaxed)) throw Cancelled();
}

void ThreadPool::work(std::uint32_t seen) {
  while (true) {
    seen = wait_for_change(generation_, seen);
    if (ending_.load()) return;
    std::uint32_t state = state_.load(std::memory_order_acquire);
    while ((state & kOpen) != 0) {
      if (!state_.compare_exchange_weak(state, state + kInside, std::memory_order_acq_rel)) continue;
      take_pieces();
      state_.fetch_sub(kInside, std::memory_order_acq_rel);
      state_.notify_all();
      break;
    }
  }
}

void ThreadPool::take_pieces() {
  while (true) {
    if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) {
      if (next_.load(std::memory_order_relaxed) < count_) abandoned_.store(true, std::memory_order_relaxed);
      next_.store(count_, std::memory_order_relaxed);
      return;
    }
    const std::int64_t begin = next_.fetch_add(chunk_, std::memory_order_relaxed);
    if (begin >= count_) return;
    try {
      (*body_)(begin, std::min(begin + chunk_, count_));
    } catch (...) {
      const std::lock_guard lock(failure_mutex_);
      if (!failure_) failure_ = std::current_exception();
      next_.store(count_, std::memory_order_relaxed);
      return;
    }
  }
}

}  // namespace knobscope::device::host
