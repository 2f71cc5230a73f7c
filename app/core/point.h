#pragma once
// A point: one variant with one choice of knobs on one problem on one device, and what came of it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ceiling.h"
#include "core/device_facts.h"
#include "core/error_report.h"
#include "core/finding.h"
#include "core/knobs.h"
#include "core/launch_facts.h"
#include "core/problem.h"
#include "core/profile.h"
#include "core/sample_environment.h"
#include "core/statistics.h"
#include "core/stopping_criterion.h"
#include "core/time_spent.h"
#include "core/timing.h"
#include "core/units.h"
#include "core/verdict.h"
#include "core/window_state.h"

namespace knobscope {

/// How to time.
struct Method {
  // By which techniques (core/timing.h).
  bool time_cold = true;
  bool time_rotating = false;
  bool time_hot = true;
  bool time_graph = false;
  bool time_wall = false;
  double target_relative_error = 0.005;  ///< rse: stop when the median's relative standard error is below
  double noisy_relative_error = 0.02;    ///< above this at the end, the verdict is noisy
  int min_samples = 11;
  int max_samples = 2000;
  double time_limit_s = 0.5;     ///< of sampling, for each technique
  double launch_limit_s = 20.0;  ///< silence after which the worker counts as hung
  /// On the emulated device: look for races too, and play threads and blocks in three orders. Others do not care.
  bool thorough = true;
  /// Judge again after timing: the last timed run, then on inputs of another seed, then in a module loaded anew. On the
  /// emulated device, when thorough: on other inputs, after the plays.
  bool recheck = true;
  StoppingCriterion cold_stopping = StoppingCriterion::rse;  ///< of what is timed run by run: cold, wall
  StoppingCriterion hot_stopping = StoppingCriterion::rse;   ///< of what is timed back to back: hot, rotating, graph
  double min_time_s = 0.0;            ///< what the samples must add up to before a criterion is asked
  double max_noise = 0.005;           ///< stdrel: standard deviation over mean
  double max_angle = 0.048;           ///< entropy: degrees
  double min_r2 = 0.36;               ///< entropy
  int target_samples = 100;           ///< sample_count; max_samples does not hold for it
  bool counters = false;              ///< after timing, ask CUPTI for kernel times and counters (core/profile.h)
  double throttle_threshold = 0.75;   ///< ThrottleRule
  double throttle_recovery_s = 0.05;  ///< what the device gets to recover after a throttled sample

  bool times(Timing timing) const;
  void set_times(Timing timing, bool wanted);
  /// Whether any technique is wanted.
  bool times_any() const;
  /// Those wanted, in the order of kTimings.
  std::vector<Timing> timings() const;
  void set_timings(const std::vector<Timing>& wanted);
  /// The rule that ends a technique's series.
  StoppingCriterion stopping(Timing timing) const;
  bool operator==(const Method&) const = default;
};

/// What a criterion brings along unless it is said otherwise: the fewest and most samples, the least time and the time
/// limit. Those of NVBench's criteria are NVBench's, so that the same flags mean the same there and here.
void set_defaults_of(StoppingCriterion criterion, Method& method);

/// The other one of two that are timed in turns on the same buffers (core/interleaved.h).
struct Against {
  std::string variant;  ///< Variant::id
  KnobValues knobs;     ///< a value for every knob of the variant
  bool operator==(const Against&) const = default;
};

/// What to measure.
struct PointRequest {
  std::int64_t id = 0;  ///< unique in a session; the NVTX payload
  std::string device;   ///< DeviceFacts::id
  Problem problem;
  std::string variant;  ///< Variant::id
  KnobValues knobs;     ///< a value for every knob of the variant
  Method method;
  std::optional<Against> against = {};
  bool operator==(const PointRequest&) const = default;
};

/// Clocks and versions at the time of the measurement; nothing where the device does not tell.
struct Environment {
  std::string device_name;
  std::string driver_version;
  std::string toolkit_version;
  std::string program_version;
  std::string host;
  std::string started_at;  ///< UTC, ISO 8601 with milliseconds
  std::optional<double> sm_clock_mhz;
  std::optional<double> memory_clock_mhz;
  std::optional<double> temperature_c;
  std::optional<double> power_w;
  std::optional<std::uint64_t> throttle_reasons;  ///< NVML's bits, of all readings while it was timed
  /// What samples' clocks are held against: the lower of the highest SM clock and the application clock that is set.
  std::optional<double> expected_sm_clock_mhz;
  std::optional<int> other_processes;  ///< that use the same GPU
  std::optional<bool> ecc;             ///< the memory's errors are corrected, which costs some of its rate
  std::optional<bool> mig;             ///< the GPU is divided
  std::string untold;                  ///< what the device does not tell, and why; empty when it tells all
  bool operator==(const Environment&) const = default;
};

using Samples = std::shared_ptr<const std::vector<double>>;  ///< nanoseconds, in the order taken

/// What is to be known of a technique's times: why there are none, or what is in them that should not be.
struct TimingNote {
  Timing timing = Timing::cold;
  std::string text;  ///< one sentence without its full stop
  bool operator==(const TimingNote&) const = default;
};

/// What came of the other one, whose runs took turns with the point's.
struct Rival {
  std::string variant_name;
  std::string variant_title;
  std::string source_hash;
  Verdict verdict = Verdict::failed;
  std::string reason;              ///< as of a point
  Timing timing = Timing::cold;    ///< by which technique both were timed in turns
  Samples samples;                 ///< null when not timed; sample i was taken right after the point's sample i
  std::optional<Summary> summary;  ///< of the samples
};

/// The series of a technique among the fields of a struct that has one for each, const or not.
template <class Fields>
auto& samples_of(Fields& fields, Timing timing) {
  switch (timing) {
    case Timing::cold:
      break;
    case Timing::rotating:
      return fields.rotating;
    case Timing::hot:
      return fields.hot;
    case Timing::graph:
      return fields.graph;
    case Timing::wall:
      return fields.wall;
  }
  return fields.cold;
}

struct Point {
  PointRequest request;
  std::string variant_name;
  std::string variant_title;
  std::string source_hash;
  Verdict verdict = Verdict::failed;
  std::string reason;  ///< one sentence; empty for a plain pass
  std::string compile_log;
  CompileFacts compiled;
  Bytes bytes;  ///< compulsory bytes of the problem
  std::optional<Bytes> modelled_reads;
  std::optional<Bytes> modelled_writes;
  Samples cold;  ///< null when not timed by this technique
  Samples rotating;
  Samples hot;
  Samples graph;  ///< each sample is kRunsPerGraph runs, over kRunsPerGraph
  Samples wall;
  std::optional<Summary> cold_summary;
  std::optional<Summary> rotating_summary;
  std::optional<Summary> hot_summary;
  std::optional<Summary> graph_summary;
  std::optional<Summary> wall_summary;
  std::vector<TimingNote> timing_notes;
  std::vector<SeriesEnvironment> series_environments;  ///< of each technique that took a sample, in their order
  /// What each cold sample holds beside the kernel: events and launch, measured with an empty kernel by the same
  /// method.
  std::optional<Nanoseconds> event_overhead;
  std::optional<Profile> profile;    ///< nothing when it was not asked for
  std::optional<ErrorReport> error;  ///< nothing when it did not run
  std::vector<Finding> findings;     ///< of the emulated device, in the order they were met
  std::optional<Ceiling> ceiling;
  std::vector<SizeCeiling> size_ceilings;  ///< of as many bytes as the problem compels; one for a technique
  std::optional<Rival> rival;              ///< where the request had one
  Environment environment;
  std::optional<WindowState> window;  ///< nothing when not timed, or recorded before this was told
  std::optional<TimeSpent> spent;     ///< nothing where it was not told: by a failed worker, or an older session

