#include "gui/views/lines_lens.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gui/views/axis_chooser.h"
#include "gui/views/baselines.h"
#include "gui/views/lenses.h"
#include "gui/views/plot_scale.h"
#include "gui/views/point_index.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

/// A point as a height on the y axis that is set. What a recording or a live point does not bring along of the ceiling
/// is taken from what is known of the device.
std::optional<double> on_scale(const ViewContext& context, Point point) {
  if (!point.ceiling) {
    for (const Ceiling& ceiling : context.snapshot.ceilings) {
      if (ceiling.device == context.state.plan.device) point.ceiling = ceiling;
    }
  }
  const PointPtr baseline = baseline_of(context, point);
  const std::optional<Reading> reading = reading_of(point, context.state.quantity, baseline.get());
  return reading ? std::optional(reading->value) : std::nullopt;
}

/// As if the problem that is set had moved its compulsory bytes at this rate.
Point at_rate(const ViewState& state, BytesPerSecond rate) {
  Point point;
  point.request.device = state.plan.device;
  point.request.problem = first_problem(state.plan);
  point.bytes = compulsory_bytes(point.request.problem, true);
  Summary summary;
  summary.median = Nanoseconds(static_cast<double>(point.bytes.count) / rate.value * 1e9);
  point.cold_summary = summary;
  return point;
}

/// What copies, reads or writes reach.
struct CeilingKind {
  const char* name;
  std::optional<BytesPerSecond> (*of_size)(const SizeCeiling&);
  std::optional<BytesPerSecond> (*of_device)(const Ceiling&);
};

using Rate = std::optional<BytesPerSecond>;
constexpr std::array<CeilingKind, 3> kCeilingKinds = {{
    {"copy", [](const SizeCeiling& size) -> Rate { return size.copy; },
     [](const Ceiling& device) -> Rate { return device.copy; }},
    {"read", [](const SizeCeiling& size) { return size.read; },
     [](const Ceiling& device) -> Rate { return device.read; }},
    {"write", [](const SizeCeiling& size) { return size.write; }, [](const Ceiling& device) { return device.write; }},
}};

/// The points' own ceilings, of their size by their technique, at each place; no corners where none has one.
ReferenceLine line_of_sizes(const SeriesSet& set, Quantity quantity, const CeilingKind& kind) {
  struct Best {
    double y = 0.0;
    BytesPerSecond rate;
  };
  std::map<double, Best> places;
  std::set<Bytes> sizes;
  for (const Series& series : set.lines) {
    for (const SeriesPoint& each : series.points) {
      const SizeCeiling* ceiling = each.point->size_ceiling();
      const Rate rate = ceiling != nullptr ? kind.of_size(*ceiling) : std::nullopt;
      const Rate reached = each.point->bandwidth();
      if (!rate || !reached || !each.y || rate->value <= 0.0 || reached->value <= 0.0) continue;
      // Whatever is shown is proportional to the rate, or, a time, to its inverse.
      const double ratio = rate->value / reached->value;
      const double y = quantity == Quantity::time ? *each.y / ratio : *each.y * ratio;
      sizes.insert(ceiling->bytes);
      Best& best = places[each.position];
      if (*rate > best.rate) best = {y, *rate};
    }
  }
  ReferenceLine line;
  if (places.empty()) return line;
  for (const auto& [position, best] : places) line.corners.push_back({position, best.y, {}});
  line.y = line.corners.back().y;
  line.label = sizes.size() == 1 ? fmt::format("{} {}", kind.name, format_rate(places.rbegin()->second.rate))
                                 : fmt::format("{} of the size", kind.name);
  return line;
}

/// `of_sizes`: for each kind of ceiling the line of the points' sizes, where it has corners.
std::vector<ReferenceLine> reference_lines(const ViewContext& context, const std::vector<ReferenceLine>& of_sizes) {
  const ViewState& state = context.state;
  const Theme& theme = context.theme;
  std::vector<ReferenceLine> lines;
  if (state.plan.shapes.empty() || state.plan.types.empty() || find_fault(first_problem(state.plan))) return lines;
  const auto add = [&](const Point& point, std::string label, const ImVec4& color) {
    if (const auto y = on_scale(context, point)) lines.push_back({*y, std::move(label), color});
  };
  const auto& ceilings = context.snapshot.ceilings;
  const auto of_device = std::ranges::find(ceilings, state.plan.device, &Ceiling::device);
  for (const CeilingKind& kind : kCeilingKinds) {
    const ImVec4& color = &kind == kCeilingKinds.data() ? theme.text : theme.quiet;
    const ReferenceLine& of_size = of_sizes[static_cast<std::size_t>(&kind - kCeilingKinds.data())];
    if (!of_size.corners.empty()) {
      lines.push_back(of_size);
      lines.back().color = color;
      continue;
    }
    const Rate rate = of_device == ceilings.end() ? std::nullopt : kind.of_device(*of_device);
    if (rate && rate->value > 0.0) {
      add(at_rate(state, *rate), fmt::format("large {} {}", kind.name, format_rate(rate)), color);
    }
  }
  for (const PointPtr& baseline : baselines_for(context, first_problem(state.plan))) {
    add(*baseline, baseline->variant_name, theme.value);
  }
  if (state.baseline_point) {
    if (const PointPtr baseline = find_point(context.snapshot, *state.baseline_point, &context.index)) {
      add(*baseline, "baseline " + baseline->variant_title, theme.accent);
    }
  }
  return lines;
}

