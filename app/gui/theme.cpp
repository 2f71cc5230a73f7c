#include "gui/theme.h"

#include <algorithm>
#include <cmath>

namespace knobscope::gui {
namespace {

constexpr ImVec4 rgb(unsigned hex) {
  return {static_cast<float>((hex >> 16U) & 0xFFU) / 255.0F, static_cast<float>((hex >> 8U) & 0xFFU) / 255.0F,
          static_cast<float>(hex & 0xFFU) / 255.0F, 1.0F};
}

// Eight colours at least ΔE 25 apart, also with deutan, protan and tritan vision.
constexpr std::array<ImVec4, 8> kSeries = {rgb(0x68736E), rgb(0xCC2A0E), rgb(0xFA9F00), rgb(0xE7FB88),
                                           rgb(0x2E9CE7), rgb(0x5955E2), rgb(0xFEBEEE), rgb(0x5AE5A6)};

// One shape a slot, so that colour is never alone. The cross is kept for points that failed.
constexpr std::array<ImPlotMarker, 8> kMarkers = {ImPlotMarker_Plus, ImPlotMarker_Square, ImPlotMarker_Diamond,
                                                  ImPlotMarker_Up,   ImPlotMarker_Down,   ImPlotMarker_Right,
                                                  ImPlotMarker_Left, ImPlotMarker_Circle};

Theme dark_theme() {
  Theme theme;
  theme.name = ThemeName::dark;
  theme.ground = rgb(0x0E1116);
  theme.panel = rgb(0x141922);
  theme.raised = rgb(0x1C232E);
  theme.sunken = rgb(0x0E1116);
  theme.line = rgb(0x2A3340);
  theme.faint_line = rgb(0x1F2631);
  theme.text = rgb(0xD7DCE3);
  theme.strong = rgb(0xF2F5F9);
  theme.quiet = rgb(0x8E99A8);
  theme.accent = rgb(0x5CD6B3);
  theme.on_accent = rgb(0x06231B);
  theme.value = rgb(0xF0C255);
  theme.pass = {rgb(0x5CD6B3), rgb(0x12382E)};
  theme.wrong = {rgb(0xFF8A73), rgb(0x43201B)};
  theme.noisy = {rgb(0xF0C255), rgb(0x3B2F12)};
  theme.invalid = {rgb(0xC3A3FF), rgb(0x2E2440)};
  theme.added = {rgb(0x12261F), rgb(0x123A2E)};
  theme.removed = {rgb(0x2A1A1B), rgb(0x4C241E)};
  theme.cool = {rgb(0x13243C), rgb(0x2B5F94), rgb(0x6FB4E8)};
  theme.hot = {rgb(0xF7B24A), rgb(0xFF7A3D), rgb(0xFF3B2F)};
  theme.syntax_keyword = rgb(0x8FB8F6);
  theme.syntax_string = rgb(0x7CD9B8);
  theme.syntax_number = rgb(0xF0C255);
  theme.syntax_comment = rgb(0x929DAC);
  theme.syntax_directive = rgb(0xC3A3FF);
  theme.series_outline = rgb(0x0E1116);
  return theme;
}

Theme light_theme() {
  Theme theme;
  theme.name = ThemeName::light;
  theme.ground = rgb(0xE6EAEF);
  theme.panel = rgb(0xFBFCFD);
  theme.raised = rgb(0xEBEFF4);
  theme.sunken = rgb(0xEFF2F6);
  theme.line = rgb(0xC5CDD7);
  theme.faint_line = rgb(0xE0E5EB);
  theme.text = rgb(0x29313B);
  theme.strong = rgb(0x0F141A);
  theme.quiet = rgb(0x56616F);
  theme.accent = rgb(0x0A6F54);
  theme.on_accent = rgb(0xFFFFFF);
  theme.value = rgb(0x805300);
  theme.pass = {rgb(0x08624A), rgb(0xD3F2E7)};
  theme.wrong = {rgb(0x9C2A12), rgb(0xFFE1D9)};
  theme.noisy = {rgb(0x6F4B00), rgb(0xFFEEC2)};
  theme.invalid = {rgb(0x5B34AE), rgb(0xECE3FF)};
  theme.added = {rgb(0xE4F6EE), rgb(0xBDEAD9)};
  theme.removed = {rgb(0xFFEEE9), rgb(0xFFCFC3)};
  theme.cool = {rgb(0xE8F1FA), rgb(0x93BFE6), rgb(0x2F78BC)};
  theme.hot = {rgb(0xF2A02E), rgb(0xF0642B), rgb(0xC81E1E)};
  theme.syntax_keyword = rgb(0x1F4FA3);
  theme.syntax_string = rgb(0x08624A);
  theme.syntax_number = rgb(0x805300);
  theme.syntax_comment = rgb(0x545F6B);
  theme.syntax_directive = rgb(0x5B34AE);
  theme.series_outline = rgb(0x3A444F);
  return theme;
}

constexpr double kLeastOfALine = 2.0;  // contrast to the panel from which on a thin line is seen

double linear(float channel) {
  const auto c = static_cast<double>(channel);
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double luminance(const ImVec4& color) {
  return 0.2126 * linear(color.x) + 0.7152 * linear(color.y) + 0.0722 * linear(color.z);
}

}  // namespace

float Theme::px(float design_pixels) const { return std::round(design_pixels * scale); }

SeriesStyle Theme::series_style(int slot) const {
  const auto index = static_cast<std::size_t>(slot) % series.size();
  // Each round keeps the colours and changes the shapes (3 and 8 have no common divisor, so a colour meets a shape once
  // in 64 slots), and every other one the line.
  const auto round = static_cast<std::size_t>(slot) / series.size();
  SeriesStyle style;
  style.color = series[index];
  style.outline = series_outline;
  style.cased = series_cased[index];
  style.marker = kMarkers[(index + round * 3) % kMarkers.size()];
  style.dashed = round % 2 == 1;
  return style;
}

VerdictStyle Theme::verdict_style(Verdict verdict) const {
  switch (verdict) {
    case Verdict::pass:
      return {"✓", "pass", pass};
    case Verdict::wrong:
      return {"✕", "wrong", wrong};
    case Verdict::noisy:
      return {"~", "noisy", noisy};
    case Verdict::throttled:
      return {"≋", "throttled", noisy};
    case Verdict::invalid:
      return {"∅", "invalid", invalid};
    case Verdict::unfit:
      return {"◇", "does not fit", invalid};
    case Verdict::failed:
      return {"!", "failed", wrong};
  }
  return {"?", "unknown", noisy};
}

Theme make_theme(ThemeName name) {
  Theme theme = name == ThemeName::dark ? dark_theme() : light_theme();
  theme.series = kSeries;
  for (std::size_t i = 0; i < theme.series.size(); ++i) {
    theme.series_cased[i] = contrast(theme.series[i], theme.panel) < kLeastOfALine;
  }
  return theme;
}

double contrast(const ImVec4& a, const ImVec4& b) {
  const double la = luminance(a);
  const double lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

}  // namespace knobscope::gui
