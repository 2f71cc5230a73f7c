#pragma once
// The method on a device that plays works out instead of running them: no times, but the same work with its threads and
// blocks in several orders, because an order that a GPU happens to take hides what another would show.

#include <optional>
#include <vector>

#include "core/finding.h"
#include "core/variant.h"
#include "measure/bound_variant.h"
#include "measure/progress_of_plays.h"
#include "measure/verification.h"

namespace knobscope::measure {

struct Played {
  Verification forwards;
  /// Of the first other order that gave wrong outputs where forwards gave right ones.
  std::optional<Verification> worse;
  bool spoiled_memory = false;  ///< an input was changed, or something written outside the bounds of a buffer
};

/// Plays the bound work and judges its outputs: once, when the method is not thorough; else forwards, while the device
/// looks for races, then backwards and shuffled by the problem's seed. Outputs that change with the order are a finding
/// when the file says deterministic, or when only some orders pass the tolerance. `findings` receives what was met, and
/// keeps it when this throws. Throws what verify() throws.
Played play_orders(Run& run, const PreparedProblem& problem, BoundVariant& bound, const Variant& variant,
                   const Method& method, device::MapSize map, std::vector<Finding>& findings,
                   ProgressOfPlays& progress);

/// How many plays that takes.
std::size_t count_plays(const Method& method);

/// Adds `more` to `all`: what is of the same kind and at the same place stays one finding, and the counts are summed.
/// The two sides of a race may come in either order.
void merge_findings(std::vector<Finding>& all, std::vector<Finding> more);

}  // namespace knobscope::measure
