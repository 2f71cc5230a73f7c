#pragma once
// The worker process: owns the device, speaks the protocol over its standard streams.

#include <string>
#include <vector>

namespace knobscope::worker {

struct ServeOptions {
  std::string kernels_dir;
  std::vector<std::string> kernel_files;  ///< outside kernels_dir, and in the catalog all the same
  std::string cache_dir;
};

/// Runs until standard input ends or a shutdown message comes. Returns the process's exit code. Standard output
/// carries only protocol messages: anything a kernel or library prints goes to standard error.
int serve(const ServeOptions& options);

}  // namespace knobscope::worker
