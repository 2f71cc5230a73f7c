/* knobscope
title = "Channel held on chip"
idea = """
The shared memories of all multiprocessors together hold several channels, so no element need be read twice. Blocks \
stay for the whole launch and work in groups, a channel at a time; each warp has a ring of slots that bulk copies fill \
with its slices of the group's channels. It takes the moments of a slot and leaves the slot as it is until the blocks \
have told each other what they found, normalizes it from where it lies, and has it filled again. So that nobody waits \
for that, the statistics run ahead. The knob that matters is groups: so many that the ring holds two channels or \
more, and so few that a channel's slices come out even."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.groups]
values = [1, 2, 3, 4, 6, 8, 11, 12, 16, 22, 33, 44, 66, 132]
default = 2
help = "groups of blocks, with a channel each"

[knobs.ahead]
values = [0, 1, 2, 3, 4, 6]
default = 1
help = "channels of which a warp takes the moments before it normalizes the first one, as far as its ring allows"

[knobs.slots]
values = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16]
default = 7
help = "slots of a warp's ring"

[knobs.packs]
values = [1, 2, 4, 8]
default = 4
help = "16-byte packs of a slot for each of the 32 lanes"

[knobs.warps]
values = [1, 2, 4, 6, 8, 10, 12, 14, 16, 22]
default = 16
help = "warps with a ring; two more do the talking between blocks"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "warps * slots * packs * 512 + 2560 <= shared_per_block_optin"
reason = "the rings of a block's warps do not fit into a multiprocessor's shared memory"

[[requires]]
condition = "groups <= sm_count && sm_count <= 192"
reason = "a group has a block at least, and each block has a multiprocessor of its own"

[[requires]]
condition = """
ceil_div(batch * ceil_div(plane * element_size, packs * 512), floor(sm_count / groups) * warps) <= slots"""
reason = "a channel is larger than what the rings of a group hold: take fewer groups"

[[launches]]
entry = "batchnorm"
cooperative = true
grid = "floor(sm_count / groups) * groups"
block = "32 * (warps + 2)"
shared = "warps * slots * packs * 512"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "batch", "channels", "plane", "momentum", "epsilon",
]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size + channels * 16"
note = "Everything once: less than this nothing can move. What blocks tell each other stays in the L2 cache."

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact; a lane's values of a slot are in registers, where the \
two-pass costs nothing, and everything above is merged by Chan in an order that is always the same."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/channel_on_chip.h>

using namespace knobscope;

// Nobody hands in moments more than two channels ahead of those that all others have got.
constexpr int kTurns = KNOB_AHEAD + 2;
constexpr int kBlocks = 192;
__device__ GroupMessages<kBlocks, kTurns> messages;

extern "C" __global__ void __launch_bounds__(kWarp*(KNOB_WARPS + 2), 1)
    batchnorm(const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
              const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
              float* __restrict__ mean, float* __restrict__ rstd, float* __restrict__ next_running_mean,
              float* __restrict__ next_running_var, Index batch, Index channels, Index plane, float momentum,
              float epsilon) {
  extern __shared__ uint4 rings[];
  __shared__ Barrier loaded[KNOB_WARPS * KNOB_SLOTS];
  __shared__ ChannelMeeting<KNOB_WARPS, kTurns> meeting;
  using Slots = WarpSlots<KNOB_PACKS>;
  const int warp = threadIdx.x / kWarp;
  const int lane = threadIdx.x % kWarp;

  const int blocks = gridDim.x / KNOB_GROUPS;  // of a group
  const int group = blockIdx.x / blocks;
  const GroupChannels of_group(channels, group, KNOB_GROUPS);
  const Slices slices(batch, channels, plane, Slots::kSliceLength);

  if (threadIdx.x == 0) {
    for (Barrier& each : loaded) each.init(1);
    meeting.init(x, slices, of_group);
  }
  __syncthreads();

  if (warp == KNOB_WARPS) {
    meeting.tell(messages, group * blocks, of_group);
    return;
  }
  if (warp > KNOB_WARPS) {
    const ChannelVectors vectors{
        gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
    meeting.listen(messages, group * blocks, blocks, x, slices, of_group, vectors);
    return;
  }

  // Neighbouring slices go to different multiprocessors.
  const WarpSlices own(slices, warp * blocks + blockIdx.x % blocks, KNOB_WARPS * blocks);
  const Slots slots{rings + warp * KNOB_SLOTS * Slots::kSlotPacks, loaded + warp * KNOB_SLOTS};
  const Index ahead = min(KNOB_AHEAD, KNOB_SLOTS / own.most - 1);

  // Slots are filled, gathered from and normalized in the same order: the warp's slices of one channel after another.
  Index fill_turn = 0;
  int fill_slice = 0;
  const auto fill_next = [&](int slot) {
    if (fill_turn == of_group.count || own.mine == 0) return;
    if (lane == 0) slots.fill(slot, x, Piece(slices, of_group.at(fill_turn), own.at(fill_slice)));
    if (++fill_slice == own.mine) {
      fill_slice = 0;
      ++fill_turn;
    }
  };
  for (int slot = 0; slot < KNOB_SLOTS; ++slot) fill_next(slot);

  Turn<KNOB_SLOTS> gathering;
  Turn<KNOB_SLOTS> applying;
  for (Index turn = 0; turn < of_group.count + ahead; ++turn) {
    if (turn < of_group.count) {
      const float centre = meeting.centre(turn);
      Moments moments{};
#pragma unroll 1
      for (int i = 0; i < own.mine; ++i, gathering.advance()) {
        const Piece piece(slices, of_group.at(turn), own.at(i));
        slots.loaded[gathering.slot].wait(gathering.parity);
        moments =
            merge(moments, moments_about(centre, read_slot<KNOB_PACKS>(slots.at(gathering.slot), piece), x, piece));
      }
      meeting.hand_in(turn, warp_reduce(moments));
    }
    if (turn >= ahead) {
      const Index done = turn - ahead;
      const Normalization normalize = meeting.wait_for(done);
#pragma unroll 1
      for (int i = 0; i < own.mine; ++i, applying.advance()) {
        const Piece piece(slices, of_group.at(done), own.at(i));
        normalize_packs<Hint::none>(normalize, read_slot<KNOB_PACKS>(slots.at(applying.slot), piece), x, y, piece);
        __syncwarp();  // all lanes have read the slot
        fill_next(applying.slot);
      }
    }
  }
}
