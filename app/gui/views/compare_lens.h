#pragma once
// Compare: the ratio of each point's time to that of its baseline, or of the same choice in an older session, sorted,
// with its interval and the band within which two are the same.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gui/views/compare_rows.h"
#include "gui/views/line_plot.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class CompareLens {
 public:
  /// Draws its controls on the rest of the line, and the plot below them.
  void draw(ViewContext& context);

 private:
  /// What the rows were made of; they are made anew when any of it is another.
  struct Made {
    std::shared_ptr<const std::vector<PointPtr>> points;
    std::shared_ptr<const Catalog> catalog;
    std::shared_ptr<const std::vector<PointPtr>> base;
    std::optional<std::int64_t> baseline;
    Plan plan;
    std::set<std::string> ticked;
    bool operator==(const Made&) const = default;
  };
  void follow(const ViewContext& context);
  LinePlotStyle style_of(bool two_sessions) const;

  LinePlot plot_;
  Comparer comparer_;
  CompareRows rows_;
  SeriesSet set_;      ///< of the rows
  std::string tally_;  ///< how many of them became what
  std::optional<Made> made_;
};

}  // namespace knobscope::gui
