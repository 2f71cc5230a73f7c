#pragma once
// An OpenGL program from two files, compiled again when they are saved.

#include <array>
#include <filesystem>
#include <string>

#include <glad/gl.h>

namespace knobscope::gui {

class ShaderProgram {
 public:
  ShaderProgram(std::filesystem::path vertex, std::filesystem::path fragment);
  ~ShaderProgram();
  ShaderProgram(const ShaderProgram&) = delete;
  ShaderProgram& operator=(const ShaderProgram&) = delete;

  /// 0 while the sources have never compiled.
  GLuint id() const { return program_; }
  /// "error_map.frag:12: …"; empty when the latest sources compiled. The last good program stays in use.
  const std::string& fault() const { return fault_; }
  /// True when a file had changed and was compiled again.
  bool reload_if_changed();

 private:
  void compile();

  std::array<std::filesystem::path, 2> files_;
  std::array<std::filesystem::file_time_type, 2> times_{};
  GLuint program_ = 0;
  std::string fault_;
};

/// A driver's message with the line put in front as people expect it ("0:12(5): error: …" and "0(12) : error …" both
/// become "<file>:12: …"). Pure.
std::string readable_shader_log(const std::string& file, const std::string& log);

}  // namespace knobscope::gui
