#pragma once
// What other software makes of the same problem, recorded on a GPU of the same name: lines in the plot, and what a
// speed-up is over.

#include <vector>

#include "gui/views/view.h"

namespace knobscope::gui {

/// The recorded baselines for `problem` on the device that is set, one of each kind, the latest.
std::vector<PointPtr> baselines_for(const ViewContext& context, const Problem& problem);

/// What a point is compared with: the one the person chose; else PyTorch eager on the point's problem; else null.
PointPtr baseline_of(const ViewContext& context, const Point& point);

}  // namespace knobscope::gui
