#include "measure/phase_clock.h"

#include <algorithm>

namespace knobscope::measure {

Expense expense_of(Phase phase) {
  switch (phase) {
    case Phase::queued:
      return Expense::other;
    case Phase::compile:
      return Expense::load;  // the compiler's own part is known afterwards
    case Phase::prepare:
      return Expense::fill;
    case Phase::reference:
      return Expense::reference;
    case Phase::warm_up:
      return Expense::warm_up;
    case Phase::verify:
      return Expense::verify;
    case Phase::counters:
      return Expense::counters;
    case Phase::ceiling:
      return Expense::ceilings;
    case Phase::cold:
    case Phase::rotating:
    case Phase::hot:
    case Phase::graph:
    case Phase::wall:
      return Expense::timing;
  }
  return Expense::other;
}

void PhaseClock::enter(Expense expense) {
  spent_[now_] += since_.seconds();
  since_ = Stopwatch();
  now_ = expense;
}

void PhaseClock::rebook(Expense from, Expense to, double seconds) {
  enter(now_);
  const double moved = std::clamp(seconds, 0.0, spent_[from]);
  spent_[from] -= moved;
  spent_[to] += moved;
}

TimeSpent PhaseClock::spent() {
  enter(now_);
  return spent_;
}

void PhaseClock::phase(Phase phase) {
  enter(expense_of(phase));
  observer_.phase(phase);
}

}  // namespace knobscope::measure
