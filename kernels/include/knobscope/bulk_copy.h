#pragma once
// Bulk asynchronous copies, from compute capability 9.0 on. One thread names a stretch of memory, and the hardware
// brings it into shared memory while the threads do something else. It passes through no register and nobody waits for
// it, so a few threads keep hundreds of kilobytes under way: that is what it takes to keep a large GPU's memory busy.
//
// How does anyone know that the bytes have come? By a barrier in shared memory, which counts down two things: arrivals
// of threads, and bytes of copies. When neither is missing any more a phase is over, and the next one begins by itself.
// Whoever waits tells phases apart by their parity: 0, 1, 0, 1, ...
//
//   __shared__ Barrier loaded;
//   if (threadIdx.x == 0) loaded.init(1);         // one arrival a phase
//   __syncthreads();                              // nobody looks at a barrier that is not there yet
//   if (threadIdx.x == 0) {
//     loaded.arrive_and_expect(bytes);            // that arrival; so many bytes have to come as well
//     copy_to_shared(slot, from, bytes, loaded);
//   }
//   loaded.wait(0);                               // all threads: from here on the slot may be read
//   __syncthreads();                              // all have read it: thread 0 may fill it again, in phase 1
//
// Easily done, and a GPU may hide it for long: to read a slot before wait(), or to fill one that others still read. The
// emulated device finds both. It makes a copy at once, but lets nobody rely on that.

#include "evict.h"
#include "platform.h"

namespace knobscope {

/// A place in a ring of slots, and the parity of its barrier's phase: a round through the ring is a phase of each.
template <int kSlots>
struct Turn {
  int slot = 0;
  unsigned parity = 0;

  KNOBSCOPE_INLINE void advance() {
    slot = slot + 1 < kSlots ? slot + 1 : 0;
    if (slot == 0) parity ^= 1u;
  }
  /// `steps` is at most kSlots.
  KNOBSCOPE_INLINE void advance(int steps) {
    slot += steps;
    if (slot < kSlots) return;
    slot -= kSlots;
    parity ^= 1u;
  }
};

#if !defined(KNOBSCOPE_DEVICE_EMULATED)

/// Lives in shared memory.
class Barrier {
 public:
  /// By one thread, once; then all threads meet. The fences show it to the hardware that copies.
  KNOBSCOPE_INLINE void init(unsigned arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(address()), "r"(arrivals) : "memory");
    asm volatile("fence.mbarrier_init.release.cluster;\nfence.proxy.async.shared::cta;" ::: "memory");
  }
  /// What the thread has written is seen by those who wait.
  KNOBSCOPE_INLINE void arrive() {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(address()) : "memory");
  }
  /// The same, and `bytes` have to come before the phase is over.
  KNOBSCOPE_INLINE void arrive_and_expect(unsigned bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(address()), "r"(bytes) : "memory");
  }
  /// Until the phase of this parity is over. The first one's is 0.
  KNOBSCOPE_INLINE void wait(unsigned parity) {
    asm volatile(
        "{\n .reg .pred over;\n"
        "again: mbarrier.try_wait.parity.shared::cta.b64 over, [%0], %1;\n"
        " @!over bra again;\n}" ::"r"(address()),
        "r"(parity)
        : "memory");
  }
  /// The same where threads of other blocks arrive (see cluster.h): what they wrote to memory is seen. That empties the
  /// L1 cache. For what was copied or sent to this block, wait() is enough.
  KNOBSCOPE_INLINE void wait_for_cluster(unsigned parity) {
    asm volatile(
        "{\n .reg .pred over;\n"
        "again: mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 over, [%0], %1;\n"
        " @!over bra again;\n}" ::"r"(address()),
        "r"(parity)
        : "memory");
  }
  /// As instructions for shared memory take it.
  KNOBSCOPE_INLINE unsigned address() { return static_cast<unsigned>(__cvta_generic_to_shared(this)); }

 private:
  unsigned long long state_;
};
#define KNOBSCOPE_COPY "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes"

