#pragma once
// What a point's time is made of: the kernel itself, what a cold cache adds, and what launching one adds. Pure
// functions.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/point.h"
#include "core/snapshot.h"

namespace knobscope::gui {

class PointIndex;

/// One part of the whole; its time is a difference of two techniques.
struct TimePart {
  std::string_view name;
  std::string_view definition;      ///< one or two sentences
  std::optional<Nanoseconds> time;  ///< nothing when a technique is missing; below 0 where noise is larger than it
  std::string formula;              ///< of what was taken: "cold 12.1 µs − hot 9.8 µs"
  std::string missing;              ///< what to time for it: "time it graph or hot"; empty when it is known
};

/// Kernel, cache effect, launch overhead. From one point only: times of two points may be times of two clocks.
std::array<TimePart, 3> split_time(const Point& point);

/// Why there is no time by a technique, or what to know of it; empty when all is said by its figures.
std::string note_on(const Point& point, Timing timing);

/// The point at the same place as `point` (device, problem, variant, knobs, source) that was timed by the most
/// techniques; the latest of several. `point` itself when no other has more.
PointPtr most_timed(const Snapshot& snapshot, const PointPtr& point, const PointIndex* index = nullptr);

}  // namespace knobscope::gui
