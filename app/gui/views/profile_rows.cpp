#include "gui/views/profile_rows.h"

#include <cmath>

#include <fmt/format.h>

#include "gui/views/point_index.h"
#include "gui/widgets/format_number.h"

namespace knobscope::gui {
namespace {

void add_kernel_time(std::vector<ProfileRow>& rows, const Point& point) {
  if (!point.profile->kernel) return;
  ProfileRow row{"kernel records",
                 format_time(point.profile->kernel->median),
                 {},
                 "The GPU's own begin and end of the work, by CUPTI: cold runs, no events, no launch. Beside it, what "
                 "the cold time by events has more."};
  if (const auto over = point.event_over_kernel()) {
    row.beside =
        fmt::format("events {} {}", over->count() < 0.0 ? "−" : "+", format_time(Nanoseconds(std::abs(over->count()))));
  }
  rows.push_back(std::move(row));
}

void add_counters(std::vector<ProfileRow>& rows, const Point& point) {
  const std::optional<Counters>& counters = point.profile->counters;
  if (!counters) return;
  rows.push_back({"memory read", format_bytes(counters->dram_read),
                  point.modelled_reads ? fmt::format("model {}", format_bytes(point.modelled_reads)) : std::string(),
                  "Bytes that memory gave in one run that began with a cache of other data."});
  rows.push_back({"memory written", format_bytes(counters->dram_written + counters->dram_left),
                  point.modelled_writes ? fmt::format("model {}", format_bytes(point.modelled_writes)) : std::string(),
                  "Bytes that memory took, with those that the cache still held when the run ended."});
  if (point.bytes.count > 0) {
    const double least = static_cast<double>(counters->dram().count) / static_cast<double>(point.bytes.count);
    rows.push_back(
        {"of the least",
         format_percent(least),
         {},
         "Counted bytes over compulsory ones: each input once, each output once. Above 100\u2009%: data came from "
         "memory more than once."});
  }
  if (const auto ratio = point.counted_over_modelled()) {
    rows.push_back(
        {"of the model",
         format_percent(ratio),
         {},
         "Counted bytes over those that the kernel asks for by its traffic model. Below 100\u2009%: caches gave the "
         "rest."});
  }
  rows.push_back(
      {"L2 hits", format_percent(counters->l2_hit_rate), {}, "Sectors found in the L2 cache over sectors looked for."});
  rows.push_back({"occupancy", format_percent(counters->occupancy),
                  point.compiled.occupancy ? fmt::format("of {}", format_percent(point.compiled.occupancy)) : "",
                  "Warps resident over the most possible, while it ran. Beside it, what registers, shared memory and "
                  "block allow."});
}

}  // namespace

std::vector<ProfileRow> profile_rows(const Point& point) {
  std::vector<ProfileRow> rows;
  if (!point.profile) return rows;
  add_kernel_time(rows, point);
  add_counters(rows, point);
  return rows;
}

PointPtr latest_profiled(const Snapshot& snapshot, const Point& point, const PointIndex* index) {
  PointPtr latest;
  const std::span<const PointPtr> points =
      index != nullptr ? index->beside(point.request) : std::span<const PointPtr>(*snapshot.points);
  for (const PointPtr& each : points) {
    const PointRequest& a = each->request;
    const PointRequest& b = point.request;
    if (each->profile && a.device == b.device && a.variant == b.variant && a.knobs == b.knobs &&
        a.problem == b.problem && each->source_hash == point.source_hash) {
      latest = each;
    }
  }
  return latest;
}

}  // namespace knobscope::gui
