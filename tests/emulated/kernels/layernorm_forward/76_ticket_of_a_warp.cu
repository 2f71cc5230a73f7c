/* knobscope
title = "A ticket for the warp, taken before all lanes are done"
idea = """
Every thread leaves its own sum in memory and fences it; lane 0 takes a ticket for its warp without waiting for \
the other lanes to have done so."""
types = ["f32", "f16", "bf16"]

[knobs.splits]
values = [1, 2, 4]
default = 2
help = "parts of a row, a block each"

[knobs.block]
values = [64, 128, 256, 512]
default = 128
help = "threads in a block"

[[buffers]]
name = "partials"
type = "f32"
count = "rows * splits * block"

[[buffers]]
name = "tickets"
type = "u32"
count = "rows"
clear = true

[[launches]]
entry = "layernorm"
grid = ["splits", "rows"]
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "partials", "tickets", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <knobscope/element.h>

using namespace knobscope;

// The sum of the values of all threads, by halving; the block is a power of two.
__device__ float block_sum(float value, float* scratch) {
  const int thread = threadIdx.x;
  scratch[thread] = value;
  __syncthreads();
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    if (thread < half) scratch[thread] += scratch[thread + half];
    __syncthreads();
  }
  const float sum = scratch[0];
  __syncthreads();
  return sum;
}

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, float* partials, unsigned* tickets, int columns,
                                     float epsilon) {
  __shared__ float scratch[KNOB_BLOCK];
  __shared__ bool was_last[KNOB_BLOCK / 32];
  const int row = blockIdx.y;
  const int part = blockIdx.x;
  const int length = (columns + KNOB_SPLITS - 1) / KNOB_SPLITS;
  const int begin = min(part * length, columns);
  const int end = min(begin + length, columns);
  const Element* x_row = x + row * columns;

  float sum = 0.0F;
  for (int column = begin + threadIdx.x; column < end; column += blockDim.x) sum += to_float(x_row[column]);
  partials[(row * KNOB_SPLITS + part) * KNOB_BLOCK + threadIdx.x] = sum;  // BUG
  __threadfence();
  const int warp = threadIdx.x / 32;
  if (threadIdx.x % 32 == 0) was_last[warp] = atomicAdd(&tickets[row], 1u) == KNOB_SPLITS * KNOB_BLOCK / 32 - 1;
  __syncthreads();
  bool is_last = false;
  for (int i = 0; i < KNOB_BLOCK / 32; ++i) is_last |= was_last[i];
  if (!is_last) return;
  __threadfence();

  sum = 0.0F;
  for (int i = 0; i < KNOB_SPLITS; ++i) {
    sum += partials[(row * KNOB_SPLITS + i) * KNOB_BLOCK + threadIdx.x];  // SEEN
  }
  const float row_mean = block_sum(sum, scratch) / columns;

  float squares = 0.0F;
  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float distance = to_float(x_row[column]) - row_mean;
    squares += distance * distance;
  }
  const float row_rstd = rsqrtf(block_sum(squares, scratch) / columns + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    y[row * columns + column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
