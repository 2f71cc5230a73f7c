#pragma once
// LayerNorm's backward pass from the side of the rows. With xhat = (x - mean) * rstd and w = dy * gamma,
//
//   dx     = rstd * (w - mean of w over the row - xhat * mean of w * xhat over the row)
//   dgamma = sum of dy * xhat over the rows
//   dbeta  = sum of dy over the rows
//
// An element of x and dy is a term of two sums along its row, and of two along its column. Whoever works on whole rows
// finishes the first two with its neighbours. Of the other two it has the terms of its own rows only: those stay in
// registers from row to row, because a thread has the same columns in each, and at the end become a partial sum in
// memory. The partial sums of all are then added up, always in the same order: the bits are the same in every run.

#include "column_slabs.h"

namespace knobscope {

/// Partial sums lie in memory as rows of floats: dgamma's, then dbeta's, each as long as this.
KNOBSCOPE_INLINE Index partial_stride(Index columns) { return (columns + 7) / 8 * 8; }

/// The partial sums number `part`.
KNOBSCOPE_INLINE float* partial_of(float* partials, Index part, Index columns) {
  return partials + part * 2 * partial_stride(columns);
}

/// A thread's packs of one row: xhat, and first dy, then w = dy * gamma.
template <int kPacks>
struct RowPacks {
  PackValues xhat[kPacks];
  PackValues w[kPacks];
};

/// The columns that kThreads threads hold in registers, up to kPacks packs each: gamma, and what dgamma and dbeta have
/// come to. Pack i of a thread starts at column (i * kThreads + thread) * kPack of those that are held; neighbours
/// among the threads have neighbours in memory. kWhole promises that every thread has all its packs, and that all rows
/// start on 16 bytes: then there is nothing to ask. kStores: how dx is written.
template <int kThreads, int kPacks, bool kWhole = false, Hint kStores = Hint::none>
class HeldColumns {
 public:
  static constexpr int kMost = kThreads * kPacks * kPack;

  /// `gamma` points at the first column, as all pointers below; `aligned`: so are they all, to 16 bytes.
  KNOBSCOPE_INLINE HeldColumns(const Element* gamma, int thread, Index columns, bool aligned)
      : thread_(thread), columns_(static_cast<int>(min(columns, Index{kMost}))), aligned_(aligned) {
#pragma unroll
    for (int i = 0; i < kPacks; ++i) gamma_[i] = values_of(load(gamma, i));
    clear();
  }

