#include "device/emulated/hook_table.h"

#include <chrono>

#include <fmt/format.h>

#include "device/emulated/access.h"
#include "device/emulated/player.h"

namespace knobscope::device::emulated {
namespace {

using knobscope::emulated::ArithmeticFault;
using knobscope::emulated::FenceScope;
using knobscope::emulated::Hooks;
using knobscope::emulated::TrapKind;

std::uintptr_t number_of(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

Player& player_in(Place place) {
  Player& player = Player::current();
  player.set_hook_pc(place.pc);
  return player;
}

template <unsigned kBytes>
void read(const void* address, const void* pc) {
  Player::current().access<kBytes, false>(number_of(address), pc);
}

template <unsigned kBytes>
void write(void* address, const void* pc) {
  Player::current().access<kBytes, true>(number_of(address), pc);
}

template <unsigned kBytes>
void read_volatile(const void* address, const void* pc) {
  Player::current().volatile_access({number_of(address), kBytes, false, true}, pc);
}

template <unsigned kBytes>
void write_volatile(void* address, const void* pc) {
  Player::current().volatile_access({number_of(address), kBytes, true, true}, pc);
}

void read_range(const void* address, unsigned long bytes, const void* pc) {
  if (bytes > 0) Player::current().check({number_of(address), bytes, false, false}, pc);
}

void write_range(void* address, unsigned long bytes, const void* pc) {
  if (bytes > 0) Player::current().check({number_of(address), bytes, true, false}, pc);
}

int barrier(unsigned first, unsigned count, BarrierKind kind, int predicate, Place place) {
  return player_in(place).block().barrier(first, count, kind, predicate, place);
}

void grid_barrier(Place place) {
  Player& player = player_in(place);
  if (!player.launch().plan.cooperative) {
    player.find(FindingKind::barrier, place, "grid",
                "the grid's barrier is reached in a launch that is not cooperative: write cooperative = true in the "
                "launch");
    player.block().kill();
  }
  player.block().grid_barrier(place);
}

void cluster_arrive(Place place) { player_in(place).block().cluster_arrive(place); }

void cluster_wait(Place place) { player_in(place).block().cluster_wait(place); }

void* map_shared(const void* address, unsigned rank, Place place) {
  return reinterpret_cast<void*>(player_in(place).map_shared(number_of(address), rank, place));
}

unsigned shared_rank(const void* address, Place place) {
  return player_in(place).shared_rank(number_of(address), place);
}

void sync_warp(unsigned mask, Place place) { player_in(place).block().sync_warp(mask, place); }

void shuffle(unsigned mask, unsigned source, const void* value, void* result, unsigned bytes, const char* name,
             Place place) {
  player_in(place).block().shuffle(mask, source, value, result, bytes, name, place);
}

unsigned ballot(unsigned mask, int predicate, const char* name, Place place) {
  return player_in(place).block().ballot(mask, predicate, name, place);
}

unsigned gather(unsigned mask, const void* value, void* results, unsigned bytes, const char* name, Place place) {
  return player_in(place).block().gather(mask, value, results, bytes, name, place);
}

unsigned active_mask(Place place) { return player_in(place).block().active_mask(place); }

void atomic_begin(void* address, unsigned bytes, Place place) {
  Player& player = player_in(place);
  player.atomic_begin({number_of(address), bytes, true, true}, place);
}

void atomic_end(void*, int changed) { Player::current().atomic_end(changed != 0); }

void fence(FenceScope, Place place) { player_in(place).fence(); }

void copy_behind(void* to, const void* from, unsigned long bytes, void* counter, Place place) {
  if (bytes > 0) player_in(place).copy_behind(number_of(to), number_of(from), bytes, number_of(counter));
}

unsigned long long clock() {
  return static_cast<unsigned long long>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
          .count());
}

// Said first, in a function that comes back: what a killed thread has on its stack is never given back.
void say(FindingKind kind, Place place, const std::string& subject, const std::string& message) {
  player_in(place).find(kind, place, subject, message);
}

[[noreturn]] void end_block() { Player::current().block().kill(); }

void say_trap(TrapKind kind, const char* text, Place place) {
  const std::string said = kind == TrapKind::assertion && text != nullptr ? text : "__trap() was called";
  say(FindingKind::trap, place, said, said);
}

[[noreturn]] void trap(TrapKind kind, const char* text, Place place) {
  say_trap(kind, text, place);
  end_block();
}

void arithmetic(ArithmeticFault fault, const char* text, Place place) {
  say(FindingKind::overflow, place, fault == ArithmeticFault::overflow ? "overflow" : "shift", text);
}

[[noreturn]] void bad_division(const char* text, Place place) {
  say(FindingKind::overflow, place, "division", text);
  end_block();
}

void say_bad_index(long long index, long long size, const char* type, Place place) {
  say(FindingKind::out_of_bounds, place, "index",
      size > 0 ? fmt::format("index {} of an array of {}", index, size)
               : fmt::format("index {} is outside the array of type {}", index, type != nullptr ? type : "?"));
}

[[noreturn]] void bad_index(long long index, long long size, const char* type, Place place) {
  say_bad_index(index, size, type, place);
  end_block();
}

[[noreturn]] void misaligned(const void* address, unsigned alignment, const char* type, Place place) {
  player_in(place).misaligned({number_of(address), alignment, false, false}, type != nullptr ? type : "?", place.pc);
}

constexpr Hooks kHooks = {
    .read = {read<1>, read<2>, read<4>, read<8>, read<16>},
    .write = {write<1>, write<2>, write<4>, write<8>, write<16>},
    .read_volatile = {read_volatile<1>, read_volatile<2>, read_volatile<4>, read_volatile<8>, read_volatile<16>},
    .write_volatile = {write_volatile<1>, write_volatile<2>, write_volatile<4>, write_volatile<8>, write_volatile<16>},
    .read_range = read_range,
    .write_range = write_range,
    .thread_index = [] { return Player::current().block().running().index; },
    .block_index = [] { return Player::current().block().index(); },
    .block_size = [] { return Player::current().launch().plan.block; },
    .grid_size = [] { return Player::current().launch().plan.grid; },
    .cluster_size = [] { return Player::current().launch().plan.cluster; },
    .dynamic_shared_bytes = [] { return Player::current().launch().plan.shared_bytes; },
    .barrier = barrier,
    .grid_barrier = grid_barrier,
    .cluster_arrive = cluster_arrive,
    .cluster_wait = cluster_wait,
    .sync_warp = sync_warp,
    .shuffle = shuffle,
    .ballot = ballot,
    .gather = gather,
    .active_mask = active_mask,
    .yield = [] { Player::current().block().yield(); },
    .atomic_begin = atomic_begin,
    .atomic_end = atomic_end,
    .fence = fence,
    .copy_behind = copy_behind,
    .map_shared = map_shared,
    .shared_rank = shared_rank,
    .clock = clock,
    .trap = trap,
    .arithmetic = arithmetic,
    .bad_division = bad_division,
    .bad_index = bad_index,
    .misaligned = misaligned,
};

}  // namespace

const Hooks& hook_table() { return kHooks; }

}  // namespace knobscope::device::emulated
