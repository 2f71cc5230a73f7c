#include "gui/views/variants_view.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>
#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

#include "gui/views/action_list.h"
#include "gui/views/point_index.h"
#include "gui/views/series.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/meter.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/series_marker.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

constexpr float kRow = 42.0F;
constexpr float kTick = 16.0F;
constexpr float kMeter = 40.0F;
constexpr float kFigures = 36.0F;
constexpr std::size_t kWorthFiltering = 10;  // fewer are seen at a glance

struct Row {
  std::string id;
  std::string title;
  std::string idea;
  int slot = 0;
};

/// The title of a variant whose file is not here, as its latest point has it.
std::string recorded_title(const Snapshot& snapshot, const ViewState& state, const std::string& id,
                           const PointIndex* index) {
  if (index != nullptr) {
    const SeenVariant* seen = index->variant(id, state.plan.operation);
    return seen != nullptr ? seen->title : id;
  }
  std::string title = id;
  for (const PointPtr& point : *snapshot.points) {
    if (point->request.variant == id) title = point->variant_title;
  }
  return title;
}

std::vector<Row> rows_of(const Snapshot& snapshot, const ViewState& state, const PointIndex* index) {
  const DeviceKind kind = device_kind_of(snapshot, state.plan.device);
  const auto slots = series_slots(snapshot, state.plan.operation, kind, index);
  std::vector<Row> rows;
  for (const auto& [id, slot] : slots) {
    Row row{id, id, {}, slot};
    if (const Variant* variant = snapshot.catalog->find(id)) {
      row.title = variant->title;
      row.idea = variant->idea;
    } else {
      row.title = recorded_title(snapshot, state, id, index);
      row.idea = "recorded; its file is not here";
    }
    if (const std::string_view number = number_of(id); !number.empty() && row.title != id) {
      row.title = fmt::format("{}  {}", number, row.title);
    }
    rows.push_back(std::move(row));
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.slot < b.slot; });
  return rows;
}

std::vector<Row> shown_rows(std::vector<Row> rows, const std::string& filter) {
  std::erase_if(
      rows, [&filter](const Row& row) { return !matches_words(row.title + ' ' + row.idea + ' ' + row.id, filter); });
  return rows;
}

/// Everything measured on the problem that is set, whichever variants are ticked and whatever their knobs.
std::vector<PointPtr> points_on_problem(const Snapshot& snapshot, const ViewState& state, const std::vector<Row>& rows,
                                        const PointIndex& index) {
  ViewState every = state;
  for (const Row& row : rows) every.ticked.insert(row.id);
  Freedom free;
  free.knobs = true;
  return matching_points(snapshot, every, {}, free, &index);
}

void draw_tick(ImDrawList* list, const Theme& theme, ImVec2 at, float size, bool ticked, bool hovered) {
  const ImVec2 end = {at.x + size, at.y + size};
  const float rounding = theme.px(4.0F);
  if (!ticked) {
    list->AddRectFilled(at, end, packed(theme.sunken), rounding);
    list->AddRect(at, end, packed(hovered ? theme.quiet : theme.line), rounding, theme.px(1.0F));
    return;
  }
  list->AddRectFilled(at, end, packed(theme.accent), rounding);
  list->PathLineTo({at.x + size * 0.24F, at.y + size * 0.52F});
  list->PathLineTo({at.x + size * 0.43F, at.y + size * 0.70F});
  list->PathLineTo({at.x + size * 0.77F, at.y + size * 0.32F});
  list->PathStroke(packed(theme.on_accent), theme.px(2.0F));
}

/// The verdict to show as a badge; nothing where a share says more. Where nothing is timed, right is all there is to
/// say.
std::optional<Verdict> badge_of(const VariantStanding& standing, bool timed) {
  if (standing.trouble) return standing.trouble;
  return !timed && standing.points > 0 ? std::optional(Verdict::pass) : std::nullopt;
}

