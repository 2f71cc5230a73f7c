#pragma once
// Faults of the processor while a kernel is played: a stack that is full, __builtin_trap(), an access that nobody was
// told of. A GPU gives up the launch then; here the program would end, and nobody would know at which line.

#include <cstddef>
#include <memory>

#include <signal.h>

namespace knobscope::device::emulated {

enum class Fault : unsigned char { stack_full, access, trap };

/// While it lives, such faults of the calling thread go to the player that is playing on it.
class FaultWatch {
 public:
  FaultWatch();
  ~FaultWatch();
  FaultWatch(const FaultWatch&) = delete;
  FaultWatch& operator=(const FaultWatch&) = delete;

 private:
  std::unique_ptr<std::byte[]> stack_;  // a full stack has no room for the handler
  stack_t before_{};
};

}  // namespace knobscope::device::emulated
