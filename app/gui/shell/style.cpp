#include "gui/shell/style.h"

#include <imgui.h>
#include <implot.h>

namespace knobscope::gui {
namespace {

ImVec4 faded(const ImVec4& color, float alpha) { return {color.x, color.y, color.z, color.w * alpha}; }

void set_colors(const Theme& theme, ImGuiStyle& style) {
  const ImVec4 none{};
  const auto set = [&style](ImGuiCol index, const ImVec4& color) { style.Colors[index] = color; };
  set(ImGuiCol_Text, theme.text);
  set(ImGuiCol_TextDisabled, theme.quiet);
  set(ImGuiCol_TextLink, theme.accent);
  set(ImGuiCol_TextSelectedBg, faded(theme.accent, 0.3F));
  set(ImGuiCol_WindowBg, theme.panel);
  set(ImGuiCol_ChildBg, none);
  set(ImGuiCol_PopupBg, theme.raised);
  set(ImGuiCol_Border, theme.line);
  set(ImGuiCol_BorderShadow, none);
  set(ImGuiCol_FrameBg, theme.sunken);
  set(ImGuiCol_FrameBgHovered, theme.raised);
  set(ImGuiCol_FrameBgActive, theme.raised);
  set(ImGuiCol_TitleBg, theme.panel);
  set(ImGuiCol_TitleBgActive, theme.panel);
  set(ImGuiCol_TitleBgCollapsed, theme.panel);
  set(ImGuiCol_MenuBarBg, theme.panel);
  set(ImGuiCol_ScrollbarBg, none);
  set(ImGuiCol_ScrollbarGrab, theme.line);
  set(ImGuiCol_ScrollbarGrabHovered, faded(theme.quiet, 0.6F));
  set(ImGuiCol_ScrollbarGrabActive, faded(theme.quiet, 0.8F));
  set(ImGuiCol_CheckMark, theme.accent);
  set(ImGuiCol_SliderGrab, theme.accent);
  set(ImGuiCol_SliderGrabActive, theme.accent);
  set(ImGuiCol_Button, theme.raised);
  set(ImGuiCol_ButtonHovered, theme.line);
  set(ImGuiCol_ButtonActive, theme.line);
  set(ImGuiCol_Header, theme.raised);
  set(ImGuiCol_HeaderHovered, theme.raised);
  set(ImGuiCol_HeaderActive, theme.line);
  set(ImGuiCol_Separator, theme.faint_line);
  // Between panels only the ground shows.
  set(ImGuiCol_SeparatorHovered, theme.accent);
  set(ImGuiCol_SeparatorActive, theme.accent);
  set(ImGuiCol_ResizeGrip, none);
  set(ImGuiCol_ResizeGripHovered, theme.line);
  set(ImGuiCol_ResizeGripActive, theme.accent);
  set(ImGuiCol_Tab, none);
  set(ImGuiCol_TabHovered, theme.raised);
  set(ImGuiCol_TabSelected, none);
  set(ImGuiCol_TabSelectedOverline, none);
  set(ImGuiCol_TabDimmed, none);
  set(ImGuiCol_TabDimmedSelected, none);
  set(ImGuiCol_TabDimmedSelectedOverline, none);
  set(ImGuiCol_DockingPreview, faded(theme.accent, 0.4F));
  set(ImGuiCol_DockingEmptyBg, none);  // the frame was cleared to the ground
  set(ImGuiCol_TableHeaderBg, theme.panel);
  set(ImGuiCol_TableBorderStrong, theme.line);
  set(ImGuiCol_TableBorderLight, theme.faint_line);
  set(ImGuiCol_TableRowBg, none);
  set(ImGuiCol_TableRowBgAlt, none);
  set(ImGuiCol_DragDropTarget, theme.accent);
  set(ImGuiCol_NavCursor, theme.accent);
  set(ImGuiCol_ModalWindowDimBg, {0.0F, 0.0F, 0.0F, 0.5F});
}

void set_lengths(const Theme& theme, ImGuiStyle& style) {
  const auto pair = [&theme](float x, float y) { return ImVec2{theme.px(x), theme.px(y)}; };
  style.FontSizeBase = text_size::body;
  style.FontScaleDpi = theme.scale;
  style.WindowPadding = pair(12.0F, 8.0F);
  style.FramePadding = pair(8.0F, 6.0F);
  style.CellPadding = pair(8.0F, 4.0F);
  style.ItemSpacing = pair(8.0F, 8.0F);
  style.ItemInnerSpacing = pair(4.0F, 4.0F);
  style.IndentSpacing = theme.px(16.0F);
  style.ScrollbarSize = theme.px(8.0F);
  style.ScrollbarRounding = theme.px(4.0F);
  style.ScrollbarPadding = theme.px(1.0F);
  style.GrabMinSize = theme.px(12.0F);
  style.GrabRounding = theme.px(corner::control);
  style.FrameRounding = theme.px(corner::control);
  style.PopupRounding = theme.px(corner::panel);
  style.WindowRounding = theme.px(corner::panel);
  style.ChildRounding = theme.px(corner::control);
  style.TabRounding = theme.px(corner::control);
  style.WindowBorderSize = 1.0F;
  style.ChildBorderSize = 1.0F;
  style.PopupBorderSize = 1.0F;
  style.FrameBorderSize = 1.0F;
  style.TabBorderSize = 0.0F;
  style.TabBarBorderSize = 0.0F;
  style.TabBarOverlineSize = 0.0F;
  style.DockingSeparatorSize = theme.px(8.0F);
  style.DockingNodeHasCloseButton = false;
  style.WindowMenuButtonPosition = ImGuiDir_None;
  style.SeparatorTextBorderSize = theme.px(1.0F);
  style.DisabledAlpha = 0.5F;
  style.HoverDelayNormal = 0.35F;
}

void set_plot(const Theme& theme, ImPlotStyle& style) {
  const ImVec4 none{};
  style.Colors[ImPlotCol_FrameBg] = none;
  style.Colors[ImPlotCol_PlotBg] = none;
  style.Colors[ImPlotCol_PlotBorder] = none;
  style.Colors[ImPlotCol_LegendBg] = theme.raised;
  style.Colors[ImPlotCol_LegendBorder] = theme.line;
  style.Colors[ImPlotCol_LegendText] = theme.text;
  style.Colors[ImPlotCol_TitleText] = theme.strong;
  style.Colors[ImPlotCol_InlayText] = theme.text;
  style.Colors[ImPlotCol_AxisText] = theme.quiet;
  style.Colors[ImPlotCol_AxisGrid] = theme.faint_line;
  style.Colors[ImPlotCol_AxisTick] = theme.line;
  style.Colors[ImPlotCol_AxisBg] = none;
  style.Colors[ImPlotCol_AxisBgHovered] = theme.raised;
  style.Colors[ImPlotCol_AxisBgActive] = theme.raised;
  style.Colors[ImPlotCol_Selection] = theme.accent;
  style.Colors[ImPlotCol_Crosshairs] = theme.quiet;
  style.PlotPadding = {theme.px(8.0F), theme.px(8.0F)};
  style.LabelPadding = {theme.px(4.0F), theme.px(4.0F)};
  style.LegendPadding = {theme.px(8.0F), theme.px(8.0F)};
  style.LegendInnerPadding = {theme.px(8.0F), theme.px(4.0F)};
  style.MousePosPadding = {theme.px(8.0F), theme.px(8.0F)};
  style.AnnotationPadding = {theme.px(4.0F), theme.px(2.0F)};
  style.PlotBorderSize = 0.0F;
  style.MinorAlpha = 0.35F;
  style.MajorTickLen = {theme.px(0.0F), theme.px(0.0F)};
  style.MinorTickLen = {theme.px(0.0F), theme.px(0.0F)};
  style.MajorGridSize = {theme.px(1.0F), theme.px(1.0F)};
  style.MinorGridSize = {theme.px(1.0F), theme.px(1.0F)};
  style.PlotMinSize = {theme.px(80.0F), theme.px(48.0F)};
}

}  // namespace

void apply_style(const Theme& theme) {
  ImGuiStyle& style = ImGui::GetStyle();
  set_colors(theme, style);
  set_lengths(theme, style);
  if (ImPlot::GetCurrentContext() != nullptr) set_plot(theme, ImPlot::GetStyle());
}

}  // namespace knobscope::gui