/// What a variant has reached, at the right end of its second line. Returns the width it took.
float draw_standing(ImDrawList* list, const Theme& theme, const VariantStanding& standing, ImVec2 right_middle,
                    const ImVec4& color, bool timed) {
  if (const std::optional<Verdict> verdict = badge_of(standing, timed)) {
    const VerdictStyle style = theme.verdict_style(*verdict);
    const ImVec2 size = badge_size(theme, style.mark, style.word);
    draw_badge(list, theme, {right_middle.x - size.x, std::floor(right_middle.y - size.y * 0.5F)}, style.tint,
               style.mark, style.word);
    return size.x;
  }
  if (standing.points == 0) return 0.0F;
  const std::string share =
      standing.copy_fraction ? format_percent(standing.copy_fraction) : format_rate(standing.rate);
  const float scaled = text_size::small * theme.scale;
  const float wide = text_width(theme.fonts.figures, text_size::small, share);
  // Figures stand below each other, and so do the meters.
  const float figures = std::max(wide, theme.px(kFigures));
  list->AddText(theme.fonts.figures, scaled,
                {std::floor(right_middle.x - wide), std::floor(right_middle.y - scaled * 0.5F)}, packed(theme.strong),
                share.c_str());
  if (!standing.copy_fraction) return figures;
  const float meter = theme.px(kMeter);
  const float left = right_middle.x - figures - theme.px(8.0F) - meter;
  draw_meter(list, theme, {left, std::floor(right_middle.y - theme.px(2.0F))}, {meter, theme.px(4.0F)},
             standing.copy_fraction, color);
  return right_middle.x - left;
}

/// A title on as many lines as it needs, at most two; the second is empty for a short one.
std::pair<std::string, std::string> in_two(const Theme& theme, const std::string& title, float width) {
  const auto fits = [&](std::string_view text) {
    return text_width(theme.fonts.words, text_size::body, text) <= width;
  };
  if (fits(title)) return {title, {}};
  for (std::size_t at = title.rfind(' '); at != std::string::npos && at > 0; at = title.rfind(' ', at - 1)) {
    if (fits(std::string_view(title).substr(0, at))) return {title.substr(0, at), title.substr(at + 1)};
  }
  return {shortened(theme.fonts.words, text_size::body, title, width), {}};
}

void draw_row(ViewContext& context, const Row& row, const VariantStanding& standing, bool timed) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float width = ImGui::GetContentRegionAvail().x;
  const float height = theme.px(kRow);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const bool selected = state.selected_variant == row.id;
  const bool ticked = state.ticked.contains(row.id);

  ImGui::PushID(row.id.c_str());
  ImGui::SetNextItemAllowOverlap();
  if (ImGui::InvisibleButton("select", {width, height}, ImGuiButtonFlags_EnableNav)) {
    select_variant(context.snapshot, state, row.id);
  }
  const bool hovered = ImGui::IsItemHovered();
  if (selected || hovered) {
    list->AddRectFilled(at, {at.x + width, at.y + height}, packed(theme.raised, selected ? 1.0F : 0.6F),
                        theme.px(corner::control));
  }
  if (selected) {
    list->AddRectFilled({at.x, at.y + theme.px(8.0F)}, {at.x + theme.px(2.0F), at.y + height - theme.px(8.0F)},
                        packed(theme.accent), theme.px(1.0F));
  }

  const float tick = theme.px(kTick);
  const ImVec2 tick_at = {at.x + theme.px(8.0F), at.y + std::floor((height - tick) * 0.5F)};
  ImGui::SetCursorScreenPos({at.x, at.y});
  if (ImGui::InvisibleButton("tick", {tick + theme.px(16.0F), height}, ImGuiButtonFlags_EnableNav)) {
    if (ticked)
      state.ticked.erase(row.id);
    else
      state.ticked.insert(row.id);
  }
  draw_tick(list, theme, tick_at, tick, ticked, ImGui::IsItemHovered());

  const float marker_x = tick_at.x + tick + theme.px(16.0F);
  draw_series_marker(list, theme, {marker_x, at.y + height * 0.5F}, theme.px(5.0F), row.slot);

  const float right = at.x + width - theme.px(8.0F);
  const float text_x = marker_x + theme.px(16.0F);
  const auto [title, more_title] = in_two(theme, row.title, right - text_x);
  const ImU32 ink = packed(selected ? theme.strong : theme.text);
  const float title_y = at.y + theme.px(4.0F);
  list->AddText(theme.fonts.words, text_size::body * theme.scale, {text_x, title_y}, ink, title.c_str());
  const float idea_y = title_y + std::ceil(text_size::body * theme.scale) + theme.px(3.0F);
  const float idea_middle = idea_y + std::floor(text_size::caption * theme.scale * 0.5F);
  const float taken =
      draw_standing(list, theme, standing, {right, idea_middle}, theme.series_style(row.slot).color, timed);
  // A name that needs both lines comes before the idea, which the card tells then.
  const bool named = !more_title.empty();
  const float size = named ? text_size::body : text_size::caption;
  const std::string second =
      shortened(theme.fonts.words, size, named ? more_title : row.idea, right - taken - theme.px(8.0F) - text_x);
  list->AddText(theme.fonts.words, size * theme.scale, {text_x, idea_y - (named ? theme.px(2.0F) : 0.0F)},
                named ? ink : packed(theme.quiet), second.c_str());
  if (hovered && (named || second != row.idea || standing.trouble) && begin_tip(theme)) {
    text_in(theme.fonts.strong, text_size::body, theme.strong, row.title);
    text_in(theme.fonts.words, text_size::small, theme.text, row.idea);
    if (standing.trouble) {
      const VerdictStyle style = theme.verdict_style(*standing.trouble);
      text_in(theme.fonts.words, text_size::small, style.tint.ink, fmt::format("{}: {}", style.word, standing.reason));
    }
    end_tip();
  }
  ImGui::SetCursorScreenPos({at.x, at.y + height});
  ImGui::Dummy({width, 0.0F});
  ImGui::PopID();
}

