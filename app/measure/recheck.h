#pragma once
// Judging a kernel again, after it was right once. What comes to light, each by the check that it takes:
//   the last timed run  a kernel that counts its launches and leaves work out, or that adds up what nobody clears
//   other inputs        one that gives back what it has kept, or that was right for the first inputs only; they lie in
//                       the same buffers, so that it cannot tell them by their addresses
//   loaded anew         one that lives on what its earlier launches left in the module or in its extra buffers

#include <cstddef>
#include <functional>
#include <optional>

#include "measure/bound_variant.h"
#include "measure/progress_of_plays.h"
#include "measure/verification.h"

namespace knobscope::measure {

/// How often recheck() runs the work.
inline constexpr std::size_t kRechecks = 2;

/// Times the work once more, by the cold technique, into poisoned outputs, and judges what it has left there.
LaterCheck check_last_run(Run& run, const PreparedProblem& problem, const BoundVariant& bound, device::MapSize map);

/// Runs on inputs of another seed; if that is right, loads the module anew by `load` and runs on them again with its
/// extra buffers poisoned. The problem holds the other inputs afterwards. `progress`: null where nobody plays. Returns
/// the first check that found something, else the last. Throws what verify() and `load` throw.
LaterCheck recheck(Run& run, PreparedProblems& memory, PreparedProblem& problem, BoundVariant& bound,
                   const std::function<device::ProgramPtr()>& load, device::MapSize map,
                   ProgressOfPlays* progress = nullptr);

}  // namespace knobscope::measure
