#pragma once
// How figures lie between the smallest and the largest of them: what a track shows. Pure.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

#include "gui/widgets/figure_range.h"

namespace knobscope::gui {

inline constexpr std::size_t kSpreadBins = 24;
/// Figures in each part of the track.
using FigureCounts = std::array<int, kSpreadBins>;

struct FigureSpread {
  FigureScale scale;
  FigureCounts all{};    ///< of which a filter chooses
  FigureCounts shown{};  ///< those that every filter lets through
};

/// The part of the track that a figure is counted in; nothing for what is no figure, and on a flat scale.
inline std::optional<std::size_t> bin_of(const FigureScale& scale, double figure) {
  if (std::isnan(figure) || scale.is_flat()) return std::nullopt;
  const auto bin = static_cast<std::size_t>(scale.position_of(figure) * static_cast<double>(kSpreadBins));
  return std::min(bin, kSpreadBins - 1);
}

}  // namespace knobscope::gui
