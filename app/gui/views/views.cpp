#include <memory>
#include <vector>

#include "gui/views/error_map_view.h"
#include "gui/views/error_view.h"
#include "gui/views/kernel_view.h"
#include "gui/views/knobs_view.h"
#include "gui/views/log_view.h"
#include "gui/views/problem_view.h"
#include "gui/views/results_view.h"
#include "gui/views/scope_view.h"
#include "gui/views/sweep_view.h"
#include "gui/views/throughput_view.h"
#include "gui/views/time_view.h"
#include "gui/views/variants_view.h"
#include "gui/views/view.h"

namespace knobscope::gui {

void take_look(ViewState& to, const ViewState& from) {
  to.lens = from.lens;
  to.quantity = from.quantity;
  to.x_form = from.x_form;
  to.log_y = from.log_y;
  to.heat_x = from.heat_x;
  to.heat_y = from.heat_y;
  to.heat_winner = from.heat_winner;
}

std::vector<std::unique_ptr<View>> make_views() {
  std::vector<std::unique_ptr<View>> views;
  views.push_back(std::make_unique<ProblemView>());
  views.push_back(std::make_unique<KnobsView>());
  views.push_back(std::make_unique<VariantsView>());
  views.push_back(std::make_unique<ThroughputView>());
  views.push_back(std::make_unique<ErrorView>());
  views.push_back(std::make_unique<ScopeView>());
  views.push_back(std::make_unique<TimeView>());
  views.push_back(std::make_unique<SweepView>());
  views.push_back(std::make_unique<ErrorMapView>());
  views.push_back(std::make_unique<ResultsView>());
  views.push_back(std::make_unique<KernelView>());
  views.push_back(std::make_unique<LogView>());
  return views;
}

}  // namespace knobscope::gui
