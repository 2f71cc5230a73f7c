#include "device/cuda/buffer.h"

#include <bit>

namespace knobscope::device::cuda {
namespace {

constexpr unsigned kThreads = 256;
constexpr std::int64_t kBlocks = 2 * kGuardBytes / kThreads;

std::int64_t checked(std::int64_t bytes) {
  if (bytes < 0) throw DeviceError("a buffer cannot have " + std::to_string(bytes) + " bytes");
  return bytes;
}

}  // namespace

CudaBuffer::CudaBuffer(ContextPtr context, std::shared_ptr<const OwnProgram> program, std::int64_t bytes)
    : context_(std::move(context)),
      program_(std::move(program)),
      bytes_(checked(bytes)),
      layout_(guarded_layout(bytes)),
      memory_(context_, layout_.total) {
  program_->enqueue("fill_guards", kBlocks, kThreads, memory_.address(), layout_.data, layout_.after, layout_.total,
                    unsigned{kGuardHalf});
}

void* CudaBuffer::data() const { return std::bit_cast<void*>(address()); }

bool CudaBuffer::guards_intact() const {
  const Memory count(context_, sizeof(std::uint64_t));
  const Driver& driver = context_->driver();
  KNOBSCOPE_CU(driver, "clearing a counter",
               cuMemsetD8Async(count.address(), 0, sizeof(std::uint64_t), context_->stream()));
  program_->enqueue("count_damage", kBlocks, kThreads, memory_.address(), layout_.data, layout_.after, layout_.total,
                    unsigned{kGuardHalf}, count.address());
  std::uint64_t damaged = 0;
  KNOBSCOPE_CU(driver, "reading a counter",
               cuMemcpyDtoHAsync(&damaged, count.address(), sizeof damaged, context_->stream()));
  context_->synchronize("checking the memory around a buffer");
  return damaged == 0;
}

}  // namespace knobscope::device::cuda
