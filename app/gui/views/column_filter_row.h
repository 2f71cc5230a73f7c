#pragma once
// Below the headers of the results: a field for each column, and a track for figures.

#include "gui/views/result_list.h"
#include "gui/widgets/range_track.h"

namespace knobscope::gui {

/// A row of the current table. What is typed and what is dragged goes to the state's column_filters, as text.
/// Precondition: `list` follows the context.
void column_filter_row(ViewContext& context, ResultList& list, RangeDrag& drag);

}  // namespace knobscope::gui
