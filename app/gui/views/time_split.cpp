#include "gui/views/time_split.h"

#include <algorithm>

#include <fmt/format.h>

#include "gui/views/point_index.h"
#include "gui/widgets/format_number.h"

namespace knobscope::gui {
namespace {

std::string said(std::string_view what, Nanoseconds time) { return fmt::format("{} {}", what, format_time(time)); }

TimePart kernel_of(const Point& point) {
  TimePart part{
      "kernel",
      "The kernel alone, its data where the run before left it: the median of a replayed graph's runs, or the "
      "shortest hot run where no graph was timed.",
      {},
      {},
      {}};
  if (point.graph_summary) {
    part.time = point.graph_summary->median;
    part.formula = said("graph median", *part.time);
  } else if (point.hot_summary) {
    part.time = point.hot_summary->minimum;
    part.formula = said("hot minimum", *part.time);
  } else {
    part.missing = "time it graph or hot";
  }
  return part;
}

/// The difference of two medians; `missing` when one of them is not there.
void subtract(TimePart& part, std::optional<Nanoseconds> from, std::string_view from_name,
              std::optional<Nanoseconds> what, std::string_view what_name, std::string_view missing) {
  if (!from || !what) {
    part.missing = missing;
    return;
  }
  part.time = *from - *what;
  part.formula = fmt::format("{} − {}", said(from_name, *from), said(what_name, *what));
}

std::optional<Nanoseconds> median_of(const std::optional<Summary>& summary) {
  return summary ? std::optional(summary->median) : std::nullopt;
}

std::size_t techniques_of(const Point& point) {
  return static_cast<std::size_t>(
      std::ranges::count_if(kTimings, [&](Timing timing) { return point.summary(timing).has_value(); }));
}

}  // namespace

std::array<TimePart, 3> split_time(const Point& point) {
  TimePart kernel = kernel_of(point);
  TimePart cache{"cache effect",
                 "What it costs that the data come from memory and not from the cache: cold median − hot median.",
                 {},
                 {},
                 {}};
  subtract(cache, median_of(point.cold_summary), "cold", median_of(point.hot_summary), "hot",
           point.cold_summary  ? "time it hot"
           : point.hot_summary ? "time it cold"
                               : "time it cold and hot");
  TimePart launch{"launch overhead",
                  "What one run costs a caller who waits for it beyond the kernel: arguments, driver, start, notice of "
                  "the end. Wall median − kernel.",
                  {},
                  {},
                  {}};
  subtract(launch, median_of(point.wall_summary), "wall", kernel.time, "kernel",
           point.wall_summary ? kernel.missing
           : kernel.time      ? "time it wall"
                              : "time it wall, and graph or hot");
  return {std::move(kernel), std::move(cache), std::move(launch)};
}

std::string note_on(const Point& point, Timing timing) {
  const auto note = std::ranges::find(point.timing_notes, timing, &TimingNote::timing);
  if (note != point.timing_notes.end()) return note->text;
  if (point.summary(timing)) return {};
  return fmt::format("not measured: --timing {}", name_of(timing));
}

PointPtr most_timed(const Snapshot& snapshot, const PointPtr& point, const PointIndex* index) {
  PointPtr best = point;
  const std::span<const PointPtr> points =
      index != nullptr ? index->beside(point->request) : std::span<const PointPtr>(*snapshot.points);
  for (const PointPtr& each : points) {
    const PointRequest& a = each->request;
    const PointRequest& b = point->request;
    const bool same_place = a.device == b.device && a.variant == b.variant && a.knobs == b.knobs &&
                            a.problem == b.problem && each->source_hash == point->source_hash;
    if (!same_place) continue;
    const std::size_t has = techniques_of(*each);
    const std::size_t known = techniques_of(*best);
    if (has > known || (has == known && has > techniques_of(*point))) best = each;
  }
  return best;
}

}  // namespace knobscope::gui
