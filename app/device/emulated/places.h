#pragma once
// From code addresses to lines: raw findings become findings.

#include <string>
#include <vector>

#include "core/finding.h"
#include "device/emulated/report.h"

namespace knobscope::device::emulated {

/// Where the names of files begin, and which one is the kernel's own.
struct SourceNames {
  std::string kernels_dir;
  std::string id;  ///< of the variant
  std::string object_file;
  std::vector<std::string> launches;  ///< names of kernels, by number of the launch
};

/// Asks addr2line, once for all of them; without it lines of plain accesses are not known. The order stays.
std::vector<Finding> located(const std::vector<RawFinding>& raw, const SourceNames& names);

}  // namespace knobscope::device::emulated
