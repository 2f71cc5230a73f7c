#include "gui/views/source_pane.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <TextEditor.h>
#include <imgui.h>

#include "gui/views/code_colors.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr std::size_t kTextMargin = 1;  // glyphs between the line's number and its text
constexpr int kSettling = 4;            // frames

TextEditor::Palette palette_of(const Theme& theme) {
  using Color = TextEditor::Color;
  TextEditor::Palette palette = TextEditor::GetDarkPalette();
  const auto set = [&palette](Color color, ImU32 value) { palette[static_cast<std::size_t>(color)] = value; };
  for (const Color color : {Color::text, Color::identifier, Color::knownIdentifier, Color::cursor}) {
    set(color, packed(theme.text));
  }
  const auto ink = [&theme](CodeKind kind) { return packed(ink_of(theme, kind)); };
  set(Color::punctuation, ink(CodeKind::punctuation));
  set(Color::keyword, ink(CodeKind::keyword));
  set(Color::declaration, ink(CodeKind::keyword));
  set(Color::number, ink(CodeKind::number));
  set(Color::string, ink(CodeKind::string));
  set(Color::comment, ink(CodeKind::comment));
  set(Color::preprocessor, ink(CodeKind::directive));
  set(Color::background, packed(theme.panel));
  set(Color::selection, packed(theme.accent, 0.3F));
  set(Color::whitespace, packed(theme.line));
  set(Color::lineNumber, packed(theme.quiet, 0.7F));
  set(Color::currentLineNumber, packed(theme.quiet, 0.7F));
  set(Color::currentLineHighlight, packed(theme.panel));
  set(Color::currentLineHighlightBorder, packed(theme.panel));
  for (const Color color : {Color::matchingBracketBackground, Color::matchingBracketActive}) {
    set(color, packed(theme.raised));
  }
  for (const Color color : {Color::matchingBracketLevel1, Color::matchingBracketLevel2, Color::matchingBracketLevel3}) {
    set(color, ink(CodeKind::punctuation));
  }
  return palette;
}

/// The line (from 1) after the front matter, which the panel has told in words already.
int first_code_line(const std::string& source) {
  const std::size_t end = source.find("*/");
  if (end == std::string::npos) return 1;
  const auto last = source.begin() + static_cast<std::ptrdiff_t>(end);
  return static_cast<int>(std::count(source.begin(), last, '\n')) + 3;
}

bool same_marks(std::span<const SourceMark> a, std::span<const SourceMark> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const SourceMark& left, const SourceMark& right) {
    return left.line == right.line && left.message == right.message && left.is_error == right.is_error &&
           left.spelled_out == right.spelled_out;
  });
}

std::optional<int> first_error(std::span<const SourceMark> marks) {
  for (const SourceMark& mark : marks) {
    if (mark.is_error) return mark.line;
  }
  return std::nullopt;
}

}  // namespace

struct SourcePane::Editor {
  TextEditor text;
  AnnotatedSource shown;
  std::string id;
  std::string source;
  std::vector<SourceMark> marks;
  std::size_t columns = 0;             ///< that `shown` was broken at; 0: it must be made anew
  std::optional<ThemeName> styled;     ///< nothing: never
  std::optional<int> middle;           ///< a line to bring into the middle
  std::optional<int> top;              ///< else a line to bring to the top
  int settling = 0;                    ///< frames for which that line is still brought there: panels settle over a few
  int pointed_at = 0;                  ///< the line that go_to() asked for; 0: none
  std::optional<std::size_t> hovered;  ///< row under the mouse in this frame

  void aim_at_middle(int line) {
    middle = line;
    top.reset();
    settling = kSettling;
  }

  void aim_at_top(int line) {
    middle.reset();
    top = line;
    settling = kSettling;
  }

  void follow_aim() {
    if (settling == 0) return;
    --settling;
    if (middle) {
      text.ScrollToLine(shown.row_of(*middle), TextEditor::Scroll::alignMiddle);
    } else if (top) {
      text.ScrollToLine(shown.row_of(*top), TextEditor::Scroll::alignTop);
    }
  }

  int first_visible_line() const {
    for (std::size_t row = text.GetFirstVisibleRow(); row < shown.rows.size(); ++row) {
      if (shown.rows[row].line > 0) return shown.rows[row].line;
    }
    return 1;
  }

  void restyle(const Theme& theme) {
    text.SetPalette(palette_of(theme));
    text.SetReadOnlyEnabled(true);
    text.SetLanguage(TextEditor::Language::Cpp());
    text.SetShowWhitespacesEnabled(false);
    text.SetShowMatchingBrackets(false);
    text.SetShowCurrentLineHighlightEnabled(false);
    text.SetCaretsVisible(false);
    text.SetShowScrollbarMiniMapEnabled(false);
    text.SetTextLeftMargin(kTextMargin);
    styled = theme.name;
  }

  void remake(const Theme& theme, std::size_t new_columns) {
    if (columns != 0 && settling == 0) aim_at_top(first_visible_line());
    shown = annotate(source, marks, new_columns);
    columns = new_columns;
    text.SetText(shown.text);
    mark_rows(theme);
  }

  void mark_rows(const Theme& theme) {
    text.ClearMarkers();
    for (std::size_t row = 0; row < shown.rows.size(); ++row) {
      if (shown.rows[row].about > 0) text.AddMarker(row, 0, packed(tint_of(theme, shown.rows[row]).ground), "", "");
    }
  }

