/* knobscope
title = "A lane that answers for its warp"
idea = """
Lane 0 of each warp says that its warp is done with a slot, and the last thread fills it again when all have said so. \
Without __syncwarp() the other lanes may still be reading."""
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 128, 256]
default = 128
help = "threads in a block, which share one row"

[[requires]]
condition = "columns * element_size % 16 == 0 && columns <= 1024"
reason = "A slot holds 1024 elements, and a bulk copy moves multiples of 16 bytes."

[[launches]]
entry = "layernorm"
grid = "min(rows, 2)"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon"]

[traffic]
reads = "elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <knobscope/bulk_copy.h>
#include <knobscope/element.h>

using namespace knobscope;

constexpr int kSlots = 2;

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
                                     float* mean, float* rstd, int rows, int columns, float epsilon) {
  __shared__ alignas(16) Element slots[kSlots][1024];
  __shared__ Barrier loaded[kSlots];
  __shared__ Barrier empty[kSlots];  // an arrival of each warp
  __shared__ float scratch[KNOB_BLOCK];
  const bool is_producer = threadIdx.x == blockDim.x - 1;
  const int step = gridDim.x;

  const auto fill = [&](int slot, int row) {
    if (row >= rows) return;
    const unsigned bytes = columns * sizeof(Element);
    loaded[slot].arrive_and_expect(bytes);
    copy_to_shared(slots[slot], x + row * columns, bytes, loaded[slot]);  // SEEN
  };

  if (is_producer) {
    for (int slot = 0; slot < kSlots; ++slot) {
      loaded[slot].init(1);
      empty[slot].init(KNOB_BLOCK / 32);
      fill(slot, blockIdx.x + slot * step);
    }
  }
  __syncthreads();

  Turn<kSlots> turn;
  for (int row = blockIdx.x; row < rows; row += step, turn.advance()) {
    const Element* x_row = slots[turn.slot];
    Element* y_row = y + row * columns;
    loaded[turn.slot].wait(turn.parity);

    float sum = 0.0F;
    for (int column = threadIdx.x; column < columns; column += blockDim.x) sum += to_float(x_row[column]);
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
      const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;  // SEEN
      y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
    }
    // BUG
    if (threadIdx.x % 32 == 0) empty[turn.slot].arrive();
    if (is_producer) {
      empty[turn.slot].wait(turn.parity);
      fill(turn.slot, row + kSlots * step);
    }
  }
}
