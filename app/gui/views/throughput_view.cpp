#include "gui/views/throughput_view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gui/views/baselines.h"
#include "gui/views/findings_list.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

std::string rate_label(double value) { return format_rate_tick(value); }
std::string elements_label(double value) { return format_elements_tick(value); }

/// Elements a byte of this problem stands for, so that a ceiling in bytes can be drawn on the elements' scale.
double elements_per_byte(const ViewState& state) {
  const Problem problem = first_problem(state.plan);
  if (find_fault(problem)) return 0.0;
  return static_cast<double>(extents_of(problem).elements) / static_cast<double>(compulsory_bytes(problem, true).count);
}

std::vector<ReferenceLine> reference_lines(const ViewContext& context) {
  const ViewState& state = context.state;
  const Theme& theme = context.theme;
  const bool in_bytes = state.scale == ThroughputScale::bytes_per_second;
  std::vector<ReferenceLine> lines;
  if (state.plan.shapes.empty() || state.plan.types.empty()) return lines;
  const double factor = in_bytes ? 1.0 : elements_per_byte(state);
  if (factor <= 0.0) return lines;
  for (const Ceiling& ceiling : context.snapshot.ceilings) {
    if (ceiling.device != state.plan.device) continue;
    lines.push_back({ceiling.copy.value * factor, "copy " + format_rate(ceiling.copy), theme.text});
    if (ceiling.read.value > 0.0) {
      lines.push_back({ceiling.read.value * factor, "read " + format_rate(ceiling.read), theme.quiet});
    }
  }
  for (const PointPtr& baseline : baselines_for(context, first_problem(state.plan))) {
    const auto y = quantity_of(*baseline, in_bytes ? Quantity::bytes_per_second : Quantity::elements_per_second);
    if (y) lines.push_back({*y, baseline->variant_name, theme.value});
  }
  if (state.baseline_point) {
    if (const PointPtr baseline = find_point(context.snapshot, *state.baseline_point)) {
      const auto y = quantity_of(*baseline, in_bytes ? Quantity::bytes_per_second : Quantity::elements_per_second);
      if (y) lines.push_back({*y, "baseline " + baseline->variant_title, theme.accent});
    }
  }
  return lines;
}

/// Where the point being measured stands so far, when it belongs to the plot.
std::optional<LiveMark> live_mark(const ViewContext& context, const SeriesSet& set) {
  const auto& live = context.snapshot.live;
  if (!live || !context.state.ticked.contains(live->request.variant)) return std::nullopt;
  Point probe;
  probe.request = live->request;
  const std::optional<double> x = axis_value(probe, context.state.x_axis);
  if (!x || *x <= 0.0) return std::nullopt;
  LiveMark mark;
  const bool from_zero = !set.ticks.empty() && set.ticks.front().label == "0";
  mark.position = from_zero ? std::log2(1.0 + *x) : std::log2(*x);
  const auto slots = series_slots(context.snapshot, live->request.problem.operation,
                                  device_kind_of(context.snapshot, live->request.device));
  const auto slot = slots.find(live->request.variant);
  if (slot == slots.end()) return std::nullopt;
  mark.slot = slot->second;
  if (live->cold && !live->cold->empty()) {
    if (const auto median = quantile(*live->cold, 0.5)) {
      probe.bytes = compulsory_bytes(live->request.problem, true);
      Summary summary;
      summary.median = Nanoseconds(*median);
      probe.cold_summary = summary;
      mark.y =
          quantity_of(probe, context.state.scale == ThroughputScale::bytes_per_second ? Quantity::bytes_per_second
                                                                                      : Quantity::elements_per_second);
    }
  }
  return mark;
}

