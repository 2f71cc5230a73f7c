/* knobscope
title = "Compensated sums, two passes"
idea = """
A float that has grown large rounds off much of what is added to it. But what an addition rounds off can be computed \
exactly, with five more additions, and carried along in a second float: the two together are nearly as good as a \
double, on any GPU. So a thread may add up a million elements in one chain, and even the mean has digits beyond a \
float. Set the knob `compensate` to 0 to see what it buys: with 32 threads on rows of four million, the plain chain \
misses the tolerance. The additional arithmetic hides behind the loads, if the block is large enough."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one row; fewer of them mean longer chains"

[knobs.compensate]
values = [0, 1]
default = 1
help = "1: what additions round off is carried along; 0: it is lost"

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
accumulate = "f32, in pairs"
note = """
Right for rows of any length, and for a mean of any number of spreads, because the mean is a pair too. Without \
compensation every thread has one chain of columns / block additions: good to some ten thousand of them."""
deterministic = true

[source]
note = """
Kahan, Communications of the ACM 8 (1965), with the exact error of an addition after Møller, BIT 5 (1965), which \
holds whichever of the two numbers is larger."""
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

// The number meant is sum + lost.
struct Compensated {
  float sum;
  float lost;
};

// No compiler may simplify this: in exact arithmetic the error is 0.
__device__ Compensated with_value(Compensated total, float value) {
  const float sum = total.sum + value;
  if (KNOB_COMPENSATE == 0) return Compensated{sum, 0.0F};
  const float of_value = sum - total.sum;  // how much of the value has arrived
  const float of_total = sum - of_value;   // and how much of the total is still there
  const float error = (total.sum - of_total) + (value - of_value);
  return Compensated{sum, total.lost + error};
}

// What block_reduce asks of a type.
__device__ Compensated merge(Compensated a, Compensated b) {
  a.lost += b.lost;
  return with_value(a, b.sum);
}
__device__ Compensated shuffle_down(Compensated value, int lanes) {
  return Compensated{shuffle_down(value.sum, lanes), shuffle_down(value.lost, lanes)};
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index columns, float epsilon) {
  const Index row = blockIdx.x;
  x += row * columns;
  y += row * columns;

  Compensated sum{};
#pragma unroll 4
  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    sum = with_value(sum, to_float(x[column]));
  }
  sum = block_reduce<KNOB_BLOCK>(sum);
  const double exact_mean = (static_cast<double>(sum.sum) + sum.lost) / columns;  // once a row: even doubles are cheap
  const float row_mean = static_cast<float>(exact_mean);
  const float rest = static_cast<float>(exact_mean - row_mean);
  const auto distance_of = [&](Index column) {
    const float distance = to_float(x[column]) - row_mean;
    return KNOB_COMPENSATE == 0 ? distance : distance - rest;
  };

  Compensated squares{};
#pragma unroll 4
  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const float distance = distance_of(column);
    squares = with_value(squares, distance * distance);
  }
  squares = block_reduce<KNOB_BLOCK>(squares);
  const float row_rstd = rsqrtf((squares.sum + squares.lost) / columns + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const float normalized = distance_of(column) * row_rstd;
    y[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
