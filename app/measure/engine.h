#pragma once
// Measures points on one device: compile, prepare, verify, warm up, time by each technique asked for, verify again,
// judge. On one
// whose times mean nothing: compile, prepare, play in several orders, judge.

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "core/error_region.h"
#include "core/known_ceilings.h"
#include "measure/bound_variant.h"
#include "measure/observer.h"
#include "measure/prepared_problems.h"
#include "measure/progress_of_plays.h"
#include "measure/size_ceilings.h"
#include "measure/verdict.h"
#include "trace/nvtx.h"

namespace knobscope::measure {

/// The error map has at most this many tiles.
inline constexpr device::MapSize kErrorMap = {64, 96};

/// All calls from one thread, except stop().
class Engine {
 public:
  /// `domain` may be null. Both must outlive the engine.
  Engine(device::Device& device, trace::Domain* domain, std::string program_version);

  /// Ceilings that were measured before, for sizes still to come. Dropped, and the observer told why, when the device
  /// is another one or its own ceiling, which is always measured, has changed.
  void know(KnownCeilings ceilings) { recorded_ceilings_.push_back(std::move(ceilings)); }

  /// Measures one point. Whatever goes wrong with the kernel becomes the point's verdict and reason; throws only
  /// device::Cancelled, after stop(true).
  PointPtr measure(const PointRequest& request, const Variant& variant, Observer& observer);

  /// The same with a rival, whose runs take turns with the variant's: samples by cold, wall or graph times, the first
  /// of them that is asked for, and a verdict for both. Precondition: request.against is `rival`.
  PointPtr measure_in_turns(const PointRequest& request, const Variant& variant, const Variant& rival,
                            Observer& observer);

  /// Looks closely at a part of an output. The point is run once, without timing, unless its outputs are still there:
  /// those of the last kErrorSlots points looked at are kept until something is measured. Whatever goes wrong is the
  /// region's fault; throws only device::Cancelled, after stop(true).
  ErrorRegionPtr look(const ErrorRequest& request, const Variant& variant, Observer& observer);

  /// From any thread: the running measure() or look() should end early with Cancelled (true); later ones may run again
  /// (false).
  void stop(bool stop);

  /// The device's context broke during the last measure() or look(): only a new process can go on.
  bool device_lost() const { return device_lost_; }

  /// Gives prepared problems and kept outputs back.
  void release_memory() {
    kept_runs_.clear();
    problems_.clear();
  }

 private:
  struct Attempt;
  /// What a point that is looked at has written.
  struct KeptRun {
    Problem problem;
    std::string variant;
    KnobValues knobs;
    std::string source_hash;
    std::vector<BoundOutput> outputs;
  };
  std::shared_ptr<Point> begin(const PointRequest& request, const Variant& variant) const;
  void guard(Attempt& each, const std::function<void()>& step);
  void attempt(Attempt& each);
  bool prepare(Attempt& each);
  void time_in_turns(Attempt& each, Attempt& rival);
  void conclude(Attempt& each);
  void warn_of_sharing(Attempt& each);
  void compile(Attempt& each);
  device::ProgramPtr load(const Attempt& each);
  void time(Attempt& each);
  std::vector<double> sample(Attempt& each, Timing timing, const Enqueue& enqueue);
  void take_in(Attempt& each, Timing timing, std::vector<double> samples);
  std::vector<double> rotate(Attempt& each);
  void profile(Attempt& each);
  void check_outputs(Attempt& each);
  void play(Attempt& each);
  void check_again(Attempt& each, ProgressOfPlays* progress);
  void forget_damaged(Attempt& each);
  bool is_known_right(const Attempt& each) const;
  const std::optional<Ceiling>& ceiling(Run& run);
  void use_recorded_ceilings(const Environment& environment, Observer& observer);
  std::vector<SizeCeiling> size_ceilings(Attempt& each);
  void look_at(Attempt& each, ErrorRegion& region);
  const KeptRun* run_to_look_at(Attempt& each);

  device::Device& device_;
  trace::Domain* domain_;
  std::string program_version_;
  PreparedProblems problems_;
  std::list<KeptRun> kept_runs_;  ///< the latest first
  std::optional<Ceiling> ceiling_;
  int ceiling_tries_ = 0;                         ///< that may be followed by another
  std::vector<KnownCeilings> recorded_ceilings_;  ///< not yet held against the device
  SizeCeilings size_ceilings_;
  std::optional<Stopwatch> since_timed_;  ///< since the last point's samples were taken
  std::string shared_;                    ///< sharing_in_words() of the last point
  bool device_lost_ = false;
  std::atomic<bool> stop_ = false;
};

}  // namespace knobscope::measure
