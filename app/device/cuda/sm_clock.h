#pragma once
// The clock that a multiprocessor ran at while work was timed, from the GPU's own counts of cycles and of nanoseconds:
// no privileges, no library, and of that very time.

#include <memory>
#include <optional>

#include "device/cuda/context.h"
#include "device/cuda/own_program.h"

namespace knobscope::device::cuda {

/// Two stamps of (cycles, nanoseconds) in the stream, one before what is timed and one after it. The host waits for
/// neither: they lie outside the events, and are read when the stream has gone past the second.
class SmClock {
 public:
  /// `program` is memory.cu. Throws DeviceError.
  SmClock(ContextPtr context, std::shared_ptr<const OwnProgram> program);
  ~SmClock();
  SmClock(const SmClock&) = delete;
  SmClock& operator=(const SmClock&) = delete;

  /// Where a kernel that runs before what is timed anyway is to write the first stamp, with which ticket.
  struct Place {
    CUdeviceptr stamp = 0;
    unsigned ticket = 0;
  };
  /// Forgets earlier stamps; the first one is written there.
  Place next_place();
  /// The same, by a kernel of its own.
  void enqueue_first();
  void enqueue_second();
  /// Cycles over time between the stamps. Once the work between them has ended: the second stamp may be a moment later,
  /// and is waited for. Nothing when it does not come, when the stamps are of different multiprocessors, whose cycles
  /// are counted apart, or when they lie too close together to tell.
  std::optional<double> mhz() const;

 private:
  struct Stamp;  ///< as in memory.cu

  ContextPtr context_;
  std::shared_ptr<const OwnProgram> program_;
  volatile Stamp* stamps_ = nullptr;  ///< two of them, in the host's memory
  CUdeviceptr stamps_on_gpu_ = 0;
  unsigned ticket_ = 0;
};

}  // namespace knobscope::device::cuda
