#pragma once
// From a check's flags to its points: which variants, on which shapes, in which types.

#include <string>
#include <variant>
#include <vector>

#include "cli/arguments.h"
#include "cli/given_files.h"
#include "cli/plan_from_arguments.h"
#include "core/plan.h"

namespace knobscope::cli {

struct CheckPlan {
  std::vector<Plan> plans;           ///< one to three a variant, for a session to keep
  std::vector<PointRequest> points;  ///< of all of them, without times
  std::vector<std::string> notes;    ///< variants that are not checked, and why
};

/// The variants that are asked for, in the order given or in story order. The fault's sentences are lines.
std::variant<std::vector<const Variant*>, UsageFault> choose_variants(const CheckArguments& arguments,
                                                                      const std::vector<GivenFile>& files,
                                                                      const PlanDraft& draft, const DeviceFacts& device,
                                                                      const Catalog& catalog);

/// Precondition: variants not empty. The fault's sentences are lines.
std::variant<CheckPlan, UsageFault> plan_check(const CheckArguments& arguments, const PlanDraft& draft,
                                               const std::vector<const Variant*>& variants, const DeviceFacts& device,
                                               const Catalog& catalog);

}  // namespace knobscope::cli
