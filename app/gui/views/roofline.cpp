#include "gui/views/roofline.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

namespace knobscope::gui {
namespace {

/// The largest rate of a kind among the points' ceilings of their size, else the device's.
void add_roof(Roofline& roofline, const std::vector<PointPtr>& points, const Ceiling* of_device, const char* kind,
              std::optional<BytesPerSecond> (*of_size)(const SizeCeiling&),
              std::optional<BytesPerSecond> (*of_large)(const Ceiling&)) {
  Roof roof;
  roof.kind = kind;
  for (const PointPtr& point : points) {
    const SizeCeiling* ceiling = point->size_ceiling();
    const auto rate = ceiling != nullptr ? of_size(*ceiling) : std::nullopt;
    if (!rate || *rate <= roof.bandwidth) continue;
    roof.bandwidth = *rate;
    roof.size = ceiling->bytes;
  }
  if (!roof.size && of_device != nullptr) roof.bandwidth = of_large(*of_device).value_or(BytesPerSecond{});
  if (roof.bandwidth.value > 0.0) roofline.roofs.push_back(std::move(roof));
}

/// "1/4", "1", "16".
std::string intensity_label(int exponent) {
  return exponent < 0 ? fmt::format("1/{}", 1LL << -exponent) : fmt::format("{}", 1LL << exponent);
}

/// Whole doublings around all points, and around the ridge of the slowest roof where there is one.
void bound_axes(Roofline& roofline, double least, double most) {
  double high = most * 4.0;
  for (const Roof& roof : roofline.roofs) {
    if (roofline.peak) high = std::max(high, *roofline.peak / roof.bandwidth.value);
  }
  const int first = std::max(static_cast<int>(std::floor(std::log2(least))) - 1, -60);
  const int last = std::clamp(static_cast<int>(std::ceil(std::log2(high))) + 1, first + 1, 60);
  roofline.left = std::exp2(first);
  roofline.right = std::exp2(last);
  SeriesSet& set = roofline.set;
  for (int exponent = first; exponent <= last; ++exponent) {
    set.ticks.push_back({set.position_of(std::exp2(exponent)), intensity_label(exponent)});
  }
  for (const Roof& roof : roofline.roofs) {
    set.y_max = std::max(set.y_max.value_or(0.0), roofline.height(roof, roofline.right));
  }
}

}  // namespace

double Roofline::height(const Roof& roof, double intensity) const {
  const double slanted = roof.bandwidth.value * intensity;
  return peak ? std::min(slanted, *peak) : slanted;
}

Roofline make_roofline(const Snapshot& snapshot, const ViewState& state, const PointIndex* index) {
  Roofline roofline;
  SeriesSet& set = roofline.set;
  const auto slots = series_slots(snapshot, state.plan.operation, device_kind_of(snapshot, state.plan.device), index);
  std::map<int, Series> by_slot;
  std::vector<PointPtr> placed;
  double least = std::numeric_limits<double>::infinity();
  double most = 0.0;
  Freedom free;
  free.knobs = true;
  for (const PointPtr& point : matching_points(snapshot, state, {}, free, index)) {
    const std::optional<RooflinePlace> place = roofline_place(*point);
    const auto slot = slots.find(point->request.variant);
    if (!place || place->intensity <= 0.0 || slot == slots.end()) {
      ++roofline.without;
      continue;
    }
    if (place->is_counted) ++roofline.counted;
    least = std::min(least, place->intensity);
    most = std::max(most, place->intensity);
    if (const auto clock = point->environment.sm_clock_mhz) {
      roofline.clock_mhz = std::max(roofline.clock_mhz.value_or(0.0), *clock);
    }
    Series& line = by_slot[slot->second];
    line.variant = point->request.variant;
    line.title = point->variant_title;
    line.slot = slot->second;
    SeriesPoint entry;
    entry.x = place->intensity;
    entry.position = set.position_of(place->intensity);
    entry.y = place->rate;
    const Summary& summary = *point->headline();
    entry.low = place->rate * (summary.median / std::max(summary.ci_high, summary.median));
    entry.high = summary.ci_low.count() > 0.0 ? place->rate * (summary.median / summary.ci_low) : place->rate;
    entry.point = point;
    set.y_min = std::min(set.y_min.value_or(entry.low), entry.low);
    set.y_max = std::max(set.y_max.value_or(entry.high), entry.high);
    line.points.push_back(std::move(entry));
    placed.push_back(point);
  }
  for (auto& [slot, line] : by_slot) {
    std::ranges::stable_sort(line.points, {}, &SeriesPoint::x);
    set.lines.push_back(std::move(line));
  }
  if (set.empty()) return roofline;

  const DeviceFacts* facts = snapshot.device(state.plan.device);
  if (facts != nullptr && roofline.clock_mhz) roofline.peak = peak_fp32(*facts, *roofline.clock_mhz);
  const auto of_device = std::ranges::find(snapshot.ceilings, state.plan.device, &Ceiling::device);
  const Ceiling* large = of_device == snapshot.ceilings.end() ? nullptr : &*of_device;
  using Rate = std::optional<BytesPerSecond>;
  add_roof(
      roofline, placed, large, "copy", [](const SizeCeiling& size) -> Rate { return size.copy; },
      [](const Ceiling& ceiling) -> Rate { return ceiling.copy; });
  add_roof(
      roofline, placed, large, "read", [](const SizeCeiling& size) { return size.read; },
      [](const Ceiling& ceiling) -> Rate { return ceiling.read; });
  add_roof(
      roofline, placed, large, "write", [](const SizeCeiling& size) { return size.write; },
      [](const Ceiling& ceiling) { return ceiling.write; });
  bound_axes(roofline, least, most);
  return roofline;
}

}  // namespace knobscope::gui
