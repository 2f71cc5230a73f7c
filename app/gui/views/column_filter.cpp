#include "gui/views/column_filter.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <sstream>
#include <utility>

namespace knobscope::gui {
namespace {

constexpr std::string_view kThinSpace = "\u2009";

std::string lowered(std::string_view text) {
  std::string low;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with(kThinSpace)) {
      i += kThinSpace.size() - 1;
      low += ' ';
    } else {
      low += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
    }
  }
  return low;
}

constexpr std::array<std::pair<std::string_view, double>, 15> kUnits = {{{"ns", 1.0},
                                                                         {"us", 1e3},
                                                                         {"µs", 1e3},
                                                                         {"ms", 1e6},
                                                                         {"s", 1e9},
                                                                         {"b/s", 1.0},
                                                                         {"kb/s", 1e3},
                                                                         {"mb/s", 1e6},
                                                                         {"gb/s", 1e9},
                                                                         {"tb/s", 1e12},
                                                                         {"%", 0.01},
                                                                         {"x", 1.0},
                                                                         {"×", 1.0},
                                                                         {"k", 1024.0},
                                                                         {"m", 1048576.0}}};

std::optional<double> factor_of(std::string_view unit) {
  for (const auto& [name, factor] : kUnits) {
    if (name == unit) return factor;
  }
  return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// A number and its unit, which may be missing.
struct Figure {
  double value = 0.0;
  std::string_view unit;
};

std::optional<Figure> read_figure(std::string_view text) {
  text = trimmed(text);
  Figure figure;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), figure.value);
  if (error != std::errc()) return std::nullopt;
  figure.unit = trimmed(text.substr(static_cast<std::size_t>(rest - text.data())));
  if (!figure.unit.empty() && !factor_of(figure.unit)) return std::nullopt;
  return figure;
}

struct Range {
  double low = -HUGE_VAL;
  double high = HUGE_VAL;
  bool with_low = true;
  bool with_high = true;
};

std::optional<Range> read_range(std::string_view text, std::string_view usual_unit) {
  const auto in_base = [&](const Figure& figure, std::string_view unit) {
    return figure.value * factor_of(figure.unit.empty() ? unit : figure.unit).value_or(1.0);
  };
  if (const std::size_t dots = text.find(".."); dots != std::string_view::npos) {
    const auto low = read_figure(text.substr(0, dots));
    const auto high = read_figure(text.substr(dots + 2));
    if (!low || !high) return std::nullopt;
    // "1..2 ms": the unit behind is that of both.
    return Range{in_base(*low, high->unit.empty() ? usual_unit : high->unit), in_base(*high, usual_unit)};
  }
  const bool below = text.starts_with('<');
  const bool above = text.starts_with('>');
  if (!below && !above && !text.starts_with('=')) {
    const auto figure = read_figure(text);
    if (!figure) return std::nullopt;
    const double value = in_base(*figure, usual_unit);
    const double slack = std::fabs(value) * 0.005;
    return Range{value - slack, value + slack};
  }
  const bool with_end = text.substr(1).starts_with('=') || text.starts_with('=');
  const auto figure = read_figure(text.substr(text.substr(1).starts_with('=') ? 2 : 1));
  if (!figure) return std::nullopt;
  const double end = in_base(*figure, usual_unit);
  if (below) return Range{-HUGE_VAL, end, true, with_end};
  if (above) return Range{end, HUGE_VAL, with_end, true};
  return Range{end, end};
}

bool lies_in(double number, const Range& range) {
  const bool above = range.with_low ? number >= range.low : number > range.low;
  const bool below = range.with_high ? number <= range.high : number < range.high;
  return above && below;
}

}  // namespace

bool lets_through(std::string_view filter, const FilteredCell& cell) {
  const std::string low = lowered(filter);
  const std::string_view wanted = trimmed(low);
  if (wanted.empty()) return true;
  if (cell.is_figure) {
    if (const auto range = read_range(wanted, lowered(cell.usual_unit))) {
      return cell.number && lies_in(*cell.number, *range);
    }
  }
  const std::string text = lowered(cell.text);
  std::istringstream words{std::string(wanted)};
  for (std::string word; words >> word;) {
    if (text.find(word) == std::string::npos) return false;
  }
  return true;
}

}  // namespace knobscope::gui
