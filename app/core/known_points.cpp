#include "core/known_points.h"

#include <functional>
#include <map>
#include <string_view>

#include "core/mix_hash.h"

namespace knobscope {

bool same_but_for_id(const PointRequest& a, const PointRequest& b) {
  // Cheap ones first: this is asked for every point of a sweep.
  return a.variant == b.variant && a.knobs == b.knobs && a.device == b.device && a.problem == b.problem &&
         a.method == b.method && a.against == b.against;
}

std::size_t hash_but_for_id(const PointRequest& request) {
  const Problem& problem = request.problem;
  std::size_t hash = std::hash<std::string_view>()(request.variant);
  mix_hash(hash, std::hash<std::string_view>()(request.device));
  for (const auto& [name, value] : request.knobs) mix_hash(hash, std::hash<std::int64_t>()(value));
  for (const std::int64_t extent : problem.shape) mix_hash(hash, std::hash<std::int64_t>()(extent));
  mix_hash(hash, static_cast<std::size_t>(problem.type));
  mix_hash(hash, static_cast<std::size_t>(problem.distribution.kind));
  mix_hash(hash, std::hash<double>()(problem.distribution.offset));
  return hash;
}

KnownPoints::KnownPoints(std::span<const PointPtr> points, const Catalog& catalog) {
  std::map<std::string_view, std::string_view> sources;
  for (const Variant& variant : catalog.variants) sources.emplace(variant.id, variant.source_hash);
  by_hash_.reserve(points.size());
  for (const PointPtr& point : points) {
    const auto source = sources.find(point->request.variant);
    if (source != sources.end() && source->second != point->source_hash) continue;
    by_hash_.emplace(hash_but_for_id(point->request), &point);
  }
}

PointPtr KnownPoints::find(const PointRequest& request) const {
  PointPtr latest;
  const auto [begin, end] = by_hash_.equal_range(hash_but_for_id(request));
  for (auto it = begin; it != end; ++it) {
    const PointPtr& point = *it->second;
    if (same_but_for_id(point->request, request) && (!latest || latest->request.id < point->request.id)) latest = point;
  }
  return latest;
}

std::vector<PointRequest> missing_points(std::vector<PointRequest> wanted, std::span<const PointPtr> points,
                                         const Catalog& catalog) {
  const KnownPoints known(points, catalog);
  std::erase_if(wanted, [&known](const PointRequest& request) { return known.find(request) != nullptr; });
  return wanted;
}

}  // namespace knobscope
