/* knobscope
title = "Block per row, two passes"
idea = """
A block owns a row. Its threads add up what they see in registers, then combine their sums in shared memory: no \
atomics, and no block waits for another. One pass finds the mean, a second the squared distances from it, a third \
writes the result. Every offset is made from the element's coordinates, by division and remainder."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one row"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
shared = "block * 4"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "d1", "d2", "d3", "d4", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once per pass; a row of a few thousand elements is still in a cache for the second and third."

[numerics]
accumulate = "f32"
note = """
Squares of distances from the mean: nothing large is subtracted from anything large. A thread adds up in chains of \
128, so that a small block on a long row is right too: a single chain of 131,072 additions misses the tolerance. The \
mean is rounded to a float, which shows in y from a hundred times the spread on."""
deterministic = true

[source]
note = "The kernel most people write, with offsets as most people first write them."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

// The tensor's dimensions but the first; a tensor of lower rank ends in ones.
struct Dims {
  Index d1, d2, d3, d4;
};

// From an element's number to its coordinates, and back to its offset. The tensor is contiguous, so what comes out is
// what went in: eight integer divisions and remainders for nothing, each worth dozens of instructions.
__device__ Index offset_of(Index number, const Dims& dims) {
  const Index i4 = number % dims.d4;
  const Index i3 = number / dims.d4 % dims.d3;
  const Index i2 = number / dims.d4 / dims.d3 % dims.d2;
  const Index i1 = number / dims.d4 / dims.d3 / dims.d2 % dims.d1;
  const Index i0 = number / dims.d4 / dims.d3 / dims.d2 / dims.d1;
  return (((i0 * dims.d1 + i1) * dims.d2 + i2) * dims.d3 + i3) * dims.d4 + i4;
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean, float* rstd, Index d1,
    Index d2, Index d3, Index d4, Index columns, float epsilon) {
  extern __shared__ float scratch[];
  const Dims dims{d1, d2, d3, d4};
  const Index row = blockIdx.x;
  const Index first = row * columns;

  const float sum = fold_in_chains<float>(threadIdx.x, columns, KNOB_BLOCK, [&](float chain, Index column) {
    return chain + to_float(x[offset_of(first + column, dims)]);
  });
  const float row_mean = shared_memory_sum<KNOB_BLOCK>(sum, scratch) / columns;

  const float squares = fold_in_chains<float>(threadIdx.x, columns, KNOB_BLOCK, [&](float chain, Index column) {
    const float distance = to_float(x[offset_of(first + column, dims)]) - row_mean;
    return chain + distance * distance;
  });
  const float variance = shared_memory_sum<KNOB_BLOCK>(squares, scratch) / columns;
  const float row_rstd = 1.0F / sqrtf(variance + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const Index offset = offset_of(first + column, dims);
    const float normalized = (to_float(x[offset]) - row_mean) * row_rstd;
    y[offset] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
