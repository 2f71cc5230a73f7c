#pragma once
// A row in the registers of the threads that share it. It is read once; the sum, the squares and the result are then
// made from registers, so three passes cost the traffic of one. Registers cannot be indexed at run time: how many packs
// a thread keeps is a constant, and a longer row does not fit.

#include "activation.h"
#include "cache_hints.h"

namespace knobscope {

/// Count, mean and squared distances as in Moments, but of the mean also what one float rounds off: it is mean + rest.
/// A float has 7 digits, and where the mean is thousands of times the spread none of them is left for the spread.
struct alignas(16) ExactMoments {
  float count;
  float mean;
  float rest;
  float m2;
};

/// No NaN either. The mean of a row with an infinity is infinite, and nothing is to be taken from that.
KNOBSCOPE_INLINE bool is_finite(float value) { return value - value == 0.0F; }

/// The moments of kGroups groups of values, `count` values in all, always merged in the same order. Groups may be
/// empty, but not the first of several. The whole warp must call, and all lanes receive the same bits: each looks at
/// one group and the sums are made by shuffles. Distances are taken from the first group's mean, as small as the spread
/// wherever the values are.
template <int kGroups>
KNOBSCOPE_INLINE ExactMoments merge_groups(const ExactMoments* groups, float count) {
  static_assert(kGroups <= kWarp, "a lane looks at one group");
  if (count == 0.0F) return ExactMoments{};
  constexpr int kLanes = kGroups > 16 ? 32 : kGroups > 8 ? 16 : kGroups > 4 ? 8 : kGroups > 2 ? 4 : kGroups;
  const int index = threadIdx.x % kLanes;  // as many times over as it takes to give every lane one
  const ExactMoments group = index < kGroups ? groups[index] : ExactMoments{};
  const float first = __shfl_sync(kWholeWarp, group.mean, 0);
  const float origin = is_finite(first) ? first : 0.0F;
  const float inverse = 1.0F / count;

  const float distance = (group.mean - origin) + group.rest;
  // A product that several lanes or formulas share is rounded once for all of them (__fmul_rn): fused into one sum
  // here and rounded there, it would be two numbers. The mean is origin + shift.
  const float shift = __fmul_rn(reduce_to_all<kLanes>(__fmul_rn(group.count, distance)), inverse);
  const float from_mean = distance - shift;
  const float m2 = reduce_to_all<kLanes>(group.m2 + group.count * from_mean * from_mean);
  const float mean = origin + shift;
  return ExactMoments{count, mean, shift - (mean - origin), m2};
}

/// The moments of a row (or of a block's part of it) from those of the block's warps. Every thread of the block must
/// call, and each receives the same bits. There is one barrier, as share_among_warps() has it: behind it, all threads
/// have read what they hold.
template <int kBlock, typename Then>
KNOBSCOPE_INLINE ExactMoments merge_warps(const ExactMoments& of_warp, float count, int round, Then behind_barrier) {
  if constexpr (kBlock == kWarp) {
    __syncwarp();
    behind_barrier();
    return of_warp;
  } else {
    return merge_groups<kBlock / kWarp>(share_among_warps<kBlock>(of_warp, round, behind_barrier), count);
  }
}

template <int kBlock>
KNOBSCOPE_INLINE ExactMoments merge_warps(const ExactMoments& of_warp, float count) {
  return merge_warps<kBlock>(of_warp, count, 0, [] {});
}

/// gamma and beta, and their packs that belong to a thread's packs of a row. Those are the same in every row, if all
/// rows start at a pack's start; then a block that works on many rows keeps them too.
template <int kBlock, int kPacks, bool kKept>
struct Affine {
  const Element* gamma;
  const Element* beta;
  bool kept = false;
  PackBytes gamma_packs[kKept ? kPacks : 1];
  PackBytes beta_packs[kKept ? kPacks : 1];

  KNOBSCOPE_INLINE Affine(const Element* gamma, const Element* beta) : gamma(gamma), beta(beta) {}

  /// Those of the columns [begin, end), once for all rows.
  KNOBSCOPE_INLINE void keep(Index begin, Index end) {
    kept = true;
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
      const Index column = begin + (i * kBlock + static_cast<int>(threadIdx.x)) * kPack;
      if (column >= end) continue;
      gamma_packs[i] = load_bytes(gamma + column);
      beta_packs[i] = load_bytes(beta + column);
    }
  }
};

