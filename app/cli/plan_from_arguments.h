#pragma once
// From flags, and the plan file they may name, to the plan that is measured.

#include <string>
#include <variant>
#include <vector>

#include "cli/arguments.h"
#include "core/plan.h"
#include "session/plan_text.h"

namespace knobscope::cli {

/// A plan as far as the command line alone settles it.
struct PlanDraft {
  Plan plan;
  std::vector<session::KnobChoice> knobs;  ///< of flags; their ranges need to know the variants
  bool default_shape = false;              ///< no shape was given: the device decides
};

/// One sentence that says what is wrong and what to write.
struct UsageFault {
  std::string message;
};

/// Reads the plan file if one is named, then applies the flags over it. `sweep`: knobs not given take all values.
std::variant<PlanDraft, UsageFault> draft_plan(const PlanArguments& arguments, bool sweep);

/// The device a plan or flag means: "" is the best, "cuda" the first CUDA device. Precondition: devices not empty.
std::variant<DeviceFacts, UsageFault> choose_device(const std::string& wanted, const std::vector<DeviceFacts>& devices);

/// Fills in what depends on device and catalog: the default shape, and knob ranges.
std::variant<Plan, UsageFault> complete_plan(const PlanDraft& draft, const DeviceFacts& device, const Catalog& catalog);

}  // namespace knobscope::cli
