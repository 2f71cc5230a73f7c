#include "gui/views/throughput_view.h"

#include "gui/views/findings_list.h"
#include "gui/views/lenses.h"
#include "gui/views/series.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {

void ThroughputView::draw(ViewContext& context) {
  if (!is_timed(device_kind_of(context.snapshot, context.state.plan.device))) {
    empty_state(context.theme, "No throughput without times",
                std::string(kErrorsAreReal) + ". Error shows how right each kernel is, Kernel what it does wrong.");
    return;
  }
  lens_tabs(context);
  switch (context.state.lens) {
    case Lens::lines:
      lines_.draw(context);
      break;
    case Lens::heat:
      heat_.draw(context);
      break;
    case Lens::error:
      error_.draw(context);
      break;
    case Lens::trade:
      trade_.draw(context);
      break;
    case Lens::roofline:
      roofline_.draw(context);
      break;
    case Lens::compare:
      compare_.draw(context);
      break;
  }
}

}  // namespace knobscope::gui
