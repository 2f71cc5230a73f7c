// Looks at a part of an output closely, by the code of numerics/ that the CPU runs too.

#include "region.h"

using namespace knobscope::device::numerics;

namespace {

constexpr int kBlock = 256;  // the host launches it so

}  // namespace

/// Elements of the area from `first` up to `end`; block b leaves its totals in `totals[b]`. Results repeat to the bit,
/// as in judge.cu.
extern "C" __global__ void __launch_bounds__(kBlock)
    look_at_region(RegionTask task, ErrorTotals* totals, i64 first, i64 end) {
  __shared__ __align__(16) unsigned char memory[kBlock * sizeof(ErrorTotals)];
  __shared__ unsigned int bins[kBins];
  ErrorTotals* const shared = reinterpret_cast<ErrorTotals*>(memory);
  for (int bin = threadIdx.x; bin < kBins; bin += kBlock) bins[bin] = 0;
  __syncthreads();

  ErrorTotals mine;
  const i64 threads = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 number = first + static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; number < end; number += threads) {
    int bin = -1;
    const double error = judge_in_region(mine, task, number, bin);
    if (bin >= 0) atomicAdd(&bins[bin], 1u);
    if (error == 0.0) continue;
    u32* const tile = task.compare.tiles + tile_of(task.compare, number);
    const u32 bits = tile_bits(error);
    if (bits > *static_cast<volatile u32*>(tile)) atomicMax(tile, bits);
  }
  shared[threadIdx.x] = mine;
  for (int half = kBlock / 2; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) merge_into(shared[threadIdx.x], shared[threadIdx.x + half]);
  }
  if (threadIdx.x == 0) totals[blockIdx.x] = shared[0];
  for (int bin = threadIdx.x; bin < kBins; bin += kBlock) {
    if (bins[bin] != 0) atomicAdd(task.histogram + bin, static_cast<u64>(bins[bin]));
  }
}
