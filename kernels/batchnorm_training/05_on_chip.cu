/* knobscope
title = "Channel held on chip"
idea = """
The shared memories of all multiprocessors together hold several small channels, or a third of a huge one; what they \
hold need not be read twice. Blocks stay for the whole launch and work in groups, a channel at a time. Bulk copies \
bring a block's slices: those to be held into one ring of slots, and of a huge channel those that only pass into a \
second, and those that are read again into a third. Some warps take the moments, others normalize when the blocks \
have told each other what they found, and nobody waits for that: the statistics run ahead. The knobs that matter are \
groups, for small channels: so few that slices come out even, so many that the ring holds two channels or more. And, \
for huge ones, slots, parked and keep: what is held in shared memory, in registers or in the L2 cache is not read \
again."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.groups]
values = [1, 2, 3, 4, 6, 8, 11, 12, 16, 22, 33, 44, 66, 132]
default = 2
help = "groups of blocks, with a channel each; if a group cannot hold one, all blocks work on the same"

[knobs.slots]
values = [8, 16, 24, 32, 36, 40, 44, 48]
default = 40
help = "slots of the ring for slices that are held until they are applied"

[knobs.passing]
values = [4, 8, 12, 16]
default = 8
help = "slots of the ring for slices that are gathered and let go"

[knobs.again]
values = [4, 8, 12, 16]
default = 8
help = "slots of the ring for slices that are read again"

[knobs.in_flight]
values = [4, 8, 10, 12, 14, 16, 20, 24, 32, 64]
default = 14
help = "slices of 4 KB that are on their way into the first ring, at most"

[knobs.parked]
values = [0, 8, 12, 16, 20]
default = 20
help = "slices of a huge channel that are held in the registers of those who write y"

[knobs.keep]
values = [0, 4, 8, 12, 16, 20, 24, 32, 48, 64]
default = 16
help = "how many of the slices that pass, the last ones, the L2 cache is asked to keep: they are read again first"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "(slots + passing + again) * 4128 + 768 <= shared_per_block_optin"
reason = "the rings do not fit into a multiprocessor's shared memory"

[[requires]]
condition = "groups <= sm_count && sm_count <= 192"
reason = "each block has a multiprocessor of its own, a group has one at least, and there are messages for 192"

[[launches]]
entry = "batchnorm"
cooperative = true
grid = "floor(sm_count / groups) * groups"
block = "512"
shared = "(slots + passing + again) * 4096"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "batch", "channels", "plane", "momentum", "epsilon",
]

[traffic]
reads = """
(ceil_div(batch * ceil_div(plane * element_size, plane > 1024 && element_size == 4 ? 8192 : 4096), \
floor(sm_count / groups) * groups) \
<= floor((slots + passing + again) / (plane > 1024 && element_size == 4 ? 8 : 4)) * 4 ? 1 \
: max(1, 2 - (slots + parked) \
/ ceil_div(batch * ceil_div(plane * element_size, 4096), floor(sm_count / groups) * groups))) \
* elements * element_size + channels * (2 * element_size + 8)"""
writes = "elements * element_size + channels * 16"
note = """
x once where the rings hold all of a channel: less than this nothing can move. Of a larger channel what is not held \
comes twice, less what the L2 cache has kept. What blocks tell each other stays in that cache."""

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact; a lane's values of a slot are in registers, where the \
two-pass costs nothing, and everything above is merged in an order that is always the same."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/channel_on_chip.h>

using namespace knobscope;

// The warps of a block and their work.
constexpr int kApplyWarps = 8;   // wait for a channel's statistics, and write y; a slot is the work of all of them
constexpr int kGatherWarps = 4;  // take the moments of the block's slices, a slot each in turn
constexpr int kCopyWarps = 3;    // a ring each
constexpr int kThreads = (kApplyWarps + kGatherWarps + kCopyWarps + 1) * kWarp;

constexpr int kSlotPacks = kApplyWarps * kWarp;
constexpr Index kSliceLength = Index{kSlotPacks} * kPack;

constexpr int kTurns = 8;  // channels that are gathered ahead of those that are applied, at most
constexpr int kBlocks = 192;
using Messages = GroupMessages<kBlocks, kTurns>;
__device__ Messages messages_of_groups;
__device__ Messages messages_of_all;  // of one group: nobody may take old messages of others for new ones

constexpr int kAllSlots = KNOB_SLOTS + KNOB_PASSING + KNOB_AGAIN;
extern __shared__ __align__(128) uint4 slots[];  // kAllSlots times kSlotPacks
__shared__ SlotContent contents[kAllSlots];      // of each slot or, if channels are whole, of each slice of channel 0
__shared__ Barrier full[kAllSlots];              // the copy has come
__shared__ Barrier empty[kAllSlots];             // nobody needs it any more
__shared__ ChannelMeeting<kGatherWarps, kApplyWarps, kTurns> meeting;

// Whole channels: the slots are one ring, and hold all of a block's slices of a channel. Two slots are taken as one if
// slices are long enough: one lane that copies 4 KB at a time reads only half as fast as an H200's memory.
constexpr int kWidest = sizeof(Element) == 4 ? 2 : 1;
struct Whole {
  int width;   // slots of 4 KB for a slice
  int ring;    // slices that it holds
  int slices;  // of the block, of each channel
};

// Huge channels: some of a block's slices pass, and then some are held, the first of these in registers.
struct Shares {
  int passing;
  int parked;
  int held;  // with those that are parked
  int ring;  // slots of the one for what is held

  KNOBSCOPE_INLINE Shares(const Slices& slices, int first, int step) {
    const int all = static_cast<int>((slices.of_channel() - first + step - 1) / step);
    ring = KNOB_SLOTS;
    parked = max(0, min(KNOB_PARKED, all - ring - 1));
    held = min(all, ring + parked);
    passing = all - held;
  }
};

// A ring, as one of those sees it who fill or read its slots in turn, all of them or every step-th. A step divides the
// ring, so that a slot is always the same warp's: it could not tell phases apart that it has not seen begin.
class Ring {
 public:
  KNOBSCOPE_INLINE Ring(int first, int slots, int start, int step, int width = 1)
      : first_(first), slots_(slots), step_(step), packs_(width * kSlotPacks), slot_(start), parity_(0) {}
  static KNOBSCOPE_INLINE Ring of(const Whole& whole, int start = 0, int step = 1) {
    return Ring(0, whole.ring, start, step, whole.width);
  }
  static KNOBSCOPE_INLINE Ring held(const Shares& shares, int start = 0, int step = 1) {
    return Ring(0, shares.ring, start, step);
  }
  static KNOBSCOPE_INLINE Ring passing(int start = 0, int step = 1) {
    return Ring(KNOB_SLOTS, KNOB_PASSING, start, step);
  }
  static KNOBSCOPE_INLINE Ring again(int start = 0, int step = 1) {
    return Ring(KNOB_SLOTS + KNOB_PASSING, KNOB_AGAIN, start, step);
  }

  KNOBSCOPE_INLINE void wait_until_full() const { full[first_ + slot_].wait(parity_); }
  KNOBSCOPE_INLINE const uint4* packs() const { return slots + (first_ + slot_) * packs_; }
  KNOBSCOPE_INLINE SlotContent content() const { return contents[first_ + slot_]; }

  /// `loaded`: some of what was read from the slot.
  KNOBSCOPE_INLINE void leave(unsigned loaded) {
    arrive_when_read(empty[first_ + slot_], loaded);
    advance();
  }

  /// The same if all that was read has gone into stores.
  KNOBSCOPE_INLINE void leave_when_stored() {
    arrive_when_stored(empty[first_ + slot_]);
    advance();
  }

  /// kTell: content() is for others to ask.
  template <Evict kEvict = Evict::normally, bool kTell = true>
  KNOBSCOPE_INLINE void fill(const Element* x, const SlotContent& content) {
    const int slot = first_ + slot_;
    empty[slot].wait(parity_ ^ 1U);  // of the round before; there is none before the first
    if (kTell) contents[slot] = content;
    const unsigned bytes = content.packs * 16U;
    full[slot].arrive_and_expect(bytes);
    if (bytes != 0) {
      copy_to_shared<kEvict>(slots + slot * packs_, x + content.packs_begin(), bytes, full[slot]);
    }
    advance();
  }

  KNOBSCOPE_INLINE void advance() {
    slot_ += step_;
    if (slot_ < slots_) return;
    slot_ -= slots_;
    parity_ ^= 1U;
  }

 private:
  int first_;
  int slots_;
  int step_;
  int packs_;  // of a slot
  int slot_;
  unsigned parity_;
};

// ---- One lane for each ring: copies slices, channel after channel, as far ahead as there are slots.

__device__ void copy_passing(const Element* x, const SliceWalk& first, const Shares& shares,
                             const GroupChannels& channels) {
  Ring ring = Ring::passing();
  for (Index i = 0; i < channels.count; ++i) {
    SliceWalk walk = first;
    for (int k = 0; k < shares.passing; ++k) {
      const SlotContent content = walk.content(channels.at(i));
      walk.forwards();
      if (k < shares.passing - KNOB_KEEP) {
        ring.fill(x, content);
      } else {
        ring.fill<Evict::last>(x, content);
      }
    }
  }
}

__device__ void copy_held(const Element* x, SliceWalk first, const Shares& shares, const GroupChannels& channels) {
  for (int k = 0; k < shares.passing; ++k) first.forwards();
  Ring ring = Ring::held(shares);
  Ring oldest = Ring::held(shares);  // copy under way
  // A slot's barrier tells the phase that is awaited from the one before it, but not from the one after the next.
  const int most = min(KNOB_IN_FLIGHT, shares.ring);
  int copies = 0;
  for (Index i = 0; i < channels.count; ++i) {
    SliceWalk walk = first;
    for (int k = 0; k < shares.held; ++k) {
      const SlotContent content = walk.content(channels.at(i));
      walk.forwards();
      if (copies < most) {
        ++copies;
      } else {
        oldest.wait_until_full();
        oldest.advance();
      }
      ring.fill(x, content);
    }
  }
}

// From the last to the first, because the L2 cache may still have the last ones.
__device__ void copy_again(const Element* x, SliceWalk last, const Shares& shares, const GroupChannels& channels) {
  for (int k = 0; k < shares.passing - 1; ++k) last.forwards();
  Ring ring = Ring::again();
  for (Index i = 0; i < channels.count; ++i) {
    SliceWalk walk = last;
    for (int k = 0; k < shares.passing; ++k) {
      const SlotContent content = walk.content(channels.at(i));
      walk.backwards();
      ring.fill(x, content);
    }
  }
}

__device__ void copy_whole(const Element* x, Index plane, const Whole& whole, const GroupChannels& channels) {
  Ring ring = Ring::of(whole);
  Ring oldest = Ring::of(whole);
  const int most = min(KNOB_IN_FLIGHT / whole.width, whole.ring);
  int copies = 0;
  for (Index i = 0; i < channels.count; ++i) {
    const Index channel = channels.at(i) * plane;
    for (int k = 0; k < whole.slices; ++k) {
      const SlotContent content = contents[k].moved(channel);
      if (copies < most) {
        ++copies;
      } else {
        oldest.wait_until_full();
        oldest.advance();
      }
      ring.fill<Evict::normally, false>(x, content);
    }
  }
}

// ---- Four warps: each takes the moments of every fourth slot.

__device__ void gather_slices(const Element* x, const Shares& shares, const GroupChannels& channels, Messages& messages,
                              int first_block, int warp) {
  const unsigned sent = meeting.sent_before(messages, first_block);
  Ring passing = Ring::passing(warp, kGatherWarps);
  Ring held = Ring::held(shares, warp, kGatherWarps);
  int next_passing = warp;  // of the channel's slices
  int next_held = warp;
#pragma unroll 1
  for (Index i = 0; i < channels.count; ++i) {
    const float centre = meeting.centre(i);
    Moments moments{};
    const auto gather = [&](Ring& ring) {
      ring.wait_until_full();
      moments = merge(moments, moments_about<kSlotPacks / kWarp>(centre, ring.packs(), ring.content(), x));
      ring.leave(__float_as_uint(moments.m2));
    };
#pragma unroll 1
    for (; next_passing < shares.passing; next_passing += kGatherWarps) gather(passing);
#pragma unroll 1
    for (; next_held < shares.held; next_held += kGatherWarps) gather(held);
    next_passing -= shares.passing;
    next_held -= shares.held;
    meeting.hand_in(messages, sent, i, warp, merged_by_warp(moments));
  }
}

__device__ void gather_whole(const Element* x, Index plane, const Whole& whole, const GroupChannels& channels,
                             Messages& messages, int first_block, int warp) {
  constexpr int kPacks = kSlotPacks / kWarp;  // of a lane
  const unsigned sent = meeting.sent_before(messages, first_block);
  Ring ring = Ring::of(whole, warp, kGatherWarps);
  int next = warp;  // of the channel's slices
#pragma unroll 1
  for (Index i = 0; i < channels.count; ++i) {
    const Index channel = channels.at(i) * plane;
    const float centre = meeting.centre(i);
    Moments moments{};
#pragma unroll 1
    for (; next < whole.slices; next += kGatherWarps) {
      const SlotContent content = contents[next].moved(channel);
      ring.wait_until_full();
      moments = merge(moments, kWidest > 1 && content.packs > kSlotPacks
                                   ? moments_about<kWidest * kPacks>(centre, ring.packs(), content, x)
                                   : moments_about<kPacks>(centre, ring.packs(), content, x));
      ring.leave(__float_as_uint(moments.m2));
    }
    next -= whole.slices;
    meeting.hand_in(messages, sent, i, warp, merged_by_warp(moments));
  }
}

// ---- Eight warps: y. First of the slices that are held: their slots are then free for the next channel.

__device__ void apply_slices(const Element* x, Element* y, SliceWalk first_parked, const Shares& shares,
                             const GroupChannels& channels) {
#pragma unroll 1
  for (int k = 0; k < shares.passing; ++k) first_parked.forwards();
  const int pack = threadIdx.x;  // the thread's, in every slot
  Ring held = Ring::held(shares);
  Ring again = Ring::again();

  const auto take = [&](Ring& ring, const SlotContent& content) {
    PackBytes own;
    own.words = make_uint4(0, 0, 0, 0);
    if (pack < content.packs) own.words = ring.packs()[pack];
    ring.leave(own.words.x);
    return own;
  };

  PackBytes parked[KNOB_PARKED > 0 ? KNOB_PARKED : 1];
  const auto park = [&](Index turn) {
    if (shares.parked == 0 || turn >= channels.count) return;
#pragma unroll
    for (int k = 0; k < KNOB_PARKED; ++k) {
      if (k >= shares.parked) continue;
      held.wait_until_full();
      parked[k] = take(held, held.content());
    }
  };

  park(0);
#pragma unroll 1
  for (Index i = 0; i < channels.count; ++i) {
    const Normalization normalize = meeting.wait_for(i);
    const auto write = [&](const PackBytes& own, const SlotContent& content) {
      if (pack < content.packs) {
        PackValues values = values_of(own);
        for (float& value : values.at) value = normalize(value);
        store_pack(y + content.packs_begin() + pack * kPack, values);
      }
      if (pack < content.edges()) {
        const Index at = content.edge(pack);
        y[at] = from_float<Element>(normalize(to_float(x[at])));
      }
    };
    const auto apply = [&](Ring& ring) {
      ring.wait_until_full();
      const SlotContent content = ring.content();
      write(take(ring, content), content);
    };

    if (shares.parked != 0) {
      SliceWalk walk = first_parked;
#pragma unroll
      for (int k = 0; k < KNOB_PARKED; ++k) {
        if (k >= shares.parked) continue;
        write(parked[k], walk.content(channels.at(i)));
        walk.forwards();
      }
    }
#pragma unroll 1
    for (int k = shares.parked; k < shares.held; ++k) apply(held);
#pragma unroll 1
    for (int k = 0; k < shares.passing; ++k) {
      // The next channel's first slices have come by now, and leave their slots to its last ones.
      if (k == shares.passing / 3) park(i + 1);
      apply(again);
    }
  }
}

__device__ void apply_whole(const Element* x, Element* y, Index plane, const Whole& whole,
                            const GroupChannels& channels) {
  const int first = threadIdx.x;  // of the thread's packs, in every slot
  Ring ring = Ring::of(whole);
#pragma unroll 1
  for (Index i = 0; i < channels.count; ++i) {
    const Index channel = channels.at(i) * plane;
    const Normalization normalize = meeting.wait_for(i);
#pragma unroll 2
    for (int k = 0; k < whole.slices; ++k) {
      const SlotContent content = contents[k].moved(channel);
      Element* const to = y + content.packs_begin() + first * kPack;
      ring.wait_until_full();
      PackBytes own[kWidest];
#pragma unroll
      for (int j = 0; j < kWidest; ++j) {
        if (first + j * kSlotPacks < content.packs) own[j].words = ring.packs()[first + j * kSlotPacks];
      }
#pragma unroll
      for (int j = 0; j < kWidest; ++j) {
        if (first + j * kSlotPacks >= content.packs) continue;
        PackValues values = values_of(own[j]);
        for (float& value : values.at) value = normalize(value);
        store_pack(to + j * kSliceLength, values);
      }
      if (first < content.edges()) {
        const Index at = content.edge(first);
        y[at] = from_float<Element>(normalize(to_float(x[at])));
      }
      ring.leave_when_stored();
    }
  }
}

extern "C" __global__ __launch_bounds__(kThreads, 1) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    float* __restrict__ mean, float* __restrict__ rstd, float* __restrict__ next_running_mean,
    float* __restrict__ next_running_var, Index batch, Index channels, Index plane, float momentum, float epsilon) {
  const int width = plane > kSliceLength ? kWidest : 1;
  Whole whole{width, kAllSlots / width / kGatherWarps * kGatherWarps, 0};
  const Slices wide(batch, channels, plane, whole.width * kSliceLength);
  const bool fits = wide.of_channel() <= Index{whole.ring} * (gridDim.x / KNOB_GROUPS);
  const int blocks = fits ? gridDim.x / KNOB_GROUPS : gridDim.x;  // of a group
  const bool is_whole = wide.of_channel() <= Index{whole.ring} * blocks;
  const Slices slices = is_whole ? wide : Slices(batch, channels, plane, kSliceLength);
  Messages& messages = fits ? messages_of_groups : messages_of_all;
  const int group = blockIdx.x / blocks;
  const int first_block = group * blocks;
  const int member = blockIdx.x - first_block;
  const GroupChannels of_group = fits ? GroupChannels(channels, group, KNOB_GROUPS) : GroupChannels(channels, 0, 1);
  // Neighbouring slices go to different multiprocessors.
  const SliceWalk walk(slices, member, blocks);
  const Shares shares(slices, member, blocks);
  whole.slices = static_cast<int>((slices.of_channel() - member + blocks - 1) / blocks);

  // By one lane of each warp: the lanes of one would do it one after the other.
  const int warp = threadIdx.x / kWarp;
  const bool leads = threadIdx.x % kWarp == 0;
  for (int slot = warp; leads && slot < kAllSlots; slot += kThreads / kWarp) {
    const bool is_held = is_whole || slot < shares.ring;
    const bool is_passing = !is_held && slot < KNOB_SLOTS + KNOB_PASSING;
    full[slot].init(1);
    empty[slot].init((is_passing ? 0 : kApplyWarps) + (is_held || is_passing ? 1 : 0));  // the warps that read it
  }
  if (const int k = threadIdx.x; is_whole && k < whole.slices) {
    contents[k] = SliceWalk(slices, member + k * blocks, blocks).content(0);
  }
  meeting.init();
  __syncthreads();

  constexpr int kCopies = kApplyWarps + kGatherWarps;  // the first warp that copies
  if (warp < kApplyWarps) {
    is_whole ? apply_whole(x, y, plane, whole, of_group) : apply_slices(x, y, walk, shares, of_group);
  } else if (warp < kCopies) {
    is_whole ? gather_whole(x, plane, whole, of_group, messages, first_block, warp - kApplyWarps)
             : gather_slices(x, shares, of_group, messages, first_block, warp - kApplyWarps);
  } else if (warp == kCopies) {
    if (leads) is_whole ? copy_whole(x, plane, whole, of_group) : copy_held(x, walk, shares, of_group);
  } else if (warp == kCopies + 1) {
    if (leads && !is_whole) copy_passing(x, walk, shares, of_group);
  } else if (warp == kCopies + 2) {
    if (leads && !is_whole) copy_again(x, walk, shares, of_group);
  } else {
    const ChannelVectors vectors{
        gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
    meeting.listen(messages, slices.of_channel() >= 4 * blocks, first_block, blocks, x, slices, of_group, vectors);
  }
}
