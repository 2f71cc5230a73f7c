/* knobscope
title = "Channel held on chip"
idea = """
The shared memories of all multiprocessors together hold several channels, so no element need be read twice. Blocks \
stay for the whole launch and work in groups, a channel at a time; each has a ring of slots that bulk copies fill with \
its slices of the group's channels. Some warps take the moments of a slot and leave it as it is until the blocks have \
told each other what they found; others then normalize it from where it lies, and it is filled again. The statistics \
run ahead, so that nobody waits for them. Of a channel too large for the rings a part is held, and the rest read \
again. The knobs that matter are groups, so few that the slices of a channel come out even and so many that a ring \
holds two channels or more; and for larger channels held."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.groups]
values = [1, 2, 3, 4, 6, 8, 11, 12, 16, 22, 33, 44, 66, 132]
default = 2
help = "groups of blocks, with a channel each; 1 where a channel is larger than the rings"

[knobs.held]
values = [1, 2, 4, 8, 12, 16, 20, 22, 24, 32, 36, 40, 44, 46, 48, 50]
default = 44
help = "slices of a channel that a block may hold until they are applied; of what is beyond, the first are read again"

[knobs.in_flight]
values = [2, 4, 8, 10, 12, 14, 16, 20, 24, 32, 64]
default = 14
help = "copies under way at a time, at most"

[knobs.slots]
values = [4, 8, 12, 16, 20, 24, 26, 32, 40, 48, 52, 54, 55]
default = 52
help = "slots of a block's ring"

[knobs.packs]
values = [1, 2]
default = 1
help = "16-byte packs of a slot for each of the 256 threads that apply"

[knobs.keep]
values = [0, 16, 32, 48, 64, 72, 80, 84, 96]
default = 0
help = "slices that the L2 cache is asked to give up last, the last ones of those that are read again"

[knobs.evict_first]
values = [0, 1]
default = 0
help = "1: the L2 cache gives up y, and what of x is not to be kept, first"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "slots * packs * 4096 + slots * 40 + 2048 <= shared_per_block_optin"
reason = "the ring does not fit into a multiprocessor's shared memory"

[[requires]]
condition = "held < slots"
reason = "a slot at least must be left for what is not held"

[[requires]]
condition = "groups <= sm_count && sm_count <= 192"
reason = "each block has a multiprocessor of its own, a group has one at least, and there are messages for 192"

[[launches]]
entry = "batchnorm"
cooperative = true
grid = "floor(sm_count / groups) * groups"
block = "480"
shared = "slots * packs * 4096"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "batch", "channels", "plane", "momentum", "epsilon",
]

[traffic]
reads = """
(2 - min(1, held / ceil_div(batch * ceil_div(plane * element_size, packs * 4096), floor(sm_count / groups)))) \
* elements * element_size + channels * (2 * element_size + 8)"""
writes = "elements * element_size + channels * 16"
note = """
x once where held slices are all of a channel: less than this nothing can move. Of a larger channel what is not held \
comes twice. What blocks tell each other stays in the L2 cache."""

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact; a lane's values of a slot are in registers, where the \
two-pass costs nothing, and everything above is merged by Chan in an order that is always the same."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/cache_hints.h>
#include <knobscope/channel_on_chip.h>

using namespace knobscope;

// The warps of a block and their work.
constexpr int kApplyWarps = 8;   // wait for a channel's statistics, and write y
constexpr int kGatherWarps = 4;  // take the moments of the block's slices, a slot each in turn
constexpr int kCopyWarp = kApplyWarps + kGatherWarps;
constexpr int kTellWarp = kCopyWarp + 1;
constexpr int kListenWarp = kTellWarp + 1;
constexpr int kThreads = (kListenWarp + 1) * kWarp;

constexpr int kSlotPacks = kApplyWarps * kWarp * KNOB_PACKS;
constexpr Index kSliceLength = Index{kSlotPacks} * kPack;

constexpr int kTurns = 8;  // channels that are gathered ahead of those that are applied, at most
constexpr int kBlocks = 192;
__device__ GroupMessages<kBlocks, kTurns> messages;

extern __shared__ __align__(128) uint4 ring[];  // KNOB_SLOTS slots
__shared__ SlotContent contents[KNOB_SLOTS];
__shared__ Barrier full[KNOB_SLOTS];   // the copy has come
__shared__ Barrier empty[KNOB_SLOTS];  // nobody needs it any more
__shared__ ChannelMeeting<kGatherWarps, kApplyWarps, kTurns> meeting;

// How a block's slices of a channel go through the ring: first all, to be gathered. The last of them stay until they
// are applied; then the others come again, from the last to the first, because the L2 cache may still have them.
struct Passage {
  int slices;
  int again;

  KNOBSCOPE_INLINE explicit Passage(Index count)
      : slices(static_cast<int>(count)), again(slices > KNOB_HELD ? slices - KNOB_HELD : 0) {}
  KNOBSCOPE_INLINE int slots() const { return slices + again; }
};

// One lane: copies slices as far ahead as there are slots.
__device__ void copy_slices(const Element* x, const Slices& slices, SliceWalk walk, const GroupChannels& channels) {
  const Passage passage(walk.count);
  Turn<KNOB_SLOTS> turn;
  Turn<KNOB_SLOTS> oldest;  // copy under way
  int copies = 0;
  for (Index i = 0; i < channels.count; ++i) {
    walk.start();
    for (int k = 0; k < passage.slots(); ++k, turn.advance()) {
      if (k == passage.slices) {
        for (int back = 0; back < passage.slices - passage.again; ++back) walk.backwards(slices);
      }
      const SlotContent content = walk.content(slices, channels.at(i));
      if (k < passage.slices - 1) walk.forwards(slices);
      if (k >= passage.slices) walk.backwards(slices);

      if (copies >= KNOB_IN_FLIGHT) {
        full[oldest.slot].wait(oldest.parity);
        oldest.advance();
      } else {
        ++copies;
      }
      empty[turn.slot].wait(turn.parity ^ 1U);  // of the round before; there is none before the first
      contents[turn.slot] = content;
      const unsigned bytes = content.packs * 16U;
      full[turn.slot].arrive_and_expect(bytes);
      if (bytes == 0) continue;
      uint4* const slot = ring + turn.slot * kSlotPacks;
      const Element* const from = x + content.packs_begin();
      const bool is_kept = k < passage.again && k >= passage.again - KNOB_KEEP;
      if (is_kept) {
        copy_to_shared<Evict::last>(slot, from, bytes, full[turn.slot]);
      } else {
        copy_to_shared<KNOB_EVICT_FIRST ? Evict::first : Evict::normally>(slot, from, bytes, full[turn.slot]);
      }
    }
  }
}

// Four warps: each takes the moments of every fourth slot.
__device__ void gather_slices(const Element* x, const Passage& passage, const GroupChannels& channels, int warp) {
  int slot = warp;
  unsigned parity = 0;
  const auto leave = [&](unsigned loaded) {
    arrive_when_read(empty[slot], loaded);
    slot += kGatherWarps;
    if (slot < KNOB_SLOTS) return;
    slot -= KNOB_SLOTS;
    parity ^= 1U;
  };
  int k = warp;  // of the channel's slots
  for (Index i = 0; i < channels.count; ++i) {
    const float centre = meeting.centre(i);
    Moments moments{};
    for (; k < passage.slices; k += kGatherWarps) {
      full[slot].wait(parity);
      const SlotContent content = contents[slot];
      moments = merge(moments, moments_about<kSlotPacks / kWarp>(centre, ring + slot * kSlotPacks, content, x));
      leave(__float_as_uint(moments.m2));
    }
    meeting.hand_in(i, warp, warp_reduce(moments));
    for (; k < passage.slots(); k += kGatherWarps) {
      full[slot].wait(parity);
      leave(0);
    }
    k -= passage.slots();
  }
}

// Eight warps: y.
__device__ void apply_slices(const Element* x, Element* y, const Passage& passage, const GroupChannels& channels) {
  const int thread = threadIdx.x;
  Turn<KNOB_SLOTS> turn;
  for (Index i = 0; i < channels.count; ++i) {
    for (int k = 0; k < passage.again; ++k, turn.advance()) {  // only gathered, this time
      full[turn.slot].wait(turn.parity);
      arrive_when_read(empty[turn.slot], 0);
    }
    const Normalization normalize = meeting.wait_for(i);
    for (int k = passage.again; k < passage.slots(); ++k, turn.advance()) {
      full[turn.slot].wait(turn.parity);
      const SlotContent content = contents[turn.slot];
      const uint4* const slot = ring + turn.slot * kSlotPacks;
      ThreadPacks<KNOB_PACKS> packs;
#pragma unroll
      for (int q = 0; q < KNOB_PACKS; ++q) {
        const int pack = q * kApplyWarps * kWarp + thread;
        packs.at[q].words = pack < content.packs ? slot[pack] : uint4{};
      }
      arrive_when_read(empty[turn.slot], packs.at[KNOB_PACKS - 1].words.x);

      Element* const to = y + content.packs_begin();
#pragma unroll
      for (int q = 0; q < KNOB_PACKS; ++q) {
        const int pack = q * kApplyWarps * kWarp + thread;
        PackValues values = values_of(packs.at[q]);
        for (float& value : values.at) value = normalize(value);
        if (pack < content.packs)
          store_pack<KNOB_EVICT_FIRST ? Hint::evict_first : Hint::none>(to + pack * kPack, values);
      }
      if (thread < content.edges()) {
        const Index at = content.edge(thread);
        y[at] = from_float<Element>(normalize(to_float(x[at])));
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(kThreads, 1)
    batchnorm(const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
              const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
              float* __restrict__ mean, float* __restrict__ rstd, float* __restrict__ next_running_mean,
              float* __restrict__ next_running_var, Index batch, Index channels, Index plane, float momentum,
              float epsilon) {
  const int blocks = gridDim.x / KNOB_GROUPS;  // of a group
  const int group = blockIdx.x / blocks;
  const int first_block = group * blocks;
  const GroupChannels of_group(channels, group, KNOB_GROUPS);
  const Slices slices(batch, channels, plane, kSliceLength);
  // Neighbouring slices go to different multiprocessors.
  const SliceWalk walk(slices, blockIdx.x - first_block, blocks);
  const Passage passage(walk.count);

  if (threadIdx.x < KNOB_SLOTS) {
    full[threadIdx.x].init(1);
    empty[threadIdx.x].init(kApplyWarps + 1);
  }
  meeting.init(x, slices, of_group);
  __syncthreads();

  const int warp = threadIdx.x / kWarp;
  if (warp < kApplyWarps) {
    apply_slices(x, y, passage, of_group);
  } else if (warp < kCopyWarp) {
    gather_slices(x, passage, of_group, warp - kApplyWarps);
  } else if (warp == kCopyWarp) {
    if (threadIdx.x % kWarp == 0) copy_slices(x, slices, walk, of_group);
  } else if (warp == kTellWarp) {
    meeting.tell(messages, first_block, of_group);
  } else {
    const ChannelVectors vectors{
        gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
    meeting.listen(messages, first_block, blocks, x, slices, of_group, vectors);
  }
}
