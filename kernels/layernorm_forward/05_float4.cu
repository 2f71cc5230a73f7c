/* knobscope
title = "float4, sixteen bytes a load"
idea = """
Two passes again, but a thread loads 16 bytes at once: four floats, or eight 16-bit elements. A quarter of the \
instructions move the same bytes, and several loads are under way together. Rows that do not start or end on 16 bytes \
get their edges element by element, so every shape works. The knob that matters is unroll: the loads that a thread has \
under way together."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one row"

[knobs.unroll]
values = [1, 2, 4, 8]
default = 4
help = "16-byte loads a thread may have under way in the passes that only read"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once per pass; a row of a few thousand elements is still in a cache for the second and third."

[numerics]
accumulate = "f32"
note = """
The second pass also adds up the distances themselves. In exact arithmetic that sum is 0; what is left tells by how \
much rounding has moved the mean, and is taken out of the variance and of y. This corrected two-pass stays right \
where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "The corrected two-pass: Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/affine_pass.h>
#include <knobscope/reduce.h>
#include <knobscope/vector.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index columns, float epsilon) {
  const Index row = blockIdx.x;
  const Index first = row * columns;
  const Stretch stretch = cut(first, first + columns);

  // A pack is added up by itself, then to the chain.
  float sum = fold_packs<float, KNOB_BLOCK, KNOB_UNROLL>(stretch, [&](float chain, Index at) {
    float of_pack = 0.0F;
    for (const float value : load_pack(x + at).at) of_pack += value;
    return chain + of_pack;
  });
  for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) { sum += to_float(x[at]); });
  const float row_mean = block_reduce<KNOB_BLOCK>(sum) / columns;

  // Two sums at once: x gathers the distances from the rounded mean, y their squares.
  const auto with_distance = [&](float2 sums, float value) {
    const float distance = value - row_mean;
    return merge(sums, make_float2(distance, distance * distance));
  };
  float2 sums = fold_packs<float2, KNOB_BLOCK, KNOB_UNROLL>(stretch, [&](float2 chain, Index at) {
    float2 of_pack{};
    for (const float value : load_pack(x + at).at) of_pack = with_distance(of_pack, value);
    return merge(chain, of_pack);
  });
  for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) { sums = with_distance(sums, to_float(x[at])); });
  sums = block_reduce<KNOB_BLOCK>(sums);
  const float correction = sums.x / columns;
  const float row_rstd = rsqrtf(sums.y / columns - correction * correction + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  const auto normalize = [&](float value, float scale, float shift) {
    return ((value - row_mean) - correction) * row_rstd * scale + shift;
  };
  affine_pass<KNOB_BLOCK, 1>([&](Index at) { return x + at; }, gamma, beta, y, first, stretch, normalize);
}
