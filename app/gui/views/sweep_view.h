#pragma once
// A sweep, planned: over which axes, how many points, about how long; started, paused and gone on with.

#include <memory>
#include <optional>
#include <vector>

#include "core/sweep_estimate.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// The tag of points that a sweep has queued.
inline constexpr std::string_view kSweepTag = "sweep";

class SweepView final : public View {
 public:
  const char* title() const override { return "Sweep"; }
  void draw(ViewContext& context) override;
  void list_actions(ViewContext& context, ActionList& actions) override;

 private:
  /// What the plan that is set expands to; counted anew when it changes, and while points come in once a second.
  struct Count {
    Plan plan;
    std::shared_ptr<const std::vector<PointPtr>> points;
    std::shared_ptr<const Catalog> catalog;
    double at_s = 0.0;
    std::vector<PointRequest> missing;
    std::int64_t total = 0;
    SweepEstimate estimate;
    std::string fault;
  };

  void count(const ViewContext& context);
  void draw_axes(ViewContext& context);
  void draw_buttons(ViewContext& context);
  void start(ViewContext& context);

  std::optional<Count> count_;
};

}  // namespace knobscope::gui
