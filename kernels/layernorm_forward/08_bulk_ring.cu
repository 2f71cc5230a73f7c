/* knobscope
title = "Ring of rows, filled by bulk copies"
idea = """
Blocks stay for the whole launch, and each has a ring of slots in shared memory, a row each. The hardware copies the \
next rows into it while the block works on the first one: memory always has something to do. The block takes its row \
from the slot into registers, meets once, and the slot is filled again before a single result is written; gamma and \
beta stay in registers too. Whoever is done with a row takes the next one that is left. The knobs that matter are \
stages and per_sm: their product is the rows that a multiprocessor has under way, and some 200 KB of them keep the \
memory busy. A block of 32 is a warp with a ring of its own, which meets nobody: right for short rows."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]
activations = ["none", "relu", "gelu"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 128
help = "threads in a block, which work on one row at a time"

[knobs.packs]
values = [1, 2, 3, 4, 6, 8, 12, 16]
default = 8
help = "packs of 16 bytes that each thread keeps: block * packs of them hold a row"

[knobs.stages]
values = [1, 2, 3, 4, 6, 8]
default = 3
help = "rows in a block's ring, which are on their way while the one before them is in registers"

[knobs.per_sm]
values = [1, 2, 3, 4, 6, 8, 12, 16]
default = 4
help = "blocks for each multiprocessor; their rings must fit into its shared memory together, or some wait"

[knobs.kept]
values = [0, 1]
default = 1
help = "1: gamma and beta stay in registers; 0: every row reads them again, from the L2 cache"

[knobs.tickets]
values = [0, 1]
default = 1
help = "rows behind those that fill the rings: 0: shared out evenly, better for short rows; 1: to whoever asks first"

[knobs.evict_first]
values = [0, 1]
default = 0
help = "1: the L2 cache gives up x first"

[values]
slot = "round_up(columns * element_size, 128)"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "columns * element_size <= block * packs * 16"
reason = "the row is longer than what the block's threads keep in registers: take more threads or more packs"

# The ring, and at most 2 KB for its barriers and what the warps exchange.
[[requires]]
condition = "stages * slot + 2048 <= shared_per_block_optin"
reason = "so many rows are longer than the shared memory that a block may have on this device: take fewer stages"

[[launches]]
entry = "layernorm"
grid = "min(rows, sm_count * per_sm)"
block = "block"
shared = "stages * slot"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", "slot / 16"]

[traffic]
reads = "elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = """
Everything once: less than this nothing can move. gamma and beta come to every block from the L2 cache, once or, when \
they are not kept or rows do not start on 16 bytes, for every row."""

[numerics]
accumulate = "f32"
note = """
A warp passes over its values twice, about its own mean, and also takes out by how much rounding has moved that mean. \
The warps' moments are merged by Chan's formula, relative to the first one's mean. Right where the mean is thousands \
of times the spread. Who works on a row changes nothing in it."""
deterministic = true

[source]
note = "The corrected two-pass and the merging of groups: Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/bulk_copy.h>
#include <knobscope/dynamic_scheduling.h>
#include <knobscope/kept_row.h>

using namespace knobscope;

// Rows that were asked for.
__device__ unsigned tickets;

struct Ring {
  uint4* slots;  // KNOB_STAGES times slot_packs
  int slot_packs;
  Barrier* loaded;
  unsigned* row_in;  // which row a slot holds; `rows` and above: none is left
};

// kFull: each thread has KNOB_PACKS packs of every row, and there is nothing else in it.
template <bool kFull>
__device__ void work(const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean, float* rstd,
                     unsigned rows, Index columns, float epsilon, const Ring& ring) {
  const int thread = threadIdx.x;

  // Thread 0 fills the slots with a row's whole packs; its edges are read from memory. A row that is too short for a
  // pack has edges only, and nothing is copied.
  const auto stretch_of = [&](unsigned row) {
    const Index begin = row * columns;
    const Index end = begin + columns;
    return kFull ? Stretch{begin, begin, end, end} : cut(begin, end);
  };
  const auto fill = [&](int slot, unsigned row) {
    ring.row_in[slot] = row;
    const Stretch stretch = stretch_of(row);
    const unsigned bytes = row < rows ? (stretch.packs_end - stretch.packs_begin) * sizeof(Element) : 0;
    Barrier& loaded = ring.loaded[slot];
    loaded.arrive_and_expect(bytes);
    if (bytes == 0) return;
    constexpr Evict kEvict = KNOB_EVICT_FIRST ? Evict::first : Evict::normally;
    copy_to_shared<kEvict>(ring.slots + slot * ring.slot_packs, x + stretch.packs_begin, bytes, loaded);
  };
  // The row behind those of the first round that this block is to work on.
  const unsigned first_round = KNOB_STAGES * gridDim.x;
  const auto ask_for_row = [&] { return first_round + take_piece(&tickets, max(rows, first_round) - first_round); };

  unsigned next = 0;  // of thread 0: asked for one row ahead, for the answer takes its time
  if (thread == 0) {
    for (int slot = 0; slot < KNOB_STAGES; ++slot) ring.loaded[slot].init(1);
    for (int slot = 0; slot < KNOB_STAGES; ++slot) fill(slot, blockIdx.x + slot * gridDim.x);
    next = KNOB_TICKETS ? ask_for_row() : first_round + blockIdx.x;
  }
  __syncthreads();

  Affine<KNOB_BLOCK, KNOB_PACKS, KNOB_KEPT> affine(gamma, beta);
  if (KNOB_KEPT && (kFull || columns % kPack == 0)) affine.keep(0, columns);

  int round = 0;
  for (Turn<KNOB_STAGES> turn;; turn.advance(), round ^= 1) {
    ring.loaded[turn.slot].wait(turn.parity);
    const unsigned row = ring.row_in[turn.slot];
    if (row >= rows) break;
    const Stretch stretch = stretch_of(row);
    const auto* slot = reinterpret_cast<const Element*>(ring.slots + turn.slot * ring.slot_packs);
    const KeptRow<KNOB_BLOCK, KNOB_PACKS, kFull> kept(stretch, slot, x);

    const ExactMoments of_row = merge_warps<KNOB_BLOCK>(kept.moments_of_warp(), kept.count(), round, [&] {
      if (thread != 0) return;
      fill(turn.slot, next);  // all have read the slot
      if (next < rows) next = KNOB_TICKETS ? ask_for_row() : next + gridDim.x;
    });
    const float row_rstd = rsqrtf(of_row.m2 / of_row.count + epsilon);
    if (thread == 0) {
      mean[row] = of_row.mean;
      rstd[row] = row_rstd;
    }
    kept.normalize(0, of_row, row_rstd, affine, y);
  }
}

// As many blocks share a multiprocessor as its registers allow, if each thread has at least 128 of them.
constexpr int kResident = KNOB_BLOCK * KNOB_PER_SM <= 512 ? KNOB_PER_SM : 1;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK, kResident) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, unsigned rows, Index columns,
    float epsilon, int slot_packs) {
  extern __shared__ __align__(128) uint4 slots[];  // a copy to a line's start is quicker
  __shared__ Barrier loaded[KNOB_STAGES];
  __shared__ unsigned row_in[KNOB_STAGES];
  const Ring ring{slots, slot_packs, loaded, row_in};
  if (columns == KNOB_BLOCK * KNOB_PACKS * kPack) {
    work<true>(x, gamma, beta, y, mean, rstd, rows, columns, epsilon, ring);
  } else {
    work<false>(x, gamma, beta, y, mean, rstd, rows, columns, epsilon, ring);
  }
}
