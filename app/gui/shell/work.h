#pragma once
// What a window works with: the client of the worker, the file that points go to, and what was recorded of other
// software.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gui/shell/session_keeper.h"
#include "worker/client.h"

namespace knobscope::gui {

/// The client and the file it feeds. The keeper outlives the client, whose thread calls it.
struct Work {
  /// Starts the worker. Throws session::SessionError when the file cannot be written.
  Work(const std::filesystem::path& kernels, const std::filesystem::path& cache, std::vector<std::string> command,
       const std::optional<std::filesystem::path>& session_file);
  /// Shows what the session's file has already.
  void take_up(const std::vector<PointPtr>& points);
  SessionKeeper keeper;
  std::unique_ptr<worker::Client> client;
};

/// What other software was seen to reach, as it comes with the program. A file that cannot be read is left out: nothing
/// but a line in a plot hangs on it.
std::vector<PointPtr> recorded_baselines(const std::filesystem::path& resources);

}  // namespace knobscope::gui
