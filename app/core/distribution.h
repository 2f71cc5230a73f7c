#pragma once
// What the main input looks like. Each one exists because some kernel that passes on the others fails on it.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knobscope {

enum class DistributionKind : std::uint8_t {
  uniform,        ///< uniform in [0, 1)
  normal,         ///< mean 0, sigma 1
  offset,         ///< mean = offset, sigma 1: cancellation in E[x²] - E[x]²
  constant_rows,  ///< every element of a row is the same multiple of 1/8: variance 0, sums exact
  outlier,        ///< normal, and one element of each row is 1e4
  nonfinite,      ///< normal, and one row holds one Inf and one NaN; other rows must not notice
};

inline constexpr std::array kDistributionKinds = {DistributionKind::uniform, DistributionKind::normal,
                                                  DistributionKind::offset,  DistributionKind::constant_rows,
                                                  DistributionKind::outlier, DistributionKind::nonfinite};

constexpr std::string_view name_of(DistributionKind kind) {
  switch (kind) {
    case DistributionKind::uniform:
      return "uniform";
    case DistributionKind::normal:
      return "normal";
    case DistributionKind::offset:
      return "offset";
    case DistributionKind::constant_rows:
      return "constant";
    case DistributionKind::outlier:
      return "outlier";
    case DistributionKind::nonfinite:
      return "nonfinite";
  }
  return "?";
}

constexpr std::optional<DistributionKind> distribution_named(std::string_view name) {
  for (const DistributionKind kind : kDistributionKinds) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

struct Distribution {
  DistributionKind kind = DistributionKind::normal;
  double offset = 1000.0;  ///< mean in units of sigma; only `offset` reads it
  bool operator==(const Distribution&) const = default;
};

}  // namespace knobscope
