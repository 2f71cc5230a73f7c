#pragma once
// What a check of the outputs found.

#include <string>
#include <vector>

#include "core/error_report.h"

namespace knobscope::measure {

struct Verification {
  ErrorReport report;
  std::vector<std::string> changed_inputs;  ///< names of inputs whose hash differs after the run
};

/// A check after the first one.
struct LaterCheck {
  std::string circumstance;  ///< "on inputs of seed 2"
  Verification found;
};

/// Whether anything at all was found.
inline bool is_wrong(const Verification& found) {
  if (found.report.inputs_changed || !found.changed_inputs.empty() || !found.report.damaged_guards.empty()) return true;
  for (const OutputError& output : found.report.outputs) {
    if (output.failing > 0 || output.unwritten > 0) return true;
  }
  return false;
}

}  // namespace knobscope::measure
