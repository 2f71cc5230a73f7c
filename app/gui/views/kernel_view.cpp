#include "gui/views/kernel_view.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/views/action_list.h"
#include "gui/views/exploration.h"
#include "gui/views/point_index.h"
#include "gui/views/quantities.h"
#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {

namespace {

constexpr float kBesideWidth = 720.0F;  // design pixels from which on words and source may stand side by side

std::string file_name(const std::string& id) { return id.substr(id.find_last_of('/') + 1); }

/// A fact that hovering explains.
void fact(const Theme& theme, std::string_view name, std::string_view value, const Tint* tint = nullptr) {
  chip(theme, name, value, tint);
  if (ImGui::IsItemHovered()) show_tip(theme, explanation_of(name));
}

void facts(const Theme& theme, const Variant& variant, const PointPtr& point, DeviceKind device) {
  begin_chips(theme);
  if (point) {
    const CompileFacts& compiled = point->compiled;
    if (compiled.registers) fact(theme, "registers", format_count(*compiled.registers));
    if (compiled.spill) {
      fact(theme, "spill", format_bytes(compiled.spill), compiled.spill->count > 0 ? &theme.noisy : nullptr);
    }
    if (compiled.shared) fact(theme, "shared", format_bytes(compiled.shared));
    if (compiled.occupancy) fact(theme, "occupancy", format_percent(compiled.occupancy));
    if (compiled.occupancy_limit) fact(theme, "limited by", name_of(*compiled.occupancy_limit));
    if (compiled.resident_blocks) fact(theme, "blocks/SM", format_count(*compiled.resident_blocks));
    if (compiled.waves) fact(theme, "waves", fmt::format("{:.2f}", *compiled.waves));
    if (compiled.waves > 1.0) fact(theme, "last wave", format_percent(compiled.last_wave()));
    if (point->modelled_reads && point->modelled_writes) {
      fact(theme, "moves", format_bytes(*point->modelled_reads + *point->modelled_writes));
    }
    if (compiled.compile_ms) {
      fact(theme, "compiled", format_time(Nanoseconds(*compiled.compile_ms * 1e6)));
    } else if (point->error && is_timed(device)) {
      fact(theme, "compiled", "from cache");  // it ran, so it was compiled: not so when the compiler refused it
    }
  }
  if (!variant.accumulate.empty()) fact(theme, "sums in", variant.accumulate);
  fact(theme, "deterministic", variant.deterministic ? "yes" : "no");
  end_chips();
}

void catalog_faults(const ViewContext& context) {
  for (const CatalogFault& fault : context.snapshot.catalog->faults) {
    const std::string at = fault.line > 0 ? fmt::format("{}:{}", fault.file, fault.line) : fault.file;
    banner(context.theme, context.theme.wrong, at + ": " + fault.message);
  }
}

/// Why the selected point has no result worth trusting, in words. What was found is told by the list of findings.
void trouble(const Theme& theme, const PointPtr& point) {
  if (!point || point->verdict == Verdict::pass || point->reason.empty() || !point->findings.empty()) return;
  banner(theme, theme.verdict_style(point->verdict).tint, point->reason);
}

/// Lines of another state of the file mean nothing.
bool is_about_this_source(const Variant& variant, const Point& point) {
  return point.source_hash.empty() || point.source_hash == variant.source_hash;
}

/// Whether a point is the one that somebody picked (or its successor), or stands at what is set: another shape may well
/// have other findings.
bool is_asked_for(const ViewContext& context, const Variant& variant, const Point& point) {
  const ViewState& state = context.state;
  if (state.recorded) return true;
  if (const PointPtr picked =
          state.selected_point ? find_point(context.snapshot, *state.selected_point, &context.index) : nullptr) {
    PointRequest again = picked->request;
    again.id = point.request.id;
    if (again == point.request) return true;
  }
  const PointRequest& request = point.request;
  return request.problem == problem_of(state) && request.knobs == knobs_for(variant, state.knobs) &&
         request.method.thorough == state.plan.method.thorough;
}

/// What the list of findings is about; nothing where nothing is ever found.
std::optional<FindingsOf> findings_of(const ViewContext& context, const Variant& variant, const PointPtr& point) {
  const ViewState& state = context.state;
  const bool found = point && !point->findings.empty();
  const bool played = !is_timed(device_kind_of(context.snapshot, state.plan.device));
  if (!found && !played) return std::nullopt;
  FindingsOf of;
  of.variant = variant.id;
  if (point && is_asked_for(context, variant, *point) && (state.recorded || is_about_this_source(variant, *point))) {
    of.point = point;
  }
  of.thorough = of.point ? of.point->request.method.thorough : state.plan.method.thorough;
  const auto& live = context.snapshot.live;
  if (live && live->request.variant == variant.id) of.live = live;
  return of;
}

std::vector<SourceMark> marks_of(const ViewContext& context, const Variant& variant, const PointPtr& point) {
  if (!point || !is_about_this_source(variant, *point)) return {};
  std::vector<SourceMark> marks = source_marks(point->compile_log, file_name(variant.id));
  if (!is_asked_for(context, variant, *point)) return marks;
  for (SourceMark& mark : finding_marks(point->findings, variant.id)) marks.push_back(std::move(mark));
  return marks;
}

void compile_log(const Theme& theme, const std::string& log, float height) {
  if (ImGui::BeginChild("compile log", {0.0F, height})) {
    ImGui::PushFont(theme.fonts.figures, text_size::small);
    ImGui::PushTextWrapPos(0.0F);
    ImGui::PushStyleColor(ImGuiCol_Text, theme.quiet);
    ImGui::TextUnformatted(log.data(), log.data() + log.size());
    ImGui::PopStyleColor();
    ImGui::PopTextWrapPos();
    ImGui::PopFont();
  }
  ImGui::EndChild();
}

void words(const ViewContext& context, const Variant& variant, const PointPtr& point) {
  const Theme& theme = context.theme;
  text_wrapped_in(theme.fonts.strong, text_size::title, theme.strong, variant.title);
  text_wrapped_in(theme.fonts.words, text_size::body, theme.text, variant.idea);
  ImGui::Dummy({0.0F, theme.px(4.0F)});
  facts(theme, variant, point, device_kind_of(context.snapshot, context.state.plan.device));
  if (!variant.numerics_note.empty()) {
    text_wrapped_in(theme.fonts.words, text_size::small, theme.quiet, variant.numerics_note);
  }
  trouble(theme, point);
}

using Variants = std::vector<const Variant*>;

/// What the variant `own` is compared with: the one that somebody chose, else the step before it in the story.
const Variant* changed_from(const Variants& others, Variants::const_iterator own, const std::string& chosen) {
  const auto from = std::ranges::find(others, chosen, &Variant::id);
  if (from != others.end() && from != own) return *from;
  return own == others.begin() ? *(own + 1) : *(own - 1);
}

}  // namespace

