#pragma once
// Time against error: what every right choice of variant and knobs costs, and which of them nothing beats in both.
// Pure.

#include <vector>

#include "gui/views/series.h"

namespace knobscope::gui {

struct TradeOff {
  SeriesSet set;                ///< x: the headline's median in nanoseconds; y: the error
  std::vector<PointPtr> front;  ///< right ones that no other right one is as fast and as exact as; fastest first
  std::size_t without = 0;      ///< points that have no time or no checked output
};

/// All choices of knobs of the ticked variants on the problem that is set.
TradeOff make_trade_off(const Snapshot& snapshot, const ViewState& state, Quantity error,
                        const PointIndex* index = nullptr);

}  // namespace knobscope::gui