  /// Recorded of other software, by a script: "baseline/pytorch_eager" and its like, which no kernel file is.
  bool is_baseline() const { return request.variant.starts_with("baseline/"); }
  /// Played on the emulated device: it was looked for findings, and has no times.
  bool is_emulated() const { return request.device == kEmulatedDevice; }
  const Samples& samples(Timing timing) const;
  Samples& samples(Timing timing);
  const std::optional<Summary>& summary(Timing timing) const;
  std::optional<Summary>& summary(Timing timing);
  /// What the device was like in a technique's series; null when that was not recorded.
  const SeriesEnvironment* series_environment(Timing timing) const;
  /// Of the samples of all techniques.
  std::int64_t discarded_samples() const;
  /// The technique that speaks for the point: the first of kTimings that it was timed by.
  std::optional<Timing> headline_timing() const;
  /// Its summary. Times of different techniques are times of different things: say headline_timing() beside it.
  const std::optional<Summary>& headline() const;
  /// By which rule the headline's series was ended.
  StoppingCriterion stopping() const { return request.method.stopping(headline_timing().value_or(Timing::cold)); }
  /// What its samples' clocks were held against.
  ThrottleRule throttle_rule() const;
  /// Median SM clock of the headline's samples, as the GPU counts its own cycles.
  std::optional<double> headline_sm_clock_mhz() const;
  /// Compulsory bytes over the headline's median.
  std::optional<BytesPerSecond> bandwidth() const;
  /// `bandwidth` over the ceiling's copy.
  std::optional<double> copy_fraction() const;
  /// What the memory reaches with as many bytes by a technique, and by the headline's; null where it was not measured.
  const SizeCeiling* size_ceiling(Timing timing) const;
  const SizeCeiling* size_ceiling() const { return size_ceiling(headline_timing().value_or(Timing::cold)); }
  /// `bandwidth` over that of a memcpy of the same size by the same technique.
  std::optional<double> memcpy_fraction() const;
  /// `bandwidth` over that of the best copy of the same size by the same technique.
  std::optional<double> sized_copy_fraction() const;
  /// Bytes that the model says the kernel moves: reads and writes; the compulsory ones where there is no model.
  Bytes modelled_bytes() const;
  /// Counted bytes of memory over `modelled_bytes`.
  std::optional<double> counted_over_modelled() const;
  /// The cold median by events less that of the same runs by CUPTI's records.
  std::optional<Nanoseconds> event_over_kernel() const;
  /// Elements of the main tensor per second.
  std::optional<double> elements_per_second() const;
};

using PointPtr = std::shared_ptr<const Point>;

/// Of the samples that the headline is of; nothing where they were not kept.
std::optional<Spread> spread_of_headline(const Point& point);

}  // namespace knobscope
