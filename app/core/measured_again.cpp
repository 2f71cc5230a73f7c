#include "core/measured_again.h"

#include <algorithm>

namespace knobscope {

std::string lasting_id(std::string_view id) {
  // A file elsewhere is known by its whole path.
  if (id.starts_with('/')) return std::string(id);
  const std::size_t name = id.rfind('/') + 1;  // 0 without a folder
  std::size_t end = name;
  while (end < id.size() && id[end] >= '0' && id[end] <= '9') ++end;
  if (end == name || end == id.size() || id[end] != '_') return std::string(id);
  return std::string(id.substr(0, name)) + std::string(id.substr(end + 1));
}

bool is_timed_point(const Point& point) {
  return !point.is_emulated() && point.headline() && point.headline()->median.count() > 0.0;
}

std::vector<PointPtr> sorted_by_time(std::vector<PointPtr> points) {
  std::ranges::stable_sort(points, [](const PointPtr& a, const PointPtr& b) {
    return a->environment.started_at < b->environment.started_at;
  });
  return points;
}

PointPtr speaker_of(std::vector<PointPtr> points) {
  points = sorted_by_time(std::move(points));
  const std::string& source = points.back()->source_hash;
  PointPtr pass;
  PointPtr noisy;
  for (const PointPtr& point : points) {
    if (point->source_hash != source) continue;
    if (point->verdict == Verdict::wrong) return nullptr;
    if (!is_timed_point(*point)) continue;
    // One timed later by a technique that speaks for less does not replace it.
    const auto speaks = [&point](const PointPtr& before) {
      return !before || *point->headline_timing() <= *before->headline_timing();
    };
    if (point->verdict == Verdict::pass && speaks(pass)) pass = point;
    if (point->verdict == Verdict::noisy && speaks(noisy)) noisy = point;
  }
  return pass ? pass : noisy;
}

}  // namespace knobscope
