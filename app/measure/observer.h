#pragma once
// Who watches a measurement while it runs.

#include <string>

#include "core/series_step.h"
#include "core/snapshot.h"

namespace knobscope::measure {

/// Called on the engine's thread, outside every timed region. Each call is a sign of life: a kernel that hangs makes
/// the observer fall silent.
class Observer {
 public:
  virtual ~Observer() = default;
  /// A new phase begins.
  virtual void phase(Phase phase) = 0;
  /// What is new in the series of `phase` (that of a technique, phase_of()); at most about 30 times a second.
  virtual void samples(Phase phase, const SeriesStep& step) = 0;
  /// A step of the present phase is done.
  virtual void alive() = 0;
  /// A long step of the present phase advances: this part of the phase (0 to 1) is done.
  virtual void progress(double done) = 0;
  /// The device's ceiling is known (once per device, before the first point that carries it).
  virtual void ceiling(const Ceiling& ceiling) = 0;
  /// Something worth a line in the log.
  virtual void note(LogLevel level, const std::string& text) = 0;
};

}  // namespace knobscope::measure
