#pragma once
// The selected variant's knobs, and what turning them does to the compiled kernel.

#include "gui/views/view.h"

namespace knobscope::gui {

class PointIndex;

/// The latest point of the selected variant, with the knobs and the problem that are set; null when there is none.
PointPtr point_at_knobs(const Snapshot& snapshot, const ViewState& state, const PointIndex* index = nullptr);

/// Sets a knob; the selected point follows it where it is known.
void turn_knob(const Snapshot& snapshot, ViewState& state, const std::string& name, std::int64_t value);

class KnobsView final : public View {
 public:
  const char* title() const override { return "Knobs"; }
  void draw(ViewContext& context) override;
};

}  // namespace knobscope::gui
