#pragma once
// Reductions over a block of any multiple of 32 threads up to 1024, powers of two or not. Every thread of the block
// must call; every thread receives the result, the same bits in each, and the same in every run.

#include "moments.h"

namespace knobscope {

constexpr int kWarp = 32;
constexpr unsigned kWholeWarp = 0xFFFFFFFFu;

// A type can be reduced when merge() combines two of it and shuffle_down() fetches another lane's. Moments{}, float{}
// and float2{} must be what changes nothing when merged.

KNOBSCOPE_INLINE float merge(float a, float b) { return a + b; }
KNOBSCOPE_INLINE float2 merge(float2 a, float2 b) { return make_float2(a.x + b.x, a.y + b.y); }

KNOBSCOPE_INLINE float shuffle_down(float value, int lanes) { return __shfl_down_sync(kWholeWarp, value, lanes); }
KNOBSCOPE_INLINE float2 shuffle_down(float2 value, int lanes) {
  return make_float2(shuffle_down(value.x, lanes), shuffle_down(value.y, lanes));
}
KNOBSCOPE_INLINE Moments shuffle_down(Moments value, int lanes) {
  return Moments{shuffle_down(value.count, lanes), shuffle_down(value.mean, lanes), shuffle_down(value.m2, lanes)};
}

/// Folds what is at first, first + step, ... below `end` into a T: value = add(value, at), starting from T{}. A float
/// that has grown large rounds off much of what is added to it, so every 128 additions form a chain of their own and
/// the chains are merged: a thread may see a million elements and still be right.
template <typename T, int kUnroll = 4, typename Add>
KNOBSCOPE_INLINE T fold_in_chains(Index first, Index end, Index step, Add add) {
  T folded{};
  while (first < end) {
    const Index stop = min(first + 128 * step, end);
    T chain{};
#pragma unroll kUnroll
    for (; first < stop; first += step) chain = add(chain, first);
    folded = merge(folded, chain);
  }
  return folded;
}

/// Merges the values of a warp by halving: 16 lanes fetch from 16, then 8 from 8, ... Only what lane 0 ends
/// with is the result.
template <typename T>
KNOBSCOPE_INLINE T warp_reduce(T value) {
  for (int lanes = kWarp / 2; lanes > 0; lanes /= 2) value = merge(value, shuffle_down(value, lanes));
  return value;
}

KNOBSCOPE_INLINE float shuffle_xor(float value, int lanes) { return __shfl_xor_sync(kWholeWarp, value, lanes); }
KNOBSCOPE_INLINE float2 shuffle_xor(float2 value, int lanes) {
  return make_float2(shuffle_xor(value.x, lanes), shuffle_xor(value.y, lanes));
}

/// The same for every lane: lanes 1 apart exchange theirs, then lanes 2 apart, 4, ... Both of a pair merge the same two
/// values, and for a sum their order does not matter, so all lanes end with the same bits. With kLanes below 32, each
/// kLanes neighbours by themselves.
template <int kLanes = kWarp, typename T>
KNOBSCOPE_INLINE T reduce_to_all(T value) {
#pragma unroll
  for (int lanes = 1; lanes < kLanes; lanes *= 2) value = merge(value, shuffle_xor(value, lanes));
  return value;
}

/// Merges the values of all kBlock threads: each warp its own, then every one of them through shared memory.
template <int kBlock, typename T>
KNOBSCOPE_INLINE T block_reduce(T value) {
  static_assert(kBlock % kWarp == 0 && kBlock <= kWarp * kWarp, "a block is 1 to 32 whole warps");
  constexpr int kWarps = kBlock / kWarp;
  __shared__ T of_warp[kWarps];
  __shared__ T of_block;
  const int lane = threadIdx.x % kWarp;
  const int warp = threadIdx.x / kWarp;

  value = warp_reduce(value);
  if (lane == 0) of_warp[warp] = value;
  __syncthreads();
  if (warp == 0) {
    value = warp_reduce(lane < kWarps ? of_warp[lane] : T{});
    if (lane == 0) of_block = value;
  }
  __syncthreads();  // of_warp may be written again from here on; of_block only behind the next barrier
  return of_block;
}

/// Where the warps of a block leave a T each, in two rounds; see share_among_warps().
template <int kBlock, typename T>
KNOBSCOPE_INLINE T* place_for_warps(int round) {
  __shared__ T of_warps[2][kBlock / kWarp];
  return of_warps[round];
}

/// What each warp has found, shown to all threads of the block with one barrier: kBlock / kWarp values, of which lane
/// 0's `of_warp` is the calling warp's. `behind_barrier` is called right there: all threads have done what they did
/// before. `round` tells two calls in a row apart, 0 and 1 in turn: a warp that is early leaves its next value beside
/// those that others still read.
template <int kBlock, typename T, typename Then>
KNOBSCOPE_INLINE const T* share_among_warps(const T& of_warp, int round, Then behind_barrier) {
  T* const of_warps = place_for_warps<kBlock, T>(round);
  if (threadIdx.x % kWarp == 0) of_warps[threadIdx.x / kWarp] = of_warp;
  __syncthreads();
  behind_barrier();
  return of_warps;
}

/// The sum of the values of all threads in shared memory, by halving: the upper half is added to the lower until one
/// is left. An odd number of values leaves the middle one waiting for the next round, so any block size will do.
/// `scratch` has room for kBlock floats.
template <int kBlock>
KNOBSCOPE_INLINE float shared_memory_sum(float value, float* scratch) {
  const int thread = threadIdx.x;
  scratch[thread] = value;
  __syncthreads();
#pragma unroll 1  // written out, the comparisons of all rounds would take registers away from the kernel's loops
  for (int values = kBlock; values > 1;) {
    const int kept = (values + 1) / 2;
    if (thread + kept < values) scratch[thread] += scratch[thread + kept];
    values = kept;
    __syncthreads();
  }
  const float sum = scratch[0];
  __syncthreads();  // nobody may write scratch[0] again before all have read it
  return sum;
}

}  // namespace knobscope
