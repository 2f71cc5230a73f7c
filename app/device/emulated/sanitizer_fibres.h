#pragma once
// Tells a sanitizer's runtime, in a build that has one, that the program goes on on another stack. Elsewhere nothing.

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace knobscope::device::emulated {

/// Memory begins a new life: what a sanitizer remembered of it, such as of frames that nobody left, is of no account.
inline void forget_past([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(memory, bytes);
#endif
}

/// Beside each fibre; every switch is told before it happens and behind it, on the stack that it reached.
class FibreNotes {
 public:
#if defined(__SANITIZE_ADDRESS__)
  void before_entering(const void* bottom, std::size_t bytes) {
    __sanitizer_start_switch_fiber(&outside_, bottom, bytes);
  }
  void after_leaving() { __sanitizer_finish_switch_fiber(outside_, nullptr, nullptr); }
  void at_entry() { __sanitizer_finish_switch_fiber(nullptr, &caller_bottom_, &caller_bytes_); }
  void before_leaving() { __sanitizer_start_switch_fiber(&inside_, caller_bottom_, caller_bytes_); }
  void after_entering() { __sanitizer_finish_switch_fiber(inside_, &caller_bottom_, &caller_bytes_); }
  void forget() { inside_ = nullptr; }

 private:
  void* outside_ = nullptr;
  void* inside_ = nullptr;
  const void* caller_bottom_ = nullptr;
  std::size_t caller_bytes_ = 0;
#elif defined(__SANITIZE_THREAD__)
  ~FibreNotes() { forget(); }
  void before_entering(const void*, std::size_t) {
    if (fibre_ == nullptr) fibre_ = __tsan_create_fiber(0);
    caller_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fibre_, 0);
  }
  void after_leaving() {}
  void at_entry() {}
  void before_leaving() { __tsan_switch_to_fiber(caller_, 0); }
  void after_entering() {}
  void forget() {
    if (fibre_ != nullptr) __tsan_destroy_fiber(fibre_);
    fibre_ = nullptr;
  }

 private:
  void* fibre_ = nullptr;
  void* caller_ = nullptr;
#else
  void before_entering(const void*, std::size_t) {}
  void after_leaving() {}
  void at_entry() {}
  void before_leaving() {}
  void after_entering() {}
  void forget() {}
#endif
};

}  // namespace knobscope::device::emulated
