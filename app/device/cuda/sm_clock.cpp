#include "device/cuda/sm_clock.h"

#include <atomic>
#include <chrono>

namespace knobscope::device::cuda {
namespace {

using namespace std::chrono_literals;

// From the end of the timed work, which the host has seen, to the end of a kernel of one thread behind it.
constexpr std::chrono::nanoseconds kLongestWait = 1ms;
// The GPU's timer advances in steps (32 ns on an H200, a microsecond on older ones): below this, a step would be more
// than two percent.
constexpr unsigned long long kLeastSpan_ns = 2'000;

}  // namespace

struct SmClock::Stamp {
  unsigned long long cycles;
  unsigned long long nanoseconds;
  unsigned multiprocessor;
  unsigned ticket;
};

SmClock::SmClock(ContextPtr context, std::shared_ptr<const OwnProgram> program)
    : context_(std::move(context)), program_(std::move(program)) {
  void* memory = nullptr;
  KNOBSCOPE_CU(context_->driver(), "taking memory that the host and the GPU share",
               cuMemHostAlloc(&memory, 2 * sizeof(Stamp), CU_MEMHOSTALLOC_DEVICEMAP));
  stamps_ = static_cast<volatile Stamp*>(memory);
  for (const int which : {0, 1}) stamps_[which].ticket = ticket_;
  const CUresult result = context_->driver().cuMemHostGetDevicePointer(&stamps_on_gpu_, memory, 0);
  if (result == CUDA_SUCCESS) return;
  context_->driver().cuMemFreeHost(memory);
  throw_result(context_->driver(), result, "cuMemHostGetDevicePointer(", "sharing memory with the GPU");
}

SmClock::~SmClock() {
  context_->activate_quietly();
  context_->driver().cuStreamSynchronize(context_->stream());
  context_->driver().cuMemFreeHost(const_cast<Stamp*>(stamps_));
}

SmClock::Place SmClock::next_place() { return {stamps_on_gpu_, ++ticket_}; }

void SmClock::enqueue_first() {
  const Place place = next_place();
  program_->enqueue("stamp_clock", 1, 1, place.stamp, place.ticket);
}

void SmClock::enqueue_second() {
  program_->enqueue("stamp_clock", 1, 1, static_cast<CUdeviceptr>(stamps_on_gpu_ + sizeof(Stamp)), ticket_);
}

std::optional<double> SmClock::mhz() const {
  if (ticket_ == 0) return std::nullopt;
  const auto since = std::chrono::steady_clock::now();
  while (stamps_[1].ticket != ticket_) {
    if (std::chrono::steady_clock::now() - since >= kLongestWait) return std::nullopt;
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (stamps_[0].ticket != ticket_ || stamps_[0].multiprocessor != stamps_[1].multiprocessor) return std::nullopt;
  const unsigned long long span = stamps_[1].nanoseconds - stamps_[0].nanoseconds;
  const unsigned long long cycles = stamps_[1].cycles - stamps_[0].cycles;
  // A timer that went backwards (it may be set) gives a span of centuries.
  constexpr unsigned long long kDay_ns = 86'400'000'000'000;
  if (span < kLeastSpan_ns || span > kDay_ns) return std::nullopt;
  return static_cast<double>(cycles) / static_cast<double>(span) * 1e3;
}

}  // namespace knobscope::device::cuda
