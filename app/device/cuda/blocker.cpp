#include "device/cuda/blocker.h"

#include <atomic>

namespace knobscope::device::cuda {
namespace {

// A cache line each, so that the host's write does not disturb the GPU's.
constexpr std::size_t kFlagStride = 128;
constexpr std::size_t kGivenUp = kFlagStride / sizeof(unsigned);

}  // namespace

Blocker::Blocker(ContextPtr context, std::shared_ptr<const OwnProgram> program)
    : context_(std::move(context)), program_(std::move(program)) {
  void* memory = nullptr;
  KNOBSCOPE_CU(context_->driver(), "taking memory that the host and the GPU share",
               cuMemHostAlloc(&memory, 2 * kFlagStride, CU_MEMHOSTALLOC_DEVICEMAP));
  flags_ = static_cast<volatile unsigned*>(memory);
  flags_[0] = ticket_;
  flags_[kGivenUp] = ticket_ - 1;
  const CUresult result = context_->driver().cuMemHostGetDevicePointer(&flags_on_gpu_, memory, 0);
  if (result == CUDA_SUCCESS) return;
  context_->driver().cuMemFreeHost(memory);
  throw_result(context_->driver(), result, "cuMemHostGetDevicePointer(", "sharing memory with the GPU");
}

Blocker::~Blocker() {
  release();
  context_->activate_quietly();
  context_->driver().cuStreamSynchronize(context_->stream());
  context_->driver().cuMemFreeHost(const_cast<unsigned*>(flags_));
}

void Blocker::hold(std::chrono::nanoseconds longest, SmClock::Place stamp) {
  ++ticket_;  // what an earlier kernel waited for, or wrote, is not this one's
  program_->enqueue("hold", 1, 1, flags_on_gpu_, ticket_, static_cast<unsigned long long>(longest.count()),
                    flags_on_gpu_ + kFlagStride, stamp.stamp, stamp.ticket);
}

void Blocker::release() noexcept {
  flags_[0] = ticket_;
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

bool Blocker::gave_up() const {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return flags_[kGivenUp] == ticket_;
}

}  // namespace knobscope::device::cuda
