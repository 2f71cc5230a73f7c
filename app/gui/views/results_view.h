#pragma once
// Every point as a row: sort by any column, filter by words and by column, select.

#include <memory>
#include <optional>
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

  void follow_best(const ViewContext& context);
};

}  // namespace knobscope::gui
