#pragma once
// What is known now: one immutable value that the worker's client publishes and every view reads.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/point.h"
#include "core/variant.h"

namespace knobscope {

enum class WorkerState : std::uint8_t { starting, idle, measuring, restarting, gone };

enum class Phase : std::uint8_t { queued, compile, prepare, reference, warm_up, verify, cold, hot, ceiling };

constexpr std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::queued:
      return "queued";
    case Phase::compile:
      return "compile";
    case Phase::prepare:
      return "prepare";
    case Phase::reference:
      return "reference";
    case Phase::warm_up:
      return "warm-up";
    case Phase::verify:
      return "verify";
    case Phase::cold:
      return "cold";
    case Phase::hot:
      return "hot";
    case Phase::ceiling:
      return "ceiling";
  }
  return "?";
}

enum class LogLevel : std::uint8_t { info, warning, error };

struct LogLine {
  std::chrono::system_clock::time_point when;
  LogLevel level = LogLevel::info;
  std::string text;
};

/// The point being measured: its request, where it is, and the samples so far.
struct LivePoint {
  PointRequest request;
  Phase phase = Phase::queued;
  Samples cold;
  Samples hot;
  std::optional<double> done;  ///< part of the phase that is done (0 to 1), where a long one tells
};

/// Progress of the points asked for since the queue was last empty.
struct Progress {
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::optional<double> seconds_left;
};

/// A consistent picture. Copying it copies pointers; nothing it points to ever changes.
struct Snapshot {
  std::uint64_t revision = 0;  ///< grows with every change
  WorkerState worker = WorkerState::starting;
  std::string worker_message;  ///< what happened, for starting, restarting and gone
  int worker_restarts = 0;
  std::vector<DeviceFacts> devices;  ///< best first; empty until the worker has said
  std::shared_ptr<const Catalog> catalog = std::make_shared<const Catalog>();
  std::shared_ptr<const std::vector<PointPtr>> points = std::make_shared<const std::vector<PointPtr>>();
  std::shared_ptr<const LivePoint> live;  ///< null when nothing is being measured
  Progress progress;
  bool paused = false;
  std::vector<Ceiling> ceilings;
  std::shared_ptr<const std::vector<LogLine>> log = std::make_shared<const std::vector<LogLine>>();

  const DeviceFacts* device(std::string_view id) const;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace knobscope
