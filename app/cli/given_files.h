#pragma once
// The kernel files that a command line names, and the ids by which the catalog will know them.

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "cli/plan_from_arguments.h"

namespace knobscope::cli {

struct GivenFile {
  std::string shown;   ///< as it was given, or its id where the kernels folder has it
  std::string id;      ///< Variant::id
  bool inside = true;  ///< the scan of the kernels folder finds it by itself
};

/// Each file once, in the order given. A fault names one that is no readable file.
std::variant<std::vector<GivenFile>, UsageFault> read_given_files(const std::vector<std::filesystem::path>& files,
                                                                  const std::filesystem::path& kernels);

}  // namespace knobscope::cli
