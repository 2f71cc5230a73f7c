#include "session/ceiling_table.h"

#include <algorithm>
#include <compare>
#include <map>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "session/number_text.h"

namespace knobscope::session {
namespace {

/// What one process found.
struct Rates {
  std::optional<BytesPerSecond> memcpy;
  BytesPerSecond copy;
  std::optional<BytesPerSecond> read;
  std::optional<BytesPerSecond> write;
};

/// Points of one process have the same ceiling of the device, to the last digit.
struct Process {
  std::string device;
  BytesPerSecond copy;
  BytesPerSecond read;
  std::optional<BytesPerSecond> write;
  auto operator<=>(const Process&) const = default;
};

struct RowKey {
  std::string device;
  bool is_of_size = false;  ///< else the device's own, which stands first
  Bytes bytes;
  Timing timing = Timing::cold;
  auto operator<=>(const RowKey&) const = default;
};

using Rows = std::map<RowKey, std::map<Process, Rates>>;

Process process_of(const Point& point) {
  if (!point.ceiling) return {point.request.device, {}, {}, {}};
  return {point.ceiling->device, point.ceiling->copy, point.ceiling->read, point.ceiling->write};
}

Rows rows_of(std::span<const PointPtr> points) {
  Rows rows;
  for (const PointPtr& point : points) {
    const Process process = process_of(*point);
    if (const auto& known = point->ceiling) {
      rows[{known->device, false, known->size, Timing::cold}][process] = {std::nullopt, known->copy, known->read,
                                                                          known->write};
    }
    if (const SizeCeiling* known = point->size_ceiling(); known != nullptr && point->headline()) {
      rows[{point->request.device, true, known->bytes, known->timing}][process] = {known->memcpy, known->copy,
                                                                                   known->read, known->write};
    }
  }
  return rows;
}

/// "3 717 GB/s" of one process; of several the median, and the range where it is wider than what is shown:
/// "3 717 GB/s (3 690–3 740)".
std::string rates_text(std::vector<BytesPerSecond> rates, std::string_view space) {
  if (rates.empty()) return "–";
  std::ranges::sort(rates);
  const std::size_t middle = rates.size() / 2;
  const BytesPerSecond median =
      rates.size() % 2 == 1 ? rates[middle] : BytesPerSecond{(rates[middle - 1].value + rates[middle].value) / 2.0};
  std::string least = rate_text(rates.front(), space);
  std::string most = rate_text(rates.back(), space);
  std::string text = rate_text(median, space);
  if (least == most) return text;
  const auto unit_at = [](const std::string& shown) { return shown.rfind(' '); };
  const std::string unit = text.substr(unit_at(text));
  if (least.ends_with(unit) && most.ends_with(unit)) {
    least.resize(unit_at(least));
    most.resize(unit_at(most));
  }
  return fmt::format("{} ({}–{})", text, least, most);
}

}  // namespace

std::vector<TableColumn> ceiling_columns(std::span<const PointPtr> points, std::string_view space) {
  const Rows rows = rows_of(points);
  if (rows.empty()) return {};
  std::vector<TableColumn> columns;
  const auto add = [&](std::string title, bool right, int importance, const auto& text) {
    TableColumn column{std::move(title), right, importance, {}};
    for (const auto& [key, processes] : rows) column.cells.push_back(text(key, processes));
    columns.push_back(std::move(column));
  };
  const auto add_rates = [&](std::string title, int importance, auto Rates::*field) {
    add(std::move(title), true, importance, [&](const RowKey&, const std::map<Process, Rates>& processes) {
      std::vector<BytesPerSecond> known;
      for (const auto& [process, rates] : processes) {
        if (const std::optional<BytesPerSecond> rate = rates.*field) known.push_back(*rate);
      }
      return rates_text(std::move(known), space);
    });
  };
  add("ceiling", false, 9,
      [](const RowKey& key, const auto&) { return key.is_of_size ? key.device + ", size" : key.device; });
  add("bytes", true, 9, [space](const RowKey& key, const auto&) { return bytes_text(key.bytes, space); });
  add("timed", false, 8, [](const RowKey& key, const auto&) { return std::string(name_of(key.timing)); });
  add_rates("memcpy", 5, &Rates::memcpy);
  add_rates("copy", 9, &Rates::copy);
  add_rates("read", 7, &Rates::read);
  add_rates("write", 6, &Rates::write);
  if (std::ranges::any_of(rows, [](const auto& row) { return row.second.size() > 1; })) {
    add("processes", true, 8, [](const RowKey&, const auto& processes) { return fmt::format("{}", processes.size()); });
  }
  return columns;
}

}  // namespace knobscope::session
