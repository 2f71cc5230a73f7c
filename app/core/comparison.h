#pragma once
// Whether one series of times is shorter than another, and what to do where that cannot be told.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/bootstrap.h"

namespace knobscope {

/// Changes up to this count as none: clocks drift by a percent from one minute to the next, which no interval of two
/// series contains.
inline constexpr double kSameWithin = 0.02;

enum class Change : std::uint8_t {
  same,       ///< the whole interval of the ratio lies within the threshold
  faster,     ///< all of it lies below
  slower,     ///< all of it lies above
  undecided,  ///< it reaches over an end of the threshold, or there are too few samples for one
};

inline constexpr std::array kChanges = {Change::same, Change::faster, Change::slower, Change::undecided};

constexpr std::string_view name_of(Change change) {
  switch (change) {
    case Change::same:
      return "SAME";
    case Change::faster:
      return "FASTER";
    case Change::slower:
      return "SLOWER";
    case Change::undecided:
      return "UNDECIDED";
  }
  return "?";
}

struct Comparison {
  Change change = Change::undecided;
  std::optional<MedianRatio> ratio;            ///< of the new median to the old one
  std::optional<std::int64_t> samples_needed;  ///< of each series, to decide; nothing when no number would
  std::string advice;                          ///< what to do about UNDECIDED; empty otherwise
};

/// The verdict on a ratio that `fewest` samples of one series and `most` of the other went into.
Comparison judge_ratio(const std::optional<MedianRatio>& ratio, std::size_t fewest, std::size_t most, double threshold);

/// `threshold` above 0: times within a factor of 1 + threshold of each other, up or down, are the same. Samples are
/// nanoseconds.
Comparison compare_times(std::span<const double> base_ns, std::span<const double> next_ns,
                         double threshold = kSameWithin);

}  // namespace knobscope
