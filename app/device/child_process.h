#pragma once
// Runs another program to its end and keeps what it says.

#include <atomic>
#include <string>
#include <vector>

namespace knobscope::device {

struct ChildResult {
  std::string start_fault;  ///< why it could not be started; empty when it was
  int exit_status = 0;
  int signal = 0;        ///< that ended it; 0 when it ended by itself
  bool stopped = false;  ///< ended because `stop` became true
  std::string output;    ///< standard output and standard error, as they came
  bool succeeded() const { return start_fault.empty() && exit_status == 0 && signal == 0 && !stopped; }
};

/// `arguments[0]` is looked up in PATH. Standard input is empty. When `*stop` becomes true the program and all it
/// started are killed within a few hundredths of a second. `folder` is its working folder; empty: ours. Thread-safe.
ChildResult run_child(const std::vector<std::string>& arguments, const std::string& folder = {},
                      const std::atomic<bool>* stop = nullptr);

}  // namespace knobscope::device
