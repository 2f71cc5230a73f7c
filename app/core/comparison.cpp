#include "core/comparison.h"

#include <algorithm>
#include <cmath>

#include "core/statistics.h"

namespace knobscope {
namespace {

/// More than this nobody waits for; the ratio then is too near to the threshold.
constexpr double kMostSamples = 100'000;
/// The estimate from which the number is made has an error of its own.
constexpr double kReserve = 1.5;

Change judge(const MedianRatio& ratio, double threshold) {
  const double most = 1.0 + threshold;
  const double least = 1.0 / most;
  if (ratio.low > most) return Change::slower;
  if (ratio.high < least) return Change::faster;
  return ratio.low >= least && ratio.high <= most ? Change::same : Change::undecided;
}

/// Two digits, rounded up: 340, not 331.7.
std::int64_t rounded_up(double count) {
  const double step = std::pow(10.0, std::max(0.0, std::floor(std::log10(count)) - 1.0));
  return static_cast<std::int64_t>(std::ceil(count / step) * step);
}

/// How many samples of each series would bring the interval off the threshold's ends: its width falls with their root.
std::optional<std::int64_t> find_samples_needed(const MedianRatio& ratio, double threshold, std::size_t count) {
  const double edge = std::log1p(threshold);
  const double estimate = std::log(ratio.estimate);
  const double distance = std::abs(std::abs(estimate) - edge);
  const double reach = std::max(std::log(ratio.high) - estimate, estimate - std::log(ratio.low));
  const double wanted = static_cast<double>(count) * kReserve * (reach / distance) * (reach / distance);
  if (!(wanted <= kMostSamples)) return std::nullopt;
  return rounded_up(std::max(wanted, static_cast<double>(count) + 1.0));
}

}  // namespace

Comparison judge_ratio(const std::optional<MedianRatio>& ratio, std::size_t fewest, std::size_t most,
                       double threshold) {
  Comparison result;
  result.ratio = ratio;
  if (!ratio) {
    result.advice = "there are no times to compare: measure both again";
    return result;
  }
  const std::size_t enough = samples_for_quantile(0.5);
  if (fewest < enough) {
    // Fewer than these do not enclose their median.
    constexpr std::int64_t kUsual = 11;
    result.samples_needed = kUsual;
    result.advice = "too few samples to know the spread: measure again with --min-samples 11 and a longer --time-limit";
    return result;
  }
  result.change = judge(*result.ratio, threshold);
  if (result.change != Change::undecided) return result;
  result.samples_needed = find_samples_needed(*result.ratio, threshold, most);
  if (result.samples_needed) {
    const std::string needed = std::to_string(*result.samples_needed);
    result.advice = "measure both again with more samples: about " + needed + " needed (--min-samples " + needed +
                    ", and --time-limit for as long as they take)";
  } else {
    result.advice = "the change is about as large as --threshold: more samples will not tell; choose another threshold";
  }
  return result;
}

Comparison compare_times(std::span<const double> base_ns, std::span<const double> next_ns, double threshold) {
  const auto [fewest, most] = std::minmax({base_ns.size(), next_ns.size()});
  return judge_ratio(bootstrap_ratio(base_ns, next_ns), fewest, most, threshold);
}

}  // namespace knobscope
