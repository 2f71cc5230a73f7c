#pragma once
// What can stand on the y axis of the large plot: how each quantity is called, explained and written.

#include <span>
#include <string>
#include <string_view>

#include "gui/views/view.h"

namespace knobscope::gui {

struct QuantityScale {
  Quantity quantity;
  std::string id;  ///< on the command line and in files
  std::string title;
  std::string tip;                ///< what it is, with its formula
  std::string (*tick)(double);    ///< a value as a label of an axis
  std::string (*figure)(double);  ///< with the digits of a measured one
};

/// Those of speed, in the order of the chooser.
std::span<const QuantityScale> speed_scales();
/// The scale of any quantity.
const QuantityScale& scale_of(Quantity quantity);

/// One of speed; null when there is none of that id.
const QuantityScale* speed_scale_named(std::string_view id);

/// Whether the y axis of the lines goes by powers: as chosen by hand, else only for times, of which the short ones are
/// those that matter. Rates and ratios stand over zero, so that what is twice as fast is twice as high.
bool is_log_y(const ViewState& state);

/// A field that names the quantity that is set and opens a list of those of speed. Changes state.quantity.
void quantity_chooser(ViewContext& context, const char* id);
/// The room it takes, whatever is chosen.
float quantity_width(const Theme& theme);

}  // namespace knobscope::gui
