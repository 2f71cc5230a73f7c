#pragma once
// Every point as a row: sort by any column, filter by words and by column, select.

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/best.h"
#include "gui/views/result_list.h"
#include "gui/views/view.h"
#include "gui/widgets/range_track.h"

namespace knobscope::gui {

class ResultsView final : public View {
 public:
  const char* title() const override { return "Results"; }
  void draw(ViewContext& context) override;
  void list_actions(ViewContext& context, ActionList& actions) override;

 private:
  ResultList list_;
  RangeDrag drag_;  ///< of a column's filter
  ResultColumn column_ = ResultColumn::rate;
  bool ascending_ = false;
  bool timed_ = true;  ///< whose table's order `column_` is
  std::optional<BestEntry> best_;
  std::shared_ptr<const std::vector<PointPtr>> best_of_;
  std::shared_ptr<const Catalog> best_with_;
  Plan best_for_;

  std::optional<std::int64_t> revealed_;  ///< the selected point, once its row was brought into view

  // Asked for by the palette, for the next draw().
  bool filter_wanted_ = false;
  std::optional<std::pair<ResultColumn, bool>> order_wanted_;  ///< and whether it ascends
  std::optional<std::pair<ResultColumn, bool>> shown_wanted_;  ///< and whether it is seen
  std::vector<bool> shown_;                                    ///< which columns were in the last frame

  void follow_best(const ViewContext& context);
  /// The row of a point that was selected elsewhere, to be brought into view; once for each.
  std::optional<int> row_to_reveal(const ViewState& state);
  /// Inside the table, before its rows.
  void follow_palette();
};

}  // namespace knobscope::gui
