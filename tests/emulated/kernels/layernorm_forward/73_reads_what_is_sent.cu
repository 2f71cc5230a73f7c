/* knobscope
title = "Sums read before they have come"
idea = "Nobody waits for what the other blocks of the cluster send."
types = ["f32", "f16", "bf16"]

[knobs.cluster]
values = [1, 2, 4, 8]
default = 2
help = "blocks in a cluster, which share a row at a time"

[knobs.block]
values = [32, 64, 128, 256]
default = 64
help = "threads in a block"

[[launches]]
entry = "layernorm"
grid = "2 * cluster"
block = "block"
cluster = "cluster"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon"]

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

constexpr int kRounds = 2;

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int rows, int columns, float epsilon) {
  __shared__ float scratch[KNOB_BLOCK];
  __shared__ float2 sums[kRounds][KNOB_CLUSTER];
  __shared__ Barrier received[kRounds];
  const int rank = cluster_rank();
  const int length = (columns + KNOB_CLUSTER - 1) / KNOB_CLUSTER;
  const int begin = min(rank * length, columns);
  const int end = min(begin + length, columns);

  if (threadIdx.x == 0) {
    for (int round = 0; round < kRounds; ++round) {
      received[round].init(1);
      received[round].arrive_and_expect(sizeof(sums[0]));
    }
  }
  cluster_sync();

  Turn<kRounds> turn;
  for (int row = blockIdx.x / KNOB_CLUSTER; row < rows; row += gridDim.x / KNOB_CLUSTER, turn.advance()) {
    const Element* x_row = x + row * columns;
    Element* y_row = y + row * columns;

    float2 sum = make_float2(0.0F, 0.0F);
    for (int column = begin + threadIdx.x; column < end; column += blockDim.x) {
      const float value = to_float(x_row[column]);
      sum.x += value;
      sum.y += value * value;
    }
    sum = make_float2(block_sum(sum.x, scratch), block_sum(sum.y, scratch));
    if (threadIdx.x < KNOB_CLUSTER) send(threadIdx.x, &sums[turn.slot][rank], sum, received[turn.slot]);  // SEEN
    // BUG
    sum = make_float2(0.0F, 0.0F);
    for (int block = 0; block < KNOB_CLUSTER; ++block) {
      sum.x += sums[turn.slot][block].x;  // SEEN
      sum.y += sums[turn.slot][block].y;  // SEEN
    }
    if (threadIdx.x == 0) received[turn.slot].arrive_and_expect(sizeof(sums[0]));  // SEEN

    const float row_mean = sum.x / columns;
    const float row_rstd = rsqrtf(sum.y / columns - row_mean * row_mean + epsilon);
    if (threadIdx.x == 0 && rank == 0) {
      mean[row] = row_mean;
      rstd[row] = row_rstd;
    }
    for (int column = begin + threadIdx.x; column < end; column += blockDim.x) {
      const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
      y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
    }
  }
  cluster_sync();
}
