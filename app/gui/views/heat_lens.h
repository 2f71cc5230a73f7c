#pragma once
// Heat map: any two of knob, shape and type, with the selected variant or the winner of each cell.

#include <set>
#include <utility>

#include "gui/views/heat_cells.h"
#include "gui/views/kept.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class HeatLens {
 public:
  /// Draws its controls on the rest of the line, and the map below them. A click on a cell selects its point; on an
  /// empty one it has the cell measured, where a worker is there.
  void draw(ViewContext& context);

 private:
  HeatChoice choose(ViewContext& context);

  Kept<HeatMap> map_;
};

}  // namespace knobscope::gui
