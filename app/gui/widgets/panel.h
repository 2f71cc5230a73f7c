#pragma once
// What panels are made of: notes beside their titles, labels, facts, banners, and what stands where nothing is.

#include <span>
#include <string>
#include <string_view>

#include <imgui.h>

#include "gui/theme.h"

namespace knobscope::gui {

/// A quiet note at the right end of the panel's title row ("cold · median, 95 % interval"); figures in the figures
/// font when `figures`. Where the title row has no room left, nothing is drawn. Call it inside the panel's window.
void panel_note(const Theme& theme, std::string_view text, bool figures = false);
/// The same of several facts, the most important first: from the end, as many as there is no room for stay away whole,
/// and the first is cut only when it alone is too long.
void panel_note(const Theme& theme, std::span<const std::string> facts, bool figures = false);
/// The same place, with a verdict's badge.
void panel_note_badge(const Theme& theme, const VerdictStyle& style, std::string_view text);

/// A quiet label ("Element type"); `note`, when given, stands right-aligned on the same line in the figures font.
void field_label(const Theme& theme, std::string_view label, std::string_view note = {});

/// Text in a role's font, size (before scaling) and colour.
void text_in(ImFont* font, float size, const ImVec4& color, std::string_view text);
/// The same, wrapped at the right edge of the panel.
void text_wrapped_in(ImFont* font, float size, const ImVec4& color, std::string_view text);
/// The same, its end at `right_x` (screen coordinates), on the current line.
void text_right_in(ImFont* font, float size, const ImVec4& color, std::string_view text, float right_x);
/// Width on screen of a text in a font at a size (before scaling).
float text_width(ImFont* font, float size, std::string_view text);
/// `text` shortened with "…" so that it fits into `width` device pixels.
std::string shortened(ImFont* font, float size, std::string_view text, float width);

/// `text` shortened in the middle so that it fits: names that begin alike are told apart by how they end.
std::string shortened_between(ImFont* font, float size, std::string_view text, float width);

/// Between the two, controls show what is set and take no input, when `reading`: at full strength and without the
/// ground of a field, for then they inform.
void begin_reading(const Theme& theme, bool reading);
void end_reading(bool reading);

/// One row of a list of facts: quiet label left, figure right of it ("max abs   3.1e-3").
void stat_row(const Theme& theme, std::string_view label, std::string_view value, const ImVec4* value_color = nullptr);

/// A band over the full width with a tinted ground: a recorded session, a missing GPU, a restarted worker.
void banner(const Theme& theme, const Tint& tint, std::string_view text);

/// What stands in the middle of a panel that has nothing to show: what is missing, and what to do.
void empty_state(const Theme& theme, std::string_view title, std::string_view advice);

/// A tooltip in the theme's look; draw its content between the two. True when shown.
bool begin_tip(const Theme& theme);
void end_tip();
/// A tooltip of one sentence or a few.
void show_tip(const Theme& theme, std::string_view text);

}  // namespace knobscope::gui
