#pragma once
// What a person reads of a part of an output.

#include <string>

#include "core/error_region.h"

namespace knobscope::cli {

/// Some lines: what was looked at, its errors, where they lie in ULP, and the elements where they are few.
/// Precondition: no fault.
std::string error_region_text(const ErrorRegion& region);

}  // namespace knobscope::cli
