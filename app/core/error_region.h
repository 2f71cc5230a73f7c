#pragma once
// A part of an output looked at closely: what is asked of a device that has the output, and what it answers. Never the
// whole tensor: the largest error of each tile, and single elements only where they are few.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error_report.h"
#include "core/point.h"
#include "core/tensor_view.h"
#include "core/ulp_histogram.h"

namespace knobscope {

/// What a tile is the largest of.
enum class ErrorMeasure : std::uint8_t {
  absolute,   ///< |value − reference|
  tolerance,  ///< the same over what is allowed at that element: above 1 fails
  ulp,        ///< the same over the distance of neighbouring numbers of the type at the reference
};
inline constexpr std::array kErrorMeasures = {ErrorMeasure::absolute, ErrorMeasure::tolerance, ErrorMeasure::ulp};

constexpr std::string_view name_of(ErrorMeasure measure) {
  switch (measure) {
    case ErrorMeasure::absolute:
      return "abs";
    case ErrorMeasure::tolerance:
      return "tolerance";
    case ErrorMeasure::ulp:
      return "ulp";
  }
  return "?";
}
constexpr std::optional<ErrorMeasure> error_measure_named(std::string_view name) {
  for (const ErrorMeasure measure : kErrorMeasures) {
    if (name_of(measure) == name) return measure;
  }
  return std::nullopt;
}

/// Rows and columns of a view.
struct Area {
  std::int64_t row = 0;
  std::int64_t column = 0;
  std::int64_t rows = 0;  ///< 0: to the end, as columns
  std::int64_t columns = 0;
  bool operator==(const Area&) const = default;
};

/// Along each side of the grid of tiles.
inline constexpr int kMostTiles = 512;
/// Where every tile is one element and there are no more than these, the elements come too.
inline constexpr std::int64_t kMostElements = 32'768;
/// Areas that are looked at side by side: of the point that is looked at, and of a second one.
inline constexpr int kErrorSlots = 2;

struct ErrorRequest {
  std::int64_t id = 0;  ///< below 0 once the client has given it: not a point's
  int slot = 0;         ///< a newer request replaces an older one of the same slot; below kErrorSlots
  PointRequest point;   ///< whose output it is; how it was timed does not matter
  std::string output;   ///< "y", "mean", …; empty: the operation's main one
  std::optional<Slice> slice;
  Area area;
  int tile_rows = 64;  ///< at most so many; a tile holds a whole element at least
  int tile_columns = 96;
  ErrorMeasure measure = ErrorMeasure::absolute;

  /// Whether both look at the same output of the same run, if through another window.
  bool same_run(const ErrorRequest& other) const {
    return point.device == other.point.device && point.problem == other.point.problem &&
           point.variant == other.point.variant && point.knobs == other.point.knobs;
  }
  /// The same question, whoever asked it when.
  bool same_question(const ErrorRequest& other) const {
    return same_run(other) && output == other.output && slice == other.slice && area == other.area &&
           tile_rows == other.tile_rows && tile_columns == other.tile_columns && measure == other.measure;
  }
};

/// Element by element, in the order of the area's rows.
struct ErrorElements {
  std::vector<double> values;
  std::vector<double> references;
  std::vector<double> allowed;          ///< the largest |error| there that does not fail
  std::vector<double> ulps;             ///< signed; ±infinite where one of the two is not a number and must be one
  std::vector<std::int64_t> unwritten;  ///< places in these lists where the output was never written, ascending

  bool is_unwritten(std::size_t place) const;
  bool fails(std::size_t place) const;
  bool operator==(const ErrorElements&) const = default;
};

struct ErrorRegion {
  ErrorRequest request;     ///< its output named and its area cut to the view
  std::string fault;        ///< one sentence: why the rest is empty; else empty
  std::string source_hash;  ///< of the variant that ran
  TensorView view;          ///< of the whole output, or slice
  OutputError error;        ///< of the area's elements; first_bad is a flat index in the tensor
  /// Of the area, `max_abs` being the largest by the request's measure; the tolerance is in its unit, at a typical
  /// value of the area.
  std::shared_ptr<const ErrorMap> map;
  UlpHistogram histogram;  ///< of the area
  std::optional<ErrorElements> elements;
};
using ErrorRegionPtr = std::shared_ptr<const ErrorRegion>;

}  // namespace knobscope
