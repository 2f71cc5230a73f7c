#include "core/running_median.h"

#include <algorithm>
#include <compare>

#include "core/median_interval.h"

namespace knobscope {
namespace {

constexpr std::size_t kShareOfStep = 16;

bool is_below(double a, double b) { return std::strong_order(a, b) < 0; }

RunningMedian of_sorted(std::span<const double> sorted) {
  const std::size_t count = sorted.size();
  const std::size_t rank = median_interval_rank(count);
  const double upper = sorted[count / 2];
  const double median = count % 2 == 1 ? upper : sorted[count / 2 - 1] + 0.5 * (upper - sorted[count / 2 - 1]);
  return {static_cast<std::int64_t>(count), median, sorted[rank - 1], sorted[count - rank]};
}

}  // namespace

std::vector<RunningMedian> running_median(std::span<const double> samples) {
  std::vector<RunningMedian> course;
  std::vector<double> sorted;
  sorted.reserve(samples.size());
  while (sorted.size() < samples.size()) {
    const std::size_t before = sorted.size();
    const std::size_t count = std::min(samples.size(), before + std::max<std::size_t>(before / kShareOfStep, 1));
    const auto middle = static_cast<std::ptrdiff_t>(before);
    sorted.insert(sorted.end(), samples.begin() + middle, samples.begin() + static_cast<std::ptrdiff_t>(count));
    std::sort(sorted.begin() + middle, sorted.end(), is_below);
    std::inplace_merge(sorted.begin(), sorted.begin() + middle, sorted.end(), is_below);
    course.push_back(of_sorted(sorted));
  }
  return course;
}

}  // namespace knobscope