  /// All loads are under way before the first is waited for.
  KNOBSCOPE_INLINE RowPacks<kPacks> read_row(const Element* x, const Element* dy, const RowScale& scale) const {
    PackBytes x_bytes[kPacks];
    PackBytes dy_bytes[kPacks];
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
      x_bytes[i] = load(x, i);
      dy_bytes[i] = load(dy, i);
    }
    RowPacks<kPacks> row;
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
      row.xhat[i] = values_of(x_bytes[i]);
      row.w[i] = values_of(dy_bytes[i]);  // 0 where a pack does not exist, which adds nothing to any sum
#pragma unroll
      for (int k = 0; k < kPack; ++k) row.xhat[i].at[k] = scale.xhat(row.xhat[i].at[k]);
    }
    return row;
  }

  /// First step: adds the row to the columns' sums, and makes w of dy. Returns this thread's terms of the row's sums:
  /// of w, of w * xhat.
  KNOBSCOPE_INLINE float2 add_row(RowPacks<kPacks>& row) {
    float2 sums{};
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
#pragma unroll
      for (int k = 0; k < kPack; ++k) {
        float& w = row.w[i].at[k];
        w = sums_[i].add(k, w, row.xhat[i].at[k], gamma_[i].at[k], sums);
      }
    }
    return sums;
  }

  /// Second step, when the row's sums are known.
  KNOBSCOPE_INLINE void store_row(Element* dx, const RowPacks<kPacks>& row, const RowTerms& terms) const {
    for_each_pack([&](int i, int at) { store(dx, at, row.xhat[i], row.w[i], terms); });
  }

  /// The same for a row that is read once more, so that no registers need to keep it.
  KNOBSCOPE_INLINE void store_row_again(Element* dx, const Element* x, const Element* dy, const RowTerms& terms) const {
    for_each_pack([&](int i, int at) {
      PackValues xhat = values_of(load(x, i));
      PackValues w = values_of(load(dy, i));
#pragma unroll
      for (int k = 0; k < kPack; ++k) {
        xhat.at[k] = terms.scale.xhat(xhat.at[k]);
        w.at[k] *= gamma_[i].at[k];
      }
      store(dx, at, xhat, w, terms);
    });
  }

  /// After each row. A float that has grown large rounds off much of what is added to it: every so many rows what the
  /// columns have come to is parked in memory, and the registers start again.
  KNOBSCOPE_INLINE void row_is_over(float* partial, Index stride) {
    if (++rows_in_chain_ == kChain) {
      put_sums(partial, stride);
      parked_ = true;
      clear();
    }
  }

  /// At the end: what the columns have come to over all rows, in memory.
  KNOBSCOPE_INLINE void put_sums(float* partial, Index stride) {
    fetch_parked(partial, stride);
    for_each_pack([&](int i, int at) {
      store_floats(partial + at, sums_[i].dgamma);
      store_floats(partial + stride + at, sums_[i].dbeta);
    });
  }

  /// Adds what was parked to what has come since. By those who want to put the sums elsewhere.
  KNOBSCOPE_INLINE void fetch_parked(const float* partial, Index stride) {
    if (!parked_) return;
    for_each_pack([&](int i, int at) {
      const PackValues dgamma = load_floats(partial + at);
      const PackValues dbeta = load_floats(partial + stride + at);
#pragma unroll
      for (int k = 0; k < kPack; ++k) {
        sums_[i].dgamma.at[k] += dgamma.at[k];
        sums_[i].dbeta.at[k] += dbeta.at[k];
      }
    });
    parked_ = false;
  }

 private:
  static constexpr int kChain = 128;

  KNOBSCOPE_INLINE int column_of(int i) const { return (i * kThreads + thread_) * kPack; }

  template <typename Visit>
  KNOBSCOPE_INLINE void for_each_pack(Visit visit) const {
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
      if (kWhole || column_of(i) < columns_) visit(i, column_of(i));
    }
  }

  /// Pack i, or zeros.
  KNOBSCOPE_INLINE PackBytes load(const Element* from, int i) const {
    const int at = column_of(i);
    if (kWhole || at < columns_) return load_columns<Hint::none>(from + at, kWhole || aligned_, columns_ - at);
    PackBytes zeros;
    zeros.words = make_uint4(0, 0, 0, 0);
    return zeros;
  }

  KNOBSCOPE_INLINE void store(Element* dx, int at, const PackValues& xhat, const PackValues& w,
                              const RowTerms& terms) const {
    PackValues values;
#pragma unroll
    for (int k = 0; k < kPack; ++k) values.at[k] = terms.dx_of_xhat(xhat.at[k], w.at[k]);
    store_columns<kStores>(dx + at, values, kWhole || aligned_, columns_ - at);
  }

  KNOBSCOPE_INLINE void clear() {
    rows_in_chain_ = 0;
#pragma unroll
    for (int i = 0; i < kPacks; ++i) sums_[i] = ColumnSums{};
  }

  int thread_;
  int columns_;  ///< how many are held, by all threads together
  bool aligned_;
  int rows_in_chain_ = 0;
  bool parked_ = false;
  PackValues gamma_[kPacks];
  ColumnSums sums_[kPacks];
};

/// Adds up two values of each thread of a block with one barrier, as share_among_warps() has it; every thread receives
/// the same bits.
template <int kBlock, typename Then>
KNOBSCOPE_INLINE float2 sum_over_block(float2 value, int round, Then behind_barrier) {
  const float2* const of_warps = share_among_warps<kBlock>(warp_reduce(value), round, behind_barrier);
  float2 sum{};
#pragma unroll
  for (int warp = 0; warp < kBlock / kWarp; ++warp) sum = merge(sum, of_warps[warp]);
  return sum;
}

