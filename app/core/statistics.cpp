#include "core/statistics.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>
#include <vector>

#include "core/median_interval.h"

namespace knobscope {
namespace {

constexpr double kNormal95 = 1.96;  // two-sided 95 % quantile of the standard normal

std::vector<double> sorted_copy(std::span<const double> samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  // A total order, so that even a NaN cannot break the sort.
  std::ranges::sort(sorted, [](double a, double b) { return std::strong_order(a, b) < 0; });
  return sorted;
}

/// Precondition: `sorted` is not empty.
double quantile_of_sorted(std::span<const double> sorted, double q) {
  const double position = std::clamp(q, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double fraction = position - static_cast<double>(below);
  return sorted[below] + fraction * (sorted[above] - sorted[below]);
}

/// The largest k, counted from 1, with P(Binomial(n, 1/2) < k) <= 2.5 %: the k-th smallest and the k-th largest
/// sample then enclose the median with at least 95 %. 0 when there is none (n < 6).
std::size_t interval_rank(std::size_t n) {
  // The probabilities relative to the central one, downwards by the ratio of neighbours, until they no longer count.
  // No factorial, so no overflow at any n; about 6 sqrt(n) steps.
  constexpr double negligible = 1e-18;
  std::vector<double> weights;  // of n/2, n/2 - 1, …
  double weight = 1.0;
  double below_centre = 0.0;
  for (std::size_t k = n / 2;; --k) {
    weights.push_back(weight);
    if (weights.size() > 1) below_centre += weight;
    if (k == 0) break;
    weight *= static_cast<double>(k) / static_cast<double>(n - k + 1);
    if (weight < negligible) break;
  }
  const bool even = n % 2 == 0;
  // By symmetry: both halves, and the central one once when n is even, twice when it is odd.
  const double total = 2.0 * below_centre + (even ? 1.0 : 2.0);
  std::size_t rank = n / 2 + 1 - weights.size();  // the smallest count that has a weight
  double cumulative = 0.0;
  std::reverse(weights.begin(), weights.end());
  for (const double next : weights) {
    cumulative += next;
    if (cumulative / total > 0.025) break;
    ++rank;
  }
  return rank;
}

}  // namespace

double Summary::relative_standard_error() const {
  if (count < 2) return std::numeric_limits<double>::infinity();
  const double width = (ci_high - ci_low).count();
  if (width <= 0.0) return 0.0;
  if (median.count() <= 0.0) return std::numeric_limits<double>::infinity();
  return width / (2.0 * kNormal95 * median.count());
}

std::optional<Summary> summarize(std::span<const double> samples_ns) {
  if (samples_ns.empty()) return std::nullopt;
  const std::vector<double> sorted = sorted_copy(samples_ns);
  const std::size_t n = sorted.size();
  Summary summary;
  summary.count = static_cast<std::int64_t>(n);
  summary.median = Nanoseconds(quantile_of_sorted(sorted, 0.5));
  const std::size_t rank = median_interval_rank(n);
  summary.ci_low = Nanoseconds(sorted[rank - 1]);
  summary.ci_high = Nanoseconds(sorted[n - rank]);
  summary.p5 = Nanoseconds(quantile_of_sorted(sorted, 0.05));
  summary.p95 = Nanoseconds(quantile_of_sorted(sorted, 0.95));
  summary.minimum = Nanoseconds(sorted.front());

  // Two passes: the spread is often a millionth of the mean.
  double sum = 0.0;
  for (const double sample : sorted) sum += sample;
  const double mean = sum / static_cast<double>(n);
  double squares = 0.0;
  for (const double sample : sorted) squares += (sample - mean) * (sample - mean);
  summary.mean = Nanoseconds(mean);
  if (n > 1 && mean > 0.0) summary.cv = std::sqrt(squares / static_cast<double>(n - 1)) / mean;
  return summary;
}

std::size_t median_interval_rank(std::size_t count) { return std::max<std::size_t>(interval_rank(count), 1); }

std::size_t samples_for_quantile(double q) {
  // Of n samples all lie below the quantile with probability q^n, which must be at most 2.5 %; above it with 1 - q.
  const double nearer = std::max(q, 1.0 - q);
  const double n = std::log(0.025) / std::log(nearer);
  return static_cast<std::size_t>(std::ceil(n));
}

std::optional<Spread> spread_of(std::span<const double> samples_ns) {
  if (samples_ns.empty()) return std::nullopt;
  const std::vector<double> sorted = sorted_copy(samples_ns);
  Spread spread;
  spread.q1 = Nanoseconds(quantile_of_sorted(sorted, 0.25));
  spread.q3 = Nanoseconds(quantile_of_sorted(sorted, 0.75));
  spread.p99 = Nanoseconds(quantile_of_sorted(sorted, 0.99));
  spread.p99_is_known = sorted.size() >= samples_for_quantile(0.99);
  spread.median_ns = *bootstrap_median(sorted);
  return spread;
}

bool is_tie(const Summary& a, const Summary& b) {
  const auto [smaller, larger] = std::minmax(a.median, b.median);
  const bool overlap = a.ci_low <= b.ci_high && b.ci_low <= a.ci_high;
  return overlap || larger <= smaller * (1.0 + kTieFraction);
}

std::optional<double> quantile(std::span<const double> samples, double q) {
  if (samples.empty()) return std::nullopt;
  return quantile_of_sorted(sorted_copy(samples), q);
}

}  // namespace knobscope
