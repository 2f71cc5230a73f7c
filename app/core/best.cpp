#include "core/best.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "core/measured_again.h"

namespace knobscope {
namespace {

/// All that was measured of one variant with one choice of knobs on one shape.
using Candidate = std::vector<PointPtr>;

/// Keeps those that `keep` accepts, if it accepts any.
template <class Keep>
void prefer(std::vector<PointPtr>& points, Keep&& keep) {
  if (std::ranges::any_of(points, keep)) std::erase_if(points, [&](const PointPtr& point) { return !keep(point); });
}

bool is_faster(const PointPtr& a, const PointPtr& b) {
  // The last two only so that equal times have one order.
  return std::tuple(a->headline()->median, a->request.variant, a->request.knobs) <
         std::tuple(b->headline()->median, b->request.variant, b->request.knobs);
}

/// Points of one shape, by variant and knobs.
class ShapePoints {
 public:
  void add(const PointPtr& point) {
    candidates_[{lasting_id(point->request.variant), point->request.knobs}].push_back(point);
  }

  /// Nothing when no candidate counts.
  std::optional<BestEntry> entry() const {
    BestEntry entry;
    for (const auto& [name, points] : candidates_) {
      if (PointPtr point = speaker_of(points)) entry.ranked.push_back(std::move(point));
    }
    if (entry.ranked.empty()) return std::nullopt;
    prefer(entry.ranked, [](const PointPtr& point) { return point->verdict == Verdict::pass; });
    // Times by different techniques are times of different things.
    for (const Timing timing : kTimings) {
      prefer(entry.ranked, [timing](const PointPtr& point) { return point->headline_timing() == timing; });
    }
    std::ranges::sort(entry.ranked, is_faster);
    const Summary& winner = *entry.ranked.front()->headline();
    const auto rest = std::stable_partition(entry.ranked.begin() + 1, entry.ranked.end(),
                                            [&](const PointPtr& point) { return is_tie(winner, *point->headline()); });
    entry.ties = static_cast<std::size_t>(rest - entry.ranked.begin()) - 1;
    entry.noisy = entry.winner().verdict == Verdict::noisy;
    entry.left_out = candidates_.size() - entry.ranked.size();
    entry.problem = entry.winner().request.problem;
    entry.axes = axes_of(entry.problem);
    return entry;
  }

 private:
  std::map<std::pair<std::string, KnobValues>, Candidate> candidates_;
};

std::vector<std::int64_t> lengths_of(const std::vector<ShapeAxis>& axes) {
  std::vector<std::int64_t> lengths;
  for (const ShapeAxis& axis : axes) lengths.push_back(axis.length);
  return lengths;
}

}  // namespace

std::vector<ShapeAxis> axes_of(const Problem& problem) {
  const Extents extents = extents_of(problem);
  if (family_of(problem.operation) == Family::batchnorm) {
    return {{"batch", extents.batch}, {"channels", extents.channels}, {"plane", extents.plane}};
  }
  return {{"rows", extents.rows}, {"columns", extents.columns}};
}

std::string format_axes(const std::vector<ShapeAxis>& axes) {
  std::string text;
  for (const ShapeAxis& axis : axes) {
    text += (text.empty() ? "" : ", ") + std::string(axis.name) + ' ' + std::to_string(axis.length);
  }
  return text;
}

BestKey key_of(const Problem& problem, std::string device, std::string device_name) {
  Distribution distribution = problem.distribution;
  if (distribution.kind != DistributionKind::offset) distribution.offset = 0.0;
  return {problem.operation, problem.type,      problem.layout,        problem.activation,
          distribution,      std::move(device), std::move(device_name)};
}

BestKey key_of(const Point& point) {
  return key_of(point.request.problem, point.request.device, point.environment.device_name);
}

std::vector<BestTable> make_best_tables(std::span<const PointPtr> points) {
  struct Gathered {
    BestKey key;
    std::map<std::vector<std::int64_t>, ShapePoints> shapes;
  };
  std::vector<Gathered> gathered;
  for (const PointPtr& point : points) {
    if (point->is_emulated() || point->is_baseline() || find_fault(point->request.problem)) continue;
    BestKey key = key_of(*point);
    auto found = std::ranges::find(gathered, key, &Gathered::key);
    if (found == gathered.end()) {
      gathered.push_back({std::move(key), {}});
      found = gathered.end() - 1;
    }
    found->shapes[lengths_of(axes_of(point->request.problem))].add(point);
  }
  std::vector<BestTable> tables;
  for (Gathered& one : gathered) {
    BestTable table{std::move(one.key), {}};
    for (const auto& [lengths, shape] : one.shapes) {
      if (auto entry = shape.entry()) table.entries.push_back(std::move(*entry));
    }
    if (!table.entries.empty()) tables.push_back(std::move(table));
  }
  return tables;
}

std::optional<BestEntry> find_best(std::span<const PointPtr> points, const BestKey& key, const Problem& problem) {
  if (find_fault(problem)) return std::nullopt;
  const std::vector<ShapeAxis> axes = axes_of(problem);
  ShapePoints shape;
  for (const PointPtr& point : points) {
    const Problem& other = point->request.problem;
    if (point->is_emulated() || point->is_baseline() || other.operation != problem.operation ||
        other.type != problem.type)
      continue;
    if (find_fault(other) || axes_of(other) != axes || key_of(*point) != key) continue;
    shape.add(point);
  }
  return shape.entry();
}

double octaves_between(const std::vector<ShapeAxis>& a, const std::vector<ShapeAxis>& b) {
  double squares = 0.0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double octaves = std::log2(static_cast<double>(a[i].length)) - std::log2(static_cast<double>(b[i].length));
    squares += octaves * octaves;
  }
  return std::sqrt(squares);
}

