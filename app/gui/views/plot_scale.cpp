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

std::string rate_figure(double value) { return format_rate(BytesPerSecond{value}); }
std::string elements_figure(double value) { return format_elements_rate(value); }
std::string time_figure(double value) { return format_time(Nanoseconds(value)); }
std::string share_figure(double value) { return format_percent(value); }
std::string ratio_figure(double value) { return format_ratio(value); }
std::string error_figure(double value) { return format_error(value); }

QuantityScale scale(Quantity quantity, const char* id, const char* title, std::string (*tick)(double),
                    std::string (*figure)(double)) {
  return {quantity, id, title, explanation_of(title), tick, figure};
}

const std::array<QuantityScale, 7> kScales = {{
    scale(Quantity::bytes_per_second, "bandwidth", "GB/s", format_rate_tick, rate_figure),
    scale(Quantity::elements_per_second, "elements", "GElem/s", format_elements_tick, elements_figure),
    scale(Quantity::time, "time", "time", format_time_tick, time_figure),
    scale(Quantity::copy_share, "of-copy", "of copy", format_percent_tick, share_figure),
    scale(Quantity::speed_up, "speed-up", "speed-up", format_ratio_tick, ratio_figure),
    scale(Quantity::max_abs_error, "max-abs", "max abs", error_figure, error_figure),
    scale(Quantity::relative_l2_error, "relative-l2", "relative L2", error_figure, error_figure),
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

bool is_log_y(const ViewState& state) { return state.log_y.value_or(state.quantity == Quantity::time); }

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
  look.width = quantity_width(context.theme);  // what stands beside it stays where it is
  look.tips = tips;
  if (segmented(context.theme, id, labels, chosen, look)) {
    context.state.quantity = speed_scales()[static_cast<std::size_t>(chosen)].quantity;
  }
}

}  // namespace knobscope::gui
