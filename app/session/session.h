#pragma once
// A session file: one SQLite database with every point, sample and fact of an exploration. Survives kill -9 at any
// moment.

#include <filesystem>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/plan.h"
#include "core/point.h"

namespace knobscope::session {

/// The file is not a session, is damaged, of a newer version, or cannot be written; says what to do.
struct SessionError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reading was ended by whoever asked for it.
struct LoadCancelled : SessionError {
  using SessionError::SessionError;
};

/// Told now and then what share of a file has been read, 0 to 1. False ends it.
using LoadProgress = std::function<bool(double share)>;

struct Recorded {
  std::vector<PointPtr> points;  ///< in the order measured
  std::vector<DeviceFacts> devices;
  std::vector<Plan> plans;
  std::string created_at;  ///< UTC, ISO 8601
  std::string program_version;
};

/// Reads without writing (also from a read-only folder, also with a leftover write-ahead log). Throws SessionError, and
/// LoadCancelled where `progress` wants no more.
Recorded load(const std::filesystem::path& file, const LoadProgress& progress = {});

/// Appends to a new or existing session. All calls from one thread, or guarded by the caller. Throws SessionError.
class Writer {
 public:
  explicit Writer(const std::filesystem::path& file);
  ~Writer();  ///< folds the write-ahead log in, leaving a single file
  void add(const DeviceFacts& device);
  void add(const Plan& plan);
  void add(const Point& point);  ///< durable against a killed process when it returns
  std::int64_t next_point_id() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace knobscope::session
