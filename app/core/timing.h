#pragma once
// The techniques a kernel can be timed by. A time means something only together with the technique it was taken by.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knobscope {

enum class Timing : std::uint8_t {
  cold,      ///< the last-level cache is flushed before every run
  rotating,  ///< back to back, each run on the next copy of the tensors: together at least three times the cache
  hot,       ///< back to back on the same tensors
  graph,     ///< a graph of kRunsPerGraph runs is replayed: what one run takes of it
  wall,      ///< the host's clock from before a run is started until it has ended
};

/// In the order in which one of them speaks for a point: those that read from memory first.
inline constexpr std::array kTimings = {Timing::cold, Timing::rotating, Timing::hot, Timing::graph, Timing::wall};

inline constexpr int kRunsPerGraph = 20;
/// All copies of the tensors together, over the last-level cache.
inline constexpr int kRotatingCaches = 3;

constexpr std::string_view name_of(Timing timing) {
  switch (timing) {
    case Timing::cold:
      return "cold";
    case Timing::rotating:
      return "rotating";
    case Timing::hot:
      return "hot";
    case Timing::graph:
      return "graph";
    case Timing::wall:
      return "wall";
  }
  return "?";
}

constexpr std::optional<Timing> timing_named(std::string_view name) {
  for (const Timing timing : kTimings) {
    if (name_of(timing) == name) return timing;
  }
  return std::nullopt;
}

/// What is timed, in one sentence.
constexpr std::string_view meaning_of(Timing timing) {
  switch (timing) {
    case Timing::cold:
      return "One run after the cache was flushed, its launch hidden behind a kernel that waits.";
    case Timing::rotating:
      return "Runs back to back, each on the next copy of the tensors; all copies hold three times the cache.";
    case Timing::hot:
      return "Runs back to back on the same tensors, each timed on its own.";
    case Timing::graph:
      return "Twenty runs replayed as one graph, over twenty: no host, hardly a gap between runs.";
    case Timing::wall:
      return "The host's clock from before the launch until the device has ended the run.";
  }
  return "?";
}

/// Tensors come from memory every time, so that a rate is one of the memory.
constexpr bool reads_memory(Timing timing) { return timing == Timing::cold || timing == Timing::rotating; }

}  // namespace knobscope
