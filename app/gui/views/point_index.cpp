#include "gui/views/point_index.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "core/mix_hash.h"

namespace knobscope::gui {
namespace {

std::size_t place_hash(const PointRequest& request) {
  std::size_t hash = std::hash<std::string_view>()(request.variant);
  mix_hash(hash, std::hash<std::string_view>()(request.device));
  for (const std::int64_t extent : request.problem.shape) mix_hash(hash, static_cast<std::size_t>(extent));
  // Names go with the variant.
  for (const auto& [name, value] : request.knobs) mix_hash(hash, static_cast<std::size_t>(value));
  return hash;
}

bool has_knobs(const SeenVariant& seen, const KnobValues& knobs) {
  return std::ranges::all_of(knobs, [&seen](const auto& knob) { return seen.knobs.contains(knob.first); });
}

}  // namespace

void PointIndex::follow(const Snapshot& snapshot) {
  if (points_ == snapshot.points) return;
  const std::vector<PointPtr>& now = *snapshot.points;
  // A list only ever grows while something is measured.
  const bool goes_on = points_ && taken_ > 0 && taken_ <= now.size() && points_->front() == now.front() &&
                       points_->back() == now[taken_ - 1];
  if (!goes_on) *this = PointIndex();
  points_ = snapshot.points;
  by_id_.reserve(now.size());
  for (; taken_ < now.size(); ++taken_) add(now[taken_], taken_);
}

PointPtr PointIndex::find(std::int64_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : (*points_)[found->second];
}

std::span<const PointPtr> PointIndex::beside(const PointRequest& request) const {
  const auto found = by_place_.find(place_hash(request));
  return found == by_place_.end() ? std::span<const PointPtr>() : std::span<const PointPtr>(found->second);
}

std::span<const SeenVariant> PointIndex::variants(std::string_view device, Operation operation) const {
  const auto found = seen_.find(std::pair(std::string(device), operation));
  return found == seen_.end() ? std::span<const SeenVariant>() : std::span<const SeenVariant>(found->second.variants);
}

const SeenVariant* PointIndex::variant(std::string_view id, Operation operation) const {
  for (const auto& [place, seen] : seen_) {
    const auto found = place.second == operation ? seen.places.find(id) : seen.places.end();
    if (found != seen.places.end()) return &seen.variants[found->second];
  }
  return nullptr;
}

void PointIndex::add(const PointPtr& point, std::size_t at) {
  by_id_[point->request.id] = at;
  by_place_[place_hash(point->request)].push_back(point);
  columns_.add(*point);
  add_variant(*point);
}

void PointIndex::add_variant(const Point& point) {
  const PointRequest& request = point.request;
  auto seen = seen_.find(std::pair(request.device, request.problem.operation));
  if (seen == seen_.end()) {
    if (std::ranges::find(devices_, request.device) == devices_.end()) devices_.push_back(request.device);
    seen = seen_.emplace(std::pair(request.device, request.problem.operation), Seen{}).first;
  }
  Seen& of = seen->second;
  const auto [place, is_new] = of.places.try_emplace(request.variant, of.variants.size());
  if (is_new) of.variants.push_back({request.variant, {}, {}});
  SeenVariant& variant = of.variants[place->second];
  if (variant.title != point.variant_title) variant.title = point.variant_title;
  if (has_knobs(variant, request.knobs)) return;
  for (const auto& [name, value] : request.knobs) variant.knobs.insert(name);
}

}  // namespace knobscope::gui
