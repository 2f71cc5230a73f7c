#include "session/export_comparison.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "session/csv_field.h"
#include "session/json_value.h"
#include "session/number_text.h"
#include "session/table_layout.h"

namespace knobscope::session {
namespace {

constexpr std::string_view kNothing = "–";

const std::optional<Summary>& summary_of(const ComparedPoint& compared, const Point& point) {
  return point.summary(compared.timing);
}

std::string method_of(const ComparedPoint& compared) { return std::string(name_of(compared.timing)); }

std::string variant_of(const Point& point) {
  return point.variant_name.empty() ? point.request.variant : point.variant_name;
}

std::string form_of(const Problem& problem) {
  if (problem.layout != Layout::nchw) return fmt::format(" {}", name_of(problem.layout));
  if (problem.activation != Activation::none) return fmt::format(" + {}", name_of(problem.activation));
  return {};
}

std::string distribution_of(const Problem& problem) {
  const Distribution& distribution = problem.distribution;
  if (distribution.kind != DistributionKind::offset) return std::string(name_of(distribution.kind));
  return fmt::format("offset {}", distribution.offset);
}

std::string shape_of(const Problem& problem) {
  std::string shape = format_shape(problem.shape) + form_of(problem);
  const bool rows = family_of(problem.operation) == Family::layernorm && problem.normalized_dims != 1;
  return rows ? fmt::format("{}, last {} dims", shape, problem.normalized_dims) : shape;
}

std::string device_of(const Point& point) {
  const std::string& name = point.environment.device_name;
  return name.empty() ? point.request.device : fmt::format("{} ({})", name, point.request.device);
}

std::string name_of_point(const Point& point) {
  const std::string knobs = format_knobs(point.request.knobs);
  return variant_of(point) + (knobs.empty() ? "" : " " + knobs);
}

/// "+5.2 %"
std::string change_text(double ratio) { return fmt::format("{:+.1f} %", 100.0 * (ratio - 1.0)); }

struct Laid {
  std::vector<std::string> facts;  ///< what all points share
  std::vector<TableColumn> columns;
};

Laid lay_out(const std::vector<ComparedPoint>& points, bool in_turns, std::string_view space) {
  Laid laid;
  const auto add = [&](std::string title, bool right, int importance,
                       const std::function<std::string(const ComparedPoint&)>& text) {
    TableColumn column{std::move(title), right, importance, {}};
    for (const ComparedPoint& point : points) column.cells.push_back(text(point));
    laid.columns.push_back(std::move(column));
  };
  // Said once above the table when every point says the same.
  const auto add_fact = [&](std::string title, int importance, auto text) {
    add(std::move(title), false, importance, [&](const ComparedPoint& point) { return text(*point.base); });
    const std::vector<std::string>& cells = laid.columns.back().cells;
    if (cells.empty() || std::ranges::any_of(cells, [&](const auto& cell) { return cell != cells.front(); })) return;
    laid.facts.push_back(cells.front());
    laid.columns.pop_back();
  };
  const auto time = [space](const ComparedPoint& compared, const Point& point) {
    const auto& summary = summary_of(compared, point);
    return summary ? time_text(summary->median, space) : std::string(kNothing);
  };
  add_fact("device", 6, device_of);
  add_fact("operation", 5, [](const Point& point) { return std::string(name_of(point.request.problem.operation)); });
  add_fact("shape", 8, [](const Point& point) { return shape_of(point.request.problem); });
  add_fact("type", 8, [](const Point& point) { return std::string(name_of(point.request.problem.type)); });
  add_fact("distribution", 6, [](const Point& point) { return distribution_of(point.request.problem); });
  if (!in_turns) {  // else the heading says it
    add("variant", false, 9, [](const ComparedPoint& point) { return variant_of(*point.base); });
    add("knobs", false, 9, [](const ComparedPoint& point) { return format_knobs(point.base->request.knobs); });
  }
  add("timed", false, 3, method_of);
  add(in_turns ? "A" : "base", true, 7, [&](const ComparedPoint& point) { return time(point, *point.base); });
  add(in_turns ? "B" : "new", true, 7, [&](const ComparedPoint& point) { return time(point, *point.next); });
  add("change", true, 9, [](const ComparedPoint& point) {
    return point.comparison.ratio ? change_text(point.comparison.ratio->estimate) : std::string(kNothing);
  });
  add("95 %", true, 8, [](const ComparedPoint& point) {
    const auto& ratio = point.comparison.ratio;
    if (!ratio) return std::string(kNothing);
    return fmt::format("{} to {}", change_text(ratio->low), change_text(ratio->high));
  });
  add("verdict", false, 9, [](const ComparedPoint& point) { return std::string(point.word()); });
  return laid;
}

/// What is to be said below the table: of what is UNDECIDED or BROKEN, and of what is in one session only.
std::vector<std::string> notes_of(const ComparedSessions& compared) {
  std::vector<std::string> notes;
  for (const ComparedPoint& point : compared.points) {
    if (point.reason.empty()) continue;
    notes.push_back(fmt::format("{} {} ({}, {}): {}", point.word(), name_of_point(*point.base),
                                shape_of(point.base->request.problem), name_of(point.base->request.problem.type),
                                point.reason));
  }
  constexpr std::size_t kMostNamed = 10;
  const auto name_some = [&](const char* where, const std::vector<PointPtr>& points) {
    for (std::size_t i = 0; i < std::min(points.size(), kMostNamed); ++i) {
      const Problem& problem = points[i]->request.problem;
      notes.push_back(fmt::format("only in {}: {} ({}, {}, {}, {})", where, name_of_point(*points[i]),
                                  name_of(problem.operation), shape_of(problem), name_of(problem.type),
                                  device_of(*points[i])));
    }
    if (points.size() > kMostNamed) {
      notes.push_back(fmt::format("only in {}: {} more (--json has them all)", where, points.size() - kMostNamed));
    }
  };
  name_some("BASE", compared.only_base);
  name_some("NEW", compared.only_next);
  return notes;
}

std::string_view colour_of(const ComparedPoint& point) {
  if (point.broken) return "\x1b[31m";
  switch (point.comparison.change) {
    case Change::same:
      return "\x1b[2m";
    case Change::faster:
      return "\x1b[32m";
    case Change::slower:
      return "\x1b[31m";
    case Change::undecided:
      return "\x1b[33m";
  }
  return "";
}

std::string heading_of(const ComparedSessions& compared, const ComparedNames& names) {
  if (compared.in_turns) {
    return fmt::format("A {} · B {} · timed in turns · B against A · same within {}", names.base, names.next,
                       percent_text(compared.threshold));
  }
  return fmt::format("BASE {} · NEW {} · same within {}", names.base, names.next, percent_text(compared.threshold));
}

Json knobs_json(const Point& point) {
  Json object = Json::object();
  for (const auto& [name, value] : point.request.knobs) object[name] = value;
  return object;
}

/// What tells a point from the others of a session.
Json identity_json(const Point& point) {
  const Problem& problem = point.request.problem;
  const bool rows = family_of(problem.operation) == Family::layernorm;
  Json object;
  object["operation"] = name_of(problem.operation);
  object["shape"] = problem.shape;
  object["normalized_dims"] = rows ? Json(problem.normalized_dims) : Json(nullptr);
  object["dtype"] = name_of(problem.type);
  object["layout"] = rows ? Json(nullptr) : Json(name_of(problem.layout));
  object["activation"] =
      problem.operation == Operation::layernorm_forward ? Json(name_of(problem.activation)) : Json(nullptr);
  object["distribution"] = name_of(problem.distribution.kind);
  object["offset"] =
      problem.distribution.kind == DistributionKind::offset ? number(problem.distribution.offset) : Json(nullptr);
  object["device"] = point.request.device;
  object["device_name"] = text(point.environment.device_name);
  object["variant"] = variant_of(point);
  object["knobs"] = knobs_json(point);
  return object;
}

Json side_json(const ComparedPoint& compared, const Point& point) {
  const auto& summary = summary_of(compared, point);
  Json object;
  object["id"] = point.request.id;
  object["variant"] = variant_of(point);
  object["knobs"] = knobs_json(point);
  object["verdict"] = name_of(point.verdict);
  object["reason"] = text(point.reason);
  object["samples"] = summary ? Json(summary->count) : Json(nullptr);
  object["median_s"] = summary ? number(summary->median.count() * 1e-9) : Json(nullptr);
  object["source_hash"] = text(point.source_hash);
  object["started_at"] = text(point.environment.started_at);
  return object;
}

Json compared_json(const ComparedPoint& point) {
  const auto& ratio = point.comparison.ratio;
  Json object = identity_json(*point.base);
  object["method"] = method_of(point);
  object["base"] = side_json(point, *point.base);
  object["new"] = side_json(point, *point.next);
  object["ratio"] = ratio ? number(ratio->estimate) : Json(nullptr);
  object["ratio_low"] = ratio ? number(ratio->low) : Json(nullptr);
  object["ratio_high"] = ratio ? number(ratio->high) : Json(nullptr);
  object["verdict"] = point.word();
  object["samples_needed"] = point.comparison.samples_needed ? Json(*point.comparison.samples_needed) : Json(nullptr);
  object["advice"] = text(point.reason);
  return object;
}

}  // namespace

std::string comparison_summary(const ComparedSessions& compared) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::int64_t count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, what));
  };
  add(compared.broken(), "BROKEN");
  for (const Change change : {Change::slower, Change::undecided, Change::faster, Change::same}) {
    add(compared.count(change), name_of(change));
  }
  const std::size_t count = compared.points.size();
  std::string text = fmt::format("{} {}{}{}", count, compared.in_turns ? "pair" : "point", count == 1 ? "" : "s",
                                 compared.in_turns ? "" : " in both");
  if (!parts.empty()) text += fmt::format(": {}", fmt::join(parts, ", "));
  parts.clear();
  add(static_cast<std::int64_t>(compared.only_base.size()), "only in BASE");
  add(static_cast<std::int64_t>(compared.only_next.size()), "only in NEW");
  add(compared.right_in_neither, "right in neither");
  if (!parts.empty()) text += fmt::format("; {}", fmt::join(parts, ", "));
  return text;
}

