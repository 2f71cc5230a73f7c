#pragma once
// Heat map: any two of knob, shape and type, with the selected variant or the winner of each cell.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gui/views/heat_cells.h"
#include "gui/views/kept.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class HeatLens {
 public:
  /// Draws its controls on the rest of the line, and the map below them. A click on a cell selects its point; on an
  /// empty one it has the cell measured, where a worker is there; a drag has a region measured, coarse to fine. Cells
  /// for which points wait are marked, and a click on one has its points measured first.
  /// By keys, the arrows move from cell to cell, with Shift over a region, and Enter is the click.
  void draw(ViewContext& context);
  /// The next draw() has every cell measured that is empty.
  void measure_all() { all_wanted_ = true; }

 private:
  struct Place {
    std::size_t column = 0;
    std::size_t row = 0;
    bool operator==(const Place&) const = default;
  };

  HeatChoice choose(ViewContext& context);
  /// Whether points wait, for each cell.
  std::vector<bool> queued_cells(const ViewContext& context, const HeatMap& map, const HeatChoice& choice);
  void measure(ViewContext& context, const HeatMap& map, const HeatChoice& choice, Place from, Place to) const;

  /// Where the keys are in a map, moved by those of this frame; with Shift a region begins where they were before.
  Place place_of_keys(const HeatMap& map, unsigned item);

  std::optional<Place> dragged_from_;
  Place at_keys_;
  std::optional<Place> keys_from_;  ///< the other corner of the region that keys mark
  bool all_wanted_ = false;
  // Where each queued point stands: made anew when the queue or the map's places change.
  std::shared_ptr<const std::vector<PointRequest>> queued_;
  std::vector<double> queued_x_;
  std::vector<double> queued_y_;
  HeatChoice queued_choice_;
  std::string queued_variant_;
  std::vector<std::optional<std::size_t>> queued_places_;

  Kept<HeatMap> map_;
};

}  // namespace knobscope::gui
