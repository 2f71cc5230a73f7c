#include "measure/stopping_criteria.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "measure/stopping.h"

namespace knobscope::measure {
namespace {

// As NVBench has them.
constexpr std::int64_t kSamplesForADeviation = 5;
constexpr std::size_t kNoiseBeforeItCanSettle = 64;
constexpr std::int64_t kLookForSettledNoiseEvery = 16;
constexpr double kSettled = 0.05;

double weighted_log(std::int64_t count) {
  const auto number = static_cast<double>(count);
  return count > 1 ? number * std::log2(number) : 0.0;
}

struct Line {
  double slope = 0.0;
  double r2 = 1.0;  ///< 1 where nothing varies
};

/// Least squares over the numbers 0, 1, 2, … Precondition: at least two values.
Line fit_line(const Window& values) {
  const auto n = static_cast<double>(values.size());
  const double middle = (n - 1.0) / 2.0;
  double mean = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) mean += values[i] / n;
  double products = 0.0;
  double squares_x = 0.0;
  double squares_y = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(i) - middle;
    const double y = values[i] - mean;
    products += x * y;
    squares_x += x * x;
    squares_y += y * y;
  }
  Line line;
  line.slope = products / squares_x;
  if (squares_y > 0.0) line.r2 = products * products / (squares_x * squares_y);
  return line;
}

}  // namespace

void Window::add(double value) {
  if (values_.size() < capacity_) {
    values_.push_back(value);
    return;
  }
  values_[next_] = value;
  next_ = (next_ + 1) % capacity_;
}

MedianErrorCriterion::MedianErrorCriterion(const Method& method)
    : target_(method.target_relative_error),
      look_at_(std::max(static_cast<std::size_t>(std::max(method.min_samples, 1)), kSamplesForAnInterval)) {}

bool MedianErrorCriterion::is_met(std::span<const double> samples_ns) {
  if (samples_ns.size() < look_at_) return false;
  look_at_ = samples_ns.size() + std::max<std::size_t>(samples_ns.size() / 8, 1);
  return summarize(samples_ns)->relative_standard_error() <= target_;
}

void StdrelCriterion::add(double sample_ns) {
  // Welford's update.
  ++count_;
  const double difference = sample_ns - mean_;
  mean_ += difference / static_cast<double>(count_);
  squares_ += difference * (sample_ns - mean_);
  if (count_ < kSamplesForADeviation) return;
  const double noise = std::sqrt(squares_ / static_cast<double>(count_ - 1)) / mean_;
  if (std::isfinite(noise)) noise_.add(noise);
}

bool StdrelCriterion::is_met() const {
  if (noise_.size() == 0) return false;
  const double now = noise_.last();
  if (now < max_noise_) return true;
  if (noise_.size() <= kNoiseBeforeItCanSettle || count_ % kLookForSettledNoiseEvery != 0) return false;
  double squares = 0.0;
  for (std::size_t i = 0; i < noise_.size(); ++i) squares += (noise_[i] - now) * (noise_[i] - now);
  return std::sqrt(squares / static_cast<double>(noise_.size() - 1)) / now < kSettled;
}

void EntropyCriterion::add(double sample_ns) {
  ++count_;
  // What is no number has no place in an order; it counts as one value of its own.
  std::int64_t& same = counts_[std::isnan(sample_ns) ? -1.0 : sample_ns];
  weighted_logs_ -= weighted_log(same);
  weighted_logs_ += weighted_log(++same);
  // -sum p log2 p with p = count / n.
  const auto n = static_cast<double>(count_);
  const double entropy = counts_.size() == 1 ? 0.0 : std::log2(n) - weighted_logs_ / n;
  entropies_.add(entropy);
}

bool EntropyCriterion::is_met() const {
  if (entropies_.size() < 2 || count_ % 2 != 0) return false;
  const Line line = fit_line(entropies_);
  const double angle = std::atan(line.slope) * 180.0 / std::numbers::pi;
  return angle <= max_angle_ && line.r2 >= min_r2_;
}

SampleCountCriterion::SampleCountCriterion(const Method& method)
    : target_(static_cast<std::size_t>(std::max(method.target_samples, 1))) {}

}  // namespace knobscope::measure
