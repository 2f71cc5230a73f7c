#pragma once
// What a panel shows, as data: for other programs. Pure.

#include <string>
#include <string_view>

#include "gui/views/view.h"

namespace knobscope::gui {

/// Whether the panel with this title has data of its own.
bool has_data(std::string_view title);

/// CSV (RFC 4180, a line of titles): the points of a plot with everything that is known of them, as `--csv` writes
/// them; the samples of the scope in seconds; the largest error of each tile of the error map. Empty while it shows
/// nothing.
std::string data_of(std::string_view title, const ViewContext& context);

}  // namespace knobscope::gui
