#ifndef KNOBSCOPE_DEVICE_EMULATED_HOOKS_H
#define KNOBSCOPE_DEVICE_EMULATED_HOOKS_H
// What a kernel file compiled for the emulated device calls in the program that plays it. This header is compiled into
// both, so it holds plain data and function pointers only.
//
// The calling fibre is one CUDA thread. A hook that waits (barriers, warp functions, yield) runs other fibres
// meanwhile; a hook that finds what no GPU survives (an access outside all memory, a failed assert) does not come back.
// `place`: where in the source the built-in was called. `pc`: return address of the access, resolved to a line later.
// The table must stay where it is for as long as the kernel's object is loaded.

namespace knobscope::emulated {

inline constexpr unsigned kHooksVersion = 3;
inline constexpr unsigned kWarpSize = 32;
inline constexpr unsigned kMostShuffledBytes = 16;

struct Index3 {
  unsigned x, y, z;
};

/// File and line may be those of a header that the kernel's own line calls: `pc`, the return address of the built-in,
/// tells that line. `file` is null where the compiler knows none (C++ atomics); pc then is all there is.
struct Place {
  const char* file;
  unsigned line;
  const void* pc = nullptr;
};

enum class BarrierKind : unsigned { plain, count, all, any };
enum class FenceScope : unsigned { block, device, system };
enum class TrapKind : unsigned { assertion, trap };
enum class ArithmeticFault : unsigned { overflow, shift };

/// 1, 2, 4, 8 and 16 bytes.
inline constexpr unsigned kAccessSizes = 5;

struct Hooks {
  // Accesses; [0] is of 1 byte, [4] of 16. Called before the access happens.
  void (*read[kAccessSizes])(const void* address, const void* pc);
  void (*write[kAccessSizes])(void* address, const void* pc);
  void (*read_volatile[kAccessSizes])(const void* address, const void* pc);
  void (*write_volatile[kAccessSizes])(void* address, const void* pc);
  /// Any size, any alignment.
  void (*read_range)(const void* address, unsigned long bytes, const void* pc);
  void (*write_range)(void* address, unsigned long bytes, const void* pc);

  // Who am I. The same for the whole life of a thread.
  Index3 (*thread_index)();
  Index3 (*block_index)();
  Index3 (*block_size)();
  Index3 (*grid_size)();
  /// Blocks in a cluster; 1 each way in a launch without clusters.
  Index3 (*cluster_size)();
  /// Bytes of dynamic shared memory of the launch.
  unsigned (*dynamic_shared_bytes)();

  // Waiting.
  /// Threads of rank first to first + count - 1 of the block (x fastest); __syncthreads: all. Returns the number of
  /// threads whose predicate is not 0 (count), 1 or 0 (all, any), 0 (plain).
  int (*barrier)(unsigned first, unsigned count, BarrierKind kind, int predicate, Place place);
  /// Waits for all blocks of a cooperative launch.
  void (*grid_barrier)(Place place);
  /// The two halves of a meeting of all threads of the cluster.
  void (*cluster_arrive)(Place place);
  void (*cluster_wait)(Place place);
  void (*sync_warp)(unsigned mask, Place place);
  /// `result` receives the `bytes` (at most 16) at `value` of lane `source` (0 to 31) among those of the mask.
  void (*shuffle)(unsigned mask, unsigned source, const void* value, void* result, unsigned bytes, const char* name,
                  Place place);
  /// Lanes of the mask whose predicate is not 0.
  unsigned (*ballot)(unsigned mask, int predicate, const char* name, Place place);
  /// `results` (32 times `bytes`) receives the value of each lane of the mask; returns the lanes that gave one.
  unsigned (*gather)(unsigned mask, const void* value, void* results, unsigned bytes, const char* name, Place place);
  /// The lanes that arrive here together.
  unsigned (*active_mask)(Place place);
  /// Lets other threads run: __nanosleep, or a turn of a loop that waits for memory to change.
  void (*yield)();

  // Atomics: between begin and end nobody else touches the address, and the fibre must not wait. `changed`: what the
  // address holds is another value than before.
  void (*atomic_begin)(void* address, unsigned bytes, Place place);
  void (*atomic_end)(void* address, int changed);
  void (*fence)(FenceScope scope, Place place);
  /// Before a copy that on a GPU hardware makes while the threads go on. What it touches is ordered by nothing that the
  /// calling thread does later; only for those who look at `counter` from here on, by an atomic or a volatile read, it
  /// is over.
  void (*copy_behind)(void* to, const void* from, unsigned long bytes, void* counter, Place place);

  // Shared memory of the cluster's other blocks.
  /// What `address`, in the shared memory of one of the cluster's blocks, is in that of block `rank`.
  void* (*map_shared)(const void* address, unsigned rank, Place place);
  /// The rank of the block whose shared memory `address` is in.
  unsigned (*shared_rank)(const void* address, Place place);

  /// A number that grows with time; nanoseconds.
  unsigned long long (*clock)();

  // Mistakes.
  /// `text`: "assert(columns > 0) failed"; of no account for a trap.
  __attribute__((noreturn)) void (*trap)(TrapKind kind, const char* text, Place place);
  /// Signed overflow, a shift by too much: said, and the kernel goes on as a GPU would. `text` says the operands and
  /// the type: "2147483647 + 1 does not fit into int".
  void (*arithmetic)(ArithmeticFault fault, const char* text, Place place);
  /// An integer division that the processor would stop the program for: by zero, or the smallest number by -1.
  __attribute__((noreturn)) void (*bad_division)(const char* text, Place place);
  /// An index past the end of an array whose size the compiler knows; `size` is 0 where only its type's name is known.
  __attribute__((noreturn)) void (*bad_index)(long long index, long long size, const char* type, Place place);
  /// A pointer to `type`, which needs an address that is a multiple of `alignment`, is followed, and its address is
  /// none (-fsanitize=alignment). The compiler may split a wide access, so the access itself need not show it.
  __attribute__((noreturn)) void (*misaligned)(const void* address, unsigned alignment, const char* type, Place place);
};

}  // namespace knobscope::emulated

#endif