/// Brings `bytes` from memory to shared memory and counts them on the barrier, which expects them already. Both
/// addresses and the number of bytes are multiples of 16. By one thread; returns at once. Slots of a ring should start
/// on multiples of 128: whole kernels are a seventh slower on an H200 where they start in the middle of a line.
template <Evict kEvict = Evict::normally>
KNOBSCOPE_INLINE void copy_to_shared(void* to, const void* from, unsigned bytes, Barrier& barrier) {
  const unsigned slot = static_cast<unsigned>(__cvta_generic_to_shared(to));
  const unsigned long long memory = __cvta_generic_to_global(from);
  if constexpr (kEvict == Evict::normally) {
    asm volatile(KNOBSCOPE_COPY " [%0], [%1], %2, [%3];" ::"r"(slot), "l"(memory), "r"(bytes), "r"(barrier.address())
                 : "memory");
  } else {
    asm volatile(KNOBSCOPE_COPY ".L2::cache_hint [%0], [%1], %2, [%3], %4;" ::"r"(slot), "l"(memory), "r"(bytes),
                 "r"(barrier.address()), "l"(evict_policy<kEvict>())
                 : "memory");
  }
}

#undef KNOBSCOPE_COPY
#else

class Barrier {
 public:
  KNOBSCOPE_INLINE void init(unsigned arrivals) {
    state_ = __builtin_bit_cast(unsigned long long, State{arrivals, arrivals, 0, 0});
  }
  KNOBSCOPE_INLINE void arrive() { count(1, 0); }
  KNOBSCOPE_INLINE void arrive_and_expect(unsigned bytes) { count(1, bytes); }
  KNOBSCOPE_INLINE void wait(unsigned parity) {
    while (state().parity == parity) __nanosleep(0);
    static_cast<void>(*copies());
  }
  KNOBSCOPE_INLINE void wait_for_cluster(unsigned parity) { wait(parity); }
  template <typename T>
  KNOBSCOPE_INLINE void copy(T& to, const T& from, unsigned bytes) {
    __knobscope_copy_behind(&to, &from, bytes, const_cast<unsigned*>(copies()));
    count(0, -static_cast<long long>(bytes));
  }

 private:
  struct State {
    unsigned long long missing : 20, arrivals : 20, parity : 1;
    long long bytes : 23;  // expected, less those that have come
  };

  KNOBSCOPE_INLINE State state() {
    const unsigned long long word = *const_cast<volatile unsigned long long*>(&state_);
    return __builtin_bit_cast(State, word);
  }
  // Half of the same word by itself: a copy is over for those who look here, and only wait() does.
  KNOBSCOPE_INLINE volatile unsigned* copies() { return reinterpret_cast<volatile unsigned*>(&state_) + 1; }
  KNOBSCOPE_INLINE void count(unsigned arrivals, long long bytes) {
    __threadfence_block();  // what came before is seen by those who find the phase over
    for (;;) {
      const State before = state();
      assert(before.missing >= arrivals && "more arrivals than the barrier's phase has");
      State after{before.missing - arrivals, before.arrivals, before.parity, before.bytes + bytes};
      if (after.missing == 0 && after.bytes == 0) after = State{before.arrivals, before.arrivals, !before.parity, 0};
      const auto old = __builtin_bit_cast(unsigned long long, before);
      if (atomicCAS(&state_, old, __builtin_bit_cast(unsigned long long, after)) == old) return;
    }
  }

  unsigned long long state_;
};

template <Evict kEvict = Evict::normally>
KNOBSCOPE_INLINE void copy_to_shared(void* to, const void* from, unsigned bytes, Barrier& barrier) {
  assert(bytes % 16 == 0 && "a bulk copy moves a multiple of 16 bytes");
  // The compiler has references checked: these must be aligned to 16 bytes.
  barrier.copy(*static_cast<uint4*>(to), *static_cast<const uint4*>(from), bytes);
}

#endif

}  // namespace knobscope
