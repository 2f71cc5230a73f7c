#pragma once
// Every point as a row: sort by any column, filter by words, select.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/best.h"
#include "gui/views/view.h"

namespace knobscope::gui {

enum class ResultColumn : std::uint8_t {
  variant,
  knobs,
  shape,
  type,
  median,
  p99,
  rate,
  copy,
  baseline,
  error,
  verdict
};

/// Rows of `points` that contain every word of `filter` (in variant, knobs, shape, type, distribution, device or
/// verdict; case is ignored), sorted by a column; what has no number comes last in either direction. Pure.
std::vector<PointPtr> result_rows(const std::vector<PointPtr>& points, const std::string& filter, ResultColumn column,
                                  bool ascending);

/// What a column's filter and order go by; nothing where there is no figure.
std::optional<double> figure_of(const Point& point, ResultColumn column);

/// Those of all points that pass the filter and the filters of columns.
std::vector<PointPtr> shown_rows(const ViewContext& context, ResultColumn column, bool ascending);

class ResultsView final : public View {
 public:
  const char* title() const override { return "Results"; }
  void draw(ViewContext& context) override;

 private:
  // Derived from the snapshot and remade when it, the filter or the order changes.
  std::vector<PointPtr> rows_;
  std::shared_ptr<const std::vector<PointPtr>> rows_of_;
  std::string rows_filter_;
  std::map<std::string, std::string, std::less<>> rows_column_filters_;
  ResultColumn column_ = ResultColumn::rate;
  bool ascending_ = false;
  bool sorted_ = false;
  bool timed_ = true;  ///< whose table's order `column_` is
  std::optional<BestEntry> best_;
  std::shared_ptr<const std::vector<PointPtr>> best_of_;
  std::shared_ptr<const Catalog> best_with_;
  Plan best_for_;

  void follow_best(const ViewContext& context);
};

}  // namespace knobscope::gui
