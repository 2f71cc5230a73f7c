/* knobscope
title = "Ring of tiles, filled by bulk copies"
idea = """
Blocks stay for the whole launch, and the hardware copies tiles of a plane into a ring in shared memory ahead of them. \
The result is written over the tile, and another bulk copy takes it away: no thread waits for memory, and two blocks a \
multiprocessor keep it as busy as a copy does. It moves the same bytes as the plain kernel, which is as fast where its \
block and packs are right. The knobs that matter are stores, because long runs of bytes written at once suit the \
memory better than what the threads of many blocks write, and tickets, which even out the multiprocessors."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which work on one tile at a time"

[knobs.packs]
values = [1, 2, 4, 8, 16]
default = 4
help = "16-byte packs of a tile for each thread: a tile has block * packs"

[knobs.stages]
values = [2, 3, 4, 6, 8]
default = 4
help = "tiles in a block's ring: one is worked on, the others are on their way"

[knobs.per_sm]
values = [1, 2, 3, 4, 6, 8]
default = 2
help = "blocks for each multiprocessor; their rings must fit into its shared memory together, or some wait"

[knobs.stores]
values = [0, 1, 2, 3]
default = 3
help = "stores of y: 0 plain, 1 streaming, 2 the L2 cache gives it up first, 3 a bulk copy from the slot"

[knobs.tickets]
values = [0, 1]
default = 1
help = "tiles behind those that fill the rings: 0: shared out evenly, 1: to whoever asks first"

[knobs.evict_first]
values = [0, 1]
default = 0
help = "1: the L2 cache gives up x first"

# A plane that does not start on a pack takes part of one more.
[values]
ring = "stages * block * packs * 16"
tiles_of_plane = "ceil_div(plane * element_size + (plane * element_size % 16 == 0 ? 0 : 16), block * packs * 16)"
tiles = "batch * channels * tiles_of_plane"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "ring <= shared_per_block_optin - 1024"
reason = "the ring does not fit into shared memory: take fewer stages, packs or threads"

[[requires]]
condition = "stages >= 3 || stores != 3"
reason = "a slot that is stored from is filled again one tile later: bulk stores need three stages or more"

[[launches]]
entry = "batchnorm"
grid = "min(sm_count * per_sm, tiles)"
block = "block"
shared = "ring"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "channels", "plane", "tiles", "tiles_of_plane", "epsilon",
]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size"
note = "The channels' numbers come from a cache after the first time."

[numerics]
accumulate = "f32"
note = """
The mean is subtracted before anything is multiplied, so a large mean costs no digits. Who works on a tile changes \
nothing in it."""
deterministic = true

[source]
note = "Bulk asynchronous copies and their groups: PTX ISA."
*/

#include <knobscope/bulk_copy.h>
#include <knobscope/bulk_store.h>
#include <knobscope/cache_hints.h>
#include <knobscope/dynamic_scheduling.h>
#include <knobscope/vector.h>

using namespace knobscope;

constexpr bool kBulkStores = KNOB_STORES == 3;
constexpr Hint kStores = kBulkStores ? Hint::none : static_cast<Hint>(KNOB_STORES);
constexpr Evict kEvict = KNOB_EVICT_FIRST ? Evict::first : Evict::normally;
constexpr int kTile = KNOB_BLOCK * KNOB_PACKS * kPack;  // elements