/// The techniques that the plot's times were taken by: they are times of different things. Empty without times.
std::string techniques_of(const SeriesSet& set) {
  std::set<Timing> timings;
  for (const Series& line : set.lines) {
    for (const SeriesPoint& point : line.points) {
      if (const auto timing = point.point ? point.point->headline_timing() : std::nullopt) timings.insert(*timing);
    }
  }
  std::string names;
  for (const Timing timing : timings) names += (names.empty() ? "" : ", ") + std::string(name_of(timing));
  return names;
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
  mark.position = set.position_of(*x);
  const auto slots = series_slots(context.snapshot, live->request.problem.operation,
                                  device_kind_of(context.snapshot, live->request.device), &context.index);
  const auto slot = slots.find(live->request.variant);
  if (slot == slots.end()) return std::nullopt;
  mark.slot = slot->second;
  // The technique that will speak for the point: the first that is asked for.
  const std::vector<Timing> asked = live->request.method.timings();
  const Samples samples = asked.empty() ? nullptr : live->samples(asked.front());
  if (samples && !samples->empty()) {
    if (const auto median = quantile(*samples, 0.5)) {
      probe.bytes = compulsory_bytes(live->request.problem, true);
      Summary summary;
      summary.median = Nanoseconds(*median);
      probe.summary(asked.front()) = summary;
      mark.y = on_scale(context, probe);
    }
  }
  return mark;
}

/// What is measured over which axis, on the rest of the line.
void choosers(ViewContext& context) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  const bool log_x = state.x_form == AxisForm::log2;
  const char* x_label = log_x ? "x log₂" : "x linear";
  const bool log_y = is_log_y(state);
  const char* y_label = log_y ? "y log" : "y linear";
  const float gap = theme.px(4.0F);
  const float forms = button_width(theme, x_label) + button_width(theme, y_label) + gap * 2.0F;
  const float quantity = quantity_width(theme);
  axis_chooser(context, "axis", forms + quantity + theme.px(16.0F));
  ImGui::SameLine(std::max(ImGui::GetContentRegionMax().x - forms - quantity, ImGui::GetCursorPosX()));
  quantity_chooser(context, "quantity");
  ImGui::SameLine(0.0F, gap);
  if (form_button(theme, "x form", x_label,
                  "How the x axis is divided: by doublings, or evenly. A click changes it.")) {
    state.x_form = log_x ? AxisForm::linear : AxisForm::log2;
  }
  ImGui::SameLine(0.0F, gap);
  if (form_button(theme, "y form", y_label,
                  "How the y axis is divided: by powers, or evenly from zero. A click changes it.")) {
    state.log_y = !log_y;
  }
}

bool lacks_baseline(const ViewContext& context) {
  return context.state.quantity == Quantity::speed_up && !context.state.baseline_point &&
         baselines_for(context, first_problem(context.state.plan)).empty();
}

/// A click says where somebody looks: what waits at the nearest place of the axis comes first.
void measure_first(ViewContext& context, const SeriesSet& set, double position) {
  std::vector<PointRequest> there;
  double nearest = HUGE_VAL;
  Point probe;
  for (const PointRequest& waiting : context.snapshot.waiting.points()) {
    if (!context.state.ticked.contains(waiting.variant)) continue;
    probe.request = waiting;
    const std::optional<double> x = axis_value(probe, context.state.x_axis);
    if (!x) continue;
    const double away = std::fabs(set.position_of(*x) - position);
    if (away < nearest) there.clear();
    nearest = std::min(nearest, away);
    if (away == nearest) there.push_back(waiting);
  }
  for (PointRequest& point : there) point.id = 0;
  if (!there.empty()) context.commands.post(worker::MeasurePoints{std::move(there), {}, true});
}

}  // namespace

LinesLens::Lines LinesLens::lines_of(const ViewContext& context) {
  const ViewState& state = context.state;
  SeriesOptions options;
  options.form = state.x_form;
  options.index = &context.index;
  options.baseline = [&context](const Point& point) { return baseline_of(context, point); };
  Lines lines;
  lines.set = make_series(context.snapshot, state, state.x_axis, state.quantity, options);
  lines.techniques = techniques_of(lines.set);
  for (const CeilingKind& kind : kCeilingKinds) {
    lines.of_sizes.push_back(line_of_sizes(lines.set, state.quantity, kind));
  }
  return lines;
}

void LinesLens::draw(ViewContext& context) {
  choosers(context);
  if (lacks_baseline(context)) {
    empty_state(
        context.theme, "No baseline for these settings",
        "Select a point and press B: speed-up is over it from then on. Where PyTorch eager was recorded for the "
        "problem, it is the baseline.");
    return;
  }
  const ViewState& state = context.state;
  const Lines& lines = lines_.of(inputs_of(context), [&context] { return lines_of(context); });
  const SeriesSet& set = lines.set;
  if (!lines.techniques.empty()) panel_note(context.theme, lines.techniques + " · median, 95\u2009% interval");
  const std::optional<LiveMark> live = live_mark(context, set);
  if (set.empty() && !live) {
    empty_plot(context);
    return;
  }
  const QuantityScale& scale = scale_of(state.quantity);
  LinePlotStyle style;
  style.log_y = is_log_y(state);
  style.format_y = scale.tick;
  style.x_title = axis_title(state.x_axis);
  style.y_title = scale.title;
  const std::vector<ReferenceLine> references = reference_lines(context, lines.of_sizes);
  const LinePlotResult result =
      plot_.draw("##throughput", set, references, live, state.selected_point, style, context.theme);
  plot_tip(context.theme, result);
  if (result.clicked) select_point(context.state, *result.clicked);
  if (result.clicked_position && !context.state.recorded) measure_first(context, set, *result.clicked_position);
}

}  // namespace knobscope::gui