std::string comparison_to_table(const ComparedSessions& compared, const ComparedNames& names, int width, bool color) {
  const auto columns_wide = static_cast<std::size_t>(std::max(width, 20));
  std::string out = wrapped(heading_of(compared, names), columns_wide) + "\n";
  if (!compared.points.empty()) {
    const Laid laid = lay_out(compared.points, compared.in_turns, kPlainSpace);
    if (!laid.facts.empty()) out += wrapped(fmt::format("{}", fmt::join(laid.facts, " · ")), columns_wide) + "\n";
    std::vector<RowEnd> ends;
    for (const ComparedPoint& point : compared.points) ends.push_back({point.word(), colour_of(point)});
    out += "\n" + terminal_rows(laid.columns, ends, columns_wide, color);
  }
  const std::vector<std::string> notes = notes_of(compared);
  if (!notes.empty()) out += "\n";
  for (const std::string& note : notes) out += wrapped(note, columns_wide) + "\n";
  return out + "\n" + wrapped(comparison_summary(compared), columns_wide) + "\n";
}

std::string comparison_to_markdown(const ComparedSessions& compared, const ComparedNames& names) {
  std::string out = escaped(heading_of(compared, names)) + "\n\n";
  if (!compared.points.empty()) {
    const Laid laid = lay_out(compared.points, compared.in_turns, kThinSpace);
    if (!laid.facts.empty()) out += escaped(fmt::format("{}", fmt::join(laid.facts, " · "))) + "\n\n";
    out += markdown_rows(laid.columns) + "\n";
  }
  const std::vector<std::string> notes = notes_of(compared);
  for (const std::string& note : notes) out += "- " + escaped(note) + "\n";
  if (!notes.empty()) out += "\n";
  return out + escaped(comparison_summary(compared)) + "\n";
}

