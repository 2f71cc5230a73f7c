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

__device__ double shuffled_down(double value, int distance) { return __shfl_down_sync(0xFFFFFFFFu, value, distance); }

__device__ Moments shuffled_down(const Moments& moments, int distance) {
  Moments other;
  other.count = shuffled_down(moments.count, distance);
  other.mean = shuffled_down(moments.mean, distance);
  other.m2 = shuffled_down(moments.m2, distance);
  other.nonfinite_sum = shuffled_down(moments.nonfinite_sum, distance);
  return other;
}

__device__ RowGradient shuffled_down(const RowGradient& sums, int distance) {
  RowGradient other;
  other.mean_w = shuffled_down(sums.mean_w, distance);
  other.mean_w_xhat = shuffled_down(sums.mean_w_xhat, distance);
  other.size_w = shuffled_down(sums.size_w, distance);
  other.size_w_xhat = shuffled_down(sums.size_w_xhat, distance);
  return other;
}

/// A warp for each segment of the groups from `first_group`, `groups` of them, of `size` members each: `parts` gets
/// `segments` sums for each of these groups, in order. add_member(sum, group, member) adds one member.
template <typename Sum, typename AddMember>
__device__ void sum_segments(Sum* parts, i64 size, i64 segments, i64 segment_length, i64 first_group, i64 groups,
                             AddMember add_member) {
  const i64 warps = thread_count() / kWarp;
  const int lane = threadIdx.x % kWarp;
  for (i64 number = thread_number() / kWarp; number < groups * segments; number += warps) {
    const i64 group = number / segments;
    const i64 begin = (number - group * segments) * segment_length;
    const i64 end = begin + segment_length < size ? begin + segment_length : size;
    Sum sum;
    for (i64 member = begin + lane; member < end; member += kWarp) add_member(sum, first_group + group, member);
    // The loop above ends at different times for the lanes of a short segment.
    __syncwarp();
    for (int distance = kWarp / 2; distance > 0; distance /= 2) sum = merged(sum, shuffled_down(sum, distance));
    if (lane == 0) parts[number] = sum;
  }
}

/// A group's segments, merged in order.
template <typename Sum>
__device__ Sum merged_segments(const Sum* parts, i64 segments, i64 group) {
  Sum sum = parts[group * segments];
  for (i64 segment = 1; segment < segments; ++segment) sum = merged(sum, parts[group * segments + segment]);
  return sum;
}

__device__ double xhat_at(const ReferenceInputs& inputs, i64 index, const GroupStatistics& row) {
  return (value_at(inputs.x, index) - row.mean) * row.rstd;
}

}  // namespace

/// Groups of four elements from `first` up to `end`.
extern "C" __global__ void __launch_bounds__(kBlock) fill(FillTask task, i64 first, i64 end) {
  for (i64 group = first + thread_number(); group < end; group += thread_count()) fill_group(task, group);
}

/// See sum_segments.
extern "C" __global__ void __launch_bounds__(kBlock)
    segment_moments(ReferenceInputs inputs, Moments* parts, i64 segments, i64 segment_length, i64 first_group,
                    i64 groups) {
  sum_segments(parts, group_size(inputs), segments, segment_length, first_group, groups,
               [&](Moments& moments, i64 group, i64 member) {
                 add(moments, value_at(inputs.x, member_index(inputs, group, member)));
               });
}

/// A thread for each of the same groups.
extern "C" __global__ void __launch_bounds__(kBlock)
    merge_moments(const Moments* parts, GroupStatistics* statistics, i64 segments, double epsilon, i64 first_group,
                  i64 groups) {
  for (i64 group = thread_number(); group < groups; group += thread_count()) {
    statistics[first_group + group] = group_statistics(merged_segments(parts, segments, group), epsilon);
  }
}

/// Rounds one of the statistics to the float that a derived input holds.
extern "C" __global__ void __launch_bounds__(kBlock)
    store_statistics(const GroupStatistics* statistics, float* values, Formula formula, i64 groups) {
  for (i64 group = thread_number(); group < groups; group += thread_count()) {
    values[group] =
        static_cast<float>(formula == Formula::mean ? statistics[group].mean : statistics[group].rstd);
  }
}

/// See sum_segments; groups are rows.
extern "C" __global__ void __launch_bounds__(kBlock)
    segment_row_gradients(ReferenceInputs inputs, RowGradient* parts, i64 segments, i64 segment_length, i64 first_group,
                          i64 groups) {
  sum_segments(parts, inputs.columns, segments, segment_length, first_group, groups,
               [&](RowGradient& sums, i64 row, i64 column) {
                 const i64 index = row * inputs.columns + column;
                 const double w = value_at(inputs.dy, index) * value_at(inputs.gamma, column);
                 add_gradient(sums, w, xhat_at(inputs, index, statistics_of(inputs, row)));
               });
}

/// A thread for each of the same rows.
extern "C" __global__ void __launch_bounds__(kBlock)
    merge_row_gradients(const RowGradient* parts, RowGradient* rows, i64 columns, i64 segments, i64 first_group,
                        i64 groups) {
  for (i64 row = thread_number(); row < groups; row += thread_count()) {
    rows[first_group + row] = row_means(merged_segments(parts, segments, row), columns);
  }
}

/// A thread for each column of each chunk of rows: `parts` gets the columns' sums of chunk 0, then of chunk 1, ...
extern "C" __global__ void __launch_bounds__(kBlock)
    chunk_column_gradients(ReferenceInputs inputs, ColumnGradient* parts, i64 chunks, i64 rows_a_chunk) {
  for (i64 number = thread_number(); number < chunks * inputs.columns; number += thread_count()) {
    const i64 chunk = number / inputs.columns;
    const i64 column = number - chunk * inputs.columns;
    const i64 last = (chunk + 1) * rows_a_chunk;
    ColumnGradient sums;
    for (i64 row = chunk * rows_a_chunk; row < (last < inputs.rows ? last : inputs.rows); ++row) {
      const i64 index = row * inputs.columns + column;
      add_gradient(sums, value_at(inputs.dy, index), xhat_at(inputs, index, statistics_of(inputs, row)));
    }
    parts[number] = sums;
  }
}

/// A thread for each column: merges its chunks in order.
extern "C" __global__ void __launch_bounds__(kBlock)
    merge_column_gradients(const ColumnGradient* parts, ColumnGradient* sums, i64 columns, i64 chunks) {
  for (i64 column = thread_number(); column < columns; column += thread_count()) {
    ColumnGradient sum = parts[column];
    for (i64 chunk = 1; chunk < chunks; ++chunk) sum = merged(sum, parts[chunk * columns + column]);
    sums[column] = sum;
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