void KernelView::list_actions(ViewContext& context, ActionList& actions) {
  ViewState& state = context.state;
  const Variant* variant = context.snapshot.catalog->find(state.selected_variant);
  if (variant == nullptr) return;
  const Variants others = variants_for(*context.snapshot.catalog, variant->operation, variant->device);
  const auto own = std::ranges::find(others, variant->id, &Variant::id);
  for (const Variant* other : others) {
    if (other == variant || own == others.end()) continue;
    const bool chosen = state.changes_shown && changed_from(others, own, state.changes_from) == other;
    actions.add(
        "what changed since " + file_name(other->id),
        [&state, id = other->id] {
          state.changes_from = id;
          state.changes_shown = true;
        },
        chosen);
  }
  PointPtr point = focused_point(context.snapshot, state, &context.index);
  if (point && point->request.variant != variant->id) point = nullptr;
  const std::optional<FindingsOf> findings = findings_of(context, *variant, point);
  if (!findings) return;
  actions.add(findings_.is_folded() ? "unfold the findings" : "fold the findings", [this] { findings_.fold(); });
  if (!findings->point) return;
  for (const Finding& finding : findings->point->findings) {
    const std::optional<int> line = line_in(finding, variant->id);
    actions.add(fmt::format("finding, {} {}", name_of(finding.kind), place_text(finding.at, variant->id)),
                when(line.has_value(), [this, &state, line] {
                  state.changes_shown = false;
                  source_.go_to(line.value_or(0));
                }));
  }
}

