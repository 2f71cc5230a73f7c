#pragma once
// What a person can read in a frame: the text put together again from the glyphs that were drawn, whoever drew them.

#include <string>
#include <string_view>
#include <vector>

#include <imgui_internal.h>

namespace knobscope::test {

/// Glyphs of one font and colour that follow each other on a line.
struct DrawnText {
  std::string text;    ///< UTF-8; gaps are spaces, or thin spaces (U+2009) where they are as wide as one
  ImRect area;         ///< in pixels, of the glyphs
  ImVec4 ink;          ///< with its alpha
  std::string window;  ///< whose draw list it is in
  bool cut = false;    ///< at the left or right edge of what it was drawn into
};

/// Of the latest frame; what lies outside of the clip rectangles is not in it. Call it between frames.
std::vector<DrawnText> drawn_texts();

/// The runs in a panel, by its title; its title row among them.
std::vector<DrawnText> drawn_in(std::string_view panel);

/// Whether `words` can be read in one of them. Thin spaces count as spaces, and a text that is broken into lines or
/// stands in several runs beside each other is read as people do.
bool reads(const std::vector<DrawnText>& texts, std::string_view words);

/// All of it, a run a line: for messages of failed tests.
std::string listed(const std::vector<DrawnText>& texts);

}  // namespace knobscope::test
