#include "gui/views/result_list.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "gui/views/baselines.h"
#include "gui/views/column_filter.h"

namespace knobscope::gui {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint8_t kNoBin = 255;
static_assert(kSpreadBins < kNoBin);

/// A column's filter, read once for all rows.
struct Condition {
  const ColumnStyle* column;
  const std::string* text;
  std::optional<FigureRange> range;
  std::span<const double> figures;  ///< of a range
};

bool holds(const ViewContext& context, const Condition& condition, std::size_t place, const Point& point) {
  // What is no figure lies in no range.
  if (condition.range) return condition.range->contains(condition.figures[place]);
  const ResultColumn column = condition.column->column;
  const PointPtr baseline = column == ResultColumn::baseline ? baseline_of(context, point) : nullptr;
  FilteredCell cell;
  if (column == ResultColumn::verdict) {
    cell.text = name_of(point.verdict);
  } else if (column == ResultColumn::shape) {
    cell.text = format_shape(point.request.problem.shape, "×");  // as one types it
  } else {
    cell.text = cell_text(point, column, baseline);
  }
  return lets_through(*condition.text, cell);
}

}  // namespace

void ResultList::follow(const ViewContext& context, ResultColumn order, bool ascending) {
  const ViewState& state = context.state;
  const Baseline baseline{state.baseline_point, state.plan.device, context.baselines.data(), context.baselines.size()};
  const bool other_list = points_ != context.snapshot.points || words_ != state.results_filter || order_ != order ||
                          ascending_ != ascending;
  if (!other_list && filters_ == state.column_filters && baseline_ == baseline) return;
  points_ = context.snapshot.points;
  words_ = state.results_filter;
  filters_ = state.column_filters;
  order_ = order;
  ascending_ = ascending;
  // The speed-ups lie elsewhere over another baseline.
  if (other_list || baseline_ != baseline) ++listing_;
  baseline_ = baseline;
  if (other_list) {
    listed_ = listed_points(*points_, words_, order, ascending);
    by_place_ = listed_;
    std::ranges::sort(by_place_);
  }
  choose_rows(context);
}

void ResultList::choose_rows(const ViewContext& context) {
  std::vector<Condition> conditions;
  for (const ColumnStyle& column : result_columns()) {
    const auto filter = filters_.find(column.title);
    if (filter == filters_.end() || plain_text(filter->second).empty()) continue;
    Condition condition{&column, &filter->second, std::nullopt, {}};
    if (column.has_range()) condition.range = read_range(filter->second, column.usual_unit);
    if (condition.range) condition.figures = figures(context, column.column);
    conditions.push_back(condition);
  }
  ++choice_;
  chosen_.clear();
  for (const std::size_t place : listed_) {
    const auto passes = [&](const Condition& condition) {
      return holds(context, condition, place, *(*points_)[place]);
    };
    if (std::ranges::all_of(conditions, passes)) chosen_.push_back(place);
  }
}

const std::vector<double>& ResultList::figures(const ViewContext& context, ResultColumn column) {
  Figures& kept = figures_[column];
  const bool of_baseline = column == ResultColumn::baseline;
  if (of_baseline && kept.baseline != baseline_) kept = {};
  if (kept.of == points_ && kept.of) return kept.values;
  // A list mostly goes on as before, with a few new points at its end.
  std::size_t same = 0;
  if (kept.of) {
    const auto [old_end, new_end] = std::ranges::mismatch(*kept.of, *points_);
    same = static_cast<std::size_t>(old_end - kept.of->begin());
  }
  kept.values.resize(same);
  for (std::size_t place = same; place < points_->size(); ++place) {
    const Point& point = *(*points_)[place];
    const PointPtr baseline = of_baseline ? baseline_of(context, point) : nullptr;
    kept.values.push_back(cell_figure(point, column, baseline).value_or(kNone));
  }
  kept.of = points_;
  kept.baseline = baseline_;
  return kept.values;
}

const FigureSpread& ResultList::spread(const ViewContext& context, ResultColumn column) {
  Spread& kept = spreads_[column];
  if (kept.listing != listing_) {
    const std::vector<double>& all = figures(context, column);
    std::vector<double> listed;
    listed.reserve(by_place_.size());
    for (const std::size_t place : by_place_) listed.push_back(all[place]);
    kept.spread = {};
    kept.spread.scale = FigureScale(listed, column == ResultColumn::copy ? Spacing::even : Spacing::by_span);
    kept.bins.assign(all.size(), kNoBin);
    for (const std::size_t place : by_place_) {
      const auto bin = bin_of(kept.spread.scale, all[place]);
      if (!bin) continue;
      kept.bins[place] = static_cast<std::uint8_t>(*bin);
      ++kept.spread.all[*bin];
    }
    kept.listing = listing_;
    kept.choice = 0;
  }
  if (kept.choice != choice_) {
    kept.spread.shown = {};
    for (const std::size_t place : chosen_) {
      if (kept.bins[place] != kNoBin) ++kept.spread.shown[kept.bins[place]];
    }
    kept.choice = choice_;
  }
  return kept.spread;
}

std::vector<PointPtr> shown_rows(const ViewContext& context, ResultColumn order, bool ascending) {
  ResultList list;
  list.follow(context, order, ascending);
  std::vector<PointPtr> rows;
  rows.reserve(list.size());
  for (std::size_t row = 0; row < list.size(); ++row) rows.push_back(list.at(row));
  return rows;
}

}  // namespace knobscope::gui
