#pragma once
// What the device allows at each arithmetic intensity, and where the points stand below it. Pure.

#include <optional>
#include <string>
#include <vector>

#include "core/roofline.h"
#include "gui/views/series.h"

namespace knobscope::gui {

/// A slanted line: so many bytes a second.
struct Roof {
  std::string kind;  ///< "copy", "read", "write"
  BytesPerSecond bandwidth;
  std::optional<Bytes> size;  ///< of the problem; nothing for the device's own ceiling of large buffers
};

struct Roofline {
  SeriesSet set;                    ///< x: operations a byte, by doublings; y: operations a second
  std::vector<Roof> roofs;          ///< those known: the size's by the points' technique, else the device's
  std::optional<double> peak;       ///< operations a second of all FP32 lanes, in theory
  std::optional<double> clock_mhz;  ///< at which: the highest that the points recorded
  double left = 0.0;                ///< least and largest intensity to show: all points, and the ridge where known
  double right = 0.0;
  std::size_t counted = 0;  ///< points that stand at bytes that were counted; the others at modelled ones
  std::size_t without = 0;  ///< points that have no time

  /// The roof above an intensity: bandwidth * intensity, at most the peak.
  double height(const Roof& roof, double intensity) const;
};

/// All choices of knobs of the ticked variants on the problem that is set.
Roofline make_roofline(const Snapshot& snapshot, const ViewState& state, const PointIndex* index = nullptr);

}  // namespace knobscope::gui
