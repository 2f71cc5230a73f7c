#include "gui/views/trade_lens.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "gui/views/error_chooser.h"
#include "gui/views/lenses.h"
#include "gui/views/plot_scale.h"
#include "gui/views/tolerance_line.h"
#include "gui/views/trade_off.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

/// Steps from each point of the front to the next: what lies above and right of them is beaten.
std::vector<PathPoint> path_of(const TradeOff& trade, Quantity error) {
  std::vector<PathPoint> path;
  double last = 0.0;
  for (const PointPtr& point : trade.front) {
    const double position = trade.set.position_of(quantity_of(*point, Quantity::time).value());
    const double y = quantity_of(*point, error).value();
    if (!path.empty()) path.push_back({position, last, {}});
    path.push_back({position, y, point->variant_title});
    last = y;
  }
  return path;
}

}  // namespace

void TradeLens::draw(ViewContext& context) {
  const Quantity error = error_chooser(context, "trade error", quantity_);
  Inputs inputs = inputs_of_all_knobs(context);
  inputs.quantity = error;
  const TradeOff& trade = trade_.of(std::move(inputs), [&context, error] {
    return make_trade_off(context.snapshot, context.state, error, &context.index);
  });
  if (trade.set.empty() || context.state.plan.types.empty()) {
    empty_plot(context);
    return;
  }
  panel_note(context.theme,
             trade.without == 0
                 ? std::string("all knobs tried · the line: nothing is faster and more exact")
                 : fmt::format("all knobs tried · the line: nothing is faster and more exact · {} without "
                               "time or output",
                               trade.without));
  const std::vector<PathPoint> path = path_of(trade, error);
  LinePlotStyle style;
  style.format_y = scale_of(error).tick;
  style.x_title = "time";
  style.y_title = scale_of(error).title;
  style.floor_label = "exact";
  style.joined = false;
  style.path = path;
  const std::array<ReferenceLine, 1> references = {tolerance_line(trade.set, context.state, error, context.theme)};
  const LinePlotResult result =
      plot_.draw("##trade", trade.set, references, std::nullopt, context.state.selected_point, style, context.theme);
  plot_tip(context.theme, result);
  if (result.clicked) select_point(context.state, *result.clicked);
}

}  // namespace knobscope::gui
