#pragma once
// Runs the program as a user would and keeps what it said.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace knobscope::testing {

struct Ended {
  int exit_code = -1;  ///< 128 + signal when a signal ended it
  std::string out;
  std::string err;
};

/// While the child runs: its id and what it has written to standard output so far.
using Watcher = std::function<void(pid_t child, const std::string& out, const std::string& err)>;

/// Runs the knobscope program with `arguments`, with HOME and the cache in `home`. Killed after `limit_s`.
/// `watch` is called about every 20 ms.
Ended run_program(const std::vector<std::string>& arguments, const std::filesystem::path& home, double limit_s = 60,
                  const Watcher& watch = nullptr);

}  // namespace knobscope::testing
