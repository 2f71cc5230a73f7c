#pragma once
// When enough samples have been taken.

#include <cstddef>
#include <span>
#include <variant>

#include "core/point.h"
#include "measure/stopping_criteria.h"

namespace knobscope::measure {

/// Below this, no order statistics enclose the median with 95 %, so the spread of the median is not known.
inline constexpr std::size_t kSamplesForAnInterval = 6;
/// By the rule `rse`, a slow kernel gets this many time limits to reach kSamplesForAnInterval.
inline constexpr double kPatience = 4.0;

enum class Stop {
  not_yet,
  precise,         ///< the criterion is met
  enough_samples,  ///< as many as are taken at most
  out_of_time,
};

/// The most samples that a criterion takes: Method::max_samples, and of a fixed count that count.
std::size_t most_samples(const Method& method, StoppingCriterion criterion);

/// The rule for one series of samples. A criterion is asked once Method::min_samples are there and add up to
/// Method::min_time_s; the time limit and the most samples end the series whatever it says.
class StoppingRule {
 public:
  StoppingRule(const Method& method, StoppingCriterion criterion);

  /// `samples_ns`: the whole series so far; `elapsed_s`: time since sampling began, flushes included.
  Stop decide(std::span<const double> samples_ns, double elapsed_s);

 private:
  void add_new(std::span<const double> samples_ns);

  std::variant<MedianErrorCriterion, StdrelCriterion, EntropyCriterion, SampleCountCriterion> criterion_;
  double time_limit_s_;
  double min_time_ns_;
  std::size_t min_samples_;
  std::size_t max_samples_;
  bool patient_;
  std::size_t seen_ = 0;   ///< samples that the criterion has got
  double total_ns_ = 0.0;  ///< of them
};

}  // namespace knobscope::measure