/// A stretch of at most kBlock * kPacks packs, and what is at its two ends, in the registers of a block. kFull says
/// that it is exactly as many packs and has no ends: then the compiler leaves out everything that asks.
template <int kBlock, int kPacks, bool kFull = false>
class KeptRow {
 public:
  /// `packs`: the stretch's packs, in memory or in shared memory. The ends are read from the tensor x.
  KNOBSCOPE_INLINE KeptRow(const Stretch& stretch, const Element* packs, const Element* x)
      : begin_(stretch.begin),
        packs_(kFull ? kBlock * kPacks : static_cast<int>((stretch.packs_end - stretch.packs_begin) / kPack)),
        head_(kFull ? 0 : static_cast<int>(stretch.packs_begin - stretch.begin)),
        edges_(kFull ? 0 : head_ + static_cast<int>(stretch.end - stretch.packs_end)),
        held_(kFull ? kPacks : (packs_ - thread() + kBlock - 1) / kBlock) {
    // In the element's own type: two of 16 bits share a register. All loads are under way before one is waited for.
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
      if (i < held_) kept_[i] = load_bytes(packs + (i * kBlock + thread()) * kPack);
    }
    if (has_edge()) edge_ = to_float(x[begin_ + edge()]);
  }

  /// How many values the block holds.
  KNOBSCOPE_INLINE float count() const { return static_cast<float>(packs_ * kPack + edges_); }

  /// Those of the values that the calling warp holds: two passes over registers, and the second also finds by how much
  /// rounding has moved the mean. All lanes receive the same bits.
  KNOBSCOPE_INLINE ExactMoments moments_of_warp() const {
    const float count = count_in_warp();
    if (count == 0.0F) return ExactMoments{};
    const float inverse = 1.0F / count;
    float sum = 0.0F;
    for_each_value([&](float value) { sum += value; });
    const float mean = __fmul_rn(reduce_to_all(sum), inverse);
    float2 sums{};  // of distances, and of their squares
    for_each_value([&](float value) {
      const float distance = value - mean;
      sums = merge(sums, make_float2(distance, distance * distance));
    });
    sums = reduce_to_all(sums);
    const float rest = is_finite(mean) ? sums.x * inverse : 0.0F;
    return ExactMoments{count, mean, rest, sums.y - sums.x * rest};
  }

  /// Writes y of the stretch, which starts at `column` of its row.
  template <Hint kHint = Hint::none, bool kKept>
  KNOBSCOPE_INLINE void normalize(Index column, const ExactMoments& row, float rstd,
                                  const Affine<kBlock, kPacks, kKept>& affine, Element* y) const {
    normalize<kHint>(column, row, rstd, affine, y, [](float value) { return activate(value); });
  }

  /// The same with another function than the problem's activation, and perhaps as floats.
  template <Hint kHint = Hint::none, bool kKept, typename Out, typename Finish>
  KNOBSCOPE_INLINE void normalize(Index column, const ExactMoments& row, float rstd,
                                  const Affine<kBlock, kPacks, kKept>& affine, Out* y, Finish finish) const {
    const float correction = __fmul_rn(-row.rest, rstd);
    const auto result = [&](float value, float scale, float shift) {
      return finish(((value - row.mean) * rstd + correction) * scale + shift);
    };
    Out* const y_packs = y + begin_ + head_;
    const Element* const gamma = affine.gamma + column + head_;
    const Element* const beta = affine.beta + column + head_;
    if (kKept && affine.kept) {
      store_packs<kHint>(
          y_packs, result, [&](int i, int) { return values_of(affine.gamma_packs[kKept ? i : 0]); },
          [&](int i, int) { return values_of(affine.beta_packs[kKept ? i : 0]); });
    } else if ((column + head_) % kPack == 0) {
      store_packs<kHint>(
          y_packs, result, [&](int, int at) { return load_pack(gamma + at); },
          [&](int, int at) { return load_pack(beta + at); });
    } else {
      store_packs<kHint>(
          y_packs, result, [&](int, int at) { return gather_pack(gamma + at); },
          [&](int, int at) { return gather_pack(beta + at); });
    }
    if (has_edge()) {
      const float scale = to_float(affine.gamma[column + edge()]);
      const float shift = to_float(affine.beta[column + edge()]);
      y[begin_ + edge()] = from_float<Out>(result(edge_, scale, shift));
    }
  }

 private:
  static KNOBSCOPE_INLINE int thread() { return static_cast<int>(threadIdx.x); }

  /// Whether the thread has one of the single elements.
  KNOBSCOPE_INLINE bool has_edge() const { return !kFull && thread() < edges_; }

  /// Where the thread's single element is, from the stretch's start. There are fewer of them than threads.
  KNOBSCOPE_INLINE int edge() const { return thread() < head_ ? thread() : packs_ * kPack + thread(); }

  /// Of packs, 32 for each whole round of the block, and what the last round has for this warp.
  KNOBSCOPE_INLINE float count_in_warp() const {
    if constexpr (kFull) return kPacks * kWarp * kPack;
    const int warp = thread() / kWarp;
    const int from_here = max(packs_ - warp * kWarp, 0);
    const int packs = from_here / kBlock * kWarp + min(from_here % kBlock, kWarp);
    return static_cast<float>(packs * kPack + (warp == 0 ? edges_ : 0));
  }

  template <typename Visit>
  KNOBSCOPE_INLINE void for_each_value(Visit visit) const {
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
      if (i >= held_) continue;
      for (const float value : values_of(kept_[i]).at) visit(value);
    }
    if (has_edge()) visit(edge_);
  }

  /// scale_of(i, at) and shift_of(i, at) give gamma and beta of the thread's pack i, `at` from the first pack.
  template <Hint kHint, typename Out, typename Result, typename ScaleOf, typename ShiftOf>
  KNOBSCOPE_INLINE void store_packs(Out* y_packs, Result result, ScaleOf scale_of, ShiftOf shift_of) const {
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
      if (i >= held_) continue;
      const int at = (i * kBlock + thread()) * kPack;
      const PackValues scale = scale_of(i, at);
      const PackValues shift = shift_of(i, at);
      PackValues values = values_of(kept_[i]);
#pragma unroll
      for (int k = 0; k < kPack; ++k) values.at[k] = result(values.at[k], scale.at[k], shift.at[k]);
      if constexpr (sizeof(Out) == sizeof(Element)) {
        store_pack<kHint>(y_packs + at, values);
      } else {
        store_floats(y_packs + at, values);
      }
    }
  }

  Index begin_;
  int packs_;
  int head_;
  int edges_;
  int held_;  ///< packs of this thread
  PackBytes kept_[kPacks];
  float edge_;
};

}  // namespace knobscope
