#include "gui/views/kernel_view.h"

#include <algorithm>

#include <TextEditor.h>
#include <fmt/format.h>

#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {

struct KernelView::Source {
  TextEditor editor;
  std::string shown_hash;
  std::string shown_log;
  ThemeName shown_theme = ThemeName::dark;
  bool styled = false;
};

namespace {

TextEditor::Palette palette_of(const Theme& theme) {
  using Color = TextEditor::Color;
  TextEditor::Palette palette = TextEditor::GetDarkPalette();
  const auto set = [&palette](Color color, ImU32 value) { palette[static_cast<std::size_t>(color)] = value; };
  for (const Color color : {Color::text, Color::identifier, Color::knownIdentifier, Color::cursor}) {
    set(color, packed(theme.text));
  }
  set(Color::punctuation, packed(theme.text, 0.8F));
  set(Color::keyword, packed(theme.syntax_keyword));
  set(Color::declaration, packed(theme.syntax_keyword));
  set(Color::number, packed(theme.syntax_number));
  set(Color::string, packed(theme.syntax_string));
  set(Color::comment, packed(theme.syntax_comment));
  set(Color::preprocessor, packed(theme.syntax_directive));
  set(Color::background, packed(theme.panel));
  set(Color::selection, packed(theme.accent, 0.3F));
  set(Color::whitespace, packed(theme.line));
  set(Color::lineNumber, packed(theme.quiet, 0.7F));
  set(Color::currentLineNumber, packed(theme.quiet));
  set(Color::currentLineHighlight, packed(theme.panel));
  set(Color::currentLineHighlightBorder, packed(theme.panel));
  for (const Color color : {Color::matchingBracketBackground, Color::matchingBracketActive}) {
    set(color, packed(theme.raised));
  }
  for (const Color color : {Color::matchingBracketLevel1, Color::matchingBracketLevel2, Color::matchingBracketLevel3}) {
    set(color, packed(theme.text, 0.8F));
  }
  return palette;
}

/// The line (from 0) after the front matter, which the panel has told in words already.
std::size_t first_code_line(const std::string& source) {
  const std::size_t end = source.find("*/");
  if (end == std::string::npos) return 0;
  const auto last = source.begin() + static_cast<std::ptrdiff_t>(end);
  return static_cast<std::size_t>(std::count(source.begin(), last, '\n')) + 2;
}

std::string file_name(const std::string& id) { return id.substr(id.find_last_of('/') + 1); }

void facts(const Theme& theme, const Variant& variant, const PointPtr& point) {
  begin_chips(theme);
  if (point) {
    const CompileFacts& compiled = point->compiled;
    if (compiled.registers) chip(theme, "registers", fmt::format("{}", *compiled.registers));
    if (compiled.spill) {
      chip(theme, "spill", format_bytes(compiled.spill), compiled.spill->count > 0 ? &theme.noisy : nullptr);
    }
    if (compiled.shared) chip(theme, "shared", format_bytes(compiled.shared));
    if (compiled.occupancy) chip(theme, "occupancy", format_percent(compiled.occupancy));
    if (compiled.waves) chip(theme, "waves", fmt::format("{:.2f}", *compiled.waves));
    if (point->modelled_reads && point->modelled_writes) {
      chip(theme, "moves", format_bytes(*point->modelled_reads + *point->modelled_writes));
    }
    if (compiled.compile_ms) {
      chip(theme, "compiled", format_time(Nanoseconds(*compiled.compile_ms * 1e6)));
    } else if (point->error) {
      chip(theme, "compiled", "from cache");  // it ran, so it was compiled: not so when the compiler refused it
    }
  }
  if (!variant.accumulate.empty()) chip(theme, "sums in", variant.accumulate);
  chip(theme, "deterministic", variant.deterministic ? "yes" : "no");
  end_chips();
}

void catalog_faults(const ViewContext& context) {
  for (const CatalogFault& fault : context.snapshot.catalog->faults) {
    const std::string at = fault.line > 0 ? fmt::format("{}:{}", fault.file, fault.line) : fault.file;
    banner(context.theme, context.theme.wrong, at + ": " + fault.message);
  }
}

/// Why the selected point has no result worth trusting, in words.
void trouble(const Theme& theme, const PointPtr& point) {
  if (!point || point->verdict == Verdict::pass || point->reason.empty()) return;
  banner(theme, theme.verdict_style(point->verdict).tint, point->reason);
}

}  // namespace

