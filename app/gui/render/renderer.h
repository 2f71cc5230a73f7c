#pragma once
// What is drawn by OpenGL itself rather than by Dear ImGui: pictures made by the programs in shaders/. Belongs to the
// UI thread with the context current, from construction to destruction.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include <imgui.h>

#include "core/error_report.h"
#include "gui/render/error_scale.h"
#include "gui/theme.h"

namespace knobscope::gui {

class Renderer {
 public:
  /// `shaders` is the folder with error_map.vert and error_map.frag. A shader that cannot be read or does not compile
  /// is a fault(), not an exception: the window goes on without that picture.
  explicit Renderer(const std::filesystem::path& shaders);
  ~Renderer();
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  /// A picture of width × height device pixels of the map's tiles, row 0 at the top, for ImGui::Image with the
  /// default texture coordinates. Remade only when the map, the size, the scale or the theme changes; the most
  /// recent ones are kept. ImTextureID_Invalid when the shader has a fault.
  ImTextureID error_map(const std::shared_ptr<const ErrorMap>& map, const ErrorScale& scale, const Theme& theme,
                        int width, int height);
  /// The scale itself from low (left) to high (right), by the same program.
  ImTextureID error_legend(const ErrorScale& scale, const Theme& theme, int width, int height);

  /// Draws a picture that nobody sees: drivers compile a program when it first draws, which takes some tens of
  /// milliseconds, better at the start than while somebody looks on.
  void warm_up(const Theme& theme);
  /// Grows with every picture that is drawn: while it stays, each texture holds what it held.
  std::uint64_t revision() const;

  /// "error_map.frag:12: …" while a shader does not compile; empty when all is well.
  const std::string& fault() const;

  /// Compiles again those shaders whose files changed since. Cheap: one look at two files.
  void reload_changed_shaders();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace knobscope::gui
