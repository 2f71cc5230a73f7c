#pragma once
// A range of figures. What is typed above a column and what is dragged below it are one thing: a text. Pure, UTF-8.

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace knobscope::gui {

/// All figures between two ends, in base units: nanoseconds, bytes a second, shares, ratios. An infinite end is open.
struct FigureRange {
  double low = -HUGE_VAL;
  double high = HUGE_VAL;
  bool with_low = true;  ///< whether the end itself lies in it
  bool with_high = true;

  bool contains(double figure) const;
  bool has_low() const { return low != -HUGE_VAL; }
  bool has_high() const { return high != HUGE_VAL; }
  bool operator==(const FigureRange&) const = default;
};

/// Lower case, plain spaces for thin ones, none at the ends: what is shown and what is typed for it are then the same.
std::string plain_text(std::string_view text);

/// "< 200 µs", ">= 90 %", "1..2 ms", "5 us" (what is rounded alike), each with ns, us or µs, ms, s; B/s to TB/s; %; x
/// or ×; in any case, with thin spaces or others. Without a unit `usual_unit` is meant. Nothing where it is no range.
std::optional<FigureRange> read_range(std::string_view text, std::string_view usual_unit);

/// What would have to be typed for it, in the unit of the usual one's kind that fits: "100..200 µs", "> 1.5 TB/s";
/// empty for a range with two open ends. read_range() reads the same ends to ten digits.
std::string write_range(const FigureRange& range, std::string_view usual_unit);

/// From one end to the other, whichever is the larger; what is open on one side only excludes its end.
FigureRange range_between(double one_end, double other_end);

/// Shares always lie evenly: what is looked for among them is near the whole, where powers leave no room.
enum class Spacing : std::uint8_t { by_span, even };

/// Where figures lie along a track from their smallest, at 0, to their largest, at 1: by powers where they span more
/// than one power of ten, else evenly. By powers, zeros keep a place of their own before the smallest.
class FigureScale {
 public:
  FigureScale() = default;
  /// Figures that are not finite are left out.
  explicit FigureScale(std::span<const double> figures, Spacing spacing = Spacing::by_span);

  /// Whether there are no two different figures: nothing lies between them.
  bool is_flat() const { return !(low_ < high_); }
  bool by_powers() const { return by_powers_; }
  double lowest() const { return lowest_; }
  double highest() const { return high_; }
  /// 0 to 1; figures beyond the ends lie at the ends.
  double position_of(double figure) const;
  /// The figure of fewest digits within `slack` of a position. Precondition: !is_flat().
  double figure_at(double position, double slack) const;

 private:
  double exact_at(double position) const;
  double lowest_ = 0.0;
  double low_ = 0.0;  ///< where the track begins
  double high_ = 0.0;
  double per_span_ = 0.0;  ///< one over the distance of low_ and high_, or of their logarithms
  bool by_powers_ = false;
};

}  // namespace knobscope::gui
