#pragma once
// What is known now: one immutable value that the worker's client publishes and every view reads.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error_region.h"
#include "core/point.h"
#include "core/variant.h"

namespace knobscope {

enum class WorkerState : std::uint8_t { starting, idle, measuring, restarting, gone };

enum class Phase : std::uint8_t {
  queued,
  compile,
  prepare,
  reference,
  warm_up,
  verify,
  cold,
  rotating,
  hot,
  graph,
  wall,
  counters,
  ceiling,
};

inline constexpr std::array kPhases = {
    Phase::queued,   Phase::compile, Phase::prepare, Phase::reference, Phase::warm_up,  Phase::verify, Phase::cold,
    Phase::rotating, Phase::hot,     Phase::graph,   Phase::wall,      Phase::counters, Phase::ceiling};

/// The phase in which a point is timed by a technique.
constexpr Phase phase_of(Timing timing) {
  switch (timing) {
    case Timing::cold:
      break;
    case Timing::rotating:
      return Phase::rotating;
    case Timing::hot:
      return Phase::hot;
    case Timing::graph:
      return Phase::graph;
    case Timing::wall:
      return Phase::wall;
  }
  return Phase::cold;
}

/// The technique of a timing phase; nothing for the others.
constexpr std::optional<Timing> timing_of(Phase phase) {
  for (const Timing timing : kTimings) {
    if (phase_of(timing) == phase) return timing;
  }
  return std::nullopt;
}

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
    case Phase::rotating:
      return "rotating";
    case Phase::hot:
      return "hot";
    case Phase::graph:
      return "graph";
    case Phase::wall:
      return "wall";
    case Phase::counters:
      return "counters";
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
  Samples cold;  ///< null before the first
  Samples rotating;
  Samples hot;
  Samples graph;
  Samples wall;
  std::vector<SeriesEnvironment> series_environments;  ///< of the techniques above; a clock for each sample
  std::optional<double> done;  ///< part of the phase that is done (0 to 1), where a long one tells

  const Samples& samples(Timing timing) const;
  Samples& samples(Timing timing);
  /// Null before anything was told.
  const SeriesEnvironment* series_environment(Timing timing) const;
};

/// Progress of the points asked for since the queue was last empty.
struct Progress {
  std::int64_t done = 0;
  std::int64_t total = 0;
  std::optional<double> seconds_left;
};

/// The points that wait, the next one first.
struct Waiting {
  std::shared_ptr<const std::vector<PointRequest>> queued;  ///< when last something was queued or dropped; may be null
  std::size_t begun = 0;                                    ///< how many of them no longer wait

  std::span<const PointRequest> points() const {
    return queued ? std::span(*queued).subspan(begun) : std::span<const PointRequest>();
  }
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
  Waiting waiting;
  bool paused = false;
  std::vector<Ceiling> ceilings;
  std::array<ErrorRegionPtr, kErrorSlots> error_regions;  ///< the latest answer in each slot; null before the first
  std::shared_ptr<const std::vector<LogLine>> log = std::make_shared<const std::vector<LogLine>>();

  const DeviceFacts* device(std::string_view id) const;
};

using SnapshotPtr = std::shared_ptr<const Snapshot>;

}  // namespace knobscope
