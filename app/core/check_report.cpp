#include "core/check_report.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace knobscope {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The end of the number that begins at `from`: "768", "0.0438348", "1e-07".
std::size_t end_of_number(const std::string& text, std::size_t from) {
  const auto digit_at = [&text](std::size_t at) { return at < text.size() && is_digit(text[at]); };
  std::size_t at = from;
  while (true) {
    while (digit_at(at)) ++at;
    if (at >= text.size()) return at;
    const bool sign_follows = at + 1 < text.size() && (text[at + 1] == '-' || text[at + 1] == '+');
    if (text[at] == '.' && digit_at(at + 1)) {
      ++at;
    } else if (text[at] == 'e' && digit_at(sign_follows ? at + 2 : at + 1)) {
      at += sign_follows ? 2 : 1;
    } else {
      return at;
    }
  }
}

/// The text with every number replaced by one sign: "element 1 768 of 1 768" and "element 33 of 33" are one mistake.
std::string without_numbers(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const bool negative = text[at] == '-' && at + 1 < text.size() && is_digit(text[at + 1]);
    if (negative || is_digit(text[at])) {
      const std::size_t end = end_of_number(text, negative ? at + 1 : at);
      const bool thousands = end - at == 3 && plain.ends_with("# ");
      if (thousands) {
        plain.pop_back();
      } else {
        plain += '#';
      }
      at = end;
    } else {
      plain += text[at++];
    }
  }
  return plain;
}

using Place = std::tuple<std::string, int>;

Place place_of(const SourcePlace& place) { return {place.file, place.line}; }

/// Equal for what counts as the same finding.
using FindingKey = std::tuple<FindingKind, Place, Place, Place, std::string, std::string>;

FindingKey key_of(const Finding& finding, const Point& point) {
  Place at = place_of(finding.at);
  Place other = place_of(finding.other_at);
  const bool race = finding.kind == FindingKind::race && finding.at.line > 0;
  // Which of the two came first is chance.
  if (race && finding.other_at.line > 0 && other < at) std::swap(at, other);
  const bool placed = finding.at.line > 0;
  // One order that matters shows in one output or another, between one pair of orders or another.
  const bool told_by_kind = race || finding.kind == FindingKind::order_dependent;
  return {finding.kind,
          at,
          race ? Place{} : place_of(finding.within),
          other,
          told_by_kind ? std::string() : without_numbers(finding.message),
          placed ? std::string() : point.request.variant + " " + finding.launch};
}

std::string counted(std::int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

/// Adds to the outcome of the same variant and reason, or a new one.
void add_outcome(std::vector<CheckedOutcome>& outcomes, const PointPtr& point) {
  const std::string plain = without_numbers(point->reason);
  const auto same = std::ranges::find_if(outcomes, [&](const CheckedOutcome& outcome) {
    return outcome.first->request.variant == point->request.variant && without_numbers(outcome.reason) == plain;
  });
  if (same != outcomes.end()) {
    ++same->points;
  } else {
    outcomes.push_back({point->reason, point, 1, 0});
  }
}

}  // namespace

CheckReport make_check_report(std::span<const PointPtr> points) {
  CheckReport report;
  std::map<FindingKey, std::size_t> known;
  std::map<std::string, std::int64_t> ran;
  std::map<std::string, std::int64_t> all;
  for (const PointPtr& point : points) {
    const std::string& variant = point->request.variant;
    ++all[variant];
    if (point->verdict == Verdict::unfit) {
      ++report.unfit_points;
      add_outcome(report.unfit, point);
      continue;
    }
    ++report.ran;
    ++ran[variant];
    std::vector<std::size_t> of_point;  // a point counts once, however many threads did the same
    for (const Finding& finding : point->findings) {
      const auto [place, is_new] = known.try_emplace(key_of(finding, *point), report.findings.size());
      if (is_new) report.findings.push_back({finding, point, 0, 0});
      if (std::ranges::find(of_point, place->second) != of_point.end()) continue;
      of_point.push_back(place->second);
      ++report.findings[place->second].points;
    }
    const bool failed = point->verdict == Verdict::failed;
    const bool wrong = point->verdict == Verdict::wrong;
    if (failed || wrong || !point->findings.empty()) ++report.bad;
    // A finding is why it is wrong; a failure may come on top, such as a kernel that never ends.
    if (failed) add_outcome(report.failed, point);
    if (wrong && point->findings.empty()) add_outcome(report.wrong, point);
  }
  for (CheckedFinding& finding : report.findings) finding.of = ran[finding.first->request.variant];
  for (auto* outcomes : {&report.wrong, &report.failed}) {
    for (CheckedOutcome& outcome : *outcomes) outcome.of = ran[outcome.first->request.variant];
  }
  for (CheckedOutcome& outcome : report.unfit) outcome.of = all[outcome.first->request.variant];
  return report;
}

std::string summary_of(const CheckReport& report) {
  std::string unfit;
  if (report.unfit_points > 0) {
    unfit = counted(report.unfit_points, report.ran > 0 ? "more does not fit" : "point does not fit",
                    report.ran > 0 ? "more do not fit" : "points do not fit");
  }
  if (report.ran == 0) return report.unfit_points > 0 ? "nothing was checked: " + unfit : "nothing was checked";
  if (!unfit.empty()) unfit = "; " + unfit;
  if (report.clean()) return counted(report.ran, "point", "points") + ": nothing found" + unfit;
  std::vector<std::string> parts;
  const auto add = [&parts](std::size_t count, const std::string& one, const std::string& many) {
    if (count > 0) parts.push_back(counted(static_cast<std::int64_t>(count), one, many));
  };
  add(report.findings.size(), "finding", "findings");
  add(report.wrong.size(), "wrong result", "wrong results");
  add(report.failed.size(), "failure", "failures");
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  }
  return text + " in " + std::to_string(report.bad) + " of " + counted(report.ran, "point", "points") + unfit;
}

}  // namespace knobscope
