/* knobscope
title = "Ring of rows, filled by bulk copies"
idea = """
Blocks stay for the whole launch, and each has a ring of slots in shared memory, a row each. The hardware copies the \
next rows into it while the block works on the first one: memory always has something to do, x is read from it once, \
and gamma and beta stay in registers. Whoever is done with a row takes the next one that is left. A block of 32 is a \
warp with a ring of its own, right for short rows."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 128
help = "threads in a block, which work on one row at a time"

[knobs.stages]
values = [1, 2, 3, 4, 6, 8]
default = 3
help = "rows in a block's ring: one is worked on, the others are on their way"

[knobs.per_sm]
values = [1, 2, 3, 4, 6, 8, 12, 16]
default = 4
help = "blocks for each multiprocessor; their rings must fit into its shared memory together, or some wait"

[knobs.kept]
values = [8, 16, 24, 32, 64]
default = 32
help = "elements of gamma, and of beta, that a thread keeps in registers; the rest is read again for every row"

[knobs.tickets]
values = [0, 1]
default = 1
help = "rows behind those that fill the rings: 0: shared out evenly, 1: to whoever asks first"

[knobs.evict_first]
values = [0, 1]
default = 0
help = "1: the L2 cache gives up x first"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[launches]]
entry = "layernorm"
grid = "min(rows, sm_count * per_sm)"
block = "block"
shared = """
stages * floor(columns * element_size / 16) * 16 <= shared_per_block_optin - 2048 \
? stages * floor(columns * element_size / 16) * 16 : 0"""
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", """\
stages * floor(columns * element_size / 16) * 16 <= shared_per_block_optin - 2048 \
? floor(columns * element_size / 16) : 0"""]

[traffic]
reads = """
(columns * element_size >= 16 && \
stages * floor(columns * element_size / 16) * 16 <= shared_per_block_optin - 2048 ? 1 : 3) \
* elements * element_size + 2 * columns * element_size"""
writes = "elements * element_size + 8 * rows"
note = """
x once. gamma and beta come from the L2 cache to every block, once or, beyond what is kept, for every row. A row that \
is shorter than 16 bytes, or too long for `stages` of them to fit into shared memory, is read straight from memory, \
once per pass."""

[numerics]
accumulate = "f32"
note = """
As float4: two passes over the row, and the second also takes out by how much rounding has moved the mean. This stays \
right where the mean is thousands of times the spread. Who works on a row changes nothing in it."""
deterministic = true

[source]
note = "The corrected two-pass: Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/bulk_copy.h>
#include <knobscope/reduce.h>
#include <knobscope/vector.h>

using namespace knobscope;

// Rows that were asked for. It is 0 again when the launch is over, so that the next one finds it so; two launches of
// this kernel at a time would mix up theirs.
__device__ unsigned tickets;

// As many blocks share a multiprocessor as its registers allow, if each thread has at least 128 of them.
constexpr int kResident = KNOB_BLOCK * KNOB_PER_SM <= 512 ? KNOB_PER_SM : 1;

extern "C" __global__ void __launch_bounds__(KNOB_BLOCK, kResident)
layernorm(const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
          Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, int rows, Index columns,
          float epsilon, int slot_packs) {
  extern __shared__ uint4 slots[];  // KNOB_STAGES times slot_packs
  __shared__ Barrier loaded[KNOB_STAGES];
  __shared__ Index row_in[KNOB_STAGES];  // which row a slot holds; `rows` and above: none is left
  constexpr int kStep = KNOB_BLOCK * kPack;
  constexpr int kKeptPacks = KNOB_KEPT / kPack;
  const int thread = threadIdx.x;

  const auto stretch_of = [&](Index row) { return cut(row * columns, (row + 1) * columns); };

  // The thread's packs are the same in every row, and so are gamma and beta, if all rows start at a pack's start.
  const bool aligned = columns % kPack == 0;
  PackValues scales[kKeptPacks];
  PackValues shifts[kKeptPacks];
#pragma unroll
  for (int i = 0; i < kKeptPacks; ++i) {
    const Index column = i * kStep + thread * kPack;
    if (!aligned || column >= columns) continue;
    scales[i] = load_pack(gamma + column);
    shifts[i] = load_pack(beta + column);
  }

  // By all threads. `packs` are the row's whole packs, in a slot or in memory; its edges are always read from memory.
  const auto normalize_row = [&](Index row, const Stretch& stretch, const Element* packs) {
    const Stretch inner{0, 0, stretch.packs_end - stretch.packs_begin, stretch.packs_end - stretch.packs_begin};
    float sum = fold_packs<float, KNOB_BLOCK, 4>(inner, [&](float chain, Index at) {
      float of_pack = 0.0F;
      for (const float value : load_pack(packs + at).at) of_pack += value;
      return chain + of_pack;
    });
    for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) { sum += to_float(x[at]); });
    const float row_mean = block_reduce<KNOB_BLOCK>(sum) / columns;

    // Two sums at once: x gathers the distances from the rounded mean, y their squares.
    const auto with_distance = [&](float2 sums, float value) {
      const float distance = value - row_mean;
      return merge(sums, make_float2(distance, distance * distance));
    };
    float2 sums = fold_packs<float2, KNOB_BLOCK, 4>(inner, [&](float2 chain, Index at) {
      float2 of_pack{};
      for (const float value : load_pack(packs + at).at) of_pack = with_distance(of_pack, value);
      return merge(chain, of_pack);
    });
    for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) { sums = with_distance(sums, to_float(x[at])); });
    sums = block_reduce<KNOB_BLOCK>(sums);
    const float correction = sums.x / columns;
    const float row_rstd = rsqrtf(sums.y / columns - correction * correction + epsilon);
    if (thread == 0) {
      mean[row] = row_mean;
      rstd[row] = row_rstd;
    }

    const auto normalize = [&](float value, float scale, float shift) {
      return ((value - row_mean) - correction) * row_rstd * scale + shift;
    };
    const auto normalize_pack = [&](Index at, const PackValues& scale, const PackValues& shift) {
      PackValues values = load_pack(packs + at);
      for (int i = 0; i < kPack; ++i) values.at[i] = normalize(values.at[i], scale.at[i], shift.at[i]);
      store_pack(y + stretch.packs_begin + at, values);
    };
    const Index kept = aligned ? min(inner.end, Index{kKeptPacks} * kStep) : 0;
#pragma unroll
    for (int i = 0; i < kKeptPacks; ++i) {
      const Index at = i * kStep + thread * kPack;
      if (at < kept) normalize_pack(at, scales[i], shifts[i]);
    }
    for_each_pack<KNOB_BLOCK, 1>(Stretch{kept, kept, inner.end, inner.end}, [&](Index at) {
      const Index column = stretch.packs_begin - row * columns + at;
      normalize_pack(at, aligned ? load_pack(gamma + column) : gather_pack(gamma + column),
                     aligned ? load_pack(beta + column) : gather_pack(beta + column));
    });
    for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) {
      const Index column = at - row * columns;
      y[at] = from_float<Element>(normalize(to_float(x[at]), to_float(gamma[column]), to_float(beta[column])));
    });
  };

  if (slot_packs == 0) {  // no ring: see the traffic's note
    for (Index row = blockIdx.x; row < rows; row += gridDim.x) {
      const Stretch stretch = stretch_of(row);
      normalize_row(row, stretch, x + stretch.packs_begin);
    }
    return;
  }

  // Thread 0 fills the slots. A row that cannot be cut into packs has edges only, and nothing is copied.
  const auto fill = [&](int slot, Index row) {
    row_in[slot] = row;
    const Stretch stretch = stretch_of(row);
    const unsigned bytes = row < rows ? (stretch.packs_end - stretch.packs_begin) * sizeof(Element) : 0;
    loaded[slot].arrive_and_expect(bytes);
    if (bytes == 0) return;
    copy_to_shared<KNOB_EVICT_FIRST ? Evict::first : Evict::normally>(slots + slot * slot_packs,
                                                                      x + stretch.packs_begin, bytes, loaded[slot]);
  };
  // The row behind those of the first round that this block is to work on. A block asks until it is told that none is
  // left. In all that is once for every such row and once for every block, and then atomicInc is back at 0.
  const Index first_round = Index{KNOB_STAGES} * gridDim.x;
  const auto ask_for_row = [&] {
    const unsigned last_ticket = max(rows - first_round, Index{0}) + gridDim.x - 1;
    return first_round + atomicInc(&tickets, last_ticket);
  };

  Index next = 0;  // of thread 0: asked for one row ahead, for the answer takes its time
  if (thread == 0) {
    for (int slot = 0; slot < KNOB_STAGES; ++slot) loaded[slot].init(1);
    for (int slot = 0; slot < KNOB_STAGES; ++slot) fill(slot, blockIdx.x + Index{slot} * gridDim.x);
    next = KNOB_TICKETS ? ask_for_row() : first_round + blockIdx.x;
  }
  __syncthreads();

  for (Turn<KNOB_STAGES> turn;; turn.advance()) {
    loaded[turn.slot].wait(turn.parity);
    const Index row = row_in[turn.slot];
    if (row >= rows) break;
    normalize_row(row, stretch_of(row), reinterpret_cast<const Element*>(slots + turn.slot * slot_packs));
    __syncthreads();  // all have read the slot
    if (thread == 0) {
      fill(turn.slot, next);
      if (next < rows) next = KNOB_TICKETS ? ask_for_row() : next + gridDim.x;
    }
  }
}
