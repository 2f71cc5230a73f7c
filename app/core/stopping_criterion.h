#pragma once
// The rules by which a series of samples may be long enough.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knobscope {

enum class StoppingCriterion : std::uint8_t {
  rse,           ///< the relative standard error of the median is at most Method::target_relative_error
  stdrel,        ///< the relative standard deviation is below Method::max_noise, or has settled
  entropy,       ///< the entropy of the samples has nearly stopped growing: Method::max_angle and min_r2
  sample_count,  ///< Method::target_samples are there
};

inline constexpr std::array kStoppingCriteria = {StoppingCriterion::rse, StoppingCriterion::stdrel,
                                                 StoppingCriterion::entropy, StoppingCriterion::sample_count};

/// The word in files and flags. All but `rse` are those of NVBench's --stopping-criterion.
constexpr std::string_view name_of(StoppingCriterion criterion) {
  switch (criterion) {
    case StoppingCriterion::rse:
      return "rse";
    case StoppingCriterion::stdrel:
      return "stdrel";
    case StoppingCriterion::entropy:
      return "entropy";
    case StoppingCriterion::sample_count:
      return "sample-count";
  }
  return "?";
}

constexpr std::optional<StoppingCriterion> stopping_criterion_named(std::string_view name) {
  for (const StoppingCriterion criterion : kStoppingCriteria) {
    if (name_of(criterion) == name) return criterion;
  }
  return std::nullopt;
}

}  // namespace knobscope
