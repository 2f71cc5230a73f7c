/* knobscope
title = "One block more than the cluster has"
idea = "The blocks of a cluster are counted from 0, and the sums are read from 1 to the last and one further."
types = ["f32", "f16", "bf16"]

[knobs.cluster]
values = [1, 2, 4, 8]
default = 2
help = "blocks in a cluster, which share one row"

[knobs.block]
values = [32, 64, 128, 256]
default = 64
help = "threads in a block"

[[launches]]
entry = "layernorm"
grid = "rows * cluster"
block = "block"
cluster = "cluster"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <knobscope/cluster.h>
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

// The sum of the values of all threads of the cluster.
__device__ float cluster_sum(float value, float* scratch, float* of_block) {
  const float sum = block_sum(value, scratch);
  if (threadIdx.x == 0) *of_block = sum;
  cluster_sync();
  float total = *of_block;
  for (int step = 1; step < KNOB_CLUSTER; ++step) total += *in_block(cluster_rank() + step, of_block);  // BUG
  cluster_sync();
  return total;
}

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int columns, float epsilon) {
  __shared__ float scratch[KNOB_BLOCK];
  __shared__ float of_block;
  const int row = blockIdx.x / KNOB_CLUSTER;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;
  const int length = (columns + KNOB_CLUSTER - 1) / KNOB_CLUSTER;
  const int begin = min(cluster_rank() * length, columns);
  const int end = min(begin + length, columns);

  float sum = 0.0F;
  for (int column = begin + threadIdx.x; column < end; column += blockDim.x) sum += to_float(x_row[column]);
  const float row_mean = cluster_sum(sum, scratch, &of_block) / columns;

  float squares = 0.0F;
  for (int column = begin + threadIdx.x; column < end; column += blockDim.x) {
    const float distance = to_float(x_row[column]) - row_mean;
    squares += distance * distance;
  }
  const float row_rstd = rsqrtf(cluster_sum(squares, scratch, &of_block) / columns + epsilon);
  if (threadIdx.x == 0 && begin == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (int column = begin + threadIdx.x; column < end; column += blockDim.x) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
