// What the lenses of the large plot list for the command palette.

#include <string>

#include <fmt/format.h>

#include "gui/views/action_list.h"
#include "gui/views/error_chooser.h"
#include "gui/views/heat_cells.h"
#include "gui/views/lenses.h"
#include "gui/views/plot_scale.h"
#include "gui/views/throughput_view.h"
#include "worker/client.h"

namespace knobscope::gui {

void ThroughputView::list_actions(ViewContext& context, ActionList& actions) {
  ViewState& state = context.state;
  // Through a lens that shows it.
  for (const QuantityScale& scale : speed_scales()) {
    actions.add(
        "y axis " + scale.title,
        [&state, quantity = scale.quantity] {
          state.quantity = quantity;
          if (state.lens != Lens::heat) state.lens = Lens::lines;
        },
        state.quantity == scale.quantity);
  }
  for (const AxisForm form : kAxisForms) {
    const auto divide = [&state, form] {
      state.x_form = form;
      state.lens = Lens::lines;
    };
    actions.add(form == AxisForm::log2 ? "x axis by doublings, log₂" : "x axis evenly, linear", divide,
                state.x_form == form);
  }
  for (const bool log_y : {true, false}) {
    const auto divide = [&state, log_y] {
      state.log_y = log_y;
      state.lens = Lens::lines;
    };
    actions.add(log_y ? "y axis by powers, log" : "y axis evenly, linear", divide, is_log_y(state) == log_y);
  }
  list_errors("error lens", error_.error_shown(), actions, [this, &state](int chosen) {
    error_.error_shown() = chosen;
    state.lens = Lens::error;
  });
  list_errors("time × error lens", trade_.error_shown(), actions, [this, &state](int chosen) {
    trade_.error_shown() = chosen;
    state.lens = Lens::trade;
  });
  list_heat(context, actions);
}

void ThroughputView::list_heat(ViewContext& context, ActionList& actions) {
  ViewState& state = context.state;
  const std::vector<std::string> axes = heat_axes(context.snapshot, state, &context.index);
  const HeatChoice now = heat_choice_of(state, axes);
  for (const std::string& axis : axes) {
    const auto stand = [&state, now](const std::string& x, const std::string& y) {
      return [&state, now, x, y] {
        set_heat_axes(state, now, x, y);
        state.lens = Lens::heat;
      };
    };
    actions.add("heat map, x " + heat_axis_title(axis), stand(axis, now.y), axis == now.x);
    actions.add("heat map, y " + heat_axis_title(axis), stand(now.x, axis), axis == now.y);
  }
  for (const bool winner : {true, false}) {
    const auto show = [&state, winner] {
      state.heat_winner = winner;
      state.lens = Lens::heat;
    };
    actions.add(winner ? "heat map of the winners" : "heat map of the selected variant", show,
                state.heat_winner == winner);
  }
  actions.add("heat map, measure every empty cell",
              when(state.lens == Lens::heat && can_measure_cells(context), [this] { heat_.measure_all(); }));
}

}  // namespace knobscope::gui
