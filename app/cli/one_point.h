#pragma once
// A single point as the command line names it: "float4:block=256,unroll=2" on one problem.

#include <string>
#include <variant>
#include <vector>

#include "cli/plan_from_arguments.h"

namespace knobscope::cli {

/// "float4:block=256,unroll=2" taken apart into the flags that say the same.
PlanArguments with_variant(PlanArguments plan, const std::string& named);

/// The one point that a plan stands for. Precondition: devices not empty.
std::variant<PointRequest, UsageFault> one_point(const PlanDraft& draft, const std::vector<DeviceFacts>& devices,
                                                 const Catalog& catalog);

}  // namespace knobscope::cli
