#include "cli/best_text.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "session/number_text.h"

namespace knobscope::cli {
namespace {

using session::count_text;
using session::percent_text;
using session::rate_text;
using session::time_text;

constexpr std::size_t kMostTies = 6;
constexpr std::size_t kMostVariants = 6;

std::string name_of_point(const Point& point) {
  const std::string knobs = format_knobs(point.request.knobs);
  return point.variant_name + (knobs.empty() ? "" : " " + knobs);
}

Nanoseconds median_of(const Point& point) { return point.headline()->median; }

std::string slower_text(const Point& point, const Point& winner) {
  return fmt::format("{} slower", percent_text(median_of(point) / median_of(winner) - 1.0));
}

std::string copy_text(const Point& point) {
  const auto fraction = point.copy_fraction();
  return fraction ? percent_text(*fraction) : std::string("–");
}

/// "best       …": a label and what it labels; later lines without a label.
std::string line(std::string_view label, const std::string& text) { return fmt::format("{:<11}{}\n", label, text); }

/// "1 choice", "91 choices".
std::string counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count_text(static_cast<std::int64_t>(count)), what, count == 1 ? "" : "s");
}

/// Rows of cells, the first of titles; columns from `figures` on stand on the right.
std::string laid_out(const std::vector<std::vector<std::string>>& rows, std::size_t figures) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], session::width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string space(widths[i] - session::width_of(row[i]), ' ');
      text += (i > 0 ? "  " : "") + (i >= figures ? space + row[i] : row[i] + space);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

std::string distribution_text(const Distribution& distribution) {
  std::string text(name_of(distribution.kind));
  if (distribution.kind == DistributionKind::offset) text += fmt::format(" {}", distribution.offset);
  return text;
}

std::string key_text(const BestKey& key, const std::string& shape) {
  std::vector<std::string> facts = {key.device_name.empty() ? key.device : key.device_name,
                                    std::string(name_of(key.operation))};
  if (!shape.empty()) facts.push_back(shape);
  facts.emplace_back(name_of(key.type));
  if (family_of(key.operation) == Family::batchnorm) facts.emplace_back(name_of(key.layout));
  if (key.activation != Activation::none) facts.emplace_back(name_of(key.activation));
  facts.push_back(distribution_text(key.distribution));
  return fmt::format("{}", fmt::join(facts, " · "));
}

std::string winner_text(const BestEntry& entry) {
  const Point& winner = entry.winner();
  const Summary& summary = *winner.headline();
  std::string text = line("best", name_of_point(winner));
  const auto rate = winner.bandwidth();
  std::string figures = time_text(summary.median);
  if (rate) figures += " · " + rate_text(*rate);
  if (winner.copy_fraction()) figures += fmt::format(" · {} of copy", copy_text(winner));
  if (entry.noisy) figures += " · noisy: nothing steadier was measured";
  text += line("", figures);
  text += line(
      "", fmt::format("95 % interval {} to {}, {} {} samples", time_text(summary.ci_low), time_text(summary.ci_high),
                      count_text(summary.count), name_of(winner.headline_timing().value_or(Timing::cold))));
  return text;
}

std::string ties_text(const BestEntry& entry) {
  std::string text;
  std::size_t shown = 0;
  for (const PointPtr& point : entry.tied()) {
    if (shown == kMostTies) {
      text += line("", fmt::format("and {} more", entry.ties - shown));
      break;
    }
    text += line(shown++ == 0 ? "ties with" : "",
                 fmt::format("{} · {}", name_of_point(*point), time_text(median_of(*point))));
  }
  return text;
}

/// "float4 block=512 and 3 more"; empty without a tie.
std::string ties_in_short(const BestEntry& entry) {
  if (entry.ties == 0) return {};
  const std::string first = name_of_point(*entry.tied().front());
  return entry.ties == 1 ? first : fmt::format("{} and {} more", first, entry.ties - 1);
}

/// The best of each variant, fastest first.
std::string variants_text(const BestEntry& entry) {
  std::vector<std::vector<std::string>> rows = {{"variant", "knobs", "median", "bandwidth", "of copy", "slower"}};
  std::set<std::string> seen;
  std::vector<PointPtr> by_time = entry.ranked;
  std::ranges::stable_sort(by_time, {}, [](const PointPtr& point) { return median_of(*point); });
  for (const PointPtr& point : by_time) {
    if (rows.size() > kMostVariants || !seen.insert(point->request.variant).second) continue;
    const auto rate = point->bandwidth();
    const bool is_tied = std::ranges::find(entry.tied(), point) != entry.tied().end();
    const double slower = median_of(*point) / median_of(entry.winner()) - 1.0;
    rows.push_back({point->variant_name, format_knobs(point->request.knobs), time_text(median_of(*point)),
                    rate ? rate_text(*rate) : std::string("–"), copy_text(*point),
                    is_tied        ? "tie"
                    : slower > 0.0 ? percent_text(slower)
                                   : std::string()});
  }
  return laid_out(rows, 2);
}

