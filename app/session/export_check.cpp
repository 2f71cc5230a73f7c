#include <algorithm>

#include <nlohmann/json.hpp>

#include "session/export.h"

namespace knobscope::session {
namespace {

using Json = nlohmann::ordered_json;

/// The JSON of a point, among those of to_json().
const Json& json_of(const PointPtr& point, std::span<const PointPtr> points, const Json& all) {
  const auto place = std::ranges::find(points, point) - points.begin();
  return all.at(static_cast<std::size_t>(place));
}

/// Which point told it first, and how many tell it.
void add_where(Json& object, const Json& first, std::int64_t points, std::int64_t of) {
  object["variant"] = first.at("variant");
  object["variant_id"] = first.at("variant_id");
  object["points"] = points;
  object["of_points"] = of;
  Json& where = object["first_seen"];
  for (const char* field :
       {"id", "operation", "shape", "normalized_dims", "dtype", "distribution", "offset", "knobs"}) {
    where[field] = first.at(field);
  }
}

Json findings_json(const CheckReport& report, std::span<const PointPtr> points, const Json& all) {
  Json list = Json::array();
  for (const CheckedFinding& checked : report.findings) {
    const Json& first = json_of(checked.first, points, all);
    // Told as the point tells it.
    const auto place = std::ranges::find(checked.first->findings, checked.finding) - checked.first->findings.begin();
    Json object = first.at("findings").at(static_cast<std::size_t>(place));
    object["text"] = format_finding(checked.finding);
    add_where(object, first, checked.points, checked.of);
    list.push_back(std::move(object));
  }
  return list;
}

Json outcomes_json(const std::vector<CheckedOutcome>& outcomes, std::span<const PointPtr> points, const Json& all) {
  Json list = Json::array();
  for (const CheckedOutcome& outcome : outcomes) {
    Json object;
    object["reason"] = outcome.reason;
    add_where(object, json_of(outcome.first, points, all), outcome.points, outcome.of);
    list.push_back(std::move(object));
  }
  return list;
}

}  // namespace

std::string check_to_json(std::span<const PointPtr> points, std::span<const DeviceFacts> devices,
                          const CheckReport& report) {
  Json object = Json::parse(to_json(points, devices));
  const Json all = object.at("points");
  object["findings"] = findings_json(report, points, all);
  object["wrong"] = outcomes_json(report.wrong, points, all);
  object["failed"] = outcomes_json(report.failed, points, all);
  object["unfit"] = outcomes_json(report.unfit, points, all);
  Json& summary = object["summary"];
  summary["clean"] = report.clean();
  summary["points"] = report.ran;
  summary["bad_points"] = report.bad;
  summary["unfit_points"] = report.unfit_points;
  summary["findings"] = report.findings.size();
  summary["text"] = summary_of(report);
  return object.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

}  // namespace knobscope::session