std::string comparison_to_json(const ComparedSessions& compared, const ComparedNames& names) {
  Json object;
  object["version"] = KNOBSCOPE_VERSION;
  object["base"] = names.base;
  object["new"] = names.next;
  object["threshold"] = compared.threshold;
  object["in_turns"] = compared.in_turns;
  object["points"] = Json::array();
  for (const ComparedPoint& point : compared.points) object["points"].push_back(compared_json(point));
  object["only_base"] = Json::array();
  for (const PointPtr& point : compared.only_base) object["only_base"].push_back(identity_json(*point));
  object["only_new"] = Json::array();
  for (const PointPtr& point : compared.only_next) object["only_new"].push_back(identity_json(*point));
  Json& summary = object["summary"];
  summary["regressions"] = compared.regressions();
  summary["broken"] = compared.broken();
  summary["slower"] = compared.count(Change::slower);
  summary["undecided"] = compared.count(Change::undecided);
  summary["faster"] = compared.count(Change::faster);
  summary["same"] = compared.count(Change::same);
  summary["right_in_neither"] = compared.right_in_neither;
  summary["text"] = comparison_summary(compared);
  return object.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::string comparison_to_csv(const ComparedSessions& compared) {
  std::string out =
      "operation,shape,normalized_dims,dtype,layout,activation,distribution,device,device_name,variant,knobs,method,"
      "base_samples,base_median_s,new_samples,new_median_s,ratio,ratio_low,ratio_high,verdict,samples_needed,"
      "advice,new_variant,new_knobs\r\n";
  for (const ComparedPoint& compared_point : compared.points) {
    const Point& base = *compared_point.base;
    const Problem& problem = base.request.problem;
    const bool rows = family_of(problem.operation) == Family::layernorm;
    const auto& before = summary_of(compared_point, base);
    const auto& after = summary_of(compared_point, *compared_point.next);
    const Comparison& comparison = compared_point.comparison;
    const auto samples = [](const auto& summary) {
      return summary ? fmt::format("{}", summary->count) : std::string();
    };
    const auto median = [](const auto& summary) {
      return csv_number(summary ? std::optional(summary->median.count() * 1e-9) : std::nullopt);
    };
    const auto ratio = [&](double MedianRatio::*part) {
      return csv_number(comparison.ratio ? std::optional((*comparison.ratio).*part) : std::nullopt);
    };
    const std::string fields[] = {
        std::string(name_of(problem.operation)),
        format_shape(problem.shape),
        rows ? fmt::format("{}", problem.normalized_dims) : std::string(),
        std::string(name_of(problem.type)),
        rows ? std::string() : std::string(name_of(problem.layout)),
        problem.operation == Operation::layernorm_forward ? std::string(name_of(problem.activation)) : std::string(),
        distribution_of(problem),
        base.request.device,
        base.environment.device_name,
        variant_of(base),
        format_knobs(base.request.knobs),
        method_of(compared_point),
        samples(before),
        median(before),
        samples(after),
        median(after),
        ratio(&MedianRatio::estimate),
        ratio(&MedianRatio::low),
        ratio(&MedianRatio::high),
        std::string(compared_point.word()),
        comparison.samples_needed ? fmt::format("{}", *comparison.samples_needed) : std::string(),
        compared_point.reason,
        variant_of(*compared_point.next),
        format_knobs(compared_point.next->request.knobs),
    };
    std::string line;
    for (const std::string& value : fields) line += (line.empty() ? "" : ",") + csv_field(value);
    out += line + "\r\n";
  }
  return out;
}

}  // namespace knobscope::session
