#include "cli/resumed_session.h"

#include <algorithm>

#include <fmt/format.h>

#include "session/session.h"

namespace knobscope::cli {
namespace {

std::string sizes_text(std::size_t count) { return fmt::format("{} size{}", count, count == 1 ? "" : "s"); }

/// How many of these some point has, to the last digit.
std::size_t count_used(const KnownCeilings& known, std::span<const PointPtr> points) {
  const auto has = [](const PointPtr& point, const SizeCeiling& ceiling) {
    return std::ranges::find(point->size_ceilings, ceiling) != point->size_ceilings.end();
  };
  return static_cast<std::size_t>(std::ranges::count_if(known.sizes, [&](const KnownSizeCeiling& each) {
    return std::ranges::any_of(points, [&](const PointPtr& point) { return has(point, each.ceiling); });
  }));
}

}  // namespace

std::vector<KnownCeilings> ceilings_of_session(const std::filesystem::path& file) {
  return known_ceilings(session::load(file).points);
}

std::string resumed_text(std::span<const KnownCeilings> known, std::span<const PointPtr> points,
                         const std::filesystem::path& file) {
  const auto measured = std::ranges::find_if(points, [](const PointPtr& point) { return point->ceiling.has_value(); });
  if (measured == points.end()) return {};
  const Point& point = **measured;
  std::string outdated;
  for (const KnownCeilings& each : known) {
    if (each.device != point.ceiling->device) continue;
    if (const auto why = why_outdated(each, point.environment, *point.ceiling)) {
      outdated += fmt::format("knobscope: ceilings of {} in {} were measured anew: {}\n", sizes_text(each.sizes.size()),
                              file.string(), *why);
    } else if (const std::size_t used = count_used(each, points); used > 0) {
      return fmt::format("knobscope: ceilings of {} are those in {}\n", sizes_text(used), file.string());
    }
  }
  return outdated;
}

}  // namespace knobscope::cli
