#include "session/ceiling_table.h"

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "session/number_text.h"

namespace knobscope::session {
namespace {

struct CeilingRow {
  std::string device;
  Bytes bytes;
  bool is_of_device = false;  ///< and of no problem's size
  Timing timing = Timing::cold;
  std::optional<BytesPerSecond> memcpy;
  BytesPerSecond copy;
  std::optional<BytesPerSecond> read;
  std::optional<BytesPerSecond> write;
  bool operator==(const CeilingRow&) const = default;
};

std::vector<CeilingRow> rows_of(std::span<const PointPtr> points) {
  std::vector<CeilingRow> rows;
  const auto add = [&rows](const CeilingRow& row) {
    if (std::ranges::find(rows, row) == rows.end()) rows.push_back(row);
  };
  for (const PointPtr& point : points) {
    if (const auto& known = point->ceiling) {
      add({known->device, known->size, true, Timing::cold, std::nullopt, known->copy, known->read, known->write});
    }
  }
  for (const PointPtr& point : points) {
    if (const SizeCeiling* known = point->size_ceiling(); known != nullptr && point->headline()) {
      add({point->request.device, known->bytes, false, known->timing, known->memcpy, known->copy, known->read,
           known->write});
    }
  }
  return rows;
}

}  // namespace

std::vector<TableColumn> ceiling_columns(std::span<const PointPtr> points, std::string_view space) {
  const std::vector<CeilingRow> rows = rows_of(points);
  if (rows.empty()) return {};
  std::vector<TableColumn> columns;
  const auto add = [&](std::string title, bool right, int importance, const auto& text) {
    TableColumn column{std::move(title), right, importance, {}};
    for (const CeilingRow& row : rows) column.cells.push_back(text(row));
    columns.push_back(std::move(column));
  };
  const auto rate = [space](const std::optional<BytesPerSecond>& known) {
    return known ? rate_text(*known, space) : std::string("–");
  };
  add("ceiling", false, 9,
      [](const CeilingRow& row) { return row.is_of_device ? row.device : fmt::format("{}, size", row.device); });
  add("bytes", true, 9, [space](const CeilingRow& row) { return bytes_text(row.bytes, space); });
  add("timed", false, 8, [](const CeilingRow& row) { return std::string(name_of(row.timing)); });
  add("memcpy", true, 6, [&](const CeilingRow& row) { return rate(row.memcpy); });
  add("copy", true, 9, [&](const CeilingRow& row) { return rate(row.copy); });
  add("read", true, 9, [&](const CeilingRow& row) { return rate(row.read); });
  add("write", true, 9, [&](const CeilingRow& row) { return rate(row.write); });
  return columns;
}

}  // namespace knobscope::session
