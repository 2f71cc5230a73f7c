#pragma once
// Keeps account of a point's wall time.

#include "core/time_spent.h"
#include "measure/observer.h"
#include "measure/run.h"

namespace knobscope::measure {

/// Passes everything on to another observer, and books the time since the last change of phase. Every moment is booked
/// once: what is begun inside something else ends that.
class PhaseClock final : public Observer {
 public:
  /// `observer` must outlive it. What is spent now is `other` until somebody says what it is.
  explicit PhaseClock(Observer& observer) : observer_(observer) {}

  /// From now on time goes here. Nobody else is told.
  void enter(Expense expense);
  /// Of what was booked under `from`, this much was `to`. At most what there is.
  void rebook(Expense from, Expense to, double seconds);
  /// Up to now.
  TimeSpent spent();

  void phase(Phase phase) override;
  void samples(Phase phase, const SeriesStep& step) override { observer_.samples(phase, step); }
  void alive() override { observer_.alive(); }
  void progress(double done) override { observer_.progress(done); }
  void ceiling(const Ceiling& ceiling) override { observer_.ceiling(ceiling); }
  void note(LogLevel level, const std::string& text) override { observer_.note(level, text); }

 private:
  Observer& observer_;
  TimeSpent spent_;
  Expense now_ = Expense::other;
  Stopwatch since_;
};

/// Under what a phase is booked.
Expense expense_of(Phase phase);

}  // namespace knobscope::measure
