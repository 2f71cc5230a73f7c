#include "gui/shell/palette.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <imgui.h>

#include "gui/shell/fuzzy.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr float kWidth = 620.0F;
constexpr float kRow = 30.0F;
constexpr std::size_t kRowsShown = 12;

/// Draws `text` with the letters that were found in the accent. Returns where it ends.
float draw_found(const Theme& theme, ImVec2 at, const std::string& text, const std::vector<std::size_t>& found,
                 const ImVec4& color) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float size = text_size::body * theme.scale;
  std::size_t start = 0;
  while (start < text.size()) {
    const bool is_found = std::ranges::binary_search(found, start);
    std::size_t end = start + 1;
    while (end < text.size() && std::ranges::binary_search(found, end) == is_found) ++end;
    ImFont* font = is_found ? theme.fonts.strong : theme.fonts.words;
    const std::string part = text.substr(start, end - start);
    list->AddText(font, size, at, packed(is_found ? theme.accent : color), part.c_str());
    at.x += text_width(font, text_size::body, part);
    start = end;
  }
  return at.x;
}

}  // namespace

std::vector<std::size_t> found_entries(const std::vector<PaletteEntry>& entries, const std::string& query) {
  std::vector<std::pair<int, std::size_t>> found;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (const auto match = fuzzy_match(query, entries[i].title)) found.emplace_back(-match->score, i);
  }
  std::ranges::sort(found);
  std::vector<std::size_t> order;
  order.reserve(found.size());
  for (const auto& [score, index] : found) order.push_back(index);
  return order;
}

void Palette::open() {
  query_.fill('\0');
  current_ = 0;
  open_ = true;
  focus_wanted_ = true;
  scroll_wanted_ = true;
}

void Palette::move(std::size_t count) {
  if (count == 0) {
    current_ = 0;
    return;
  }
  const std::size_t last = count - 1;
  const std::size_t before = current_;
  current_ = std::min(current_, last);
  // Round and round, but a page stops at the ends.
  if (ImGui::IsKeyPressed(ImGuiKey_DownArrow)) current_ = current_ == last ? 0 : current_ + 1;
  if (ImGui::IsKeyPressed(ImGuiKey_UpArrow)) current_ = current_ == 0 ? last : current_ - 1;
  if (ImGui::IsKeyPressed(ImGuiKey_PageDown)) current_ = std::min(current_ + kRowsShown - 1, last);
  if (ImGui::IsKeyPressed(ImGuiKey_PageUp)) current_ -= std::min(current_, kRowsShown - 1);
  if (current_ != before) scroll_wanted_ = true;
}

void Palette::draw_row(const Theme& theme, const PaletteEntry& entry, bool current, float width) const {
  const ImVec2 at = ImGui::GetItemRectMin();
  const float height = theme.px(kRow);
  ImDrawList* list = ImGui::GetWindowDrawList();
  if (current || ImGui::IsItemHovered()) {
    list->AddRectFilled(at, {at.x + width, at.y + height}, packed(current ? theme.line : theme.raised),
                        theme.px(corner::control));
  }
  const float size = text_size::body * theme.scale;
  const float text_y = std::floor(at.y + (height - size) * 0.5F);
  const ImVec4& color = entry.act ? (current ? theme.strong : theme.text) : theme.quiet;
  const auto match = fuzzy_match(query_.data(), entry.title);
  const float key_wide = entry.key.empty() ? 0.0F : text_width(theme.fonts.figures, text_size::small, entry.key);
  const float room = width - theme.px(32.0F) - key_wide;
  list->PushClipRect(at, {at.x + theme.px(12.0F) + room, at.y + height}, true);
  const float end = draw_found(theme, {at.x + theme.px(12.0F), text_y}, entry.title,
                               match ? match->positions : std::vector<std::size_t>{}, color);
  // A word says it too: colour is never alone.
  const char* state = !entry.act ? "not now" : entry.chosen ? "✓" : "";
  list->AddText(theme.fonts.words, text_size::small * theme.scale, {end + theme.px(8.0F), text_y + theme.px(1.0F)},
                packed(entry.act ? theme.accent : theme.quiet), state);
  list->PopClipRect();
  if (entry.key.empty()) return;
  list->AddText(theme.fonts.figures, text_size::small * theme.scale,
                {at.x + width - theme.px(12.0F) - key_wide, text_y + theme.px(1.0F)}, packed(theme.quiet),
                entry.key.c_str());
}

void Palette::draw(const Theme& theme, const std::vector<PaletteEntry>& entries) {
  if (!open_) return;
  if (ImGui::IsKeyPressed(ImGuiKey_Escape)) {
    open_ = false;
    return;
  }
  const ImVec2 screen = ImGui::GetMainViewport()->Size;
  const float width = std::min(theme.px(kWidth), screen.x - theme.px(32.0F));
  ImGui::SetNextWindowPos({std::floor((screen.x - width) * 0.5F), std::floor(screen.y * 0.12F)});
  ImGui::SetNextWindowSize({width, 0.0F});
  if (focus_wanted_) ImGui::SetNextWindowFocus();
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(8.0F), theme.px(8.0F)});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, theme.panel);
  ImGui::Begin("##palette", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoMove | ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoNav);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  const bool is_first = focus_wanted_;
  if (std::exchange(focus_wanted_, false)) ImGui::SetKeyboardFocusHere();
  ImGui::SetNextItemWidth(-1.0F);
  if (ImGui::InputTextWithHint("##query", "What do you want to do?", query_.data(), query_.size())) {
    current_ = 0;
    scroll_wanted_ = true;
  }
  const std::vector<std::size_t> found = found_entries(entries, query_.data());
  move(found.size());
  std::function<void()> chosen;
  if (found.empty()) {
    text_in(theme.fonts.words, text_size::body, theme.quiet, "Nothing is called that. Fewer letters find more.");
  } else {
    const auto shown = static_cast<float>(std::min(found.size(), kRowsShown));
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0.0F, 0.0F});
    ImGui::BeginChild("entries", {0.0F, theme.px(kRow) * shown}, ImGuiChildFlags_None, ImGuiWindowFlags_NoNav);
    const float room = ImGui::GetContentRegionAvail().x;
    for (std::size_t row = 0; row < found.size(); ++row) {
      const PaletteEntry& entry = entries[found[row]];
      const bool current = row == current_;
      ImGui::PushID(entry.title.c_str());
      if (ImGui::InvisibleButton("entry", {room, theme.px(kRow)}) && entry.act) chosen = entry.act;
      ImGui::PopID();
      if (current && scroll_wanted_) ImGui::SetScrollHereY(0.5F);
      draw_row(theme, entry, current, room);
    }
    scroll_wanted_ = false;
    ImGui::EndChild();
    ImGui::PopStyleVar();
    const bool entered = ImGui::IsKeyPressed(ImGuiKey_Enter, false) || ImGui::IsKeyPressed(ImGuiKey_KeypadEnter, false);
    if (entered && entries[found[current_]].act) chosen = entries[found[current_]].act;
  }
  const bool left = !is_first && !ImGui::IsWindowFocused(ImGuiFocusedFlags_RootAndChildWindows);
  ImGui::End();
  if (chosen || left) open_ = false;
  // Enter takes the field's focus away.
  if (open_ && ImGui::IsKeyPressed(ImGuiKey_Enter, false)) focus_wanted_ = true;
  if (chosen) chosen();
}

}  // namespace knobscope::gui
