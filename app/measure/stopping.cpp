#include "measure/stopping.h"

#include <algorithm>

namespace knobscope::measure {
namespace {

using AnyCriterion = std::variant<MedianErrorCriterion, StdrelCriterion, EntropyCriterion, SampleCountCriterion>;

AnyCriterion make_criterion(const Method& method, StoppingCriterion criterion) {
  switch (criterion) {
    case StoppingCriterion::rse:
      return MedianErrorCriterion(method);
    case StoppingCriterion::stdrel:
      return StdrelCriterion(method);
    case StoppingCriterion::entropy:
      return EntropyCriterion(method);
    case StoppingCriterion::sample_count:
      return SampleCountCriterion(method);
  }
  return MedianErrorCriterion(method);
}

}  // namespace

std::size_t most_samples(const Method& method, StoppingCriterion criterion) {
  const bool fixed = criterion == StoppingCriterion::sample_count;
  return static_cast<std::size_t>(std::max(fixed ? method.target_samples : method.max_samples, 1));
}

StoppingRule::StoppingRule(const Method& method, StoppingCriterion criterion)
    : criterion_(make_criterion(method, criterion)),
      time_limit_s_(method.time_limit_s),
      min_time_ns_(method.min_time_s * 1e9),
      min_samples_(static_cast<std::size_t>(std::max(method.min_samples, 1))),
      max_samples_(most_samples(method, criterion)),
      patient_(criterion == StoppingCriterion::rse) {}

void StoppingRule::add_new(std::span<const double> samples_ns) {
  for (; seen_ < samples_ns.size(); ++seen_) {
    const double sample = samples_ns[seen_];
    total_ns_ += sample;
    if (auto* stdrel = std::get_if<StdrelCriterion>(&criterion_)) stdrel->add(sample);
    if (auto* entropy = std::get_if<EntropyCriterion>(&criterion_)) entropy->add(sample);
  }
}

Stop StoppingRule::decide(std::span<const double> samples_ns, double elapsed_s) {
  add_new(samples_ns);
  const std::size_t count = samples_ns.size();
  if (count >= min_samples_ && total_ns_ >= min_time_ns_) {
    const bool met = std::visit(
        [&](auto& criterion) {
          if constexpr (requires { criterion.is_met(samples_ns); }) {
            return criterion.is_met(samples_ns);
          } else {
            return criterion.is_met();
          }
        },
        criterion_);
    if (met) return Stop::precise;
  }
  if (count >= max_samples_) return Stop::enough_samples;
  if (count == 0) return Stop::not_yet;  // one sample is always worth its time
  const bool wait = patient_ && count < kSamplesForAnInterval;
  return elapsed_s >= (wait ? kPatience : 1.0) * time_limit_s_ ? Stop::out_of_time : Stop::not_yet;
}

}  // namespace knobscope::measure
