#pragma once
// The launch chooser: which variant, with which knobs, was fastest on each measured shape, and which of those answers
// serves a shape that was not measured.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/fit_rules.h"
#include "core/point.h"
#include "core/variant.h"

namespace knobscope {

/// One axis of a shape as far as speed depends on it.
struct ShapeAxis {
  std::string_view name;
  std::int64_t length = 0;
  bool operator==(const ShapeAxis&) const = default;
};

/// LayerNorm: rows and columns. BatchNorm: batch, channels and plane. Precondition: !find_fault(problem).
std::vector<ShapeAxis> axes_of(const Problem& problem);

/// "rows 8192, columns 4096".
std::string format_axes(const std::vector<ShapeAxis>& axes);

/// What measurements must share to be compared.
struct BestKey {
  Operation operation = Operation::layernorm_forward;
  ElementType type = ElementType::f32;
  Layout layout = Layout::nchw;
  Activation activation = Activation::none;
  Distribution distribution;  ///< its offset is 0 unless it is read
  std::string device;         ///< DeviceFacts::id
  std::string device_name;
  bool operator==(const BestKey&) const = default;
};

BestKey key_of(const Problem& problem, std::string device, std::string device_name);
BestKey key_of(const Point& point);

/// What is known of one measured shape. Never without a winner.
struct BestEntry {
  Problem problem;               ///< of the winner
  std::vector<ShapeAxis> axes;   ///< of the problem
  std::vector<PointPtr> ranked;  ///< the winner, what ties with it, the rest; each part fastest first
  std::size_t ties = 0;          ///< how many tie with the winner: ranked[1] to ranked[ties]
  bool noisy = false;            ///< nothing passed: the winner's spread is above the bound
  std::size_t left_out = 0;      ///< variants with knobs that were measured here and are not in `ranked`

  const Point& winner() const { return *ranked.front(); }
  std::span<const PointPtr> tied() const { return std::span(ranked).subspan(1, ties); }
  /// The fastest that does not tie; null when all do.
  PointPtr runner_up() const { return ties + 1 < ranked.size() ? ranked[ties + 1] : nullptr; }
};

struct BestTable {
  BestKey key;
  std::vector<BestEntry> entries;  ///< by their axes, ascending
};

/// The tables of all keys that have a winner, in the order in which `points` first tell of them.
///
/// A candidate is a variant with a choice of knobs. It counts when it passed, or when it was noisy and nothing on the
/// shape passed; never when it was wrong once with this text of its file. Measured again, its latest pass counts. Times
/// are cold medians; where nothing on the shape was timed cold, those of the first technique of kTimings that something
/// was timed by. Ties are those of is_tie().
std::vector<BestTable> make_best_tables(std::span<const PointPtr> points);

/// What is known of this very shape; nothing when no candidate counts.
std::optional<BestEntry> find_best(std::span<const PointPtr> points, const BestKey& key, const Problem& problem);

/// The distance of two shapes in octaves: Euclidean, of the base-2 logarithms of their axes. Precondition: same axes.
double octaves_between(const std::vector<ShapeAxis>& a, const std::vector<ShapeAxis>& b);

/// Why a winner cannot run another problem; nothing if it can.
using FindMisfit = std::function<std::optional<std::string>(const Point& winner, const Problem& asked)>;

/// A nearer measured shape whose winner does not fit the shape that was asked for.
struct PassedOver {
  const BestEntry* entry = nullptr;
  std::string reason;
};

/// Points into the table.
struct BestChoice {
  const BestEntry* entry = nullptr;  ///< null: no measured winner fits
  bool measured = false;             ///< this very shape was measured
  double octaves = 0.0;              ///< how far away the measured shape is
  std::vector<PassedOver> passed_over;
};

/// The entry of this shape where it was measured, else that of the nearest measured shape whose winner also fits the
/// one asked for; of two at the same distance the one with shorter first axes.
BestChoice choose_best(const BestTable& table, const Problem& asked, const FindMisfit& find_misfit);

/// Distributions with which the same kernel text was wrong on this operation and type, each once, in order of
/// appearance: what a fast winner may cost.
std::vector<Distribution> wrong_elsewhere(std::span<const PointPtr> points, const Point& winner);

/// Asks `rules` for variants of `catalog` on one of `devices` (by id and name). All must outlive the result.
FindMisfit misfit_finder(const Catalog& catalog, std::span<const DeviceFacts> devices, const FitRules& rules);

/// The variant that a point was measured of, also where its file has another number by now; null when it is gone.
const Variant* variant_of(const Point& point, const Catalog& catalog);

/// The device a point was measured on; null when `devices` does not tell of it.
const DeviceFacts* device_of(const Point& point, std::span<const DeviceFacts> devices);

}  // namespace knobscope
