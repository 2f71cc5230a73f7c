#pragma once
// Fibres: one for each CUDA thread that is alive at the same time. They belong to one thread of the system, keep their
// stacks between kernels, and are begun again for every thread that they play.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <boost/context/detail/fcontext.hpp>

#include "device/emulated/arena.h"
#include "device/emulated/sanitizer_fibres.h"

namespace knobscope::device::emulated {

/// A thread's stack: what its local variables may take. What is below is never mapped.
inline constexpr std::size_t kStackBytes = std::size_t{256} << 10;
inline constexpr std::size_t kGuardBytes = std::size_t{64} << 10;  // a multiple of any page size in use

class Fibre {
 public:
  /// Begins `body(argument)` when none is under way, else goes on behind its last pause(). Comes back at its next
  /// pause() or its end.
  using Body = void (*)(void* argument);
  void resume(Body body, void* argument);
  /// From inside: back to who resumed. Returns at the next resume().
  void pause();
  /// From outside: forgets where it was; the next resume() begins anew. What is on its stack is not destroyed.
  void abandon() {
    context_ = nullptr;
    notes_.forget();
  }

  std::uintptr_t stack_low() const { return stack_low_; }
  std::uintptr_t stack_top() const { return stack_top_; }

 private:
  friend class FibrePool;
  static void run(boost::context::detail::transfer_t from);

  std::uintptr_t stack_low_ = 0;
  std::uintptr_t stack_top_ = 0;
  boost::context::detail::fcontext_t context_ = nullptr;  ///< where it waits; null: begins anew
  boost::context::detail::fcontext_t caller_ = nullptr;
  FibreNotes notes_;
  bool idle_ = false;  ///< its last body has ended
  Body body_ = nullptr;
  void* argument_ = nullptr;
};

class FibrePool {
 public:
  /// At least `count` fibres. Throws DeviceError when the system has no memory for their stacks. Fibres keep their
  /// address.
  void reserve(std::size_t count);
  Fibre& at(std::size_t index) { return *fibres_[index]; }
  /// Whether an address lies in one of their stacks.
  bool owns(std::uintptr_t address) const;

 private:
  std::vector<Mapping> stacks_;
  std::vector<std::unique_ptr<Fibre>> fibres_;
};

}  // namespace knobscope::device::emulated
