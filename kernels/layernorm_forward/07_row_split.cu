/* knobscope
title = "Row split over several blocks"
idea = """
A few huge rows leave most of the GPU idle when a row has one block. Here a row is cut into parts, a block each: the \
first launch leaves every part's moments in memory, the second merges those of its row by Chan's formula and applies \
them to its part. The end of the first launch is the meeting point that the blocks need."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 33, 64, 66, 128, 132, 256]
default = 32
help = "parts of a row, a block each; rows * splits blocks should fill every multiprocessor"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, which share one part of a row"

[[buffers]]
name = "partials"
type = "f32"
count = "rows * splits * 3"

[[launches]]
entry = "gather_moments"
grid = ["rows", "splits"]
block = "block"
arguments = ["x", "partials", "columns"]

[[launches]]
entry = "apply"
grid = ["rows", "splits"]
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "partials", "columns", "epsilon"]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size + rows * splits * splits * 12"
writes = "elements * element_size + 8 * rows + rows * splits * 12"
note = """
x once per launch, and the partials of its row by every block. The second launch starts with the parts that the \
first one read last, because those are still in the L2 cache."""

[numerics]
accumulate = "f32"
note = """
A pack's moments are taken about its own mean, and everything above is merged by Chan: right for any mean, with \
short chains. The mean is rounded to a float, which shows in y when it is a thousand times the spread."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/reduce.h>
#include <knobscope/vector.h>

using namespace knobscope;

// Part `part` of the row that starts at `first`: whole packs long, but for the last part.
__device__ Stretch part_of_row(Index first, Index columns, Index part) {
  const Index even = (columns + KNOB_SPLITS - 1) / KNOB_SPLITS;
  const Index length = (even + kPack - 1) / kPack * kPack;
  const Index begin = min(part * length, columns);
  const Index end = min(begin + length, columns);
  return cut(first + begin, first + end);
}

// Two passes over values that are in registers cost no memory traffic, and one division serves a whole pack.
__device__ Moments moments_of(const PackValues& values) {
  float sum = 0.0F;
  for (const float value : values.at) sum += value;
  const float mean = sum / kPack;
  float m2 = 0.0F;
  for (const float value : values.at) m2 += (value - mean) * (value - mean);
  return Moments{kPack, mean, m2};
}

extern "C" __global__ void __launch_bounds__(KNOB_BLOCK)
gather_moments(const Element* __restrict__ x, Moments* __restrict__ partials, Index columns) {
  const Index row = blockIdx.x;
  const Index part = blockIdx.y;
  const Stretch stretch = part_of_row(row * columns, columns, part);

  Moments moments = fold_packs<Moments, KNOB_BLOCK, 4>(stretch, [&](Moments chain, Index at) {
    return merge(chain, moments_of(load_pack(x + at)));
  });
  for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) { moments = with_value(moments, to_float(x[at])); });
  moments = block_reduce<KNOB_BLOCK>(moments);
  if (threadIdx.x == 0) partials[row * KNOB_SPLITS + part] = moments;
}

extern "C" __global__ void __launch_bounds__(KNOB_BLOCK)
apply(const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
      Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd,
      const Moments* __restrict__ partials, Index columns, float epsilon) {
  const Index row = blockIdx.x;
  const Index part = KNOB_SPLITS - 1 - static_cast<Index>(blockIdx.y);  // last read, first served
  const Index first = row * columns;

  // Every block of the row merges the same partials in the same order, and so comes to the same bits.
  Moments moments{};
  for (int i = threadIdx.x; i < KNOB_SPLITS; i += KNOB_BLOCK) {
    moments = merge(moments, partials[row * KNOB_SPLITS + i]);
  }
  moments = block_reduce<KNOB_BLOCK>(moments);
  const float row_mean = moments.mean;
  const float row_rstd = rsqrtf(moments.m2 / columns + epsilon);
  if (part == 0 && threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  const auto normalize = [&](float value, float scale, float shift) {
    return (value - row_mean) * row_rstd * scale + shift;
  };
  const Stretch stretch = part_of_row(first, columns, part);
  for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) {
    const Index column = at - first;
    y[at] = from_float<Element>(normalize(to_float(x[at]), to_float(gamma[column]), to_float(beta[column])));
  });
  // gamma and beta start at the row's start: their packs are aligned only where the row is.
  const bool aligned = first % kPack == 0;
  for_each_pack<KNOB_BLOCK, 1>(stretch, [&](Index at) {
    const Index column = at - first;
    const PackValues scale = aligned ? load_pack(gamma + column) : gather_pack(gamma + column);
    const PackValues shift = aligned ? load_pack(beta + column) : gather_pack(beta + column);
    PackValues values = load_pack(x + at);
    for (int i = 0; i < kPack; ++i) values.at[i] = normalize(values.at[i], scale.at[i], shift.at[i]);
    store_pack(y + at, values);
  });
}
