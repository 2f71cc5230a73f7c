#include "session/export_best.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "session/csv_field.h"
#include "session/json_value.h"

namespace knobscope::session {
namespace {

std::optional<double> rate_of(const Point& point) {
  const auto rate = point.bandwidth();
  return rate ? std::optional(rate->value) : std::nullopt;
}

double seconds(Nanoseconds time) { return time.count() * 1e-9; }

/// What a choice needs; the whole point is in the session.
Json candidate_json(const Point& point) {
  const Summary& summary = *point.headline();
  Json object;
  object["variant"] = point.variant_name;
  object["variant_id"] = point.request.variant;
  object["knobs"] = Json::object();
  for (const auto& [name, value] : point.request.knobs) object["knobs"][name] = value;
  object["method"] = name_of(point.headline_timing().value_or(Timing::cold));
  object["samples"] = summary.count;
  object["median_s"] = number(seconds(summary.median));
  object["ci_low_s"] = number(seconds(summary.ci_low));
  object["ci_high_s"] = number(seconds(summary.ci_high));
  object["bandwidth"] = number(rate_of(point));
  object["copy_fraction"] = number(point.copy_fraction());
  object["verdict"] = name_of(point.verdict);
  object["source_hash"] = text(point.source_hash);
  object["driver_version"] = text(point.environment.driver_version);
  object["program_version"] = text(point.environment.program_version);
  object["started_at"] = text(point.environment.started_at);
  return object;
}

Json axes_json(const std::vector<ShapeAxis>& axes) {
  Json object = Json::object();
  for (const ShapeAxis& axis : axes) object[std::string(axis.name)] = axis.length;
  return object;
}

Json entry_json(const BestEntry& entry) {
  Json object;
  object["shape"] = entry.problem.shape;
  object["normalized_dims"] =
      family_of(entry.problem.operation) == Family::layernorm ? Json(entry.problem.normalized_dims) : Json(nullptr);
  object["axes"] = axes_json(entry.axes);
  object["best"] = candidate_json(entry.winner());
  object["ties"] = Json::array();
  for (const PointPtr& point : entry.tied()) object["ties"].push_back(candidate_json(*point));
  const PointPtr runner_up = entry.runner_up();
  object["runner_up"] = runner_up ? candidate_json(*runner_up) : Json(nullptr);
  object["candidates"] = entry.ranked.size();
  object["left_out"] = entry.left_out;
  return object;
}

Json distribution_json(const Distribution& distribution) {
  Json object;
  object["distribution"] = name_of(distribution.kind);
  object["offset"] = distribution.kind == DistributionKind::offset ? number(distribution.offset) : Json(nullptr);
  return object;
}

Json choice_json(const BestAnswer& answer) {
  const BestChoice& choice = answer.choice;
  Json object;
  object["shape"] = answer.asked.shape;
  object["axes"] = axes_json(axes_of(answer.asked));
  object["measured"] = choice.measured;
  object["octaves"] = choice.entry != nullptr ? number(choice.octaves) : Json(nullptr);
  object["nearest"] = choice.entry != nullptr ? Json(choice.entry->problem.shape) : Json(nullptr);
  object["best"] = choice.entry != nullptr ? candidate_json(choice.entry->winner()) : Json(nullptr);
  object["ties"] = Json::array();
  if (choice.entry != nullptr) {
    for (const PointPtr& point : choice.entry->tied()) object["ties"].push_back(candidate_json(*point));
  }
  const PointPtr runner_up = choice.entry != nullptr ? choice.entry->runner_up() : nullptr;
  object["runner_up"] = runner_up ? candidate_json(*runner_up) : Json(nullptr);
  object["wrong_with"] = Json::array();
  for (const Distribution& distribution : answer.wrong) object["wrong_with"].push_back(distribution_json(distribution));
  object["changed_since"] = choice.entry != nullptr ? Json(answer.changed) : Json(nullptr);
  object["passed_over"] = Json::array();
  for (const PassedOver& passed : choice.passed_over) {
    object["passed_over"].push_back(Json{{"shape", passed.entry->problem.shape},
                                         {"variant", passed.entry->winner().variant_name},
                                         {"reason", passed.reason}});
  }
  return object;
}

std::string name_of_point(const Point& point) {
  const std::string knobs = format_knobs(point.request.knobs);
  return point.variant_name + (knobs.empty() ? "" : " " + knobs);
}

}  // namespace

std::string best_to_json(const BestTable& table, const BestAnswer* answer) {
  const BestKey& key = table.key;
  Json object;
  object["version"] = KNOBSCOPE_VERSION;
  object["device"] = text(key.device);
  object["device_name"] = text(key.device_name);
  object["operation"] = name_of(key.operation);
  object["dtype"] = name_of(key.type);
  object["layout"] = family_of(key.operation) == Family::batchnorm ? Json(name_of(key.layout)) : Json(nullptr);
  object["activation"] = key.operation == Operation::layernorm_forward ? Json(name_of(key.activation)) : Json(nullptr);
  object.update(distribution_json(key.distribution));
  object["choice"] = answer != nullptr ? choice_json(*answer) : Json(nullptr);
  object["table"] = Json::array();
  for (const BestEntry& entry : table.entries) object["table"].push_back(entry_json(entry));
  return object.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::string best_to_csv(const BestTable& table) {
  std::string out =
      "device,device_name,operation,shape,normalized_dims,dtype,distribution,variant,knobs,samples,median_s,ci_low_s,"
      "ci_high_s,bandwidth,copy_fraction,verdict,ties,runner_up,runner_up_median_s,candidates,started_at\r\n";
  for (const BestEntry& entry : table.entries) {
    const Point& winner = entry.winner();
    const Summary& summary = *winner.headline();
    const PointPtr runner_up = entry.runner_up();
    std::string ties;
    for (const PointPtr& point : entry.tied()) ties += (ties.empty() ? "" : "; ") + name_of_point(*point);
    const bool rows = family_of(entry.problem.operation) == Family::layernorm;
    const std::string fields[] = {
        table.key.device,
        table.key.device_name,
        std::string(name_of(table.key.operation)),
        format_shape(entry.problem.shape),
        rows ? fmt::format("{}", entry.problem.normalized_dims) : std::string(),
        std::string(name_of(table.key.type)),
        std::string(name_of(table.key.distribution.kind)),
        winner.variant_name,
        format_knobs(winner.request.knobs),
        fmt::format("{}", summary.count),
        csv_number(seconds(summary.median)),
        csv_number(seconds(summary.ci_low)),
        csv_number(seconds(summary.ci_high)),
        csv_number(rate_of(winner)),
        csv_number(winner.copy_fraction()),
        std::string(name_of(winner.verdict)),
        ties,
        runner_up ? name_of_point(*runner_up) : std::string(),
        csv_number(runner_up ? std::optional(seconds(runner_up->headline()->median)) : std::nullopt),
        fmt::format("{}", entry.ranked.size()),
        winner.environment.started_at,
    };
    bool first = true;
    for (const std::string& value : fields) {
      if (!first) out += ',';
      out += csv_field(value);
      first = false;
    }
    out += "\r\n";
  }
  return out;
}

}  // namespace knobscope::session
