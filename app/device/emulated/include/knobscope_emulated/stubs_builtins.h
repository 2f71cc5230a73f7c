#ifndef KNOBSCOPE_EMULATED_STUBS_BUILTINS_H
#define KNOBSCOPE_EMULATED_STUBS_BUILTINS_H
// The functions of calls.h.
#pragma GCC system_header

namespace knobscope::emulated::call {

/// The program's functions, from attach on. One table for one loaded object, so it belongs to the object.
inline __attribute__((visibility("hidden"))) const Hooks* table = nullptr;

Index3 thread_index() noexcept { return table->thread_index(); }
Index3 block_index() noexcept { return table->block_index(); }
Index3 block_size() noexcept { return table->block_size(); }
Index3 grid_size() noexcept { return table->grid_size(); }
Index3 cluster_size() noexcept { return table->cluster_size(); }
unsigned dynamic_shared_bytes() noexcept { return table->dynamic_shared_bytes(); }

unsigned thread_rank() noexcept {
  const Index3 at = table->thread_index();
  const Index3 size = table->block_size();
  return at.x + size.x * (at.y + size.y * at.z);
}

unsigned block_threads() noexcept {
  const Index3 size = table->block_size();
  return size.x * size.y * size.z;
}

int barrier(unsigned first, unsigned count, BarrierKind kind, int predicate, const char* file, unsigned line) {
  const Place place{file, line, __builtin_return_address(0)};
  return table->barrier(first, count == 0 ? block_threads() : count, kind, predicate, place);
}

void grid_barrier(const char* file, unsigned line) {
  table->grid_barrier(Place{file, line, __builtin_return_address(0)});
}

void cluster_arrive(const char* file, unsigned line) {
  table->cluster_arrive(Place{file, line, __builtin_return_address(0)});
}

void cluster_wait(const char* file, unsigned line) {
  table->cluster_wait(Place{file, line, __builtin_return_address(0)});
}

void* map_shared(const void* address, unsigned rank, const char* file, unsigned line) {
  return table->map_shared(address, rank, Place{file, line, __builtin_return_address(0)});
}

unsigned shared_rank(const void* address, const char* file, unsigned line) {
  return table->shared_rank(address, Place{file, line, __builtin_return_address(0)});
}

void sync_warp(unsigned mask, const char* file, unsigned line) {
  table->sync_warp(mask, Place{file, line, __builtin_return_address(0)});
}

/// The lane that a value comes from, as the PTX instruction shfl.sync has it: the warp is cut in parts of `width`
/// lanes, and a lane whose source lies outside the range that its part allows keeps its own value.
KNOBSCOPE_NOT_SEEN constexpr unsigned source_lane(Shuffle kind, unsigned lane, unsigned operand, unsigned width) {
  const unsigned of_part = (32u - width) & 31u;  // the bits of a lane's number that name its part
  const unsigned first = lane & of_part;
  const unsigned last = first | (~of_part & 31u);
  const unsigned moved = operand & 31u;
  switch (kind) {
    case Shuffle::from:
      return first | (moved & ~of_part & 31u);
    case Shuffle::up:
      return lane >= first + moved ? lane - moved : lane;
    case Shuffle::down:
      return lane + moved <= last ? lane + moved : lane;
    case Shuffle::butterfly:
      return (lane ^ moved) <= last ? lane ^ moved : lane;
  }
  return lane;
}

Bits shuffle(unsigned mask, Bits value, unsigned operand, unsigned what, const char* file, unsigned line) {
  const Shuffle kind = static_cast<Shuffle>(what >> 8 & 0xFFu);
  const unsigned source = source_lane(kind, thread_rank() % kWarpSize, operand, what >> 16);
  const char* const names[] = {"__shfl_sync", "__shfl_up_sync", "__shfl_down_sync", "__shfl_xor_sync"};
  Bits result = 0;
  table->shuffle(mask, source, &value, &result, what & 0xFFu, names[static_cast<unsigned>(kind)],
                 Place{file, line, __builtin_return_address(0)});
  return result;
}

unsigned vote(unsigned mask, int predicate, Vote kind, const char* file, unsigned line) {
  const Place place{file, line, __builtin_return_address(0)};
  switch (kind) {
    case Vote::all:
      return table->ballot(mask, predicate == 0, "__all_sync", place) == 0;
    case Vote::any:
      return table->ballot(mask, predicate, "__any_sync", place) != 0;
    case Vote::ballot:
      return table->ballot(mask, predicate, "__ballot_sync", place);
    case Vote::uniform:
      break;
  }
  const int own = predicate != 0;
  int values[kWarpSize];
  const unsigned lanes = table->gather(mask, &own, values, sizeof(int), "__uni_sync", place);
  for (unsigned lane = 0; lane < kWarpSize; ++lane) {
    if ((lanes >> lane & 1u) != 0 && values[lane] != own) return 0;
  }
  return 1;
}

unsigned match(unsigned mask, Bits value, unsigned bytes, bool all, const char* file, unsigned line) {
  const char* const name = all ? "__match_all_sync" : "__match_any_sync";
  // The lowest bytes of a value come first in memory on every processor that this is for.
  unsigned char values[kWarpSize * sizeof(Bits)];
  const unsigned lanes =
      table->gather(mask, &value, values, bytes, name, Place{file, line, __builtin_return_address(0)});
  unsigned same = 0;
  for (unsigned lane = 0; lane < kWarpSize; ++lane) {
    if ((lanes >> lane & 1u) != 0 && __builtin_memcmp(values + lane * bytes, &value, bytes) == 0) same |= 1u << lane;
  }
  if (all) return same == lanes ? lanes : 0;
  return same;
}

KNOBSCOPE_NOT_SEEN constexpr unsigned reduced(Reduction kind, bool is_signed, unsigned a, unsigned b) {
  const bool less = is_signed ? static_cast<int>(a) < static_cast<int>(b) : a < b;
  switch (kind) {
    case Reduction::add:
      return a + b;
    case Reduction::smallest:
      return less ? a : b;
    case Reduction::largest:
      return less ? b : a;
    case Reduction::bits_and:
      return a & b;
    case Reduction::bits_or:
      return a | b;
    case Reduction::bits_xor:
      return a ^ b;
  }
  return a;
}

unsigned reduce(unsigned mask, unsigned value, Reduction kind, bool is_signed, const char* file, unsigned line) {
  const char* const names[] = {"__reduce_add_sync", "__reduce_min_sync", "__reduce_max_sync",
                               "__reduce_and_sync", "__reduce_or_sync",  "__reduce_xor_sync"};
  unsigned values[kWarpSize];
  const unsigned lanes = table->gather(mask, &value, values, sizeof(unsigned), names[static_cast<unsigned>(kind)],
                                       Place{file, line, __builtin_return_address(0)});
  bool any = false;
  unsigned result = value;
  for (unsigned lane = 0; lane < kWarpSize; ++lane) {
    if ((lanes >> lane & 1u) == 0) continue;
    result = any ? reduced(kind, is_signed, result, values[lane]) : values[lane];
    any = true;
  }
  return result;
}

unsigned gather(unsigned mask, const void* value, void* results, unsigned bytes, const char* name, const char* file,
                unsigned line) {
  return table->gather(mask, value, results, bytes, name, Place{file, line, __builtin_return_address(0)});
}

unsigned active_mask(const char* file, unsigned line) {
  return table->active_mask(Place{file, line, __builtin_return_address(0)});
}

void yield() { table->yield(); }

void atomic_begin(void* address, unsigned bytes, const char* file, unsigned line, const void* pc) {
  table->atomic_begin(address, bytes, Place{file, line, pc});
}
void atomic_end(void* address, bool changed) { table->atomic_end(address, changed); }

void fence(FenceScope scope, const char* file, unsigned line) {
  table->fence(scope, Place{file, line, __builtin_return_address(0)});
}

long long clock_now() { return static_cast<long long>(table->clock()); }

void trap(TrapKind kind, const char* text, const char* file, unsigned line) {
  table->trap(kind, text, Place{file, line, __builtin_return_address(0)});
}

}  // namespace knobscope::emulated::call

#endif
