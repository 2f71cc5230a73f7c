#pragma once
// LayerNorm's backward pass from the side of the columns: a thread holds a pack of columns, goes down the rows, and at
// the bottom has that pack's dgamma and dbeta finished, with nobody to meet and nothing to add atomically. What it sees
// of each row on its way is a term of that row's two sums, and those do have to be brought together.

#include "cache_hints.h"
#include "l2_policy.h"

namespace knobscope {

/// The operation's tensors.
struct Backward {
  const Element* x;
  const Element* dy;
  const Element* gamma;
  const float* mean;
  const float* rstd;
  Element* dx;
  Element* dgamma;
  Element* dbeta;
  Index rows;
  Index columns;
};

/// What is known of a row before its sums: its mean and 1 / its spread, both from the forward pass.
struct RowScale {
  float mean;
  float rstd;

  KNOBSCOPE_INLINE float xhat(float x) const { return (x - mean) * rstd; }
};

/// And after: dx = rstd * (w - mean of w - xhat * mean of w * xhat), where w = dy * gamma, has two constants in a row.
struct alignas(16) RowTerms {
  RowScale scale;
  float offset;
  float slope;

  /// `sums`: of w and of w * xhat, over the whole row.
  static KNOBSCOPE_INLINE RowTerms of(RowScale scale, float2 sums, Index columns) {
    const float share = -scale.rstd / static_cast<float>(columns);
    return RowTerms{scale, share * sums.x, share * sums.y};
  }
  KNOBSCOPE_INLINE float dx(float x, float w) const { return dx_of_xhat(scale.xhat(x), w); }
  KNOBSCOPE_INLINE float dx_of_xhat(float xhat, float w) const { return scale.rstd * w + (offset + xhat * slope); }
};

/// A thread's sums over columns, of up to kRows rows, in registers: x adds up w, y adds up w * xhat.
template <int kRows>
struct RowSums {
  float2 of[kRows];
};

/// A thread's sums over rows, of one pack of columns.
struct ColumnSums {
  PackValues dgamma;
  PackValues dbeta;

  /// A row more, for element k of the pack. Returns the element's w.
  KNOBSCOPE_INLINE float add(int k, float dy, float xhat, float gamma, float2& row_sums) {
    const float w = __fmul_rn(dy, gamma);  // rounded once: in both sums and in dx it is the same number
    dbeta.at[k] += dy;
    dgamma.at[k] += dy * xhat;
    row_sums = merge(row_sums, make_float2(w, w * xhat));
    return w;
  }
};

/// Which packs of a row are a block's own: tiles of a pack for each thread, `step` apart, and of the last ones, which
/// are too few for all blocks, a narrower tile for each. Otherwise most blocks would wait while some work on one tile
/// more.
struct Tiles {
  Index packs;  ///< of a row
  Index first;
  Index step;
  Index whole;
  Index last;   ///< the narrow tile's first pack
  Index width;  ///< and how many it has

  KNOBSCOPE_INLINE Index count() const { return whole + (width > 0 ? 1 : 0); }
  /// The thread's pack in tile i; past the end of the row if it has none.
  KNOBSCOPE_INLINE Index pack(Index i, int thread) const {
    if (i < whole) return first + i * step + thread;
    return thread < width ? last + thread : packs;
  }
};

/// `in_turn`: tiles go to the blocks in turn, otherwise each block has its slab: tiles that are side by side.
template <int kBlock>
KNOBSCOPE_INLINE Tiles tiles_of_block(Index packs, bool in_turn) {
  const auto share = [&](Index of) { return ((of + gridDim.x - 1) / gridDim.x + 7) / 8 * 8; };  // in lines of 128 bytes
  const Index block = blockIdx.x;
  if (in_turn) {
    const Index round = Index{gridDim.x} * kBlock;
    const Index whole = packs / round;
    const Index width = share(packs - whole * round);
    return Tiles{packs, block * kBlock, round, whole, whole * round + block * width, width};
  }
  const Index slab = share(packs);
  const Index whole = slab / kBlock;
  return Tiles{packs, block * slab, kBlock, whole, block * slab + whole * kBlock, slab % kBlock};
}

/// A pack of a row, of which `left` elements exist: those past the end are 0. Rows start on a pack or they do not, all
/// alike.
template <Hint kHint>
KNOBSCOPE_INLINE PackBytes load_columns(const Element* from, bool aligned, Index left) {
  if (aligned) return load_bytes<kHint>(from);
  PackBytes bytes;
#pragma unroll
  for (int i = 0; i < kPack; ++i) bytes.elements[i] = i < left ? from[i] : from_float<Element>(0.0F);
  return bytes;
}

/// A pack, asked for where it stands: with this hint the compiler could ask later, behind what waits for others.
template <Hint kHint>
KNOBSCOPE_INLINE PackBytes load_now(const Element* from) {
  return kHint == Hint::evict_first ? load_bytes(from, l2_policy<Evict::first>()) : load_bytes<kHint>(from);
}

template <Hint kHint>
KNOBSCOPE_INLINE void store_columns(Element* to, const PackValues& values, bool aligned, Index left) {
  if (aligned) {
    store_pack<kHint>(to, values);
  } else {
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      if (i < left) to[i] = from_float<Element>(values.at[i]);
    }
  }
}

