#include "gui/shell/fonts.h"

#include <fmt/format.h>

namespace knobscope::gui {
namespace {

/// A face, and another one for the glyphs it lacks (marks, thin spaces).
ImFont* load(const std::filesystem::path& folder, const char* face, const char* fallback) {
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  ImFont* font = nullptr;
  for (const char* name : {face, fallback}) {
    const std::filesystem::path file = folder / name;
    if (!std::filesystem::is_regular_file(file)) {
      throw FontError(
          fmt::format("{}: missing; the folder assets/ belongs beside the program's resources", file.string()));
    }
    ImFontConfig config;
    config.MergeMode = font != nullptr;
    font = atlas->AddFontFromFileTTF(file.string().c_str(), text_size::body, &config);
    if (font == nullptr) throw FontError(fmt::format("{}: not a font that can be read", file.string()));
  }
  return font;
}

}  // namespace

Fonts load_fonts(const std::filesystem::path& assets) {
  const std::filesystem::path folder = assets / "fonts";
  // Room for all glyphs that a session meets, also at twice the size: each time the atlas grows, all is drawn anew.
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  atlas->TexMinWidth = 1024;
  atlas->TexMinHeight = 512;
  Fonts fonts;
  fonts.words = load(folder, "Inter-Regular.otf", "JetBrainsMono-Regular.ttf");
  fonts.strong = load(folder, "Inter-SemiBold.otf", "JetBrainsMono-Bold.ttf");
  fonts.figures = load(folder, "JetBrainsMono-Regular.ttf", "Inter-Regular.otf");
  fonts.strong_figures = load(folder, "JetBrainsMono-Bold.ttf", "Inter-SemiBold.otf");
  ImGui::GetIO().FontDefault = fonts.words;
  return fonts;
}

}  // namespace knobscope::gui