KernelView::KernelView() : source_(std::make_unique<Source>()) {}
KernelView::~KernelView() = default;

void KernelView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  catalog_faults(context);
  PointPtr point = focused_point(context.snapshot, context.state);
  const Variant* variant = context.snapshot.catalog->find(context.state.selected_variant);
  if (variant == nullptr) {
    empty_state(theme, point ? point->variant_title : "No variant is selected",
                point ? "This recording names a kernel file that is not in kernels/ here."
                      : "Choose one in Variants to read its idea and its source.");
    return;
  }
  if (point && point->request.variant != variant->id) point = nullptr;
  panel_note(theme, file_name(variant->id));
  text_wrapped_in(theme.fonts.strong, text_size::title, theme.strong, variant->title);
  text_wrapped_in(theme.fonts.words, text_size::body, theme.text, variant->idea);
  ImGui::Dummy({0.0F, theme.px(4.0F)});
  facts(theme, *variant, point);
  if (!variant->numerics_note.empty()) {
    text_wrapped_in(theme.fonts.words, text_size::small, theme.quiet, variant->numerics_note);
  }
  trouble(theme, point);
  ImGui::Dummy({0.0F, theme.px(4.0F)});

  Source& source = *source_;
  if (!source.styled || source.shown_theme != theme.name) {
    source.editor.SetPalette(palette_of(theme));
    source.editor.SetReadOnlyEnabled(true);
    source.editor.SetLanguage(TextEditor::Language::Cpp());
    source.editor.SetShowWhitespacesEnabled(false);
    source.editor.SetShowMatchingBrackets(false);
    source.editor.SetShowCurrentLineHighlightEnabled(false);
    source.editor.SetCaretsVisible(false);
    source.editor.SetShowScrollbarMiniMapEnabled(false);
    source.shown_theme = theme.name;
    source.styled = true;
  }
  const std::string log = point ? point->compile_log : std::string();
  if (source.shown_hash != variant->id + variant->source_hash || source.shown_log != log) {
    source.editor.SetText(variant->source);
    source.editor.ClearMarkers();
    std::optional<int> first;
    for (const SourceMark& mark : source_marks(log, file_name(variant->id))) {
      const Tint& tint = mark.is_error ? theme.wrong : theme.noisy;
      source.editor.AddMarker(static_cast<std::size_t>(mark.line - 1), packed(tint.ink, 0.5F), packed(tint.ground),
                              mark.message, mark.message);
      if (mark.is_error && !first) first = mark.line;
    }
    if (first) {
      source.editor.ScrollToLine(static_cast<std::size_t>(*first - 1), TextEditor::Scroll::alignMiddle);
    } else {
      source.editor.ScrollToLine(first_code_line(variant->source), TextEditor::Scroll::alignTop);
    }
    source.shown_hash = variant->id + variant->source_hash;
    source.shown_log = log;
  }
  const float log_height = log.empty() ? 0.0F : ImGui::GetContentRegionAvail().y * 0.3F;
  ImGui::PushFont(theme.fonts.figures, text_size::small);
  source.editor.Render("##source", {0.0F, std::max(ImGui::GetContentRegionAvail().y - log_height, theme.px(80.0F))});
  if (!log.empty() && ImGui::BeginChild("compile log", {0.0F, 0.0F})) {
    ImGui::PushTextWrapPos(0.0F);
    ImGui::PushStyleColor(ImGuiCol_Text, theme.quiet);
    ImGui::TextUnformatted(log.data(), log.data() + log.size());
    ImGui::PopStyleColor();
    ImGui::PopTextWrapPos();
  }
  if (!log.empty()) ImGui::EndChild();
  ImGui::PopFont();
}

}  // namespace knobscope::gui
