#pragma once
// Which of the points that somebody wants have been measured already.

#include <cstddef>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/point.h"
#include "core/variant.h"

namespace knobscope {

/// The same problem, device, variant, knobs, method and rival.
bool same_but_for_id(const PointRequest& a, const PointRequest& b);
/// Equal for requests that are the same but for their ids.
std::size_t hash_but_for_id(const PointRequest& request);

/// Finds points by what was asked for. Refers to what it was made of, which must outlive it.
class KnownPoints {
 public:
  /// Points of a kernel file that has changed since, or is another one in `catalog`, are not known; those of variants
  /// that are not in the catalog are.
  KnownPoints(std::span<const PointPtr> points, const Catalog& catalog);

  /// The latest point of this request; null when there is none.
  PointPtr find(const PointRequest& request) const;

 private:
  std::unordered_multimap<std::size_t, const PointPtr*> by_hash_;
};

/// Those of `wanted` that no point of `points` is of.
std::vector<PointRequest> missing_points(std::vector<PointRequest> wanted, std::span<const PointPtr> points,
                                         const Catalog& catalog);

}  // namespace knobscope
