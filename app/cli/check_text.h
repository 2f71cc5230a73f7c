#pragma once
// What a check found, as a compiler would say it.

#include <functional>
#include <string>

#include "core/check_report.h"
#include "core/device_facts.h"

namespace knobscope::cli {

/// A file of the catalog as the user knows it: the id, or the path that was given.
using ShownFile = std::function<std::string(const std::string& id)>;

/// One line a finding, wrong result, failure and misfit, each with an indented line that says where it was first seen;
/// a failure with the beginning of the compiler's output. Then the summary, and on the emulated device what it is not.
std::string check_text(const CheckReport& report, const DeviceFacts& device, const ShownFile& shown_file, bool color);

}  // namespace knobscope::cli
