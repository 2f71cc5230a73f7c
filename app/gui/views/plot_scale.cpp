#include "gui/views/plot_scale.h"

#include <algorithm>
#include <array>
#include <vector>

#include "gui/views/quantities.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

std::string error_tick(double value) { return format_error(value); }

QuantityScale scale(Quantity quantity, const char* id, const char* title, std::string (*tick)(double)) {
  return {quantity, id, title, explanation_of(title), tick};
}

const std::array<QuantityScale, 7> kScales = {{
    scale(Quantity::bytes_per_second, "bandwidth", "GB/s", format_rate_tick),
    scale(Quantity::elements_per_second, "elements", "GElem/s", format_elements_tick),
    scale(Quantity::time, "time", "time", format_time_tick),
    scale(Quantity::copy_share, "of-copy", "of copy", format_percent_tick),
    scale(Quantity::speed_up, "speed-up", "speed-up", format_ratio_tick),
    scale(Quantity::max_abs_error, "max-abs", "max abs", error_tick),
    scale(Quantity::relative_l2_error, "relative-l2", "relative L2", error_tick),
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
