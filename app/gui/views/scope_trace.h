#pragma once
// What the scope shows, as numbers: the samples of a point in the order taken, those that were discarded among them,
// and what the device told meanwhile. Nothing here draws.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/running_median.h"
#include "core/snapshot.h"

namespace knobscope::gui {

/// A sample that does not count, at its place.
struct DiscardedMark {
  double at = 0.0;
  double time_ns = 0.0;
  std::optional<double> sm_clock_mhz;
  std::uint64_t throttle_reasons = 0;
};

/// What the device told at one moment, at its place.
struct ReadingMark {
  double at = 0.0;
  EnvironmentReading told;
};

/// The series of one technique. Places count samples from the first of the first series on: 0, 1, 2 …, discarded ones
/// too, so that what was taken one after the other stands beside each other.
struct ScopeSeries {
  Timing timing = Timing::cold;
  Samples samples;                    ///< that count; null when there are none
  std::vector<double> at;             ///< of each of them
  std::vector<double> sm_clocks_mhz;  ///< of each of them, NaN where it is not known; empty where it is of none
  std::vector<DiscardedMark> discarded;
  std::vector<ReadingMark> readings;
  std::vector<RunningMedian> course;  ///< of the samples that count
  double first = 0.0;                 ///< its places: [first, first + taken)
  std::int64_t taken = 0;
};

/// One of the quantities of the strip.
enum class Lane : std::uint8_t { clock, power, temperature };
inline constexpr std::array kLanes = {Lane::clock, Lane::power, Lane::temperature};

constexpr const char* name_of(Lane lane) {
  switch (lane) {
    case Lane::clock:
      return "clock";
    case Lane::power:
      return "power";
    case Lane::temperature:
      break;
  }
  return "temperature";
}

/// "1 980 MHz", "412 W", "51 °C".
std::string format_of(Lane lane, double value);

/// The places that are drawn: a little more than those of the samples, and never too few.
struct PlaceRange {
  double low = -1.0;
  double high = 8.0;
};

struct LanePoint {
  double at = 0.0;
  double value = 0.0;
};

/// Of a running point some is not told yet, and stays empty.
struct ScopeTrace {
  std::string title;
  std::vector<ScopeSeries> series;  ///< those with a sample, counted or not, in the order of kTimings
  std::int64_t taken = 0;           ///< in all
  std::optional<double> least_mhz;  ///< below which a clock is too low, where it is known
  std::string without_lanes;        ///< why lanes are missing; empty where none is
  std::string shared;  ///< "2 other processes use the GPU", "a part of a GPU (MIG)"; empty where it is alone

  bool empty() const { return taken == 0; }
  PlaceRange places() const { return {-1.0, static_cast<double>(taken < 8 ? 8 : taken)}; }
  /// The first series that has samples that count; null when none has.
  const ScopeSeries* first_counted() const;
  std::int64_t discarded() const;
};

/// Of the running point, and of one that is done. `kind`: of its device.
ScopeTrace trace_of(const LivePoint& live, std::string title, DeviceKind kind);
ScopeTrace trace_of(const Point& point, DeviceKind kind);

/// What a lane draws of a series, in order of places. The clock is that of each sample, by the GPU's own cycles, where
/// it is known, else what the device told now and then.
std::vector<LanePoint> lane_points(const ScopeSeries& series, Lane lane);

/// The smallest and largest value of each of `columns` columns of the same width over the places; nothing where no
/// point lies. However many points there are, what is drawn is as wide as the screen, and no extreme is left out.
struct LaneColumn {
  double low = 0.0;
  double high = 0.0;
};
std::vector<std::optional<LaneColumn>> lane_columns(const std::vector<LanePoint>& points, PlaceRange places,
                                                    int columns);

/// The values of the lane's axis: all of them, with room, and never so little that noise fills the lane.
struct LaneRange {
  double low = 0.0;
  double high = 1.0;
};
std::optional<LaneRange> lane_range(const ScopeTrace& trace, Lane lane);

/// Everything known of the sample nearest to a place, a line each: what it is, time, clock, what the device told
/// nearest to it, and why it does not count. Empty for an empty trace.
std::vector<std::string> describe_sample(const ScopeTrace& trace, double at);

}  // namespace knobscope::gui
