#include "measure/stopping.h"

#include <algorithm>

namespace knobscope::measure {

StoppingRule::StoppingRule(const Method& method)
    : target_(method.target_relative_error),
      time_limit_s_(method.time_limit_s),
      min_samples_(static_cast<std::size_t>(std::max(method.min_samples, 1))),
      max_samples_(static_cast<std::size_t>(std::max(method.max_samples, 1))),
      look_at_(std::max(min_samples_, kSamplesForAnInterval)) {}

Stop StoppingRule::decide(std::span<const double> samples_ns, double elapsed_s) {
  const std::size_t count = samples_ns.size();
  if (count >= look_at_) {
    look_at_ = count + std::max<std::size_t>(count / 8, 1);
    if (summarize(samples_ns)->relative_standard_error() <= target_) return Stop::precise;
  }
  if (count >= max_samples_) return Stop::enough_samples;
  if (count == 0) return Stop::not_yet;  // one sample is always worth its time
  const double limit = count < kSamplesForAnInterval ? kPatience * time_limit_s_ : time_limit_s_;
  return elapsed_s >= limit ? Stop::out_of_time : Stop::not_yet;
}

}  // namespace knobscope::measure
