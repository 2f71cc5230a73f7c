#ifndef KNOBSCOPE_EMULATED_CALLS_H
#define KNOBSCOPE_EMULATED_CALLS_H
// The functions through which built-ins reach the program that plays the kernel; knobscope_stubs.h defines them. Values
// travel as bits in registers, so that nothing of the kernel's stack is written for them.
#pragma GCC system_header

#include "hooks.h"

namespace knobscope::emulated::call {

using Bits = unsigned long long;

enum class Shuffle : unsigned { from, up, down, butterfly };
enum class Vote : unsigned { all, any, ballot, uniform };
enum class Reduction : unsigned { add, smallest, largest, bits_and, bits_or, bits_xor };

// The same for the whole life of a thread, hence const: read once, kept in a register.
KNOBSCOPE_CALL __attribute__((const)) Index3 thread_index() noexcept;
KNOBSCOPE_CALL __attribute__((const)) Index3 block_index() noexcept;
KNOBSCOPE_CALL __attribute__((const)) Index3 block_size() noexcept;
KNOBSCOPE_CALL __attribute__((const)) Index3 grid_size() noexcept;
KNOBSCOPE_CALL __attribute__((const)) Index3 cluster_size() noexcept;
KNOBSCOPE_CALL __attribute__((const)) unsigned dynamic_shared_bytes() noexcept;
KNOBSCOPE_CALL __attribute__((const)) unsigned thread_rank() noexcept;
KNOBSCOPE_CALL __attribute__((const)) unsigned block_threads() noexcept;

/// All threads of the block when count is 0.
KNOBSCOPE_CALL int barrier(unsigned first, unsigned count, BarrierKind kind, int predicate, const char* file,
                           unsigned line);
KNOBSCOPE_CALL void grid_barrier(const char* file, unsigned line);
KNOBSCOPE_CALL void cluster_arrive(const char* file, unsigned line);
KNOBSCOPE_CALL void cluster_wait(const char* file, unsigned line);
KNOBSCOPE_CALL void* map_shared(const void* address, unsigned rank, const char* file, unsigned line);
KNOBSCOPE_CALL unsigned shared_rank(const void* address, const char* file, unsigned line);
KNOBSCOPE_CALL void sync_warp(unsigned mask, const char* file, unsigned line);
/// `what`: bits 0 to 7 the bytes of the value, 8 to 15 the Shuffle, 16 to 23 the width.
KNOBSCOPE_CALL Bits shuffle(unsigned mask, Bits value, unsigned operand, unsigned what, const char* file,
                            unsigned line);
KNOBSCOPE_CALL unsigned vote(unsigned mask, int predicate, Vote kind, const char* file, unsigned line);
/// Lanes of the mask with the same value; with `all`: the mask if all have the same value, else 0.
KNOBSCOPE_CALL unsigned match(unsigned mask, Bits value, unsigned bytes, bool all, const char* file, unsigned line);
KNOBSCOPE_CALL unsigned reduce(unsigned mask, unsigned value, Reduction kind, bool is_signed, const char* file,
                               unsigned line);
/// The values of the lanes of the mask, 32 places; returns the lanes that gave one.
KNOBSCOPE_CALL unsigned gather(unsigned mask, const void* value, void* results, unsigned bytes, const char* name,
                               const char* file, unsigned line);
KNOBSCOPE_CALL unsigned active_mask(const char* file, unsigned line);
KNOBSCOPE_CALL void yield();

KNOBSCOPE_CALL void atomic_begin(void* address, unsigned bytes, const char* file, unsigned line, const void* pc);
KNOBSCOPE_CALL void atomic_end(void* address, bool changed);
KNOBSCOPE_CALL void fence(FenceScope scope, const char* file, unsigned line);

KNOBSCOPE_CALL long long clock_now();
[[noreturn]] KNOBSCOPE_CALL void trap(TrapKind kind, const char* text, const char* file, unsigned line);

KNOBSCOPE_CALL void* copy(void* to, const void* from, unsigned long bytes);
KNOBSCOPE_CALL void* fill(void* to, int value, unsigned long bytes);
/// A copy that goes on while the thread does other things, until somebody looks at `counter`.
KNOBSCOPE_CALL void copy_behind(void* to, const void* from, unsigned long bytes, void* counter, const char* file,
                                unsigned line);

}  // namespace knobscope::emulated::call

#endif