void empty_plot(const ViewContext& context) {
  const Snapshot& snapshot = context.snapshot;
  if (snapshot.worker == WorkerState::starting && snapshot.devices.empty()) {
    empty_state(context.theme, "Starting", "The built-in exploration begins as soon as the worker knows the devices.");
  } else if (context.state.ticked.empty()) {
    empty_state(context.theme, "No variant is ticked", "Tick one in Variants, and it is measured at once.");
  } else if (snapshot.worker == WorkerState::gone) {
    empty_state(context.theme, "No worker", snapshot.worker_message);
  } else if (snapshot.live) {
    empty_state(context.theme, "Measuring the first point", std::string(name_of(snapshot.live->phase)) + " …");
  } else if (snapshot.paused) {
    empty_state(context.theme, "Paused", "Press Space to go on.");
  } else if (snapshot.devices.empty()) {
    empty_state(context.theme, "Looking for devices", "A worker process is starting.");
  } else {
    empty_state(context.theme, "Nothing measured for these settings yet", "Press R to measure.");
  }
}

/// What is measured over which axis, in one line.
void choosers(ViewContext& context) {
  const Theme& theme = context.theme;
  const std::array<std::string, 2> scales = {"GB/s", "GElem/s"};
  const std::array<std::string, 2> forms = {"log", "linear"};
  const float gap = theme.px(8.0F);
  const float width = segmented_width(theme, scales) + segmented_width(theme, forms) + gap;
  axis_chooser(context, "axis", width + theme.px(16.0F));
  ImGui::SameLine(std::max(ImGui::GetContentRegionMax().x - width, ImGui::GetCursorPosX()));
  int scale = static_cast<int>(context.state.scale);
  if (segmented(theme, "scale", scales, scale)) context.state.scale = static_cast<ThroughputScale>(scale);
  ImGui::SameLine(0.0F, gap);
  int form = context.state.log_y ? 0 : 1;
  if (segmented(theme, "form", forms, form)) context.state.log_y = form == 0;
}

}  // namespace

void axis_chooser(ViewContext& context, const char* id, float beside) {
  const std::vector<std::string> axes = available_axes(context.snapshot, context.state);
  if (axes.empty()) return;
  std::vector<std::string> labels;
  labels.reserve(axes.size());
  for (const std::string& axis : axes) labels.push_back(axis_title(axis));
  const auto found = std::find(axes.begin(), axes.end(), context.state.x_axis);
  int chosen = found == axes.end() ? 0 : static_cast<int>(found - axes.begin());
  if (found == axes.end()) context.state.x_axis = axes.front();
  const std::vector<int> weights = axis_weights(context.snapshot, context.state, axes);
  SegmentedLook look;
  look.room = std::max(ImGui::GetContentRegionAvail().x - beside, context.theme.px(96.0F));
  look.weights = weights;
  if (segmented(context.theme, id, labels, chosen, look)) {
    context.state.x_axis = axes[static_cast<std::size_t>(chosen)];
  }
}

void ThroughputView::draw(ViewContext& context) {
  if (!is_timed(device_kind_of(context.snapshot, context.state.plan.device))) {
    empty_state(context.theme, "No throughput without times",
                std::string(kErrorsAreReal) + ". Error shows how right each kernel is, Kernel what it does wrong.");
    return;
  }
  panel_note(context.theme, "cold · median, 95 % interval");
  choosers(context);

  const bool in_bytes = context.state.scale == ThroughputScale::bytes_per_second;
  const SeriesSet set = make_series(context.snapshot, context.state, context.state.x_axis,
                                    in_bytes ? Quantity::bytes_per_second : Quantity::elements_per_second);
  const std::optional<LiveMark> live = live_mark(context, set);
  if (set.empty() && !live) {
    empty_plot(context);
    return;
  }
  LinePlotStyle style;
  style.log_y = context.state.log_y;
  style.format_y = in_bytes ? rate_label : elements_label;
  style.x_title = axis_title(context.state.x_axis);
  const std::vector<ReferenceLine> references = reference_lines(context);
  const LinePlotResult result =
      plot_.draw("##throughput", set, references, live, context.state.selected_point, style, context.theme);
  if (result.hovered) point_tip(context.theme, *result.hovered);
  if (result.clicked) select_point(context.state, *result.clicked);
}

}  // namespace knobscope::gui