  static const Tint& tint_of(const Theme& theme, const SourceRow& row) {
    return row.is_error ? theme.wrong : theme.noisy;
  }

  /// The gutter of one row: the file's own line number, a mark, and in a message's row the message.
  void draw_row(const Theme& theme, const TextEditor::CustomLineNumber& at) {
    if (at.lineNumber >= shown.rows.size()) return;
    const SourceRow& row = shown.rows[at.lineNumber];
    const float glyph = text.GetGlyphWidth();
    const float height = text.GetLineHeight();
    const float left = ImGui::GetWindowPos().x;
    const float text_left = at.pos.x + glyph * static_cast<float>(at.digits + kTextMargin);
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    if (ImGui::IsWindowHovered() && mouse.y >= at.pos.y && mouse.y < at.pos.y + height) hovered = at.lineNumber;
    ImU32 number_color = at.color;
    if (row.about > 0) {
      const Tint& tint = tint_of(theme, row);
      at.drawList->AddRectFilled({left, at.pos.y}, {text_left, at.pos.y + height}, packed(tint.ground));
      number_color = packed(tint.ink);
      const std::string_view mark = row.is_error ? "✕" : "!";
      if (row.line > 0) {
        at.drawList->AddText({left + theme.px(2.0F), at.pos.y}, number_color, mark.data(), mark.data() + mark.size());
      } else {
        at.drawList->AddText({text_left, at.pos.y}, number_color, row.message.c_str());
      }
    }
    if (row.line > 0) {
      const std::string number = std::to_string(row.line);
      const float indent = glyph * static_cast<float>(at.digits - std::min(at.digits, number.size()));
      at.drawList->AddText({at.pos.x + indent, at.pos.y}, number_color, number.c_str());
    }
    if (pointed_at > 0 && (row.line == pointed_at || (row.line == 0 && row.about == pointed_at))) {
      at.drawList->AddRectFilled({left, at.pos.y}, {left + theme.px(2.0F), at.pos.y + height}, packed(theme.accent));
    }
  }

  void draw_tip(const Theme& theme) const {
    if (!hovered || *hovered >= shown.rows.size() || shown.rows[*hovered].about == 0) return;
    const int line = shown.rows[*hovered].about;
    if (!begin_tip(theme)) return;
    for (const SourceMark& mark : marks) {
      if (mark.line != line) continue;
      text_in(theme.fonts.words, text_size::body, mark.is_error ? theme.wrong.ink : theme.noisy.ink, mark.message);
    }
    end_tip();
  }
};

SourcePane::SourcePane() : editor_(std::make_unique<Editor>()) {}
SourcePane::~SourcePane() = default;

void SourcePane::show(const std::string& id, const std::string& source, std::span<const SourceMark> marks) {
  Editor& editor = *editor_;
  const bool other_file = editor.id != id;
  const bool other_marks = !same_marks(editor.marks, marks);
  if (!other_file && !other_marks && editor.source == source) return;
  const std::optional<int> error = first_error(marks);
  if (error && (other_file || error != first_error(editor.marks))) {
    editor.aim_at_middle(*error);
  } else if (other_file) {
    editor.aim_at_top(first_code_line(source));
  } else if (editor.settling == 0) {
    editor.aim_at_top(editor.first_visible_line());
  }
  if (other_file) editor.pointed_at = 0;
  editor.id = id;
  editor.source = source;
  editor.marks.assign(marks.begin(), marks.end());
  editor.columns = 0;
}

void SourcePane::go_to(int line) {
  editor_->pointed_at = line;
  editor_->aim_at_middle(line);
}

void SourcePane::draw(const Theme& theme, ImVec2 size) {
  Editor& editor = *editor_;
  ImGui::PushFont(theme.fonts.figures, text_size::small);
  const bool restyled = editor.styled != theme.name;
  if (restyled) editor.restyle(theme);
  const float glyph = ImGui::CalcTextSize("#").x;
  // One digit more than the file has lines for: messages add rows, and the editor counts those.
  const auto lines = static_cast<float>(std::count(editor.source.begin(), editor.source.end(), '\n') + 1);
  const float gutter = std::floor(std::log10(lines)) + 3.0F + static_cast<float>(kTextMargin);
  const float wide = size.x > 0.0F ? size.x : ImGui::GetContentRegionAvail().x;
  const float room = (wide - ImGui::GetStyle().ScrollbarSize) / std::max(glyph, 1.0F) - gutter;
  const auto columns = static_cast<std::size_t>(std::max(room, 1.0F));
  // Only messages are broken at the width.
  if (editor.columns == 0 || (editor.columns != columns && !editor.marks.empty())) {
    editor.remake(theme, columns);
  } else if (restyled) {
    editor.mark_rows(theme);
  }
  editor.follow_aim();
  editor.hovered.reset();
  editor.text.SetCustomLineNumberRenderer(
      [&editor, &theme](const TextEditor::CustomLineNumber& at) { editor.draw_row(theme, at); });
  editor.text.Render("##source", size);
  editor.text.ClearCustomLineNumberRenderer();
  ImGui::PopFont();
  editor.draw_tip(theme);
}

}  // namespace knobscope::gui
