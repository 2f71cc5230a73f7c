#pragma once
// Bootstrap intervals of medians: what the median might have been, had other samples of the same kind been taken.
//
// The percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13), 2 000
// replicates. A replicate is not drawn sample by sample: the middle of n values drawn with replacement is the value
// whose rank is that of the middle of n uniform numbers, and the middle of uniform numbers is Beta distributed. So a
// replicate costs a draw or two instead of n, and its distribution is exactly that of resampling. The seed is fixed:
// the same samples always have the same interval.

#include <optional>
#include <span>

namespace knobscope {

struct Interval {
  double low = 0.0;
  double high = 0.0;
  bool operator==(const Interval&) const = default;
};

/// The 95 % interval of the median; nothing for no samples. Below samples_for_quantile(0.5) samples it is too narrow.
std::optional<Interval> bootstrap_median(std::span<const double> samples);

/// How many times as large the median of `next` is as that of `base`.
struct MedianRatio {
  double estimate = 1.0;
  double low = 1.0;  ///< 95 % interval
  double high = 1.0;
  bool operator==(const MedianRatio&) const = default;
};

/// Both series are resampled, independently. Nothing when one of them is empty or holds what is no time: a NaN, an
/// infinity, zero or less.
std::optional<MedianRatio> bootstrap_ratio(std::span<const double> base, std::span<const double> next);

}  // namespace knobscope
