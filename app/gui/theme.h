#pragma once
// The look as data: colours by use, fonts by role, lengths in steps of four. Everything that draws takes its colours
// from here, so that the dark and the light theme cannot drift apart.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <imgui.h>
#include <implot.h>

#include "core/verdict.h"

namespace knobscope::gui {

enum class ThemeName : std::uint8_t { dark, light };

constexpr std::string_view name_of(ThemeName name) { return name == ThemeName::dark ? "dark" : "light"; }

constexpr std::optional<ThemeName> theme_named(std::string_view name) {
  if (name == "dark") return ThemeName::dark;
  if (name == "light") return ThemeName::light;
  return std::nullopt;
}

/// Text and the tinted ground it stands on; readable together (at least 4.5 : 1).
struct Tint {
  ImVec4 ink;
  ImVec4 ground;
};

/// Grounds of what changed in a text; code in the colours of a language is readable on both (at least 4.5 : 1).
struct ChangedGround {
  ImVec4 line;
  ImVec4 words;  ///< within a line that was there before
};

/// How one variant's data is drawn, the same in every panel. Colour is never alone: each slot has its own marker.
struct SeriesStyle {
  ImVec4 color;
  ImVec4 outline;  ///< of markers; keeps pale colours visible on a light ground
  ImPlotMarker marker = ImPlotMarker_Circle;
  bool cased = false;   ///< too pale for the panel: lines, too, want the outline below them
  bool dashed = false;  ///< every other eight slots repeat the colours with dashed lines
};

/// How a verdict is said: mark, word and tint.
struct VerdictStyle {
  std::string_view mark;  ///< one glyph of the figures font, UTF-8
  std::string_view word;
  Tint tint;
};

/// Sizes before scaling; pass to ImGui::PushFont, which applies the scale. ImGui measures a font from its ascent to its
/// descent: 16 is Inter at 13 px as type is usually counted.
namespace text_size {
inline constexpr float caption = 13.0F;  ///< panel titles, axis labels, knob names (11 px)
inline constexpr float small = 14.0F;    ///< second lines, chips (11.5 px)
inline constexpr float body = 16.0F;     ///< (13 px)
inline constexpr float value = 17.0F;    ///< values being set (14 px)
inline constexpr float title = 19.0F;    ///< a kernel's name (15.5 px)
}  // namespace text_size

/// Fonts by role, owned by ImGui's atlas. Words are proportional; figures have equal widths and stand right-aligned.
struct Fonts {
  ImFont* words = nullptr;
  ImFont* strong = nullptr;  ///< semi-bold words
  ImFont* figures = nullptr;
  ImFont* strong_figures = nullptr;  ///< semi-bold figures
};

struct Theme {
  ThemeName name = ThemeName::dark;

  ImVec4 ground;      ///< behind the panels
  ImVec4 panel;       ///< a panel's own ground
  ImVec4 raised;      ///< chips, selected rows, hovered rows
  ImVec4 sunken;      ///< fields to type in, tracks of sliders
  ImVec4 line;        ///< borders
  ImVec4 faint_line;  ///< grids, row separators
  ImVec4 text;
  ImVec4 strong;  ///< headings and values
  ImVec4 quiet;   ///< labels and notes
  ImVec4 accent;  ///< run, focus, what is selected
  ImVec4 on_accent;
  ImVec4 value;  ///< a value being set, where it differs from the ordinary
  Tint pass;
  Tint wrong;
  Tint noisy;
  Tint invalid;
  ChangedGround added;
  ChangedGround removed;
  /// The error map's two ranges, from their ends at the tolerance outwards: cool below, hot above.
  std::array<ImVec4, 3> cool;  ///< smallest error, middle, just below the tolerance
  std::array<ImVec4, 3> hot;   ///< just above the tolerance, middle, largest error
  ImVec4 syntax_keyword;
  ImVec4 syntax_string;
  ImVec4 syntax_number;
  ImVec4 syntax_comment;
  ImVec4 syntax_directive;
  std::array<ImVec4, 8> series;
  ImVec4 series_outline;
  std::array<bool, 8> series_cased{};  ///< those that would not be seen on the panel alone

  Fonts fonts;
  float scale = 1.0F;  ///< device pixels per design pixel

  /// A length of the design in device pixels, rounded so that edges stay sharp.
  float px(float design_pixels) const;
  /// Style of a story-order slot (see series_slots), slot >= 0.
  SeriesStyle series_style(int slot) const;
  VerdictStyle verdict_style(Verdict verdict) const;
};

/// Corner radii in design pixels.
namespace corner {
inline constexpr float control = 6.0F;
inline constexpr float panel = 8.0F;
}  // namespace corner

/// The tokens of a theme; fonts and scale are the caller's to fill in.
Theme make_theme(ThemeName name);

/// Contrast ratio of two opaque colours by WCAG 2.2 (relative luminance of sRGB), 1 to 21.
double contrast(const ImVec4& a, const ImVec4& b);

inline ImU32 packed(const ImVec4& color) { return ImGui::ColorConvertFloat4ToU32(color); }
/// The same colour, more transparent.
inline ImU32 packed(const ImVec4& color, float alpha) {
  return ImGui::ColorConvertFloat4ToU32({color.x, color.y, color.z, color.w * alpha});
}

}  // namespace knobscope::gui