void draw_faults(ViewContext& context) {
  const Theme& theme = context.theme;
  for (const CatalogFault& fault : context.snapshot.catalog->faults) {
    badge(theme, theme.wrong, "!", "cannot be read");
    const std::string place = fault.line > 0 ? fmt::format("{}:{}", fault.file, fault.line) : fault.file;
    text_wrapped_in(theme.fonts.figures, text_size::small, theme.text, place);
    text_wrapped_in(theme.fonts.words, text_size::small, theme.wrong.ink, fault.message);
  }
}

}  // namespace

VariantStanding standing_of(const std::vector<PointPtr>& points, const std::string& variant) {
  VariantStanding standing;
  std::optional<Verdict> never_ran;
  std::string never_ran_reason;
  for (const PointPtr& point : points) {
    if (point->request.variant != variant) continue;
    ++standing.points;
    switch (point->verdict) {
      case Verdict::wrong:
        standing.trouble = Verdict::wrong;
        standing.reason = point->reason;
        continue;
      case Verdict::failed:
      case Verdict::unfit:
        never_ran = point->verdict;
        never_ran_reason = point->reason;
        continue;
      case Verdict::invalid:
        // Not believed, so not a best.
        never_ran = never_ran.value_or(Verdict::invalid);
        never_ran_reason = point->reason;
        continue;
      case Verdict::pass:
      case Verdict::noisy:
      case Verdict::throttled:
        break;
    }
    const std::optional<BytesPerSecond> rate = point->bandwidth();
    if (rate && (!standing.rate || *standing.rate < *rate)) {
      standing.rate = rate;
      standing.copy_fraction = point->copy_fraction();
    }
  }
  if (!standing.trouble && !standing.rate && never_ran) {
    standing.trouble = never_ran;
    standing.reason = never_ran_reason;
  }
  return standing;
}

std::string neighbour_of(const std::vector<std::string>& variants, const std::string& current, int step) {
  if (variants.empty()) return {};
  const auto at = std::find(variants.begin(), variants.end(), current);
  if (at == variants.end()) return variants.front();
  const auto index =
      std::clamp<std::ptrdiff_t>((at - variants.begin()) + step, 0, static_cast<std::ptrdiff_t>(variants.size()) - 1);
  return variants[static_cast<std::size_t>(index)];
}

std::vector<std::string> listed_variants(const Snapshot& snapshot, const ViewState& state, const PointIndex* index) {
  std::vector<std::string> ids;
  for (Row& row : rows_of(snapshot, state, index)) ids.push_back(std::move(row.id));
  return ids;
}

std::vector<std::string> shown_variants(const Snapshot& snapshot, const ViewState& state, const PointIndex* index) {
  std::vector<std::string> ids;
  for (Row& row : shown_rows(rows_of(snapshot, state, index), state.variants_filter)) ids.push_back(std::move(row.id));
  return ids;
}

std::string_view number_of(std::string_view id) {
  const std::string_view name = id.substr(id.rfind('/') + 1);  // npos + 1 is 0
  return name.substr(0, std::min(name.find_first_not_of("0123456789"), name.size()));
}

bool matches_words(std::string_view text, std::string_view filter) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  while (!filter.empty()) {
    const std::string_view word = filter.substr(0, filter.find(' '));
    if (std::search(text.begin(), text.end(), word.begin(), word.end(), same) == text.end()) return false;
    filter.remove_prefix(std::min(word.size() + 1, filter.size()));
  }
  return true;
}