BestChoice choose_best(const BestTable& table, const Problem& asked, const FindMisfit& find_misfit) {
  const std::vector<ShapeAxis> axes = axes_of(asked);
  std::vector<std::pair<double, const BestEntry*>> by_distance;
  for (const BestEntry& entry : table.entries) by_distance.emplace_back(octaves_between(axes, entry.axes), &entry);
  std::ranges::stable_sort(by_distance, {}, [](const auto& pair) { return pair.first; });
  BestChoice choice;
  for (const auto& [octaves, entry] : by_distance) {
    // What was measured on this shape fits it.
    const bool measured = entry->axes == axes;
    if (!measured) {
      if (auto misfit = find_misfit(entry->winner(), asked)) {
        choice.passed_over.push_back({entry, std::move(*misfit)});
        continue;
      }
    }
    choice.entry = entry;
    choice.measured = measured;
    choice.octaves = octaves;
    return choice;
  }
  return choice;
}

std::vector<Distribution> wrong_elsewhere(std::span<const PointPtr> points, const Point& winner) {
  std::vector<Distribution> distributions;
  const BestKey key = key_of(winner);
  for (const PointPtr& point : points) {
    if (point->verdict != Verdict::wrong || point->request.variant != winner.request.variant ||
        point->source_hash != winner.source_hash) {
      continue;
    }
    BestKey other = key_of(*point);
    const Distribution distribution = other.distribution;
    if (distribution == key.distribution) continue;
    other.distribution = key.distribution;
    if (other == key && std::ranges::find(distributions, distribution) == distributions.end()) {
      distributions.push_back(distribution);
    }
  }
  return distributions;
}

FindMisfit misfit_finder(const Catalog& catalog, std::span<const DeviceFacts> devices, const FitRules& rules) {
  return [&catalog, devices, &rules](const Point& winner, const Problem& asked) -> std::optional<std::string> {
    const Variant* variant = variant_of(winner, catalog);
    if (variant == nullptr) return winner.request.variant + " is not in the kernels folder.";
    const DeviceFacts* device = device_of(winner, devices);
    if (device == nullptr) return "Nothing is known of the device " + winner.request.device + ".";
    return rules.find_misfit(*variant, asked, winner.request.knobs, *device);
  };
}

const Variant* variant_of(const Point& point, const Catalog& catalog) {
  if (const Variant* variant = catalog.find(point.request.variant)) return variant;
  const std::string wanted = lasting_id(point.request.variant);
  const auto found =
      std::ranges::find_if(catalog.variants, [&](const Variant& variant) { return lasting_id(variant.id) == wanted; });
  return found == catalog.variants.end() ? nullptr : &*found;
}

const DeviceFacts* device_of(const Point& point, std::span<const DeviceFacts> devices) {
  const auto found = std::ranges::find_if(devices, [&point](const DeviceFacts& device) {
    return device.id == point.request.device && device.name == point.environment.device_name;
  });
  return found == devices.end() ? nullptr : &*found;
}

}  // namespace knobscope