std::string provenance_text(const BestEntry& entry, const FindOrigin& find_origin) {
  const Environment& environment = entry.winner().environment;
  std::vector<std::string> facts;
  if (environment.started_at.size() >= 10) facts.push_back(environment.started_at.substr(0, 10));
  if (!environment.driver_version.empty()) facts.push_back("driver " + environment.driver_version);
  if (!environment.toolkit_version.empty()) facts.push_back(environment.toolkit_version);
  if (!environment.program_version.empty()) facts.push_back("Knobscope " + environment.program_version);
  facts.push_back(find_origin(entry.winner()));
  std::string text = line("measured", fmt::format("{}", fmt::join(facts, " · ")));
  std::set<std::string> variants;
  for (const PointPtr& point : entry.ranked) variants.insert(point->request.variant);
  std::string counts =
      fmt::format("{} of {}", counted(entry.ranked.size(), "choice"), counted(variants.size(), "variant"));
  if (entry.left_out > 0) {
    counts += fmt::format("; {} more did not fit, failed, {}", count_text(static_cast<std::int64_t>(entry.left_out)),
                          entry.noisy ? "or were wrong" : "were wrong or noisy");
  }
  return text + line("", counts);
}

}  // namespace

std::string best_text(const BestTable& table, const session::BestAnswer& answer, const FindOrigin& find_origin,
                      const std::vector<std::string>& notes) {
  const BestChoice& choice = answer.choice;
  std::string text = key_text(table.key, format_shape(answer.asked.shape)) + "\n\n";
  for (const PassedOver& passed : choice.passed_over) {
    text += line("passed over", fmt::format(" {} at {}: {}", name_of_point(passed.entry->winner()),
                                            format_shape(passed.entry->problem.shape), passed.reason));
  }
  if (choice.entry == nullptr) {
    text += line("best", "none: no winner of a measured shape fits this one; measure it with --measure");
  } else {
    const BestEntry& entry = *choice.entry;
    if (!choice.measured) {
      text += line("shape", fmt::format("not measured; the nearest measured shape is {} ({}), {:.2g} octaves away",
                                        format_shape(entry.problem.shape), format_axes(entry.axes), choice.octaves));
      text += line("", "all figures are of that shape; --measure measures the one that was asked for");
    }
    text += winner_text(entry) + ties_text(entry);
    if (const PointPtr next = entry.runner_up()) {
      text += line("runner-up", fmt::format("{} · {}, {}", name_of_point(*next), time_text(median_of(*next)),
                                            slower_text(*next, entry.winner())));
    }
    text += "\n" + variants_text(entry) + "\n" + provenance_text(entry, find_origin);
    if (!answer.wrong.empty()) {
      std::vector<std::string> wrong;
      for (const Distribution& distribution : answer.wrong) wrong.push_back(distribution_text(distribution));
      text +=
          line("note", fmt::format("{} was wrong with inputs {}", entry.winner().variant_name, fmt::join(wrong, ", ")));
    }
    if (answer.changed) text += line("note", "its kernel file, or a header, has changed since it was measured");
  }
  for (const std::string& note : notes) text += line("note", note);
  return text;
}

std::string best_table_text(const BestTable& table, const std::vector<std::string>& notes) {
  std::vector<std::vector<std::string>> rows = {
      {"shape", "best", "knobs", "median", "bandwidth", "of copy", "ties with"}};
  for (const BestEntry& entry : table.entries) {
    const Point& winner = entry.winner();
    const auto rate = winner.bandwidth();
    rows.push_back({format_shape(entry.problem.shape), winner.variant_name + (entry.noisy ? " (noisy)" : ""),
                    format_knobs(winner.request.knobs), time_text(median_of(winner)),
                    rate ? rate_text(*rate) : std::string("–"), copy_text(winner), ties_in_short(entry)});
  }
  std::string text = key_text(table.key, "") + "\n\n" + laid_out(rows, 3);
  if (!notes.empty()) text += "\n";
  for (const std::string& note : notes) text += line("note", note);
  return text;
}

}  // namespace knobscope::cli