/// Rows of any length, by a block that takes every gridDim.x-th. What a row is too long for, registers or shared
/// memory, is read twice: once from end to end for the row's sums, then slab by slab, as many columns as the block's
/// threads hold, down all of its rows. `row_sums` has room for every row, `partial` is the block's. By the whole block.
/// Not inlined, because the registers it takes would be missing elsewhere.
template <int kBlock, int kPacks>
__device__ __noinline__ void gradients_in_slabs(
    const Element* x, const Element* dy, const Element* gamma, const float* mean, const float* rstd, Element* dx,
    float2* row_sums, float* partial, Index rows, Index columns) {
  const bool aligned = columns % kPack == 0;
  const int thread = threadIdx.x;

  int round = 0;
  for (Index row = blockIdx.x; row < rows; row += gridDim.x, round ^= 1) {
    const RowScale scale_of_row{mean[row], rstd[row]};
    const Index step = Index{kBlock} * kPack;
    const float2 sums = fold_in_chains<float2>(Index{thread} * kPack, columns, step, [&](float2 chain, Index column) {
      const Index left = columns - column;
      const Index at = row * columns + column;
      const PackValues x_values = values_of(load_columns<Hint::none>(x + at, aligned, left));
      const PackValues dy_values = values_of(load_columns<Hint::none>(dy + at, aligned, left));
      const PackValues scale = values_of(load_columns<Hint::none>(gamma + column, aligned, left));
      float2 of_pack{};
#pragma unroll
      for (int k = 0; k < kPack; ++k) {
        const float w = dy_values.at[k] * scale.at[k];
        of_pack = merge(of_pack, make_float2(w, w * scale_of_row.xhat(x_values.at[k])));
      }
      return merge(chain, of_pack);
    });
    const float2 of_row = sum_over_block<kBlock>(sums, round, [] {});
    if (thread == 0) row_sums[row] = of_row;
  }
  __syncthreads();  // row_sums are written

  const Index stride = partial_stride(columns);
  constexpr Index kSlab = HeldColumns<kBlock, kPacks>::kMost;
  for (Index slab = 0; slab < columns; slab += kSlab) {
    HeldColumns<kBlock, kPacks> held(gamma + slab, thread, columns - slab, aligned);
    for (Index row = blockIdx.x; row < rows; row += gridDim.x) {
      const Index at = row * columns + slab;
      const RowScale scale{mean[row], rstd[row]};
      RowPacks<kPacks> packs = held.read_row(x + at, dy + at, scale);
      held.add_row(packs);
      held.store_row(dx + at, packs, RowTerms::of(scale, row_sums[row], columns));
      held.row_is_over(partial + slab, stride);
    }
    held.put_sums(partial + slab, stride);
  }
}

/// dgamma and dbeta from `parts` partial sums, each written by others before a barrier of the grid or in a launch
/// before. The columns are shared out over the blocks of the grid in slices, and those over groups of threads: each
/// adds up every so many-th part, a dozen loads at a time, and then they meet.
template <int kBlock>
KNOBSCOPE_INLINE void finish_columns(const float* partials, Index parts, Index columns, Element* dgamma,
                                     Element* dbeta) {
  constexpr int kFours = 16;  // of a slice
  constexpr int kGroups = kBlock < 256 ? kBlock / kFours : 16;
  constexpr int kTogether = 12;
  __shared__ float4 of_groups[kGroups][kFours];
  const int thread = threadIdx.x;
  const int group = thread / kFours;
  const Index stride = partial_stride(columns);

  for (Index slice = Index{blockIdx.x} * kFours * 4; slice < 2 * stride; slice += Index{gridDim.x} * kFours * 4) {
    if (group < kGroups) {
      const Index at = slice + thread % kFours * 4;
      const bool exists = at < 2 * stride && (at < stride ? at : at - stride) < columns;
      float4 sum{};
      for (Index first = group; exists && first < parts; first += kTogether * kGroups) {
        float4 fours[kTogether];
#pragma unroll
        for (int i = 0; i < kTogether; ++i) {
          const Index part = first + i * kGroups;
          fours[i] = part < parts ? *reinterpret_cast<const float4*>(partials + part * 2 * stride + at) : float4{};
        }
#pragma unroll
        for (const float4& four : fours) {
          sum = make_float4(sum.x + four.x, sum.y + four.y, sum.z + four.z, sum.w + four.w);
        }
      }
      of_groups[group][thread % kFours] = sum;
    }
    __syncthreads();
    for (int i = thread; i < kFours * 4; i += kBlock) {
      const Index at = slice + i;
      const Index column = at < stride ? at : at - stride;
      if (at >= 2 * stride || column >= columns) continue;
      float sum = 0.0F;
#pragma unroll
      for (int j = 0; j < kGroups; ++j) sum += reinterpret_cast<const float*>(of_groups[j])[i];
      (at < stride ? dgamma : dbeta)[column] = from_float<Element>(sum);
    }
    __syncthreads();  // of_groups may be written again
  }
}

}  // namespace knobscope