void select_variant(const Snapshot& snapshot, ViewState& state, const std::string& id) {
  if (state.selected_variant == id) return;
  state.selected_variant = id;
  if (!state.selected_point) return;
  const PointPtr point = find_point(snapshot, *state.selected_point);
  if (!point || point->request.variant != id) state.selected_point.reset();
}

void VariantsView::list_actions(ViewContext& context, ActionList& actions) {
  ViewState& state = context.state;
  actions.add("filter the list", [this] { filter_wanted_ = true; });
  actions.add("show all", when(!state.variants_filter.empty(), [&state] { state.variants_filter.clear(); }));
}

void VariantsView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  const std::vector<Row> rows = rows_of(context.snapshot, context.state, &context.index);
  if (rows.empty()) {
    const bool waiting = context.snapshot.worker == WorkerState::starting;
    empty_state(theme, waiting ? "Looking for kernels" : "No variants here",
                waiting ? "The worker is reading the kernel files."
                        : fmt::format("Put a kernel file into kernels/{}/.", name_of(context.state.plan.operation)));
    draw_faults(context);
    return;
  }
  const bool timed = is_timed(device_kind_of(context.snapshot, context.state.plan.device));
  panel_note(theme, timed ? "share of copy" : "verdict");
  const Standings& standings = standings_.of(inputs_of_all_knobs(context), [&] {
    Standings made;
    const std::vector<PointPtr> points = points_on_problem(context.snapshot, context.state, rows, context.index);
    for (const Row& row : rows) made.emplace(row.id, standing_of(points, row.id));
    return made;
  });
  const std::vector<Row> shown = shown_rows(rows, context.state.variants_filter);
  draw_filter(context, shown.size(), rows.size());
  // The rows scroll below the filter.
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{0.0F, 0.0F});
  ImGui::BeginChild("rows", {0.0F, 0.0F}, ImGuiChildFlags_NavFlattened);
  ImGui::PopStyleVar();
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(8.0F), 0.0F});
  // Rows reach a little into the panel's margin, so that their text lines up with the title.
  for (const Row& row : shown) {
    const auto standing = standings.find(row.id);
    draw_row(context, row, standing == standings.end() ? VariantStanding{} : standing->second, timed);
    // Selected elsewhere (a key, a plot, a row of the results), it may lie outside what is seen.
    if (row.id != context.state.selected_variant || row.id == in_view_) continue;
    if (!ImGui::IsItemVisible()) ImGui::SetScrollHereY(0.5F);
    in_view_ = row.id;
  }
  ImGui::PopStyleVar();
  if (shown.empty()) {
    empty_state(theme, "No variant matches the filter",
                "Every word must be found in a name, an idea or a file's name.");
  }
  draw_faults(context);
  if (!shown.empty()) {
    ImGui::Dummy({0.0F, theme.px(4.0F)});
    text_wrapped_in(theme.fonts.words, text_size::small, theme.quiet,
                    fmt::format("+ a file saved in kernels/{}/ appears here", name_of(context.state.plan.operation)));
  }
  ImGui::EndChild();
}

void VariantsView::draw_filter(ViewContext& context, std::size_t shown, std::size_t all) {
  // A filter in force must be seen, however few variants another operation has.
  if (all < kWorthFiltering && context.state.variants_filter.empty() && !filter_wanted_) return;
  const Theme& theme = context.theme;
  const std::string count = shown == all ? std::string()
                                         : fmt::format("{} of {}", format_count(static_cast<std::int64_t>(shown)),
                                                       format_count(static_cast<std::int64_t>(all)));
  const float beside = count.empty() ? 0.0F : text_width(theme.fonts.figures, text_size::small, count) + theme.px(8.0F);
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x - beside);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{theme.px(8.0F), theme.px(4.0F)});
  if (std::exchange(filter_wanted_, false)) ImGui::SetKeyboardFocusHere();
  ImGui::InputTextWithHint("##filter", "filter: welford, split …", &context.state.variants_filter);
  ImGui::PopStyleVar();
  if (count.empty()) return;
  ImGui::SameLine(0.0F, theme.px(8.0F));
  ImGui::AlignTextToFramePadding();
  text_in(theme.fonts.figures, text_size::small, theme.quiet, count);
}

}  // namespace knobscope::gui
