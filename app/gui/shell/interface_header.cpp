#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "core/best.h"
#include "gui/shell/interface.h"
#include "gui/shell/is_ready.h"
#include "session/export_best.h"
#include "session/session.h"

namespace knobscope::gui {
namespace {

constexpr const char* kHeaderFile = "knobscope_best.h";

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
#ifdef _WIN32
  gmtime_s(&utc, &now);
#else
  gmtime_r(&now, &utc);
#endif
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

/// The tables of one device and distribution.
std::vector<BestTable> tables_for(const Snapshot& snapshot, const Plan& plan) {
  std::vector<BestTable> tables = make_best_tables(*snapshot.points);
  const auto of_plan = [&plan](const BestKey& key) {
    return key.device == plan.device && key.distribution.kind == plan.distributions.front().kind;
  };
  std::optional<BestKey> first;
  for (const BestTable& table : tables) {
    if (!first && of_plan(table.key)) first = table.key;
  }
  std::erase_if(tables, [&](const BestTable& table) {
    return !first || table.key.device != first->device || table.key.device_name != first->device_name ||
           table.key.distribution != first->distribution;
  });
  return tables;
}

/// What to say in the window.
std::string write_header(const Snapshot& snapshot, const std::vector<BestTable>& tables, const FitRules* rules,
                         const std::filesystem::path& file) {
  const auto find_conditions =
      [&](const Point& winner, const std::vector<std::string>& free_names) -> std::optional<std::vector<std::string>> {
    const Variant* variant = variant_of(winner, *snapshot.catalog);
    const DeviceFacts* device = device_of(winner, snapshot.devices);
    if (rules == nullptr || variant == nullptr || device == nullptr) return std::nullopt;
    return rules->shape_conditions(*variant, winner.request.problem, winner.request.knobs, *device, free_names);
  };
  const std::string text = session::best_to_header(tables, find_conditions, today());
  errno = 0;
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream) {
    throw session::SessionError(fmt::format("{} cannot be written ({})", file.string(), std::strerror(errno)));
  }
  std::size_t shapes = 0;
  for (const BestTable& table : tables) shapes += table.entries.size();
  return fmt::format("Wrote {}: the best for {} measured shape{}", file.string(), shapes, shapes == 1 ? "" : "s");
}

}  // namespace

void Interface::export_header(const Snapshot& snapshot) {
  if (exporting_.valid()) return;
  std::vector<BestTable> tables = tables_for(snapshot, state_.plan);
  if (tables.empty()) {
    notify(theme_.noisy, "No header: nothing right has been timed yet on this device.");
    return;
  }
  // A disk may be slow, so not on this thread.
  exporting_ = std::async(std::launch::async, [snapshot, tables = std::move(tables), rules = options_.fit_rules,
                                               file = options_.save_folder / kHeaderFile] {
    return write_header(snapshot, tables, rules, file);
  });
}

void Interface::finish_exporting() {
  if (!is_ready(exporting_)) return;
  try {
    notify(theme_.pass, exporting_.get());
  } catch (const session::SessionError& error) {
    notify(theme_.wrong, error.what());
  }
}

}  // namespace knobscope::gui
