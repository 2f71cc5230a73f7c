#include "session/result_table.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "core/environment_words.h"
#include "session/number_text.h"

namespace knobscope::session {
namespace {

constexpr std::string_view kNotMeasured = "–";

std::string device_text(const Point& point) {
  if (point.environment.device_name.empty()) return point.request.device;
  return fmt::format("{} ({})", point.environment.device_name, point.request.device);
}

std::string shape_text(const Point& point) {
  const Problem& problem = point.request.problem;
  std::string shape = format_shape(problem.shape, "×");
  if (problem.layout != Layout::nchw) shape += fmt::format(" {}", name_of(problem.layout));
  if (problem.activation != Activation::none) shape += fmt::format(" + {}", name_of(problem.activation));
  if (family_of(problem.operation) != Family::layernorm || problem.normalized_dims == 1) return shape;
  return fmt::format("{}, last {} dims", shape, problem.normalized_dims);
}

std::string distribution_text(const Point& point) {
  const Distribution& distribution = point.request.problem.distribution;
  if (distribution.kind != DistributionKind::offset) return std::string(name_of(distribution.kind));
  return fmt::format("offset {}", distribution.offset);
}

std::string interval_text(const Point& point) {
  const auto& summary = point.headline();
  if (!summary || summary->median.count() <= 0) return std::string(kNotMeasured);
  const double half = (summary->ci_high - summary->ci_low).count() / 2.0;
  return fmt::format("±{}", percent_text(half / summary->median.count()));
}

std::string method_text(const Point& point) {
  const auto timing = point.headline_timing();
  return timing ? std::string(name_of(*timing)) : std::string(kNotMeasured);
}

using CellText = std::function<std::string(const Point&)>;

/// Turns a value that may be missing into a cell.
template <class Value, class Text>
CellText optional_cell(Value value, Text text) {
  return [value, text](const Point& point) {
    const auto known = value(point);
    return known ? text(*known) : std::string(kNotMeasured);
  };
}

template <class Field>
CellText error_cell(Field field) {
  return [field](const Point& point) {
    const OutputError* main = point.error ? point.error->main() : nullptr;
    return main != nullptr ? error_text(main->*field) : std::string(kNotMeasured);
  };
}

std::string ulp_text(const Point& point, std::string_view space) {
  const OutputError* main = point.error ? point.error->main() : nullptr;
  if (main == nullptr) return std::string(kNotMeasured);
  if (!(main->max_ulp >= 100 && main->max_ulp < 1e9)) return fmt::format("{:.3g}", main->max_ulp);
  return count_text(std::llround(main->max_ulp), space);
}

/// Beside the events' median, the same runs by CUPTI; and what was counted, beside what the model says.
template <class Add>
void add_profile(std::span<const PointPtr> points, std::string_view space, Add&& add) {
  const auto has_kernel = [](const PointPtr& point) { return point->profile && point->profile->kernel; };
  if (std::ranges::any_of(points, has_kernel)) {
    add("kernel", true, 7,
        optional_cell([](const Point& point) { return point.profile.value_or(Profile{}).kernel; },
                      [space](const Summary& summary) { return time_text(summary.median, space); }));
  }
  const auto has_counters = [](const PointPtr& point) { return point->profile && point->profile->counters; };
  if (std::ranges::none_of(points, has_counters)) return;
  const auto counted = [&add](std::string title, int importance, auto text) {
    add(std::move(title), true, importance,
        optional_cell([](const Point& point) { return point.profile.value_or(Profile{}).counters; }, text));
  };
  counted("DRAM", 7, [space](const Counters& counters) { return bytes_text(counters.dram(), space); });
  add("of model", true, 7,
      optional_cell([](const Point& point) { return point.counted_over_modelled(); }, percent_text));
  counted("L2 hits", 6, [](const Counters& counters) { return percent_text(counters.l2_hit_rate); });
  counted("occupancy", 6, [](const Counters& counters) { return percent_text(counters.occupancy); });
}

/// Said where it matters: when it is more than a fiftieth of a cold time.
std::optional<Nanoseconds> notable_overhead(std::span<const PointPtr> points) {
  for (const PointPtr& point : points) {
    if (point->event_overhead && point->cold_summary && *point->event_overhead * 50.0 > point->cold_summary->median) {
      return point->event_overhead;
    }
  }
  return std::nullopt;
}

/// What points were measured among, where the device told, and of how many.
std::vector<std::string> facts_of_devices(std::span<const PointPtr> points) {
  std::vector<std::pair<std::string, std::size_t>> times;  // in the order met
  for (const PointPtr& point : points) {
    const Environment& environment = point->environment;
    const std::uint64_t reasons = environment.throttle_reasons.value_or(0);
    for (const std::string& words :
         {settings_in_words(environment), reasons != 0 ? "throttle reasons: " + reasons_in_words(reasons) : ""}) {
      if (words.empty()) continue;
      const auto found = std::ranges::find(times, words, [](const auto& each) { return each.first; });
      (found == times.end() ? times.emplace_back(words, 0) : *found).second += 1;
    }
  }
  std::vector<std::string> facts;
  for (const auto& [words, count] : times) {
    facts.push_back(count == points.size() ? words : fmt::format("{} in {} of {} points", words, count, points.size()));
  }
  return facts;
}

}  // namespace

std::string_view shown(Verdict verdict) { return verdict == Verdict::unfit ? "does not fit" : name_of(verdict); }

ResultTable make_result_table(std::span<const PointPtr> points, std::string_view space) {
  ResultTable table;
  const auto add = [&](std::string title, bool right, int importance, const CellText& text) {
    TableColumn column{std::move(title), right, importance, {}};
    for (const PointPtr& point : points) column.cells.push_back(text(*point));
    table.columns.push_back(std::move(column));
  };
  // Said once above the table when every point says the same.
  const auto add_fact = [&](std::string title, int importance, const CellText& text) {
    add(std::move(title), false, importance, text);
    const std::vector<std::string>& cells = table.columns.back().cells;
    if (cells.empty() || std::ranges::any_of(cells, [&](const auto& cell) { return cell != cells.front(); })) return;
    table.facts.push_back(cells.front());
    table.columns.pop_back();
  };

  if (const auto overhead = notable_overhead(points)) {
    table.facts.push_back(fmt::format("{} of each cold time are the events'", time_text(*overhead, space)));
  }
  for (std::string& fact : facts_of_devices(points)) table.facts.push_back(std::move(fact));
  add("id", true, 3, [](const Point& point) { return fmt::format("{}", point.request.id); });
  add_fact("device", 7, device_text);
  add_fact("operation", 5, [](const Point& point) { return std::string(name_of(point.request.problem.operation)); });
  add_fact("shape", 8, shape_text);
  add_fact("type", 8, [](const Point& point) { return std::string(name_of(point.request.problem.type)); });
  add_fact("distribution", 8, distribution_text);
  add_fact("seed", 1, [](const Point& point) { return fmt::format("seed {}", point.request.problem.seed); });
  add("variant", false, 9,
      [](const Point& point) { return point.variant_name.empty() ? point.request.variant : point.variant_name; });
  add("knobs", false, 9, [](const Point& point) { return format_knobs(point.request.knobs); });
  const auto is_emulated = [](const PointPtr& point) { return point->is_emulated(); };
  const bool all_emulated = !points.empty() && std::ranges::all_of(points, is_emulated);
  if (!all_emulated) {
    add_fact("timed", 3, [](const Point& point) { return method_text(point); });
    add("median", true, 9,
        optional_cell([](const Point& point) { return point.headline(); },
                      [space](const Summary& summary) { return time_text(summary.median, space); }));
    add("95 %", true, 4, interval_text);
    // Medians by the other techniques, under their names, where more was asked for than the usual two.
    const auto beyond = [](const PointPtr& point) {
      return point->rotating_summary || point->graph_summary || point->wall_summary;
    };
    for (const Timing timing : kTimings) {
      const auto has = [timing](const PointPtr& point) {
        return point->summary(timing) && point->headline_timing() != timing;
      };
      if (std::ranges::none_of(points, beyond) || std::ranges::none_of(points, has)) continue;
      add(std::string(name_of(timing)), true, 6,
          optional_cell([timing](const Point& point) { return point.summary(timing); },
                        [space](const Summary& summary) { return time_text(summary.median, space); }));
    }
    add("samples", true, 2,
        optional_cell([](const Point& point) { return point.headline(); },
                      [space](const Summary& summary) { return count_text(summary.count, space); }));
    add("bandwidth", true, 9,
        optional_cell([](const Point& point) { return point.bandwidth(); },
                      [space](BytesPerSecond rate) { return rate_text(rate, space); }));
    add("of copy", true, 6, optional_cell([](const Point& point) { return point.copy_fraction(); }, percent_text));
    add("of memcpy", true, 5, optional_cell([](const Point& point) { return point.memcpy_fraction(); }, percent_text));
    add("of sized copy", true, 7,
        optional_cell([](const Point& point) { return point.sized_copy_fraction(); }, percent_text));
  }
  add_profile(points, space, add);
  add("max abs", true, 6, error_cell(&OutputError::max_abs));
  add("rel L2", true, 5, error_cell(&OutputError::relative_l2));
  add("max ulp", true, 1, [space](const Point& point) { return ulp_text(point, space); });
  const auto looked = [](const Point& point) { return point.is_emulated() || !point.findings.empty(); };
  if (std::ranges::any_of(points, [&](const PointPtr& point) { return looked(*point); })) {
    add("findings", true, 8, [&](const Point& point) {
      if (!looked(point)) return std::string(kNotMeasured);
      return count_text(static_cast<std::int64_t>(point.findings.size()), space);
    });
  }
  add("verdict", false, 9, [](const Point& point) { return std::string(shown(point.verdict)); });

  if (std::ranges::any_of(points, is_emulated)) table.note = "emulated: errors are real, times are not measured";
  for (const PointPtr& point : points) {
    table.verdicts.push_back(point->verdict);
    const std::vector<std::string> profile_notes = point->profile.value_or(Profile{}).notes;
    if (point->reason.empty() && point->timing_notes.empty() && profile_notes.empty()) continue;
    std::string knobs = format_knobs(point->request.knobs);
    if (!knobs.empty()) knobs.insert(0, 1, ' ');
    const auto say = [&](const std::string& what) {
      table.reasons.push_back(fmt::format("#{} {}{}: {}", point->request.id,
                                          point->variant_name.empty() ? point->request.variant : point->variant_name,
                                          knobs, what));
    };
    // A wrong point's reason is its first finding, shortened.
    const bool said_by_findings = point->verdict == Verdict::wrong && !point->findings.empty();
    if (!said_by_findings && !point->reason.empty()) say(point->reason);
    for (const TimingNote& note : point->timing_notes) {
      const std::string told = fmt::format("{}: {}", name_of(note.timing), note.text);
      if (told != point->reason) say(told);
    }
    for (const std::string& note : profile_notes) say(note);
    for (const Finding& finding : point->findings) say(format_finding(finding));
  }
  return table;
}

}  // namespace knobscope::session
