/* knobscope
title = "Channels last, held on chip"
idea = """
With the channels last in memory no channel is finished before all of x has been read, and then it is read again. But \
not all of it: the shared memories and registers of all multiprocessors together hold 30 MB, and the L2 cache as much. \
Blocks stay for the whole launch. One lane of each has bulk copies bring its tiles, and every thread takes the same \
few channels of each. When all of x has passed, the blocks meet, merge what they have found and normalize: first what \
came last, backwards, for it may still be in the L2 cache, and at the end what has been held. Any number of channels \
will do: packs are cut through whatever they hold, and after a few pixels the same channels come again in the same \
places. The knobs that matter are held and parked: what is held on chip is not read again."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]
layouts = ["nhwc"]

[knobs.held]
values = [4, 8, 12, 16, 18, 20, 21, 22, 23]
default = 21
help = "tiles held in shared memory, 7.5 KB each; smaller ones, which some numbers of channels ask for, are more"

[knobs.passing]
values = [4, 6, 8, 10, 12]
default = 8
help = "slots of the ring for all other tiles: as many copies are under way"

[knobs.parked]
values = [0, 4, 8]
default = 8
help = "tiles held in registers"

[knobs.keep]
values = [0, 16, 24, 32, 40, 48, 64, 256]
default = 40
help = "how many of the tiles that pass, the last ones, may stay in the L2 cache longer than all others"

[knobs.stores]
values = [0, 1, 2]
default = 0
help = "hint on stores: 0 none, 1 streaming (st.cs), 2 L2::evict_first policy"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "(held + passing) * 7680 + 7168 <= shared_per_block_optin"
reason = "the slots do not fit into a multiprocessor's shared memory"

[[requires]]
condition = "ceil_div(channels * element_size % 16 == 0 ? channels * element_size / 16 : channels, 480) <= sm_count"
reason = "each block takes 480 packs of a row, and all blocks together have to take all of it"

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
#include <knobscope/channel.h>
#include <knobscope/read_slot.h>

using namespace knobscope;

constexpr int kWorkers = 480;  // threads that take moments and write y, a pack of each tile
constexpr int kThreads = kWorkers + kWarp;
constexpr int kTogether = sizeof(Element) == 4 ? 4 : 2;  // tiles that a worker takes together
constexpr int kPartials = kWorkers * kPack;              // of a block, at most
constexpr Hint kStores = KNOB_STORES == 2 ? Hint::evict_first : KNOB_STORES == 1 ? Hint::streaming : Hint::none;

constexpr int kMostSlots = 64;
extern __shared__ __align__(128) uint4 slots[];  // KNOB_HELD + KNOB_PASSING times kWorkers
__shared__ Barrier full[kMostSlots];             // the copy has come
__shared__ Barrier empty[kMostSlots];            // all workers have what they need of it
__shared__ Moments scratch[kWorkers];

// Seen as packs, the tensor is a matrix: after `pattern` packs the same channels come again in the same places, and
// that is a row, one pixel or several. A tile is as many whole rows as the workers have packs for; if they cannot take
// even one, a row is cut into slabs, a tile is what a slab has of a row, and each slab has blocks of its own.
struct Tiling {
  Index elements;
  int channels;
  int pattern;
  int slabs;
  int splits;  // blocks of a slab
  int wide;    // packs of a slab's row, but the last one's may be fewer
  int slab;    // the block's; there may be blocks without one
  int begin;   // the slab's first pack of a row
  int width;   // packs of a tile
  Index step;  // from tile to tile, in packs
  int part;    // of the slab's tiles, the block has part, part + splits, ...

  KNOBSCOPE_INLINE Tiling(Index elements, Index all_channels)
      : elements(elements), channels(static_cast<int>(all_channels)) {
    pattern = channels / min(channels & -channels, kPack);
    slabs = (pattern + kWorkers - 1) / kWorkers;
    splits = static_cast<int>(gridDim.x) / slabs;
    wide = (pattern + slabs - 1) / slabs;
    slab = static_cast<int>(blockIdx.x) / splits;
    part = static_cast<int>(blockIdx.x) % splits;
    begin = slab * wide;
    const int rows = slabs == 1 ? kWorkers / pattern : 1;
    width = slabs == 1 ? rows * pattern : max(0, min(wide, pattern - begin));
    step = Index{rows} * pattern;
  }

  KNOBSCOPE_INLINE Index first_pack(Index tile) const { return tile * step + begin; }
  /// Of the block's tile: counted from `part` on.
  KNOBSCOPE_INLINE Index offset(int tile) const { return first_pack(part + Index{tile} * splits) * kPack; }

  /// The slab's tiles that are whole.
  KNOBSCOPE_INLINE Index whole_tiles() const {
    const Index last = elements / kPack - begin - width;  // where the last one could begin
    return slab >= slabs || width == 0 || last < 0 ? 0 : last / step + 1;
  }
  /// Where the slab has more, but not a whole tile, and the block is the one to take it: the first pack of that, or -1.
  KNOBSCOPE_INLINE Index rest() const {
    const Index tile = whole_tiles();
    if (slab >= slabs || width == 0 || tile % splits != part || first_pack(tile) * kPack >= elements) return -1;
    return first_pack(tile);
  }
  /// Where block 0 of the slab leaves what it has of element `at` of a row; the others follow, kPartials apart.
  KNOBSCOPE_INLINE Index partial(int at) const {
    const int pack = at / kPack;
    const int its_slab = pack / wide;
    return Index{its_slab} * splits * kPartials + (pack - its_slab * wide) * kPack + at % kPack;
  }
};

// What becomes of a block's whole tiles: the first ones are parked in registers, the next held in shared memory, and
// the others pass and come again.
struct Shares {
  int slot;  // packs from one to the next, so that each starts on 128 bytes
  int ring;  // slots for what passes
  int parked;
  int held;
  int passing;

  KNOBSCOPE_INLINE explicit Shares(const Tiling& tiling) {
    slot = max(8, (tiling.width + 7) / 8 * 8);
    ring = min(as_many_bytes(KNOB_PASSING), kMostSlots / 2);
    const int all =
        static_cast<int>(max(Index{0}, (tiling.whole_tiles() - tiling.part + tiling.splits - 1) / tiling.splits));
    held = min(all, min(as_many_bytes(KNOB_HELD + KNOB_PASSING), kMostSlots) - ring);
    parked = all - held >= KNOB_PARKED ? KNOB_PARKED : 0;
    passing = all - held - parked;
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
  KNOBSCOPE_INLINE void fill(const Element* from, unsigned bytes) {
    const int slot = first_ + slot_;
    empty[slot].wait(parity_ ^ 1U);  // of the round before; there is none before the first
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

// Three values of a channel, far apart.
KNOBSCOPE_INLINE float centre_of(const Element* x, Index channel, Index rows, Index channels) {
  return Samples{x[channel], x[rows / 2 * channels + channel], x[(rows - 1) * channels + channel]}.middle();
}

// One lane: copies.
class Copies {
 public:
  KNOBSCOPE_INLINE Copies(const Element* x, const Tiling& tiling, const Shares& shares)
      : next_(x + tiling.offset(0)),
        step_(tiling.step * tiling.splits * kPack),
        bytes_(static_cast<unsigned>(tiling.width) * 16U),
        ring_(Slots::ring(shares)) {}

  /// All tiles for the first time.
  __device__ void first(const Shares& shares) {
    const int gone = shares.passing - shares.as_many_bytes(KNOB_KEEP);
#pragma unroll 1
    for (int i = 0; i < shares.parked; ++i) fill<Evict::first>(ring_, step_);
    Slots held = Slots::held(shares);
#pragma unroll 1
    for (int i = 0; i < shares.held; ++i) fill<Evict::first>(held, step_);
#pragma unroll 1
    for (int i = 0; i < gone; ++i) fill<Evict::first>(ring_, step_);
#pragma unroll 1
    for (int i = max(0, gone); i < shares.passing; ++i) fill<Evict::normally>(ring_, step_);
    next_ -= step_;
  }
  /// Those that have passed once more, the next `tiles` of them: backwards, for the last ones may still be in the L2
  /// cache.
  __device__ void again(int tiles) {
#pragma unroll 1
    for (int i = 0; i < tiles; ++i) fill<Evict::first>(ring_, -step_);
  }

 private:
  template <Evict kEvict>
  KNOBSCOPE_INLINE void fill(Slots& slots, Index step) {
    slots.template fill<kEvict>(next_, bytes_);
    next_ += step;
  }

  const Element* next_;
  Index step_;
  unsigned bytes_;
  Slots ring_;
};

// What a worker finds out about its channels, which are the same in all tiles: one for each element of its pack. Sums
// of distances from `shift`, the mean of the first values: so what the squares lose to the shift's distance from the
// mean is little, whatever comes later.
struct Columns {
  float centre[kPack];
  float shift[kPack];
  float count = 0.0F;
  float sum[kPack] = {};
  float squares[kPack] = {};

  template <int kPacks>
  KNOBSCOPE_INLINE void add(const PackBytes (&packs)[kPacks]) {
    PackValues values[kPacks];
#pragma unroll
    for (int i = 0; i < kPacks; ++i) values[i] = values_of(packs[i]);
    if (count == 0.0F) {
#pragma unroll
      for (int k = 0; k < kPack; ++k) {
        float first = 0.0F;
#pragma unroll
        for (int i = 0; i < kPacks; ++i) first += values[i].at[k] - centre[k];
        shift[k] = centre[k] + first / kPacks;
      }
    }
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      float own_sum = 0.0F;
      float own_squares = 0.0F;
#pragma unroll
      for (int i = 0; i < kPacks; ++i) {
        const float distance = values[i].at[k] - shift[k];
        own_sum += distance;
        own_squares += distance * distance;
      }
      sum[k] += own_sum;
      squares[k] += own_squares;
    }
    count += kPacks;
  }

  /// About the centre.
  KNOBSCOPE_INLINE Moments moments(int k) const {
    if (count == 0.0F) return Moments{};
    const float mean = sum[k] / count;
    const float m2 = squares[k] - sum[k] * mean;
    return Moments{count, (shift[k] - centre[k]) + mean, m2 < 0.0F ? 0.0F : m2};
  }
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

  /// `y` is where the thread's pack of the first tile goes, `step` is from tile to tile.
  KNOBSCOPE_INLINE void apply(const Normalization (&normalize)[kPack], Element* y, Index step) {
    const auto write = [&](const PackBytes& own, Element* to) {
      PackValues values = values_of(own);
#pragma unroll
      for (int k = 0; k < kPack; ++k) values.at[k] = normalize[k](values.at[k]);
      if (works) store_pack<kStores>(to, values);
    };
    Element* to = y + (shares.parked + shares.held + shares.passing - 1) * step;
#pragma unroll 1
    for (int i = 0; i < shares.passing; ++i, to -= step) {
      const PackBytes own = ring.read(thread, works);
      ring.leave(own);
      ring.advance();
      write(own, to);
    }
    Slots held = Slots::held(shares);
    to = y + shares.parked * step;
#pragma unroll 2
    for (int i = 0; i < shares.held; ++i, to += step) {
      write(held.read(thread, works), to);
      held.advance();
    }
    if (shares.parked == 0) return;
#pragma unroll
    for (int i = 0; i < KNOB_PARKED; ++i) write(parked[i], y + i * step);
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
  const Tiling tiling(rows * channels, channels);
  const Shares shares(tiling);
  const bool copies = thread == kWorkers;
  const bool works = thread < tiling.width;
  const int in_row = thread % tiling.wide;
  const int row_of_tile = thread / tiling.wide;
  // The rest, behind the last whole tile: perhaps a pack, or single elements.
  const Index rest = tiling.rest();
  const Index own_rest = (rest + thread) * kPack;
  const int in_rest =
      rest < 0 || !works ? 0 : static_cast<int>(max(Index{0}, min(Index{kPack}, tiling.elements - own_rest)));

  Copies copy(x, tiling, shares);
  Columns columns;
  Worker worker{shares, thread, works, Slots::ring(shares)};
  if (copies) {
    copy.first(shares);
    copy.again(min(shares.passing, shares.ring));  // into slots that are left before the blocks meet
  } else if (thread < kWorkers) {
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      const int channel = ((tiling.begin + in_row) * kPack + k) % tiling.channels;
      columns.shift[k] = columns.centre[k] = works ? centre_of(x, channel, rows, channels) : 0.0F;
    }
    worker.gather(columns);
  }
  __syncwarp();

  // A channel at a time, the second half of the tile's rows is merged into the first until one row is left.
#pragma unroll
  for (int k = 0; k < kPack; ++k) {
    if (works) {
      const Moments own = columns.moments(k);
      scratch[thread] = k < in_rest ? with_value(own, to_float(x[own_rest + k]) - columns.centre[k]) : own;
    }
    __syncthreads();
    for (int left = tiling.width / max(1, min(tiling.wide, tiling.width)); left > 1;) {
      const int kept = (left + 1) / 2;
      if (row_of_tile + kept < left) {
        scratch[thread] = merge(scratch[thread], scratch[thread + kept * tiling.wide]);
      }
      left = kept;
      __syncthreads();
    }
    if (works && row_of_tile == 0) {
      partials[Index{blockIdx.x} * kPartials + in_row * kPack + k] = scratch[thread];
    }
    __syncthreads();  // nobody may write there again before all have read
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
      for (int i = lane; i < tiling.splits; i += kWarp) moments = merge(moments, from[Index{i} * kPartials]);
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
    copy.again(max(0, shares.passing - shares.ring));
  } else if (thread < kWorkers) {
    Normalization normalize[kPack] = {};
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      if (works) normalize[k] = normalizations[((tiling.begin + in_row) * kPack + k) % tiling.channels];
    }
    worker.apply(normalize, y + tiling.offset(0) + thread * kPack, tiling.step * tiling.splits * kPack);
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      if (k < in_rest) y[own_rest + k] = from_float<Element>(normalize[k](to_float(x[own_rest + k])));
    }
  }
}
