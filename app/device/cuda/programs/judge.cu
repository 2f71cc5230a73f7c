// Fills inputs, computes the reference and compares outputs, each by the code of numerics/ that the CPU runs too.
// Compiled without contraction of a*b+c, so that both get the same bits.

#include "compare.h"
#include "generator.h"
#include "hash.h"
#include "reference.h"

using namespace knobscope::device::numerics;

namespace {

constexpr int kWarp = 32;
constexpr int kBlock = 256;  // of every kernel here; the host launches them so

__device__ i64 thread_number() { return static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; }

__device__ i64 thread_count() { return static_cast<i64>(gridDim.x) * blockDim.x; }

__device__ Moments shuffled_down(const Moments& moments, int distance) {
  Moments other;
  other.count = __shfl_down_sync(0xFFFFFFFFu, moments.count, distance);
  other.mean = __shfl_down_sync(0xFFFFFFFFu, moments.mean, distance);
  other.m2 = __shfl_down_sync(0xFFFFFFFFu, moments.m2, distance);
  other.nonfinite_sum = __shfl_down_sync(0xFFFFFFFFu, moments.nonfinite_sum, distance);
  return other;
}

}  // namespace

/// Groups of four elements from `first` up to `end`.
extern "C" __global__ void __launch_bounds__(kBlock) fill(FillTask task, i64 first, i64 end) {
  for (i64 group = first + thread_number(); group < end; group += thread_count()) fill_group(task, group);
}

/// A warp for each segment of the rows from `first_row`, `row_count` of them: `parts` gets `segments` moments for each
/// of these rows, in order.
extern "C" __global__ void __launch_bounds__(kBlock)
    segment_moments(ReferenceInputs inputs, Moments* parts, i64 segments, i64 segment_length, i64 first_row,
                    i64 row_count) {
  const i64 warps = thread_count() / kWarp;
  const int lane = threadIdx.x % kWarp;
  for (i64 number = thread_number() / kWarp; number < row_count * segments; number += warps) {
    const i64 row = number / segments;
    const i64 begin = (number - row * segments) * segment_length;
    const i64 end = begin + segment_length < inputs.columns ? begin + segment_length : inputs.columns;
    const i64 origin = (first_row + row) * inputs.columns;
    Moments moments;
    for (i64 column = begin + lane; column < end; column += kWarp) {
      add(moments, static_cast<double>(load(inputs.x, inputs.x_type, origin + column)));
    }
    // The loop above ends at different times for the lanes of a short segment.
    __syncwarp();
    for (int distance = kWarp / 2; distance > 0; distance /= 2) {
      moments = merged(moments, shuffled_down(moments, distance));
    }
    if (lane == 0) parts[number] = moments;
  }
}

/// A thread for each of the same rows: merges its segments in order.
extern "C" __global__ void __launch_bounds__(kBlock)
    merge_segments(const Moments* parts, RowStatistics* statistics, i64 segments, double epsilon, i64 first_row,
                   i64 row_count) {
  for (i64 row = thread_number(); row < row_count; row += thread_count()) {
    Moments moments = parts[row * segments];
    for (i64 segment = 1; segment < segments; ++segment) moments = merged(moments, parts[row * segments + segment]);
    statistics[first_row + row] = row_statistics(moments, epsilon);
  }
}

/// Elements from `first` up to `end`; block b leaves its totals in `totals[b]`. Every thread visits the same elements
/// in the same order on every run, and a tile's maximum does not depend on order, so results repeat to the bit.
extern "C" __global__ void __launch_bounds__(kBlock)
    compare(CompareTask task, ErrorTotals* totals, i64 first, i64 end) {
  __shared__ __align__(16) unsigned char memory[kBlock * sizeof(ErrorTotals)];
  ErrorTotals* const shared = reinterpret_cast<ErrorTotals*>(memory);

  ErrorTotals mine;
  for (i64 index = first + thread_number(); index < end; index += thread_count()) {
    const double error = judge_element(mine, task, index);
    if (task.tiles == nullptr || error == 0.0) continue;
    u32* const tile = task.tiles + tile_of(task, index);
    const u32 bits = tile_bits(error);
    // Most elements are not the worst of their tile: a plain look first spares the atomic.
    if (bits > *static_cast<volatile u32*>(tile)) atomicMax(tile, bits);
  }
  shared[threadIdx.x] = mine;
  for (int half = kBlock / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) merge_into(shared[threadIdx.x], shared[threadIdx.x + half]);
  }
  if (threadIdx.x == 0) totals[blockIdx.x] = shared[0];
}

/// Adds to `*sum`, which starts at 0, what the whole words and the tail of `bytes` bytes contribute.
extern "C" __global__ void __launch_bounds__(kBlock) hash(const u8* data, i64 bytes, u64* sum) {
  __shared__ u64 shared[kBlock];
  const u64* const words = reinterpret_cast<const u64*>(data);
  const i64 count = bytes / 8;
  u64 mine = 0;
  for (i64 index = thread_number(); index < count; index += thread_count()) {
    mine += hash_word(words[index], static_cast<u64>(index));
  }
  if (thread_number() == 0) {
    mine += hash_tail(data + 8 * count, static_cast<u64>(bytes - 8 * count), static_cast<u64>(count));
  }
  shared[threadIdx.x] = mine;
  for (int half = kBlock / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) shared[threadIdx.x] += shared[threadIdx.x + half];
  }
  if (threadIdx.x == 0) atomicAdd(sum, shared[0]);
}
