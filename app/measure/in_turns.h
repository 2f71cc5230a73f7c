#pragma once
// Two works timed in turns, each under the same conditions: A B, B A, A B, … In a pair that begins with A, A follows
// the bookkeeping between two pairs and B follows A; in the next pair it is the other way round.

#include <optional>
#include <vector>

#include "measure/series.h"

namespace knobscope::measure {

/// The technique by which two take turns: the first of cold, wall and graph that the method asks for. Hot and rotating
/// runs live on what the cache holds, and would find the other's data there.
std::optional<Timing> timing_in_turns(const Method& method);

/// Nanoseconds in the order taken; both have as many, none when the device held back in all pairs. The environment of
/// both together is kept in Run::clocks.
struct InTurns {
  std::vector<double> base;
  std::vector<double> next;
};

/// Until the stopping rule of each would end it, or the time limit of both together is over. The observer is shown the
/// samples of `base`. Throws Untimeable, device::Cancelled.
InTurns sample_in_turns(Run& run, const Enqueue& base, const Enqueue& next, const Method& method, Timing timing);

}  // namespace knobscope::measure
