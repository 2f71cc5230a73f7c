#include "gui/views/log_view.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <ctime>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

#include "gui/views/action_list.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

constexpr std::array kLeast = {LogLevel::info, LogLevel::warning, LogLevel::error};
const std::array<std::string, kLeast.size()> kLevels = {"all", "warnings", "errors"};

std::string clock_time(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm local{};
#ifdef _WIN32
  localtime_s(&local, &seconds);
#else
  localtime_r(&seconds, &local);
#endif
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

std::string_view mark_of(LogLevel level) {
  switch (level) {
    case LogLevel::info:
      return "·";
    case LogLevel::warning:
      return "~";
    case LogLevel::error:
      return "!";
  }
  return "?";
}

const ImVec4& ink_of(const Theme& theme, LogLevel level) {
  switch (level) {
    case LogLevel::warning:
      return theme.noisy.ink;
    case LogLevel::error:
      return theme.wrong.ink;
    case LogLevel::info:
      break;
  }
  return theme.text;
}

}  // namespace

bool log_line_matches(const LogLine& line, LogLevel least, std::string_view filter) {
  if (line.level < least) return false;
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return filter.empty() ||
         std::search(line.text.begin(), line.text.end(), filter.begin(), filter.end(), same) != line.text.end();
}

void LogView::list_actions(ViewContext& /*context*/, ActionList& actions) {
  for (int level = 0; level < static_cast<int>(kLevels.size()); ++level) {
    actions.add(
        "show " + kLevels.at(static_cast<std::size_t>(level)), [this, level] { least_level_ = level; },
        level == least_level_);
  }
  actions.add("filter the lines", [this] { filter_wanted_ = true; });
  actions.add("copy the lines", [this] { copy_wanted_ = true; });
}

void LogView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  segmented(theme, "level", kLevels, least_level_);
  ImGui::SameLine();
  ImGui::SetNextItemWidth(std::min(theme.px(240.0F), ImGui::GetContentRegionAvail().x * 0.5F));
  if (std::exchange(filter_wanted_, false)) ImGui::SetKeyboardFocusHere();
  ImGui::InputTextWithHint("##filter", "filter", &filter_);
  ImGui::SameLine();
  const bool copy = button(theme, "copy", "Copy") || std::exchange(copy_wanted_, false);

  const std::vector<LogLine>& log = *context.snapshot.log;
  std::vector<const LogLine*> shown;
  for (const LogLine& line : log) {
    if (log_line_matches(line, kLeast[static_cast<std::size_t>(least_level_)], filter_)) shown.push_back(&line);
  }
  if (copy) {
    std::string text;
    for (const LogLine* line : shown) {
      text += fmt::format("{} {} {}\n", clock_time(line->when), mark_of(line->level), line->text);
    }
    ImGui::SetClipboardText(text.c_str());
  }
  if (shown.empty()) {
    empty_state(theme, log.empty() ? "Nothing happened yet" : "No line matches",
                log.empty() ? "What the worker says appears here." : "Clear the filter or show all levels.");
    return;
  }
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{0.0F, 0.0F});
  ImGui::BeginChild("lines", {0.0F, 0.0F}, ImGuiChildFlags_None);
  ImGui::PopStyleVar();
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(8.0F), theme.px(4.0F)});
  for (const LogLine* line : shown) {
    text_in(theme.fonts.figures, text_size::small, theme.quiet, clock_time(line->when));
    ImGui::SameLine();
    text_in(theme.fonts.figures, text_size::small, ink_of(theme, line->level), mark_of(line->level));
    ImGui::SameLine();
    text_wrapped_in(theme.fonts.words, text_size::small, ink_of(theme, line->level), line->text);
  }
  ImGui::PopStyleVar();
  // Stay at the newest line unless the person scrolled away from it.
  if (ImGui::GetScrollY() >= ImGui::GetScrollMaxY()) ImGui::SetScrollHereY(1.0F);
  ImGui::EndChild();
}

}  // namespace knobscope::gui