void KernelView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  catalog_faults(context);
  PointPtr point = focused_point(context.snapshot, context.state, &context.index);
  const Variant* variant = context.snapshot.catalog->find(context.state.selected_variant);
  if (variant == nullptr) {
    empty_state(theme, point ? point->variant_title : "No variant is selected",
                point ? "This recording names a kernel file that is not in kernels/ here."
                      : "Choose one in Variants to read its idea and its source.");
    return;
  }
  if (point && point->request.variant != variant->id) point = nullptr;
  panel_note(theme, file_name(variant->id));
  draw_changes_bar(context, *variant);
  source_.show(variant->id, variant->source, marks_of(context, *variant, point));
  const std::optional<FindingsOf> findings = findings_of(context, *variant, point);
  const std::string log = point ? point->compile_log : std::string();

  const ImVec2 room = ImGui::GetContentRegionAvail();
  if (room.x > theme.px(kBesideWidth) && room.y < room.x * 0.5F) {
    // In a wide and low panel the words stand beside the source.
    if (ImGui::BeginChild("words", {std::floor(room.x * 0.42F), 0.0F})) {
      words(context, *variant, point);
      if (findings)
        draw_findings(theme, *findings, findings_.wanted_height(theme, *findings, ImGui::GetContentRegionAvail().x));
    }
    ImGui::EndChild();
    ImGui::SameLine(0.0F, theme.px(12.0F));
    if (ImGui::BeginChild("code", {0.0F, 0.0F})) draw_source(theme, log, 0.0F);
    ImGui::EndChild();
    return;
  }
  words(context, *variant, point);
  ImGui::Dummy({0.0F, theme.px(4.0F)});
  const ImVec2 rest = ImGui::GetContentRegionAvail();
  float below = 0.0F;
  if (findings) below = std::min(findings_.wanted_height(theme, *findings, rest.x), std::floor(rest.y * 0.45F));
  draw_source(theme, log, below > 0.0F ? below + ImGui::GetStyle().ItemSpacing.y : 0.0F);
  if (findings) draw_findings(theme, *findings, below);
}

void KernelView::draw_changes_bar(ViewContext& context, const Variant& variant) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  const std::vector<const Variant*> others = variants_for(*context.snapshot.catalog, variant.operation, variant.device);
  const auto own = std::ranges::find(others, variant.id, &Variant::id);
  changes_shown_ = false;
  if (others.size() < 2 || own == others.end()) return;
  const Variant* from = changed_from(others, own, state.changes_from);
  if (button(theme, "changes", "What changed", "D", state.changes_shown ? ButtonKind::primary : ButtonKind::plain)) {
    state.changes_shown = !state.changes_shown;
  }
  if (!state.changes_shown) return;
  ImGui::SameLine(0.0F, theme.px(8.0F));
  changes_.show(*from, variant);
  changes_shown_ = true;
  ImGui::SetNextItemWidth(std::min(theme.px(240.0F), ImGui::GetContentRegionAvail().x));
  if (ImGui::BeginCombo("##from", fmt::format("since {}", file_name(from->id)).c_str())) {
    for (const Variant* other : others) {
      if (other->id == variant.id) continue;
      if (ImGui::Selectable(file_name(other->id).c_str(), other == from)) state.changes_from = other->id;
    }
    ImGui::EndCombo();
  }
  const std::string count =
      fmt::format("+{} −{} lines", format_count(changes_.added()), format_count(changes_.removed()));
  if (ImGui::GetItemRectMax().x + text_width(theme.fonts.figures, text_size::small, count) + theme.px(16.0F) <
      ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x) {
    ImGui::SameLine(0.0F, theme.px(12.0F));
    ImGui::AlignTextToFramePadding();
    text_in(theme.fonts.figures, text_size::small, theme.quiet, count);
  }
}

void KernelView::draw_findings(const Theme& theme, const FindingsOf& of, float height) {
  if (const std::optional<int> line = findings_.draw(theme, of, height)) source_.go_to(*line);
}

void KernelView::draw_source(const Theme& theme, const std::string& log, float below) {
  const float room = ImGui::GetContentRegionAvail().y - below;
  const float gap = ImGui::GetStyle().ItemSpacing.y;
  float log_height = 0.0F;
  if (!log.empty()) {
    ImGui::PushFont(theme.fonts.figures, text_size::small);
    const char* end = log.data() + log.size();
    log_height = ImGui::CalcTextSize(log.data(), end, false, ImGui::GetContentRegionAvail().x).y;
    ImGui::PopFont();
    log_height = std::clamp(log_height, 1.0F, std::max(std::floor(room * 0.3F), 1.0F));
  }
  const ImVec2 size = {0.0F, std::max(room - (log.empty() ? 0.0F : log_height + gap), theme.px(80.0F))};
  if (changes_shown_) {
    changes_.draw(theme, size);
  } else {
    source_.draw(theme, size);
  }
  if (!log.empty()) compile_log(theme, log, log_height);
}

}  // namespace knobscope::gui
