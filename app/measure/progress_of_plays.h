#pragma once
// How far several plays of one work are along, told as one.

#include <cstddef>
#include <optional>

#include "measure/run.h"

namespace knobscope::measure {

/// Passes the progress of several plays on as one. A device that tells the same number again and again plays threads
/// that move; when that goes on for too long, it counts as silent, for they may go round in a circle.
class ProgressOfPlays {
 public:
  /// `run` must outlive it.
  ProgressOfPlays(Run& run, std::size_t plays, const Method& method);
  ~ProgressOfPlays() { run_.device.set_progress({}); }
  ProgressOfPlays(const ProgressOfPlays&) = delete;
  ProgressOfPlays& operator=(const ProgressOfPlays&) = delete;

  /// The play that follows is another one.
  void next() { before_ += 1.0; }

 private:
  void tell(double part);

  Run& run_;
  double plays_;
  double patience_s_;
  double before_ = 0.0;
  std::optional<double> told_;
  Stopwatch since_told_;
};

}  // namespace knobscope::measure
