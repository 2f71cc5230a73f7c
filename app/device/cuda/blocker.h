#pragma once
// Keeps the stream waiting while the host enqueues what is to be timed, so that no launch latency is in the time.

#include <chrono>
#include <cstdint>
#include <memory>

#include "device/cuda/context.h"
#include "device/cuda/own_program.h"
#include "device/cuda/sm_clock.h"

namespace knobscope::device::cuda {

/// A kernel that spins on a flag in the host's memory. It cannot hang: it also ends by the GPU's own clock.
class Blocker {
 public:
  /// `program` is memory.cu. Throws DeviceError.
  Blocker(ContextPtr context, std::shared_ptr<const OwnProgram> program);
  ~Blocker();
  Blocker(const Blocker&) = delete;
  Blocker& operator=(const Blocker&) = delete;

  /// From here on nothing that is enqueued starts before release(), or before `longest` has passed on the GPU. The
  /// moment it starts is stamped at `stamp`.
  void hold(std::chrono::nanoseconds longest, SmClock::Place stamp);
  void release() noexcept;
  /// Whether the stream went on before the last release(). Only after what was enqueued behind it has ended.
  bool gave_up() const;

 private:
  ContextPtr context_;
  std::shared_ptr<const OwnProgram> program_;
  volatile unsigned* flags_ = nullptr;  ///< two of them, in the host's memory: released, given up
  CUdeviceptr flags_on_gpu_ = 0;
  unsigned ticket_ = 0;
};

/// Holds until the end of its scope, also when what lies in it throws.
class Held {
 public:
  Held(Blocker& blocker, std::chrono::nanoseconds longest, SmClock::Place stamp) : blocker_(blocker) {
    blocker_.hold(longest, stamp);
  }
  ~Held() { blocker_.release(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

 private:
  Blocker& blocker_;
};

}  // namespace knobscope::device::cuda
