#pragma once
// Points on their way from the worker: collected, written to a session, waited for. Shared by run, sweep and check.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "session/session.h"
#include "worker/client.h"

namespace knobscope::cli {

/// Finished points, in memory and in the session file. add() is called on the client's thread.
class Collector {
 public:
  /// `writer` may be null.
  explicit Collector(session::Writer* writer) : writer_(writer) {}

  void add(const PointPtr& point);
  std::int64_t count() const;
  std::vector<PointPtr> points() const;
  /// Why points no longer reach the session file; empty while they do.
  std::string fault() const;
  /// Seconds spent on writing them to it.
  double writing_s() const;

 private:
  mutable std::mutex mutex_;
  std::vector<PointPtr> points_;
  session::Writer* writer_;
  std::string fault_;
  double writing_s_ = 0.0;
};

/// How the waiting ended.
struct Course {
  int signal = 0;
  bool worker_gone = false;
  bool out_of_time = false;
};

/// Waits until `total` points have come, the session file cannot be written, a signal comes, the worker is gone, or it
/// is `end`. What still runs then is cancelled.
Course wait_for_points(worker::Client& client, const Collector& collector, std::int64_t total, Interrupt& interrupt,
                       ProgressLine& progress,
                       std::chrono::steady_clock::time_point end = std::chrono::steady_clock::time_point::max());

/// Complains about a course that did not reach its end; the exit code, or nothing when it did.
std::optional<int> complain_of_course(const Course& course, const Collector& collector, std::int64_t total,
                                      const worker::Client& client);

}  // namespace knobscope::cli