/// Visits a pack of columns in `rows` rows, at most kRows: visit(row, bytes of x, bytes of dy, aligned). x and dy point
/// at the first row's pack. Of aligned rows, kTogether are asked for before the first of them is waited for: whether
/// there are so many is one question for all of them, for a question between two loads would make the second one wait.
/// Where the compiler knows `rows`, it is none.
template <int kRows, int kTogether, Hint kHint, typename Visit>
KNOBSCOPE_INLINE void down_the_rows(const Element* x, const Element* dy, int rows, Index columns, bool aligned,
                                    Index left, Visit visit) {
#pragma unroll
  for (int first = 0; first < kRows; first += kTogether) {
    if (aligned && first + kTogether <= rows) {
      PackBytes x_bytes[kTogether];
      PackBytes dy_bytes[kTogether];
#pragma unroll
      for (int i = 0; i < kTogether; ++i) {
        x_bytes[i] = load_now<kHint>(x + (first + i) * columns);
        dy_bytes[i] = load_now<kHint>(dy + (first + i) * columns);
      }
#pragma unroll
      for (int i = 0; i < kTogether; ++i) visit(first + i, x_bytes[i], dy_bytes[i], true);
    } else {
#pragma unroll
      for (int i = first; i < first + kTogether; ++i) {
        if (i >= rows) break;
        visit(i, load_columns<kHint>(x + i * columns, aligned, left),
              load_columns<kHint>(dy + i * columns, aligned, left), aligned);
      }
    }
  }
}

/// The first look at the columns from first_column on, of which the block has `tiles`: all rows, in groups of kRows.
/// Writes dgamma and dbeta, and for each row the block's sums to of_blocks[row * blocks + block]. Of more rows than one
/// group the columns' sums wait in `carried`, 2 * columns of them, always for the same thread. The whole block calls.
template <int kBlock, int kRows, int kTogether, Hint kLoads, Hint kStores>
KNOBSCOPE_INLINE void sum_columns(const Backward& job, Index first_column, const Tiles& tiles, L2Policy gamma_policy,
                                  float* carried, float2* of_blocks) {
  constexpr int kWarps = kBlock / kWarp;
  __shared__ RowScale scales[kRows];
  __shared__ float2 of_warps[kWarps][kRows];
  const int thread = static_cast<int>(threadIdx.x);
  const Index columns = job.columns;
  const bool aligned = columns % kPack == 0;

  for (Index first_row = 0; first_row < job.rows; first_row += kRows) {
    const int rows = static_cast<int>(min(Index{kRows}, job.rows - first_row));
    for (int row = thread; row < rows; row += kBlock) {
      scales[row] = RowScale{job.mean[first_row + row], job.rstd[first_row + row]};
    }
    __syncthreads();

    RowSums<kRows> row_sums{};
    const auto visit_tiles = [&](int rows_of_group) {
      for (Index i = 0; i < tiles.count(); ++i) {
        const Index column = first_column + tiles.pack(i, thread) * kPack;
        if (column >= columns) break;
        const Index left = columns - column;
        const PackValues gamma = aligned ? values_of(load_bytes(job.gamma + column, gamma_policy))
                                         : values_of(load_columns<kLoads>(job.gamma + column, false, left));
        ColumnSums sums{};
        if (first_row > 0) {
          for (int k = 0; k < kPack && k < left; ++k) {
            sums.dgamma.at[k] = carried[column + k];
            sums.dbeta.at[k] = carried[columns + column + k];
          }
        }
        const Index at = first_row * columns + column;
        const auto add_pack = [&](int row, PackBytes x_bytes, PackBytes dy_bytes, bool) {
          const RowScale scale = scales[row];
          const PackValues x = values_of(x_bytes);
          const PackValues dy = values_of(dy_bytes);
          float2 of_pack{};
#pragma unroll
          for (int k = 0; k < kPack; ++k) sums.add(k, dy.at[k], scale.xhat(x.at[k]), gamma.at[k], of_pack);
          row_sums.of[row] = merge(row_sums.of[row], of_pack);
        };
        down_the_rows<kRows, kTogether, kLoads>(
            job.x + at, job.dy + at, rows_of_group, columns, aligned, left, add_pack);
        if (first_row + kRows >= job.rows) {
          store_columns<kStores>(job.dgamma + column, sums.dgamma, aligned, left);
          store_columns<kStores>(job.dbeta + column, sums.dbeta, aligned, left);
        } else {
          for (int k = 0; k < kPack && k < left; ++k) {
            carried[column + k] = sums.dgamma.at[k];
            carried[columns + column + k] = sums.dbeta.at[k];
          }
        }
      }
    };
    if (rows == kRows) {
      visit_tiles(kRows);  // the loads of a whole group have no question between them
    } else {
      visit_tiles(rows);
    }

#pragma unroll
    for (int row = 0; row < kRows; ++row) {
      const float2 of_warp = warp_reduce(row_sums.of[row]);
      if (thread % kWarp == 0) of_warps[thread / kWarp][row] = of_warp;
    }
    __syncthreads();
    if (thread < rows) {
      float2 of_block{};
      for (const auto& of_warp : of_warps) of_block = merge(of_block, of_warp[thread]);
      of_blocks[(first_row + thread) * gridDim.x + blockIdx.x] = of_block;
    }
    __syncthreads();  // of_warps and scales may be written again; of_blocks is seen by the whole block
  }
}

}  // namespace knobscope
