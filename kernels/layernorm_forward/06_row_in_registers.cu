/* knobscope
title = "Row kept in registers"
idea = """
The largest memory near a multiprocessor's arithmetic is not a cache but its registers: 256 KB. A block reads its row \
once and keeps it there; the sums, the squares and the result all come from registers, so three passes cost the \
traffic of one. Registers cannot be indexed at run time, so how many packs of 16 bytes a thread keeps is a constant, \
and a row longer than block * packs * 16 bytes does not fit. The knob that matters is packs: the fewest that hold the \
row, because every further one takes registers from the blocks that could run beside this one, and too many spill."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one row"

[knobs.packs]
values = [1, 2, 3, 4, 6, 8, 12, 16]
default = 4
help = "packs of 16 bytes that each thread keeps: block * packs of them hold a row"

[[requires]]
condition = "columns * element_size <= block * packs * 16"
reason = "the row is longer than what the block's threads keep in registers: take more threads or more packs"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "Everything once: less than this nothing can move."

[numerics]
accumulate = "f32"
note = """
With the row at hand, the corrected two-pass costs nothing: the distances from the rounded mean are added up too, and \
what is left of their sum is taken out of the variance and of y. Right where the mean is thousands of times the \
spread."""
deterministic = true

[source]
note = "What fused kernels do for hidden sizes up to some ten thousand."
*/

#include <knobscope/reduce.h>
#include <knobscope/vector.h>

using namespace knobscope;

extern "C" __global__ void __launch_bounds__(KNOB_BLOCK)
layernorm(const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
          Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index columns, float epsilon) {
  const Index row = blockIdx.x;
  x += row * columns;
  y += row * columns;
  const int length = static_cast<int>(columns);  // of a row that fits
  const bool whole_packs = length % kPack == 0;  // then every row starts and ends on 16 bytes

  // Pack i of a thread: neighbours in the block have neighbours in memory.
  const auto column_of = [](int i) { return (i * KNOB_BLOCK + static_cast<int>(threadIdx.x)) * kPack; };

  // Kept in the element's own type: two 16-bit ones share a register. Every load is under way before the first is
  // waited for.
  PackBytes kept[KNOB_PACKS];
#pragma unroll
  for (int i = 0; i < KNOB_PACKS; ++i) {
    const int column = column_of(i);
    if (whole_packs && column < length) {
      kept[i] = load_bytes(x + column);
    } else {
#pragma unroll
      for (int k = 0; k < kPack; ++k) {
        kept[i].elements[k] = column + k < length ? x[column + k] : from_float<Element>(0.0F);
      }
    }
  }

  float sum = 0.0F;
#pragma unroll
  for (int i = 0; i < KNOB_PACKS; ++i) {
    for (const float value : values_of(kept[i]).at) sum += value;  // those past the end are 0
  }
  const float row_mean = block_reduce<KNOB_BLOCK>(sum) / length;

  // Two sums at once: x gathers the distances from the rounded mean, y their squares.
  float2 sums{};
#pragma unroll
  for (int i = 0; i < KNOB_PACKS; ++i) {
    const PackValues values = values_of(kept[i]);
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      const float distance = values.at[k] - row_mean;
      if (column_of(i) + k < length) sums = merge(sums, make_float2(distance, distance * distance));
    }
  }
  sums = block_reduce<KNOB_BLOCK>(sums);
  const float correction = sums.x / length;
  const float row_rstd = rsqrtf(sums.y / length - correction * correction + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  const auto normalize = [&](float value, float scale, float shift) {
    return ((value - row_mean) - correction) * row_rstd * scale + shift;
  };
#pragma unroll
  for (int i = 0; i < KNOB_PACKS; ++i) {
    const int column = column_of(i);
    PackValues values = values_of(kept[i]);
    if (whole_packs && column < length) {
      const PackValues scale = load_pack(gamma + column);
      const PackValues shift = load_pack(beta + column);
#pragma unroll
      for (int k = 0; k < kPack; ++k) values.at[k] = normalize(values.at[k], scale.at[k], shift.at[k]);
      store_pack(y + column, values);
    } else {
#pragma unroll
      for (int k = 0; k < kPack; ++k) {
        if (column + k >= length) break;
        const float scale = to_float(gamma[column + k]);
        const float shift = to_float(beta[column + k]);
        y[column + k] = from_float<Element>(normalize(values.at[k], scale, shift));
      }
    }
  }
}
