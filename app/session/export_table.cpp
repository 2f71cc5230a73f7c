#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "session/ceiling_table.h"
#include "session/export.h"
#include "session/number_text.h"
#include "session/result_table.h"
#include "session/table_layout.h"

namespace knobscope::session {
namespace {

std::string_view colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "\x1b[32m";
    case Verdict::wrong:
    case Verdict::failed:
      return "\x1b[31m";
    case Verdict::noisy:
    case Verdict::throttled:
    case Verdict::invalid:
      return "\x1b[33m";
    case Verdict::unfit:
      return "\x1b[2m";
  }
  return "";
}

}  // namespace

std::string to_table(std::span<const PointPtr> points, int width, bool color) {
  if (points.empty()) return "No points.\n";
  const ResultTable table = make_result_table(points, kPlainSpace);
  const auto columns_wide = static_cast<std::size_t>(std::max(width, 20));

  std::string out;
  if (!table.facts.empty()) {
    out += wrapped(fmt::format("{}", fmt::join(table.facts, " · ")), columns_wide) + "\n\n";
  }
  std::vector<RowEnd> ends;
  for (const Verdict verdict : table.verdicts) ends.push_back({shown(verdict), colour_of(verdict)});
  out += terminal_rows(table.columns, ends, columns_wide, color);
  if (!table.reasons.empty()) out += "\n";
  for (const std::string& reason : table.reasons) out += wrapped(reason, columns_wide) + "\n";
  if (const std::vector<TableColumn> ceilings = ceiling_columns(points, kPlainSpace); !ceilings.empty()) {
    const std::vector<RowEnd> plain(ceilings.front().cells.size());
    out += "\n" + terminal_rows(ceilings, plain, columns_wide, false);
  }
  if (!table.note.empty()) out += "\n" + wrapped(table.note, columns_wide) + "\n";
  return out;
}

std::string to_markdown(std::span<const PointPtr> points) {
  if (points.empty()) return "No points.\n";
  const ResultTable table = make_result_table(points, kThinSpace);
  std::vector<std::string> facts = table.facts;
  const auto add_version = [&](const char* what, std::string Environment::*field) {
    const std::string& version = points.front()->environment.*field;
    const bool same =
        std::ranges::all_of(points, [&](const PointPtr& point) { return point->environment.*field == version; });
    if (same && !version.empty()) facts.push_back(what + version);
  };
  add_version("driver ", &Environment::driver_version);
  add_version("", &Environment::toolkit_version);
  add_version("Knobscope ", &Environment::program_version);
  std::string out;
  for (const std::string& fact : facts) out += (out.empty() ? "" : " · ") + escaped(fact);
  if (!out.empty()) out += "\n\n";
  out += markdown_rows(table.columns);
  if (!table.reasons.empty()) out += "\n";
  for (const std::string& reason : table.reasons) out += "- " + escaped(reason) + "\n";
  const std::vector<TableColumn> ceilings = ceiling_columns(points, kThinSpace);
  if (!ceilings.empty()) out += "\n" + markdown_rows(ceilings);
  if (!table.note.empty()) out += "\n" + escaped(table.note) + "\n";
  return out;
}

}  // namespace knobscope::session
