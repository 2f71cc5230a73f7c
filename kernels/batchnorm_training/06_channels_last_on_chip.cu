/* knobscope
title = "Channels last, held on chip"
idea = """
With the channels last in memory no channel is finished before all of x has been read, and then it is read again. But \
not all of it: the shared memories and registers of all multiprocessors together hold 30 MB, and the L2 cache as much. \
Blocks stay for the whole launch. One lane of each has bulk copies bring its tiles, and every thread takes the same \
few channels of each. When all of x has passed, the blocks meet, merge what they have found and normalize: first what \
came last, backwards, for it may still be in the L2 cache, and at the end what has been held. Any number of channels \
will do: packs are cut through whatever they hold, and after a few pixels the same channels come again in the same \
places. The knob that matters is passing: as many copies are under way. What is held on chip is not read again, but \
of 268 MB that is a tenth."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]
layouts = ["nhwc"]

[knobs.held]
values = [4, 8, 12, 15, 16, 17, 18, 19]
default = 17
help = "tiles held in shared memory, 7.5 KB each; smaller ones, which some numbers of channels ask for, are more"

[knobs.passing]
values = [4, 6, 8, 10, 12]
default = 10
help = "slots of the ring for all other tiles: as many copies are under way"

[knobs.parked]
values = [0, 4, 8]
default = 8
help = "tiles held in registers"

[knobs.keep]
values = [0, 16, 24, 32, 40, 48, 64, 256]
default = 40
help = "how many of the tiles that pass, the last ones, come again to the same block, first: the L2 cache may have them"

[knobs.stores]
values = [0, 1, 2]
default = 2
help = "hint on stores: 0 none, 1 streaming (st.cs), 2 L2::evict_first policy"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "(held + passing) * 7680 + 25088 <= shared_per_block_optin"
reason = "the slots do not fit into a multiprocessor's shared memory"

[[requires]]
condition = "ceil_div(channels * element_size % 16 == 0 ? channels * element_size / 16 : channels, 480) <= sm_count"
reason = "each block takes 480 packs of a row, and all blocks together have to take all of it"

[[requires]]
condition = "sm_count <= 192"
reason = "there are counters for 192 multiprocessors"

[[buffers]]
name = "partials"
type = "f32"
count = "sm_count * 480 * 16 / element_size * 3"

[[buffers]]
name = "normalizations"
type = "f32"
count = "channels * 4"

[[launches]]
entry = "batchnorm"
cooperative = true
grid = "sm_count"
block = "512"
shared = "(held + passing) * 7680"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "partials", "normalizations", "batch", "channels", "plane", "momentum", "epsilon",
]

[traffic]
reads = """
(2 - min(1, (held + parked) / ceil_div(elements * element_size, 7680 * sm_count))) * elements * element_size \
+ channels * (2 * element_size + 24)"""
writes = "elements * element_size + channels * 32"
note = """
x twice, less what is held on chip; the L2 cache saves some more. What blocks tell each other, a few numbers for each \
channel and block, stays in that cache."""

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact. A thread sums them and their squares about the mean of the \
first few that it sees; everything above is merged by Chan, always in the same order."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <cooperative_groups.h>
#include <knobscope/cache_hints.h>
#include <knobscope/channels_last.h>
#include <knobscope/read_slot.h>

using namespace knobscope;

constexpr int kWorkers = 480;  // threads that take moments and write y, a pack of each tile
constexpr int kThreads = kWorkers + kWarp;
using Tiles = Tiling<kWorkers>;
constexpr int kTogether = sizeof(Element) == 4 ? 4 : 2;  // tiles that a worker takes together
constexpr Hint kStores = KNOB_STORES == 2 ? Hint::evict_first : KNOB_STORES == 1 ? Hint::streaming : Hint::none;

constexpr int kMostSlots = 64;
extern __shared__ __align__(128) uint4 slots[];  // KNOB_HELD + KNOB_PASSING times kWorkers
__shared__ Barrier full[kMostSlots];             // the copy has come
__shared__ Barrier empty[kMostSlots];            // all workers have what they need of it
constexpr int kAtOnce = 4;                       // elements of a pack whose moments are merged at a time
__shared__ Moments of_workers[kAtOnce][kWorkers];
__shared__ Index tiles[kMostSlots];  // of the slab, which one is in the slot; -1: no more
// Per slab, how many of its tiles that come again have been taken by blocks that had time. Set to 0 before that begins.
constexpr int kMostSlabs = 192;
__device__ unsigned taken[kMostSlabs];

// What becomes of a block's whole tiles: the first ones are parked in registers, the next held in shared memory, and
// the others pass and come again. The last of these to the same block, for they may be in the half of the L2 cache that
// is its own; the others of all blocks of the slab to whichever has time, for some get less of the memory than others.
struct Shares {
  int slot;  // packs from one to the next, so that each starts on 128 bytes
  int ring;  // slots for what passes
  int parked;
  int held;
  int passing;
  int own_again;     // of these, the last ones
  Index first_open;  // of the slab's tiles, those that whoever has time takes
  unsigned open;     // how many they are

  KNOBSCOPE_INLINE explicit Shares(const Tiles& tiling) {
    slot = max(8, (tiling.width + 7) / 8 * 8);
    ring = min(as_many_bytes(KNOB_PASSING), kMostSlots / 2);
    const Index whole = tiling.whole_tiles();
    const int fewest = static_cast<int>(whole / tiling.splits);  // of a block
    held = min(fewest, min(as_many_bytes(KNOB_HELD + KNOB_PASSING), kMostSlots) - ring);
    parked = fewest - held >= KNOB_PARKED ? KNOB_PARKED : 0;
    passing = fewest - held - parked + (tiling.part < whole - Index{fewest} * tiling.splits ? 1 : 0);
    first_open = Index{parked + held} * tiling.splits;
    const int open_to_all = max(0, fewest - held - parked - max(ring, as_many_bytes(KNOB_KEEP)));
    own_again = passing - open_to_all;
    open = static_cast<unsigned>(open_to_all) * static_cast<unsigned>(tiling.splits);
  }

  /// Tiles that are as many bytes as `tiles` of the largest.
  KNOBSCOPE_INLINE int as_many_bytes(int tiles) const { return tiles * kWorkers / slot; }
};

// Slots that are filled and read in turn: those that hold, first, or the ring.
class Slots {
 public:
  static KNOBSCOPE_INLINE Slots held(const Shares& shares) { return Slots(0, shares.held, shares.slot); }
  static KNOBSCOPE_INLINE Slots ring(const Shares& shares) { return Slots(shares.held, shares.ring, shares.slot); }

  template <Evict kEvict>
  KNOBSCOPE_INLINE void fill(const Element* from, unsigned bytes, Index tile) {
    const int slot = first_ + slot_;
    empty[slot].wait(parity_ ^ 1U);  // of the round before; there is none before the first
    tiles[slot] = tile;
    full[slot].arrive_and_expect(bytes);
    copy_to_shared<kEvict>(slots + slot * packs_, from, bytes, full[slot]);
    advance();
  }
  KNOBSCOPE_INLINE PackBytes read(int thread, bool works) const {
    full[first_ + slot_].wait(parity_);
    PackBytes own;
    own.words = make_uint4(0, 0, 0, 0);
    if (works) own.words = slots[(first_ + slot_) * packs_ + thread];
    return own;
  }
  /// Instead of filling a slot: there is no more.
  KNOBSCOPE_INLINE void end() {
    const int slot = first_ + slot_;
    empty[slot].wait(parity_ ^ 1U);
    tiles[slot] = -1;
    full[slot].arrive();
  }
  /// What has come into the slot: one of the slab's tiles, or -1.
  KNOBSCOPE_INLINE Index tile() const {
    full[first_ + slot_].wait(parity_);
    return tiles[first_ + slot_];
  }
  /// By all lanes of a warp, with what they have read.
  KNOBSCOPE_INLINE void leave(const PackBytes& own) const { arrive_when_read(empty[first_ + slot_], own.words.x); }
  KNOBSCOPE_INLINE void advance() {
    if (++slot_ < count_) return;
    slot_ = 0;
    parity_ ^= 1U;
  }

 private:
  KNOBSCOPE_INLINE Slots(int first, int count, int packs) : first_(first), count_(count), packs_(packs) {}

  int first_;
  int count_;
  int packs_;
  int slot_ = 0;
  unsigned parity_ = 0;
};

// One lane: copies.
class Copies {
 public:
  KNOBSCOPE_INLINE Copies(const Element* x, const Tiles& tiling, const Shares& shares)
      : x_(x),
        tiling_(tiling),
        shares_(shares),
        bytes_(static_cast<unsigned>(tiling.width) * 16U),
        ring_(Slots::ring(shares)),
        next_(tiling.part) {}

  /// All tiles for the first time, and those that come again to the same block where there are slots for them: what
  /// came last, first, for it may still be in the L2 cache.
  __device__ void first() {
    const int gone = shares_.passing - shares_.as_many_bytes(KNOB_KEEP);  // from the L2 cache, when they come again
#pragma unroll 1
    for (int i = 0; i < shares_.parked; ++i) fill<Evict::first>(ring_, tiling_.splits);
    Slots held = Slots::held(shares_);
#pragma unroll 1
    for (int i = 0; i < shares_.held; ++i) fill<Evict::first>(held, tiling_.splits);
#pragma unroll 1
    for (int i = 0; i < gone; ++i) fill<Evict::first>(ring_, tiling_.splits);
#pragma unroll 1
    for (int i = max(0, gone); i < shares_.passing; ++i) fill<Evict::normally>(ring_, tiling_.splits);
    next_ -= tiling_.splits;
    again(min(shares_.own_again, shares_.ring));
  }
  /// The others, when the blocks have met.
  __device__ void others() {
    again(shares_.own_again - min(shares_.own_again, shares_.ring));
    if (shares_.open != 0) {
      unsigned* const counter = &taken[tiling_.slab];
      unsigned turn = atomicAdd(counter, 1U);
#pragma unroll 1
      while (turn < shares_.open) {
        const unsigned next_turn = atomicAdd(counter, 1U);  // on its way while the slot is waited for
        next_ = shares_.first_open + (shares_.open - 1U - turn);
        fill<Evict::first>(ring_, 0);
        turn = next_turn;
      }
    }
    ring_.end();
  }

 private:
  __device__ void again(int tiles) {
#pragma unroll 1
    for (int i = 0; i < tiles; ++i) fill<Evict::first>(ring_, -tiling_.splits);
  }
  template <Evict kEvict>
  KNOBSCOPE_INLINE void fill(Slots& slots, int step) {
    slots.template fill<kEvict>(x_ + tiling_.offset(next_), bytes_, next_);
    next_ += step;
  }

  const Element* x_;
  const Tiles& tiling_;
  const Shares& shares_;
  unsigned bytes_;
  Slots ring_;
  Index next_;  // of the slab's tiles
};

struct Worker {
  const Shares& shares;
  int thread;
  bool works;  // has a pack of each tile
  Slots ring;
  PackBytes parked[KNOB_PARKED > 0 ? KNOB_PARKED : 1];

  KNOBSCOPE_INLINE void gather(Columns& columns) {
    if (shares.parked != 0) {
#pragma unroll
      for (int i = 0; i < KNOB_PARKED; ++i) {
        parked[i] = ring.read(thread, works);
        ring.leave(parked[i]);
        ring.advance();
      }
#pragma unroll
      for (int i = 0; i < KNOB_PARKED; i += kTogether) {
        PackBytes packs[kTogether];
#pragma unroll
        for (int k = 0; k < kTogether; ++k) packs[k] = parked[i + k];
        columns.add(packs);
      }
    }
    Slots held = Slots::held(shares);
    gather<false>(columns, held, shares.held);
    gather<true>(columns, ring, shares.passing);
  }

  /// `y` is where the thread's pack of the slab's tile 0 would go.
  KNOBSCOPE_INLINE void apply(const Normalization (&normalize)[kPack], Element* y, const Tiles& tiling) {
    const auto write = [&](const PackBytes& own, Index tile) {
      PackValues values = values_of(own);
#pragma unroll
      for (int k = 0; k < kPack; ++k) values.at[k] = normalize[k](values.at[k]);
      if (works) store_pack<kStores>(y + tile * tiling.step * kPack, values);
    };
#pragma unroll 1
    for (Index tile = ring.tile(); tile >= 0; tile = ring.tile()) {
      const PackBytes own = ring.read(thread, works);
      ring.leave(own);
      ring.advance();
      write(own, tile);
    }
    Slots held = Slots::held(shares);
    Index tile = tiling.part + Index{shares.parked} * tiling.splits;
#pragma unroll 2
    for (int i = 0; i < shares.held; ++i, tile += tiling.splits) {
      write(held.read(thread, works), tile);
      held.advance();
    }
    if (shares.parked == 0) return;
#pragma unroll
    for (int i = 0; i < KNOB_PARKED; ++i) write(parked[i], tiling.part + Index{i} * tiling.splits);
  }

 private:
  template <bool kLeave>
  KNOBSCOPE_INLINE void gather(Columns& columns, Slots& from, int tiles) {
#pragma unroll 1
    for (; tiles >= kTogether; tiles -= kTogether) take<kLeave, kTogether>(columns, from);
#pragma unroll 1
    for (; tiles > 0; --tiles) take<kLeave, 1>(columns, from);
  }
  template <bool kLeave, int kPacks>
  KNOBSCOPE_INLINE void take(Columns& columns, Slots& from) {
    PackBytes packs[kPacks];
    Slots behind = from;
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
      packs[i] = behind.read(thread, works);
      behind.advance();
    }
    if constexpr (kLeave) {
#pragma unroll
      for (int i = 0; i < kPacks; ++i) {
        from.leave(packs[i]);
        from.advance();
      }
    }
    from = behind;
    columns.add(packs);
  }
};

// What memory says about a channel: asked for before the blocks meet.
struct Inputs {
  float centre = 0.0F;
  float gamma = 0.0F;
  float beta = 0.0F;
  float running_mean = 0.0F;
  float running_var = 0.0F;

  KNOBSCOPE_INLINE Inputs() {}
  KNOBSCOPE_INLINE Inputs(const ChannelVectors& vectors, Index channel, float centre)
      : centre(centre),
        gamma(to_float(vectors.gamma[channel])),
        beta(to_float(vectors.beta[channel])),
        running_mean(vectors.running_mean[channel]),
        running_var(vectors.running_var[channel]) {}
};

// partials and normalizations are written and read within the launch: they must not be promised to be constant.
extern "C" __global__ __launch_bounds__(kThreads, 1) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    float* __restrict__ mean, float* __restrict__ rstd, float* __restrict__ next_running_mean,
    float* __restrict__ next_running_var, Moments* partials, Normalization* normalizations, Index batch, Index channels,
    Index plane, float momentum, float epsilon) {
  const int thread = static_cast<int>(threadIdx.x);
  if (thread < kMostSlots) {
    full[thread].init(1);
    empty[thread].init(kWorkers / kWarp);
  }
  __syncthreads();

  const Index rows = batch * plane;
  const Tiles tiling(rows * channels, channels);
  const Shares shares(tiling);
  const bool copies = thread == kWorkers;
  const bool works = thread < tiling.width;
  const int in_row = thread % tiling.wide;
  // The rest, behind the last whole tile: perhaps a pack, or single elements.
  const Index rest = tiling.rest();
  const Index own_rest = (rest + thread) * kPack;
  const int in_rest =
      rest < 0 || !works ? 0 : static_cast<int>(max(Index{0}, min(Index{kPack}, tiling.elements - own_rest)));

  Copies copy(x, tiling, shares);
  Columns columns;
  Worker worker{shares, thread, works, Slots::ring(shares)};
  if (copies) {
    if (tiling.part == 0 && tiling.slab < tiling.slabs) taken[tiling.slab] = 0;
    copy.first();
  } else if (thread < kWorkers) {
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      const int channel = ((tiling.begin + in_row) * kPack + k) % tiling.channels;
      columns.shift[k] = columns.centre[k] = works ? centre_of(x, channel, rows, channels) : 0.0F;
    }
    worker.gather(columns);
  }
  __syncwarp();

  // The moments of all rows of the tile: first of some of them, about as many as these some then are.
  const int wide = max(1, min(tiling.wide, tiling.width));
  const int high = tiling.width / wide;
  int some = 1;
  while (some * some < high) ++some;
  const int groups = (high + some - 1) / some;
#pragma unroll
  for (int k0 = 0; k0 < kPack; k0 += kAtOnce) {
#pragma unroll
    for (int k = k0; k < k0 + kAtOnce; ++k) {
      if (!works) continue;
      const Moments own = columns.moments(k);
      of_workers[k - k0][thread] = k < in_rest ? with_value(own, to_float(x[own_rest + k]) - columns.centre[k]) : own;
    }
    __syncthreads();
    const int columns_at_once = kAtOnce * wide;
    for (int i = thread; i < columns_at_once * groups; i += kThreads) {
      const int k = i % kAtOnce;
      const int group = i / columns_at_once;
      const int column = i / kAtOnce - group * wide;
      const int first = group * some;
      Moments* const from = &of_workers[k][first * wide + column];
      *from = merge_all(from, wide, min(some, high - first));
    }
    __syncthreads();
    for (int i = thread; i < columns_at_once && tiling.width > 0; i += kThreads) {
      const int k = i % kAtOnce;
      const int column = i / kAtOnce;
      partials[Index{blockIdx.x} * Tiles::kElements + column * kPack + k0 + k] =
          merge_all(&of_workers[k][column], some * wide, groups);
    }
    if (k0 + kAtOnce < kPack) __syncthreads();
  }

  // Each warp of the grid finishes a channel: what all blocks have found in all its places of a row.
  const int lane = thread % kWarp;
  const ChannelVectors vectors{
      gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
  const int places = tiling.pattern * kPack / tiling.channels;
  int channel = thread / kWarp * static_cast<int>(gridDim.x) + static_cast<int>(blockIdx.x);
  Inputs inputs;
  if (channel < tiling.channels) inputs = Inputs(vectors, channel, centre_of(x, channel, rows, channels));
  const auto grid = cooperative_groups::this_grid();
  grid.sync();
  while (channel < tiling.channels) {
    Moments moments{};
    for (int place = 0; place < places; ++place) {
      const Moments* const from = partials + tiling.partial(channel + place * tiling.channels);
#pragma unroll 8
      for (int i = lane; i < tiling.splits; i += kWarp) moments = merge(moments, from[Index{i} * Tiles::kElements]);
    }
    moments = warp_reduce(moments);
    if (lane == 0) {
      const float scale = rstd_of(moments, epsilon) * inputs.gamma;
      normalizations[channel] = Normalization{inputs.centre, moments.mean, scale, inputs.beta};
      vectors.write(channel, inputs.centre, moments, inputs.running_mean, inputs.running_var);
    }
    __syncwarp();
    channel += static_cast<int>(gridDim.x) * (kThreads / kWarp);
    if (channel < tiling.channels) inputs = Inputs(vectors, channel, centre_of(x, channel, rows, channels));
  }
  grid.sync();

  if (copies) {
    copy.others();
  } else if (thread < kWorkers) {
    Normalization normalize[kPack] = {};
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      if (works) normalize[k] = normalizations[((tiling.begin + in_row) * kPack + k) % tiling.channels];
    }
    worker.apply(normalize, y + tiling.offset(0) + thread * kPack, tiling);
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      if (k < in_rest) y[own_rest + k] = from_float<Element>(normalize[k](to_float(x[own_rest + k])));
    }
  }
}
