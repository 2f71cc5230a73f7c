#pragma once
// What to type to measure the same again: plans and points as command lines.

#include <optional>
#include <string>

#include "core/plan.h"
#include "core/point.h"
#include "core/variant.h"

namespace knobscope::session {

/// "knobscope sweep --device cuda:0 --op …": measures what the plan says, on any machine that has its device and
/// variants; `knobscope run` for a plan that leaves knobs alone. Nothing where flags cannot say it (a method's limits
/// of a stopping rule that is not used, offsets of several distributions): a plan file can.
std::optional<std::string> command_line_of(const Plan& plan);

/// The plan of one point alone; of a pair that is timed in turns, of its first.
Plan plan_of(const PointRequest& request);

/// Measures the same point; `knobscope ab` for two that are timed in turns. As above.
std::optional<std::string> command_line_of(const PointRequest& request);

}  // namespace knobscope::session
