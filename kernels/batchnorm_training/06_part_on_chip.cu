/* knobscope
title = "Half of the channel held on chip"
idea = """
A channel larger than all shared memories cannot be held, but much of it can: each warp holds some of its slices in \
shared memory, parks some more in registers, and lets the others pass. When the channel's statistics are known, only \
what passed is read again. The meeting of the blocks costs no time, because work is left over for it: the second look \
at a channel is spread over the first look at the next one, and its last pieces wait for the end. The knobs that \
matter are held and parked: every slice more is one that is not read again. keep asks the L2 cache to do the same."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.held]
values = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16]
default = 5
help = "slices of a channel that a warp holds in shared memory"

[knobs.parked]
values = [0, 1, 2, 3, 4, 5, 6, 8]
default = 3
help = "slices of a channel that a warp holds in registers"

[knobs.stream]
values = [1, 2, 3, 4, 6, 8]
default = 2
help = "slots of a warp through which all other slices pass"

[knobs.tail]
values = [0, 1, 2, 3, 4, 6, 8]
default = 2
help = "slices of the channel before that a warp leaves for the time when it would wait for the other blocks"

[knobs.keep]
values = [0, 1, 2, 3, 4, 5, 6, 8]
default = 4
help = "slices of a warp that the L2 cache is asked to give up last, until they are read again"

[knobs.evict_first]
values = [0, 1]
default = 1
help = "1: the L2 cache gives up y, and what of x is not read again, first"

[knobs.packs]
values = [1, 2, 4, 8]
default = 4
help = "16-byte packs of a slice for each of the 32 lanes"

[knobs.warps]
values = [1, 2, 4, 6, 8, 10, 12, 14, 16]
default = 14
help = "warps with slots; two more do the talking between blocks"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "warps * (held + stream) * packs * 512 + 2560 <= shared_per_block_optin"
reason = "the slots of a block's warps do not fit into a multiprocessor's shared memory"

[[requires]]
condition = "sm_count <= 192"
reason = "there is a block for each multiprocessor, and the messages between them have room for 192"

[[launches]]
entry = "batchnorm"
cooperative = true
grid = "sm_count"
block = "32 * (warps + 2)"
shared = "warps * (held + stream) * packs * 512"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "batch", "channels", "plane", "momentum", "epsilon",
]

[traffic]
reads = """
(2 - min(1, (held + parked) / ceil_div(batch * ceil_div(plane * element_size, packs * 512), sm_count * warps))) \
* elements * element_size + channels * (2 * element_size + 8)"""
writes = "elements * element_size + channels * 16"
note = "x once, and what was not held a second time: some of that from the L2 cache, which keep asks for."

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact; a lane's values of a slice are in registers, where the \
two-pass costs nothing, and everything above is merged by Chan in an order that is always the same."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/channel_on_chip.h>

using namespace knobscope;

constexpr int kTurns = 2;  // nobody hands in moments before the channel before is known
constexpr int kBlocks = 192;
__device__ GroupMessages<kBlocks, kTurns> messages;

constexpr int kSlots = KNOB_HELD + KNOB_STREAM;
constexpr Hint kStores = KNOB_EVICT_FIRST ? Hint::evict_first : Hint::none;
constexpr Evict kOnce = KNOB_EVICT_FIRST ? Evict::first : Evict::normally;  // of what is not read again

// A warp's slices of a channel: first those that are held, then those that pass, then those that are parked.
struct Shares {
  int held;
  int passing;
  int parked;
  int tail;  // of those passing

  KNOBSCOPE_INLINE explicit Shares(int slices)
      : held(min(slices, KNOB_HELD)),
        passing(max(slices - KNOB_HELD - KNOB_PARKED, 0)),
        parked(slices - held - passing),
        tail(min(passing, KNOB_TAIL)) {}

  // Those passing are read again from the last to the first, because the last ones may still be in the L2 cache.
  KNOBSCOPE_INLINE int again(int i) const { return held + passing - 1 - i; }
};

extern "C" __global__ void __launch_bounds__(kWarp*(KNOB_WARPS + 2), 1)
    batchnorm(const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
              const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
              float* __restrict__ mean, float* __restrict__ rstd, float* __restrict__ next_running_mean,
              float* __restrict__ next_running_var, Index batch, Index channels, Index plane, float momentum,
              float epsilon) {
  extern __shared__ uint4 rings[];
  __shared__ Barrier loaded[KNOB_WARPS * kSlots];
  __shared__ ChannelMeeting<KNOB_WARPS, kTurns> meeting;
  using Slots = WarpSlots<KNOB_PACKS>;
  const int warp = threadIdx.x / kWarp;
  const int lane = threadIdx.x % kWarp;
  const GroupChannels all(channels, 0, 1);
  const Slices slices(batch, channels, plane, Slots::kSliceLength);

  if (threadIdx.x == 0) {
    for (Barrier& each : loaded) each.init(1);
    meeting.init(x, slices, all);
  }
  __syncthreads();

  if (warp == KNOB_WARPS) {
    meeting.tell(messages, 0, all);
    return;
  }
  if (warp > KNOB_WARPS) {
    const ChannelVectors vectors{
        gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
    meeting.listen(messages, 0, gridDim.x, x, slices, all, vectors);
    return;
  }

  // Neighbouring slices go to different multiprocessors.
  const WarpSlices own(slices, warp * gridDim.x + blockIdx.x, KNOB_WARPS * gridDim.x);
  const Shares shares(own.mine);
  const auto piece_of = [&](Index channel, int slice) { return Piece(slices, channel, own.at(slice)); };
  const Slots held{rings + warp * kSlots * Slots::kSlotPacks, loaded + warp * kSlots};
  const Slots stream{held.at(KNOB_HELD), held.loaded + KNOB_HELD};

  const auto fill_held = [&](Index channel, int i) {
    if (channel < channels && lane == 0) held.fill<kOnce>(i, x, piece_of(channel, i));
  };

  // What passes through the stream's slots while a channel is gathered: its slices, and between them those of the
  // channel before that are read again. The last `tail` of these come when all others have gone through.
  Index fill_channel = 0;
  int fill_item = 0;
  const auto fill_stream = [&](int slot) {
    const bool gathers = fill_channel < channels;
    const bool repeats = fill_channel > 0;
    const int of_step = (gathers ? shares.passing + shares.parked : 0) + (repeats ? shares.passing : 0);
    if (fill_channel > channels || of_step == 0) return;
    const int pairs = !gathers ? shares.passing : repeats ? shares.passing - shares.tail : 0;
    bool again = repeats;
    int i = fill_item;
    if (gathers && i < 2 * pairs) {
      again = i % 2 == 1;
      i /= 2;
    } else if (gathers) {
      i -= pairs;
      again = i >= shares.passing + shares.parked;
      if (again) i += pairs - shares.passing - shares.parked;
    }
    if (lane == 0) {
      if (again) {
        stream.fill<kOnce>(slot, x, piece_of(fill_channel - 1, shares.again(i)));
      } else if (i < shares.passing && i >= shares.passing - KNOB_KEEP) {
        stream.fill<Evict::last>(slot, x, piece_of(fill_channel, shares.held + i));
      } else {
        stream.fill<kOnce>(slot, x, piece_of(fill_channel, shares.held + i));
      }
    }
    if (++fill_item == of_step) {
      fill_item = 0;
      ++fill_channel;
    }
  };

  for (int i = 0; i < shares.held; ++i) fill_held(0, i);
  for (int slot = 0; slot < KNOB_STREAM; ++slot) fill_stream(slot);

  Turn<KNOB_STREAM> turn;
  const auto refill = [&] {
    __syncwarp();  // all lanes have read the slot
    fill_stream(turn.slot);
    turn.advance();
  };
  const auto wait_for_stream = [&](const Piece& piece) {
    stream.loaded[turn.slot].wait(turn.parity);
    return read_slot<KNOB_PACKS>(stream.at(turn.slot), piece);
  };
  ThreadPacks<KNOB_PACKS> parked[KNOB_PARKED > 0 ? KNOB_PARKED : 1];
  Normalization normalize{};  // of the channel before

  // By the warp: a slice of the channel before is read again.
  const auto apply_again = [&](Index channel, int i) {
    const Piece piece = piece_of(channel - 1, shares.again(i));
    normalize_packs<kStores>(normalize, wait_for_stream(piece), x, y, piece);
    refill();
  };

  for (Index channel = 0; channel <= channels; ++channel) {
    const bool gathers = channel < channels;
    const bool repeats = channel > 0;
    int again = 0;
    if (gathers) {
      const float centre = meeting.centre(channel);
      Moments moments{};
      const auto gather = [&](const ThreadPacks<KNOB_PACKS>& packs, const Piece& piece) {
        moments = merge(moments, moments_about(centre, packs, x, piece));
      };
#pragma unroll 1
      for (int i = 0; i < shares.passing; ++i) {
        const Piece piece = piece_of(channel, shares.held + i);
        gather(wait_for_stream(piece), piece);
        refill();
        if (repeats && i < shares.passing - shares.tail) apply_again(channel, again++);
      }
#pragma unroll 1
      for (int i = 0; i < shares.held; ++i) {
        const Piece piece = piece_of(channel, i);
        held.loaded[i].wait(static_cast<unsigned>(channel) & 1U);
        gather(read_slot<KNOB_PACKS>(held.at(i), piece), piece);
      }
#pragma unroll
      for (int i = 0; i < KNOB_PARKED; ++i) {
        if (i >= shares.parked) break;
        const Piece piece = piece_of(channel, shares.held + shares.passing + i);
        parked[i] = wait_for_stream(piece);
        gather(parked[i], piece);
        refill();
      }
      meeting.hand_in(channel, warp_reduce(moments));
    }
    if (repeats) {
#pragma unroll 1
      while (again < shares.passing) apply_again(channel, again++);
    }
    if (!gathers) break;

    normalize = meeting.wait_for(channel);
#pragma unroll
    for (int i = 0; i < KNOB_PARKED; ++i) {
      if (i >= shares.parked) break;
      normalize_packs<kStores>(normalize, parked[i], x, y, piece_of(channel, shares.held + shares.passing + i));
    }
    for (int i = 0; i < shares.held; ++i) {
      const Piece piece = piece_of(channel, i);
      normalize_packs<kStores>(normalize, read_slot<KNOB_PACKS>(held.at(i), piece), x, y, piece);
      __syncwarp();  // all lanes have read the slot
      fill_held(channel + 1, i);
    }
  }
}
