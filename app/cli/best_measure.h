#pragma once
// Measuring one shape here and now, to name its best.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cli/arguments.h"
#include "cli/places.h"
#include "cli/plan_from_arguments.h"
#include "core/fit_rules.h"
#include "core/point.h"

namespace knobscope::cli {

struct MeasuredShape {
  std::vector<PointPtr> points;
  std::vector<DeviceFacts> devices;
  Problem problem;
  DeviceFacts device;
  std::vector<std::string> notes;  ///< what was not measured, and why
  int exit_code = 0;               ///< of Ctrl+C
};

/// Every variant that fits, then the knobs of the best three, then the best few again at length, within the budget. The
/// points are added to the first session that is named. An exit code after a complaint.
std::variant<MeasuredShape, int> measure_shape(const BestArguments& arguments, const PlanDraft& draft,
                                               const Places& places, const FitRules& rules);

}  // namespace knobscope::cli
