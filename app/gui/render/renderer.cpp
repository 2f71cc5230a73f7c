#include "gui/render/renderer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include <glad/gl.h>

#include "gui/render/shader_program.h"

namespace knobscope::gui {
namespace {

constexpr std::size_t kKept = 12;

/// What a picture was made from; equal keys give equal pictures.
struct PictureKey {
  std::shared_ptr<const ErrorMap> map;  ///< null: the legend
  ErrorScale scale;
  ThemeName theme = ThemeName::dark;
  int width = 0;
  int height = 0;

  bool operator==(const PictureKey& other) const {
    return map == other.map && scale.low == other.scale.low && scale.tolerance == other.scale.tolerance &&
           scale.high == other.scale.high && theme == other.theme && width == other.width && height == other.height;
  }
};

struct Picture {
  PictureKey key;
  GLuint texture = 0;
  int last_used_frame = 0;
};

GLuint make_texture(GLint format, int width, int height, GLenum layout, GLenum type, const void* data) {
  GLuint texture = 0;
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D, texture);
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  glTexImage2D(GL_TEXTURE_2D, 0, format, width, height, 0, layout, type, data);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  glBindTexture(GL_TEXTURE_2D, 0);
  return texture;
}

void set_stops(GLuint program, const char* name, const std::array<ImVec4, 3>& stops) {
  std::array<GLfloat, 9> values{};
  for (std::size_t i = 0; i < stops.size(); ++i) {
    values[i * 3] = stops[i].x;
    values[i * 3 + 1] = stops[i].y;
    values[i * 3 + 2] = stops[i].z;
  }
  glUniform3fv(glGetUniformLocation(program, name), 3, values.data());
}

}  // namespace

struct Renderer::Impl {
  explicit Impl(const std::filesystem::path& shaders)
      : program(shaders / "error_map.vert", shaders / "error_map.frag") {
    glGenVertexArrays(1, &vertex_array);
    glGenFramebuffers(1, &framebuffer);
  }
  ~Impl() {
    forget_pictures();
    glDeleteFramebuffers(1, &framebuffer);
    glDeleteVertexArrays(1, &vertex_array);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void forget_pictures() {
    for (const Picture& picture : pictures) glDeleteTextures(1, &picture.texture);
    pictures.clear();
  }

  /// Draw lists of this frame and the one before may still name a texture, so only older ones go.
  void drop_unused(int frame) {
    while (pictures.size() >= kKept) {
      const auto oldest = std::min_element(pictures.begin(), pictures.end(), [](const Picture& a, const Picture& b) {
        return a.last_used_frame < b.last_used_frame;
      });
      if (oldest->last_used_frame >= frame - 1) return;
      glDeleteTextures(1, &oldest->texture);
      pictures.erase(oldest);
    }
  }

  ImTextureID find_or_draw(const PictureKey& key, const Theme& theme);
  GLuint draw(const PictureKey& key, const Theme& theme) const;

  ShaderProgram program;
  GLuint vertex_array = 0;
  GLuint framebuffer = 0;
  std::vector<Picture> pictures;
  std::uint64_t revision = 0;
};

GLuint Renderer::Impl::draw(const PictureKey& key, const Theme& theme) const {
  const GLuint target = make_texture(GL_RGBA8, key.width, key.height, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
  const float nothing = 0.0F;
  const GLuint tiles = key.map ? make_texture(GL_R32F, key.map->tile_columns, key.map->tile_rows, GL_RED, GL_FLOAT,
                                              key.map->max_abs.data())
                               : make_texture(GL_R32F, 1, 1, GL_RED, GL_FLOAT, &nothing);

  std::array<GLint, 4> viewport{};
  GLint bound = 0;
  glGetIntegerv(GL_VIEWPORT, viewport.data());
  glGetIntegerv(GL_FRAMEBUFFER_BINDING, &bound);
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, target, 0);
  glViewport(0, 0, key.width, key.height);
  glDisable(GL_BLEND);
  glDisable(GL_SCISSOR_TEST);
  glDisable(GL_CULL_FACE);
  glDisable(GL_DEPTH_TEST);

  const GLuint id = program.id();
  glUseProgram(id);
  glActiveTexture(GL_TEXTURE0);
  glBindTexture(GL_TEXTURE_2D, tiles);
  glUniform1i(glGetUniformLocation(id, "tiles"), 0);
  glUniform3f(glGetUniformLocation(id, "scale_log10"), static_cast<float>(std::log10(key.scale.low)),
              static_cast<float>(std::log10(key.scale.tolerance)), static_cast<float>(std::log10(key.scale.high)));
  set_stops(id, "cool", theme.cool);
  set_stops(id, "hot", theme.hot);
  glUniform2f(glGetUniformLocation(id, "picture"), static_cast<float>(key.width), static_cast<float>(key.height));
  glUniform1f(glGetUniformLocation(id, "hatch_width"), theme.px(3.0F));
  glUniform1i(glGetUniformLocation(id, "legend"), key.map ? 0 : 1);
  glBindVertexArray(vertex_array);
  glDrawArrays(GL_TRIANGLES, 0, 3);

  glBindVertexArray(0);
  glUseProgram(0);
  glBindTexture(GL_TEXTURE_2D, 0);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, 0, 0);
  glBindFramebuffer(GL_FRAMEBUFFER, static_cast<GLuint>(bound));
  glViewport(viewport[0], viewport[1], viewport[2], viewport[3]);
  glDeleteTextures(1, &tiles);
  return target;
}

ImTextureID Renderer::Impl::find_or_draw(const PictureKey& key, const Theme& theme) {
  if (program.id() == 0 || key.width <= 0 || key.height <= 0) return ImTextureID_Invalid;
  const int frame = ImGui::GetFrameCount();
  const auto known =
      std::find_if(pictures.begin(), pictures.end(), [&key](const Picture& picture) { return picture.key == key; });
  if (known != pictures.end()) {
    known->last_used_frame = frame;
    return static_cast<ImTextureID>(known->texture);
  }
  drop_unused(frame);
  pictures.push_back({key, draw(key, theme), frame});
  ++revision;
  return static_cast<ImTextureID>(pictures.back().texture);
}

Renderer::Renderer(const std::filesystem::path& shaders) : impl_(std::make_unique<Impl>(shaders)) {}
Renderer::~Renderer() = default;

ImTextureID Renderer::error_map(const std::shared_ptr<const ErrorMap>& map, const ErrorScale& scale, const Theme& theme,
                                int width, int height) {
  if (!map || map->tile_rows <= 0 || map->tile_columns <= 0) return ImTextureID_Invalid;
  const auto tiles = static_cast<std::size_t>(map->tile_rows) * static_cast<std::size_t>(map->tile_columns);
  if (map->max_abs.size() != tiles) return ImTextureID_Invalid;
  return impl_->find_or_draw({map, scale, theme.name, width, height}, theme);
}

ImTextureID Renderer::error_legend(const ErrorScale& scale, const Theme& theme, int width, int height) {
  return impl_->find_or_draw({nullptr, scale, theme.name, width, height}, theme);
}

void Renderer::warm_up(const Theme& theme) { error_legend({}, theme, 1, 1); }

std::uint64_t Renderer::revision() const { return impl_->revision; }

const std::string& Renderer::fault() const { return impl_->program.fault(); }

void Renderer::reload_changed_shaders() {
  if (impl_->program.reload_if_changed()) impl_->forget_pictures();
}

}  // namespace knobscope::gui
