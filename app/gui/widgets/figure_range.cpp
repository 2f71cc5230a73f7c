#include "gui/widgets/figure_range.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

namespace knobscope::gui {
namespace {

constexpr std::string_view kThinSpace = "\u2009";

struct Unit {
  std::string_view name;
  double factor;
};

/// As they are typed, in lower case.
constexpr std::array<Unit, 15> kTyped = {{{"ns", 1.0},
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

/// As they are written, smallest first.
constexpr std::array<Unit, 4> kTimes = {{{"ns", 1.0}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
constexpr std::array<Unit, 5> kRates = {{{"B/s", 1.0}, {"KB/s", 1e3}, {"MB/s", 1e6}, {"GB/s", 1e9}, {"TB/s", 1e12}}};
constexpr std::array<Unit, 1> kShares = {{{"%", 0.01}}};
constexpr std::array<Unit, 1> kRatios = {{{"×", 1.0}}};
constexpr std::array<Unit, 1> kPlain = {{{"", 1.0}}};

/// Those of the same kind.
std::span<const Unit> units_beside(std::string_view unit) {
  for (const std::span<const Unit> units : {std::span<const Unit>(kTimes), std::span<const Unit>(kRates),
                                            std::span<const Unit>(kShares), std::span<const Unit>(kRatios)}) {
    if (std::ranges::find(units, unit, &Unit::name) != units.end()) return units;
  }
  return kPlain;
}

std::optional<double> factor_of(std::string_view unit) {
  const auto found = std::ranges::find(kTyped, unit, &Unit::name);
  return found == kTyped.end() ? std::nullopt : std::optional(found->factor);
}

/// A number and its unit, which may be missing.
struct Figure {
  double value = 0.0;
  std::string unit;
};

std::optional<Figure> read_figure(std::string_view typed) {
  const std::string text = plain_text(typed);
  Figure figure;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), figure.value);
  // "nan" and "inf" are words: they are looked for as they are shown.
  if (error != std::errc() || !std::isfinite(figure.value)) return std::nullopt;
  figure.unit = plain_text(std::string_view(text).substr(static_cast<std::size_t>(rest - text.data())));
  if (!figure.unit.empty() && !factor_of(figure.unit)) return std::nullopt;
  return figure;
}

double in_base(const Figure& figure, std::string_view usual_unit) {
  return figure.value * factor_of(figure.unit.empty() ? usual_unit : figure.unit).value_or(1.0);
}

/// The largest unit in which it is at least 1; the smallest one for less.
const Unit& unit_for(double figure, std::span<const Unit> units) {
  const Unit* chosen = &units.front();
  for (const Unit& unit : units) {
    if (std::fabs(figure) >= unit.factor * 0.9995) chosen = &unit;
  }
  return *chosen;
}

std::string digits_of(double number) {
  const std::string text = fmt::format("{:.10g}", number);
  // "2.9e-06" says no more than "2.9e-6".
  const std::size_t e = text.find('e');
  return e == std::string::npos ? text : fmt::format("{}e{}", text.substr(0, e), std::atoi(text.c_str() + e + 1));
}

std::string with_unit(double figure, const Unit& unit) {
  return digits_of(figure / unit.factor) + (unit.name.empty() ? "" : " ") + std::string(unit.name);
}

}  // namespace

std::string plain_text(std::string_view text) {
  std::string low;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with(kThinSpace)) {
      i += kThinSpace.size() - 1;
      low += ' ';
    } else {
      low += static_cast<char>(std::tolower(static_cast<unsigned char>(text[i])));
    }
  }
  const std::size_t first = low.find_first_not_of(' ');
  if (first == std::string::npos) return {};
  return low.substr(first, low.find_last_not_of(' ') - first + 1);
}

bool FigureRange::contains(double figure) const {
  const bool above = with_low ? figure >= low : figure > low;
  const bool below = with_high ? figure <= high : figure < high;
  return above && below;
}

std::optional<FigureRange> read_range(std::string_view typed, std::string_view typed_usual_unit) {
  const std::string text = plain_text(typed);
  const std::string usual_unit = plain_text(typed_usual_unit);
  if (const std::size_t dots = text.find(".."); dots != std::string::npos) {
    const auto low = read_figure(std::string_view(text).substr(0, dots));
    const auto high = read_figure(std::string_view(text).substr(dots + 2));
    if (!low || !high) return std::nullopt;
    // "1..2 ms": the unit behind is that of both.
    return FigureRange{in_base(*low, high->unit.empty() ? usual_unit : high->unit), in_base(*high, usual_unit)};
  }
  const bool below = text.starts_with('<');
  const bool above = text.starts_with('>');
  if (!below && !above && !text.starts_with('=')) {
    const auto figure = read_figure(text);
    if (!figure) return std::nullopt;
    const double value = in_base(*figure, usual_unit);
    const double slack = std::fabs(value) * 0.005;
    return FigureRange{value - slack, value + slack};
  }
  const bool two_signs = text.size() > 1 && text[1] == '=';
  const auto figure = read_figure(std::string_view(text).substr(two_signs ? 2 : 1));
  if (!figure) return std::nullopt;
  const double end = in_base(*figure, usual_unit);
  if (below) return FigureRange{-HUGE_VAL, end, true, two_signs};
  if (above) return FigureRange{end, HUGE_VAL, two_signs, true};
  return FigureRange{end, end};
}

std::string write_range(const FigureRange& range, std::string_view usual_unit) {
  const std::span<const Unit> units = units_beside(usual_unit);
  if (range.has_low() && range.has_high()) {
    const Unit& unit = unit_for(range.high, units);
    // "31 µs..2 ms" rather than "0.031..2 ms".
    const bool far_below = range.low != 0.0 && std::fabs(range.low) < unit.factor * 0.1;
    const Unit& low_unit = far_below ? unit_for(range.low, units) : unit;
    const std::string low = &low_unit == &unit ? digits_of(range.low / unit.factor) : with_unit(range.low, low_unit);
    return low + ".." + with_unit(range.high, unit);
  }
  if (range.has_high()) return (range.with_high ? "<= " : "< ") + with_unit(range.high, unit_for(range.high, units));
  if (range.has_low()) return (range.with_low ? ">= " : "> ") + with_unit(range.low, unit_for(range.low, units));
  return {};
}

FigureRange range_between(double one_end, double other_end) {
  FigureRange range{std::min(one_end, other_end), std::max(one_end, other_end)};
  range.with_low = range.has_high() || !range.has_low();
  range.with_high = range.has_low() || !range.has_high();
  return range;
}

FigureScale::FigureScale(std::span<const double> figures, Spacing spacing) {
  double low = HUGE_VAL;
  double lowest_positive = HUGE_VAL;
  double high = -HUGE_VAL;
  for (const double figure : figures) {
    if (!std::isfinite(figure)) continue;
    low = std::min(low, figure);
    high = std::max(high, figure);
    if (figure > 0.0) lowest_positive = std::min(lowest_positive, figure);
  }
  if (!(low < high)) return;
  lowest_ = low_ = low;
  high_ = high;
  constexpr double a_power = 10.0;
  by_powers_ = spacing == Spacing::by_span && low >= 0.0 && high > lowest_positive * a_power;
  // The logarithm has no place for zeros: a twentieth of the track is theirs.
  constexpr double places = 19.0;
  if (by_powers_ && low == 0.0) low_ = lowest_positive * std::pow(lowest_positive / high, 1.0 / places);
  per_span_ = 1.0 / (by_powers_ ? std::log(high_ / low_) : high_ - low_);
}

double FigureScale::position_of(double figure) const {
  if (is_flat() || std::isnan(figure)) return 0.0;
  const double inside = std::clamp(figure, low_, high_);
  return std::min(1.0, (by_powers_ ? std::log(inside / low_) : inside - low_) * per_span_);
}

double FigureScale::exact_at(double position) const {
  const double inside = std::clamp(position, 0.0, 1.0);
  if (by_powers_) return low_ * std::pow(high_ / low_, inside);
  return low_ + (high_ - low_) * inside;
}

double FigureScale::figure_at(double position, double slack) const {
  const double exact = exact_at(position);
  const double least = exact_at(position - slack);
  const double most = exact_at(position + slack);
  constexpr int all_digits = 17;
  for (int digits = 1; digits < all_digits; ++digits) {
    const double rounded = std::strtod(fmt::format("{:.{}e}", exact, digits - 1).c_str(), nullptr);
    if (least <= rounded && rounded <= most) return rounded;
  }
  return exact;
}

}  // namespace knobscope::gui
