#include "core/bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace knobscope {
namespace {

constexpr std::size_t kReplicates = 2000;
constexpr std::uint64_t kSeed = 20261121;

/// Uniform on [0, 1). Not the standard's distributions: they may differ from library to library.
class Uniform {
 public:
  double operator()() { return static_cast<double>(generator_() >> 11U) * 0x1p-53; }

 private:
  std::mt19937_64 generator_{kSeed};
};

/// The middle of 2a - 1 uniform numbers, a >= 1: Beta(a, a), by G. Ulrich's formula (Devroye, Non-Uniform Random
/// Variate Generation, 1986, IX.3.6).
double middle_of_uniforms(double a, Uniform& uniform) {
  const double radius = std::sqrt(1.0 - std::pow(1.0 - uniform(), 2.0 / (2.0 * a - 1.0)));
  return 0.5 + 0.5 * radius * std::cos(2.0 * std::numbers::pi * uniform());
}

/// Medians of resamples of one series.
class Resampled {
 public:
  explicit Resampled(std::span<const double> samples) : sorted_(samples.begin(), samples.end()) {
    // A total order, so that even a NaN cannot break the sort.
    std::ranges::sort(sorted_, [](double a, double b) { return std::strong_order(a, b) < 0; });
  }

  double draw(Uniform& uniform) const {
    const std::size_t n = sorted_.size();
    if (n % 2 == 1) return at(middle_of_uniforms(static_cast<double>(n + 1) / 2.0, uniform));
    // The two in the middle of n = 2h: the middle of 2h - 1 of them, and its neighbour on that side on which the last
    // one falls, which is that one itself or the nearest of the h - 1 others there.
    const double half = static_cast<double>(n) / 2.0;
    const double middle = middle_of_uniforms(half, uniform);
    const double last = uniform();
    const double nearest = std::pow(uniform(), 1.0 / (half - 1.0));  // n = 2 has no others: 0
    const double neighbour =
        last >= middle ? std::min(last, middle + (1.0 - middle) * (1.0 - nearest)) : std::max(last, middle * nearest);
    return (at(middle) + at(neighbour)) / 2.0;
  }

  double median() const {
    const std::size_t n = sorted_.size();
    return (sorted_[(n - 1) / 2] + sorted_[n / 2]) / 2.0;
  }

  bool has_only_times() const { return !sorted_.empty() && sorted_.front() > 0.0 && std::isfinite(sorted_.back()); }

 private:
  /// The sample that a uniform number stands for.
  double at(double place) const {
    const auto index = static_cast<std::size_t>(place * static_cast<double>(sorted_.size()));
    return sorted_[std::min(index, sorted_.size() - 1)];
  }

  std::vector<double> sorted_;
};

/// From the 2.5 % to the 97.5 % quantile of what `draw` gives.
template <class Draw>
Interval middle_95_percent(Draw draw) {
  std::array<double, kReplicates> replicates;
  for (double& replicate : replicates) replicate = draw();
  // The same number is left out at both ends.
  constexpr std::size_t beyond = kReplicates / 40;
  const auto less = [](double a, double b) { return std::strong_order(a, b) < 0; };
  const auto low = replicates.begin() + beyond;
  const auto high = replicates.end() - 1 - beyond;
  std::nth_element(replicates.begin(), low, replicates.end(), less);
  std::nth_element(low + 1, high, replicates.end(), less);  // what follows low is no less
  return {*low, *high};
}

}  // namespace

std::optional<Interval> bootstrap_median(std::span<const double> samples) {
  if (samples.empty()) return std::nullopt;
  const Resampled resampled(samples);
  Uniform uniform;
  return middle_95_percent([&] { return resampled.draw(uniform); });
}

std::optional<MedianRatio> bootstrap_ratio(std::span<const double> base, std::span<const double> next) {
  const Resampled below(base);
  const Resampled above(next);
  if (!below.has_only_times() || !above.has_only_times()) return std::nullopt;
  Uniform uniform;
  const Interval interval = middle_95_percent([&] {
    const double median = above.draw(uniform);
    return median / below.draw(uniform);
  });
  return MedianRatio{above.median() / below.median(), interval.low, interval.high};
}

}  // namespace knobscope