// Tiles that were asked for.
__device__ unsigned tickets;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    unsigned channels, Index plane, unsigned tiles, unsigned tiles_of_plane, float epsilon) {
  extern __shared__ __align__(128) uint4 slots[];  // KNOB_STAGES tiles
  __shared__ Barrier loaded[KNOB_STAGES];
  __shared__ Index tile_in[KNOB_STAGES];  // which tile a slot holds; `tiles` and above: none is left
  const int thread = threadIdx.x;
  const auto slot_at = [&](int slot) { return reinterpret_cast<Element*>(slots) + slot * kTile; };

  // Tiles are counted from the last pack boundary before their plane, so that only its first and last have edges.
  struct Tile {
    unsigned plane_number;
    Index begin;      // what the slot begins with; the packs lie in it as they lie in memory
    Stretch stretch;  // the part of it that belongs to the plane
  };
  const auto tile_numbered = [&](unsigned number) {
    const unsigned plane_number = number / tiles_of_plane;
    const Index first = plane_number * plane;
    const Index begin = first / kPack * kPack + Index{number % tiles_of_plane} * kTile;
    return Tile{plane_number, begin, cut(max(begin, first), min(begin + kTile, first + plane))};
  };

  // By thread 0.
  const auto fill = [&](int slot, Index number) {
    tile_in[slot] = number;
    unsigned bytes = 0;
    Tile tile{};
    if (number < tiles) {
      tile = tile_numbered(static_cast<unsigned>(number));
      bytes = static_cast<unsigned>(tile.stretch.packs_end - tile.stretch.packs_begin) * sizeof(Element);
    }
    loaded[slot].arrive_and_expect(bytes);
    if (bytes == 0) return;
    const Index at = tile.stretch.packs_begin;
    copy_to_shared<kEvict>(slot_at(slot) + (at - tile.begin), x + at, bytes, loaded[slot]);
  };
  // The tile behind those of the first round that this block is to work on.
  const Index first_round = Index{KNOB_STAGES} * gridDim.x;
  const auto ask_for_tile = [&] { return first_round + take_piece(&tickets, max(tiles - first_round, Index{0})); };

  Index next = 0;  // of thread 0: asked for one tile ahead, for the answer takes its time
  if (thread == 0) {
    for (int slot = 0; slot < KNOB_STAGES; ++slot) loaded[slot].init(1);
    for (int slot = 0; slot < KNOB_STAGES; ++slot) fill(slot, blockIdx.x + Index{slot} * gridDim.x);
    next = KNOB_TICKETS ? ask_for_tile() : first_round + blockIdx.x;
  }
  __syncthreads();
  const auto refill = [&](int slot) {
    fill(slot, next);
    if (next < tiles) next = KNOB_TICKETS ? ask_for_tile() : next + gridDim.x;
  };

  int stored_from = -1;  // the slot that the latest bulk copy may still be reading
  for (Turn<KNOB_STAGES> turn;; turn.advance()) {
    const Index number = tile_in[turn.slot];
    if (number >= tiles) break;
    const Tile tile = tile_numbered(static_cast<unsigned>(number));
    const Stretch& stretch = tile.stretch;

    const unsigned channel = tile.plane_number % channels;  // its numbers are on their way while the tile is
    const float scale = to_float(gamma[channel]) / sqrtf(running_var[channel] + epsilon);
    const float centre = running_mean[channel];
    const float shift = to_float(beta[channel]);
    const auto normalize = [&](float value) { return (value - centre) * scale + shift; };
    const auto place_of = [&](int i) { return (i * KNOB_BLOCK + thread) * kPack; };
    const auto has = [&](int place) {
      return tile.begin + place >= stretch.packs_begin && tile.begin + place < stretch.packs_end;
    };

    Element* const slot = slot_at(turn.slot);
    loaded[turn.slot].wait(turn.parity);
    PackValues values[KNOB_PACKS];
#pragma unroll
    for (int i = 0; i < KNOB_PACKS; ++i) {
      if (has(place_of(i))) values[i] = load_pack(slot + place_of(i));
    }
    if constexpr (!kBulkStores) {
      __syncthreads();  // all have read the slot
      if (thread == 0) refill(turn.slot);
    }
#pragma unroll
    for (int i = 0; i < KNOB_PACKS; ++i) {
      if (!has(place_of(i))) continue;
      for (float& value : values[i].at) value = normalize(value);
      if constexpr (kBulkStores) {
        store_pack(slot + place_of(i), values[i]);
      } else {
        store_pack<kStores>(y + tile.begin + place_of(i), values[i]);
      }
    }
    for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) { y[at] = from_float<Element>(normalize(to_float(x[at]))); });

    if constexpr (kBulkStores) {
      publish_to_copies();
      __syncthreads();
      if (thread == 0) {
        const unsigned bytes = static_cast<unsigned>(stretch.packs_end - stretch.packs_begin) * sizeof(Element);
        copy_from_shared<kEvict>(y + stretch.packs_begin, slot + (stretch.packs_begin - tile.begin), bytes);
        wait_until_read<1>();
        if (stored_from >= 0) refill(stored_from);
        stored_from = turn.slot;
      }
    }
  }
  if (kBulkStores && thread == 0) wait_until_read<0>();
}
