#include "cli/given_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "core/operation.h"

namespace knobscope::cli {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> find_fault(const fs::path& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (status.type() == fs::file_type::not_found) {
    return fmt::format("{}: there is no such file; name a kernel file (.cu or .cpp)", file.string());
  }
  if (status.type() == fs::file_type::directory) {
    return fmt::format("{} is a folder; name kernel files, or give --all for every variant", file.string());
  }
  if (::access(file.c_str(), R_OK) != 0) {
    return fmt::format("{} cannot be read ({}); check its permissions", file.string(), std::strerror(errno));
  }
  if (status.type() != fs::file_type::regular) {
    return fmt::format("{} is no regular file; name a kernel file (.cu or .cpp)", file.string());
  }
  return std::nullopt;
}

/// "layernorm_forward/05_welford.cu" where the scan of `kernels` finds the file; nothing elsewhere.
std::optional<std::string> id_inside(const fs::path& file, const fs::path& kernels) {
  std::error_code error;
  // Links are followed for the folder only: a link to a file is a file of its own.
  const fs::path folder = fs::canonical(fs::absolute(file, error).parent_path(), error);
  if (folder.parent_path() != fs::canonical(kernels, error)) return std::nullopt;
  const std::string name = file.filename().string();
  const bool scanned = (file.extension() == ".cu" || file.extension() == ".cpp") && name[0] != '.' && name[0] != '#';
  if (!scanned || !operation_named(folder.filename().string())) return std::nullopt;
  return folder.filename().generic_string() + '/' + name;
}

}  // namespace

std::variant<std::vector<GivenFile>, UsageFault> read_given_files(const std::vector<fs::path>& files,
                                                                  const fs::path& kernels) {
  std::vector<GivenFile> given;
  for (const fs::path& file : files) {
    if (const auto fault = find_fault(file)) return UsageFault{*fault};
    GivenFile each;
    if (const auto id = id_inside(file, kernels)) {
      each = {*id, *id, true};
    } else {
      std::error_code error;
      each = {file.string(), fs::absolute(file, error).lexically_normal().generic_string(), false};
    }
    if (std::ranges::find(given, each.id, &GivenFile::id) == given.end()) given.push_back(std::move(each));
  }
  return given;
}

}  // namespace knobscope::cli
