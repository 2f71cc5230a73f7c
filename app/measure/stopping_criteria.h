#pragma once
// The rules by which a series of samples may be long enough, one class each. All take every sample once, in order, and
// know nothing of the time that passes: see StoppingRule.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "core/point.h"

namespace knobscope::measure {

/// The last `capacity` numbers, oldest first.
class Window {
 public:
  explicit Window(std::size_t capacity) : capacity_(capacity) {}
  void add(double value);
  std::size_t size() const { return values_.size(); }
  double last() const { return values_[(next_ + values_.size() - 1) % values_.size()]; }
  /// `index` counts from the oldest.
  double operator[](std::size_t index) const { return values_[(next_ + index) % values_.size()]; }

 private:
  std::size_t capacity_;
  std::size_t next_ = 0;  ///< the oldest, once the window is full
  std::vector<double> values_;
};

/// The standard error of the median, relative to it, is at most Method::target_relative_error. Looks only as often as
/// the series has grown by an eighth, for it sorts.
class MedianErrorCriterion {
 public:
  explicit MedianErrorCriterion(const Method& method);
  bool is_met(std::span<const double> samples_ns);

 private:
  double target_;
  std::size_t look_at_;
};

/// NVBench's "stdrel" (docs/cli_help.md and nvbench/detail/stdrel_criterion.cxx): the standard deviation of all samples
/// over their mean is below Method::max_noise, or, for a kernel that will never be so quiet, has settled: of the last
/// 512 such values, at least 65, the deviation from the present one is less than 5 % of it. That is looked at every 16
/// samples. A deviation needs five samples.
class StdrelCriterion {
 public:
  explicit StdrelCriterion(const Method& method) : max_noise_(method.max_noise) {}
  void add(double sample_ns);
  bool is_met() const;

 private:
  double max_noise_;
  std::int64_t count_ = 0;
  double mean_ = 0.0;
  double squares_ = 0.0;  ///< of the differences from the mean
  Window noise_{512};
};

/// NVBench's "entropy" (nvbench/detail/entropy_criterion.cxx): after each sample, the Shannon entropy in bits of all
/// samples so far, equal ones counted together. Through the last 299 entropies goes a straight line; enough is known
/// when it rises by at most Method::max_angle degrees, and explains at least Method::min_r2 of how they vary. Looked at
/// every second sample.
class EntropyCriterion {
 public:
  explicit EntropyCriterion(const Method& method) : max_angle_(method.max_angle), min_r2_(method.min_r2) {}
  void add(double sample_ns);
  bool is_met() const;

 private:
  double max_angle_;
  double min_r2_;
  std::int64_t count_ = 0;
  std::map<double, std::int64_t> counts_;  ///< how often each value came
  double weighted_logs_ = 0.0;             ///< the sum of count · log2(count) over the values
  Window entropies_{299};
};

/// Method::target_samples are there.
class SampleCountCriterion {
 public:
  explicit SampleCountCriterion(const Method& method);
  bool is_met(std::span<const double> samples_ns) const { return samples_ns.size() >= target_; }

 private:
  std::size_t target_;
};

}  // namespace knobscope::measure
