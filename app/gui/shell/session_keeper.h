#pragma once
// Keeps measured points in a session file: from the start when one is named, or from the first save on.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/plan.h"
#include "core/snapshot.h"

namespace knobscope::session {
class Writer;
}

namespace knobscope::gui {

class SessionKeeper {
 public:
  SessionKeeper();
  ~SessionKeeper();
  SessionKeeper(const SessionKeeper&) = delete;
  SessionKeeper& operator=(const SessionKeeper&) = delete;

  /// Starts (or goes on with) a file. Throws session::SessionError.
  void open(const std::filesystem::path& file);
  bool is_open() const;
  std::filesystem::path file() const;
  /// The first id for points of this run; 1 while no file is open.
  std::int64_t first_point_id() const;

  /// A finished point; from the client's thread. A fault of the file is kept for take_fault() instead of thrown.
  void add(const PointPtr& point);
  /// Writes what is known: devices, the plan, and points not yet in the file. Opens `fallback` when no file is open.
  /// Any thread; waits for the disk. Returns one sentence for the window. Throws session::SessionError.
  std::string save(const Snapshot& snapshot, const Plan& plan, const std::filesystem::path& fallback);
  /// A sweep that has begun: into the file, at once or when there is one.
  void add(const Plan& sweep);
  /// These points came from the file: save() does not write them again.
  void know(const std::vector<PointPtr>& points);
  /// What went wrong while adding, once.
  std::optional<std::string> take_fault();

 private:
  mutable std::mutex mutex_;
  std::unique_ptr<session::Writer> writer_;
  std::filesystem::path file_;
  std::set<std::int64_t> written_;  ///< ids of points in the file, of this run
  std::size_t devices_written_ = 0;
  std::vector<Plan> sweeps_;  ///< not yet in a file
  std::optional<std::string> fault_;
};

/// "knobscope-2025-01-31-142501.session" in `folder`, from the local time.
std::filesystem::path new_session_file(const std::filesystem::path& folder);
/// The same for any file: "knobscope-2025-01-31-142501" + `end`, with a number before it where that file is there.
std::filesystem::path new_file(const std::filesystem::path& folder, const std::string& end);

}  // namespace knobscope::gui
