/* knobscope
title = "Row kept in shared memory"
idea = """
A block reads its row once from memory and keeps it in shared memory, from where the second and third pass take it. \
Unlike registers it can be indexed, so one compiled kernel serves every length up to 227 KB a row on an H100 or H200, \
and a longer row does not fit. Every thread reads back only what it wrote itself, so the row needs no barrier. The \
block is the knob that matters: the longer the row, the fewer blocks fit beside each other, down to one, and then \
that block alone must have enough loads under way."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one row"

[knobs.unroll]
values = [1, 2, 4, 8]
default = 4
help = "16-byte loads a thread may have under way while the row comes in"

# The row, 16 bytes for where it starts within a pack, and at most 1 KB for the reductions.
[[requires]]
condition = "columns * element_size + 16 + 1024 <= shared_per_block_optin"
reason = "the row is longer than the shared memory that a block may have on this device"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
shared = "round_up(columns * element_size, 16) + 16"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "Everything once: less than this nothing can move."

[numerics]
accumulate = "f32"
note = """
The corrected two-pass: the distances from the rounded mean are added up too, and what is left of their sum is taken \
out of the variance and of y. Right where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "The same idea as with registers, for rows whose length the compiler does not know."
*/

#include <knobscope/affine_pass.h>
#include <knobscope/reduce.h>
#include <knobscope/vector.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index columns, float epsilon) {
  extern __shared__ uint4 kept_packs[];
  const Index row = blockIdx.x;
  const Index first = row * columns;
  const Stretch stretch = cut(first, first + columns);

  // The row starts in shared memory where it starts within a pack of the tensor: what is aligned there is aligned here.
  Element* kept = reinterpret_cast<Element*>(kept_packs) + first % kPack;

  float sum = fold_packs<float, KNOB_BLOCK, KNOB_UNROLL>(stretch, [&](float chain, Index at) {
    const PackBytes bytes = load_bytes(x + at);
    store_bytes(kept + (at - first), bytes);
    float of_pack = 0.0F;
    for (const float value : values_of(bytes).at) of_pack += value;
    return chain + of_pack;
  });
  for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) {
    const Element element = x[at];
    kept[at - first] = element;
    sum += to_float(element);
  });
  const float row_mean = block_reduce<KNOB_BLOCK>(sum) / columns;

  // Two sums at once: x gathers the distances from the rounded mean, y their squares. The same visits in the same
  // order: a thread meets what it stored.
  const auto with_distance = [&](float2 sums, float value) {
    const float distance = value - row_mean;
    return merge(sums, make_float2(distance, distance * distance));
  };
  float2 sums = fold_packs<float2, KNOB_BLOCK, 4>(stretch, [&](float2 chain, Index at) {
    float2 of_pack{};
    for (const float value : load_pack(kept + (at - first)).at) of_pack = with_distance(of_pack, value);
    return merge(chain, of_pack);
  });
  for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) { sums = with_distance(sums, to_float(kept[at - first])); });
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
  affine_pass<KNOB_BLOCK, 2>([&](Index at) { return kept + (at - first); }, gamma, beta, y, first, stretch, normalize);
}
