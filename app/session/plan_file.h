#pragma once
// Plans as TOML.

#include <string>
#include <variant>

#include "core/plan.h"

namespace knobscope::session {

struct PlanFault {
  int line = 0;  ///< 1-based; 0 when unknown
  std::string message;
};

/// Never throws on bad input.
std::variant<Plan, PlanFault> parse_plan(const std::string& toml);
/// parse_plan(write_plan(p)) == p.
std::string write_plan(const Plan& plan);

}  // namespace knobscope::session
