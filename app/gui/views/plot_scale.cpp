#include "gui/views/plot_scale.h"

#include <algorithm>
#include <array>
#include <vector>

#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

std::string error_tick(double value) { return format_error(value); }

const std::array<QuantityScale, 7> kScales = {{
    {Quantity::bytes_per_second, "bandwidth", "GB/s",
     "Bandwidth = compulsory bytes / median time. Compulsory: every input read once, every output written once.",
     format_rate_tick},
    {Quantity::elements_per_second, "elements", "GElem/s", "Elements of the main tensor / median time.",
     format_elements_tick},
    {Quantity::time, "time", "time", "Median of the samples. Less is better.", format_time_tick},
    {Quantity::copy_share, "of-copy", "of copy",
     "Bandwidth / that of the best large copy, measured on this device in the same session.", format_percent_tick},
    {Quantity::speed_up, "speed-up", "speed-up",
     "Median time of the baseline / that of the point. The baseline is the point that B has set, else PyTorch eager "
     "where it was recorded. The interval is as wide as those of both times allow.",
     format_ratio_tick},
    {Quantity::max_abs_error, "max-abs", "max abs", "Largest |output - reference| of all elements.", error_tick},
    {Quantity::relative_l2_error, "relative-l2", "relative L2",
     "Root of the sum of (output - reference)\u00b2 over that of reference\u00b2, of all elements.", error_tick},
}};

constexpr std::size_t kSpeeds = 5;

}  // namespace

std::span<const QuantityScale> speed_scales() { return std::span(kScales).first(kSpeeds); }

const QuantityScale* speed_scale_named(std::string_view id) {
  const auto found = std::ranges::find(speed_scales(), id, &QuantityScale::id);
  return found == speed_scales().end() ? nullptr : &*found;
}

const QuantityScale& scale_of(Quantity quantity) {
  return *std::ranges::find(kScales, quantity, &QuantityScale::quantity);
}

float quantity_width(const Theme& theme) {
  float widest = 0.0F;
  for (const QuantityScale& scale : speed_scales()) {
    const std::array<std::string, 1> label = {scale.title + " ▾"};
    widest = std::max(widest, segmented_width(theme, label));
  }
  return widest;
}

void quantity_chooser(ViewContext& context, const char* id) {
  std::vector<std::string> labels;
  std::vector<std::string> tips;
  int chosen = 0;
  for (const QuantityScale& scale : speed_scales()) {
    if (scale.quantity == context.state.quantity) chosen = static_cast<int>(labels.size());
    labels.push_back(scale.title);
    tips.push_back(scale.tip);
  }
  SegmentedLook look;
  look.room = quantity_width(context.theme);
  look.tips = tips;
  if (segmented(context.theme, id, labels, chosen, look)) {
    context.state.quantity = speed_scales()[static_cast<std::size_t>(chosen)].quantity;
  }
}

}  // namespace knobscope::gui
