#pragma once
// How one output compares with its reference, as JSON: the same names wherever it is written.

#include "core/error_report.h"
#include "session/json_value.h"

namespace knobscope::session {

Json output_json(const OutputError& error);

}  // namespace knobscope::session
