/* knobscope
title = "Single pass, sums in double"
idea = """
The same identity, E[x²] - E[x]², with both sums in double: 16 digits instead of 7, so the subtraction has plenty to \
lose and the answer is right. What it costs is the GPU's choice: a data-centre GPU adds doubles at half the rate of \
floats and is slower still at turning floats into doubles, a gaming GPU does either at a sixty-fourth. Whether that \
shows depends on what else there is to wait for: with few threads a multiprocessor the arithmetic stands in the \
way, with many it hides behind the memory. So the block is the knob to watch."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one row; more of them hide the slow additions better"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once for the sums and once for the result, as with sums in float."

[numerics]
accumulate = "f64"
note = """
Right up to a mean of a hundred thousand spreads, where a float has hardly two digits left for the spread itself; at \
a million the subtraction leaves four digits of the variance, and the check says so. No chains are needed. The \
distances from the mean are taken in double too, once for each element."""
deterministic = true

[source]
note = "The textbook identity, with the digits it needs."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

struct Sums {
  double values;
  double squares;
};

// What block_reduce asks of a type.
__device__ Sums merge(Sums a, Sums b) { return Sums{a.values + b.values, a.squares + b.squares}; }
__device__ Sums shuffle_down(Sums sums, int lanes) {
  return Sums{__shfl_down_sync(kWholeWarp, sums.values, lanes), __shfl_down_sync(kWholeWarp, sums.squares, lanes)};
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index columns, float epsilon) {
  const Index row = blockIdx.x;
  x += row * columns;
  y += row * columns;

  Sums sums{};
#pragma unroll 4
  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const double value = to_float(x[column]);
    sums = merge(sums, Sums{value, value * value});
  }
  sums = block_reduce<KNOB_BLOCK>(sums);

  const double row_mean = sums.values / columns;
  double variance = sums.squares / columns - row_mean * row_mean;
  if (variance < 0.0) variance = 0.0;  // a rounding below 0; not fmax, which would hide the NaN of a broken row
  const float row_rstd = rsqrtf(static_cast<float>(variance) + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = static_cast<float>(row_mean);
    rstd[row] = row_rstd;
  }

  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const float normalized = static_cast<float>(to_float(x[column]) - row_mean) * row_rstd;
    y[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
