#include "gui/render/shader_program.h"

#include <fstream>
#include <optional>
#include <regex>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace knobscope::gui {
namespace {

std::optional<std::string> text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::filesystem::file_time_type time_of(const std::filesystem::path& file) {
  std::error_code ignored;
  return std::filesystem::last_write_time(file, ignored);
}

/// The shader, or 0 and a fault.
GLuint compile_shader(GLenum kind, const std::filesystem::path& file, std::string& fault) {
  const std::optional<std::string> text = text_of(file);
  if (!text) {
    fault =
        fmt::format("{}: cannot be read; the folder shaders/ belongs beside the program's resources", file.string());
    return 0;
  }
  const GLuint shader = glCreateShader(kind);
  const char* source = text->c_str();
  glShaderSource(shader, 1, &source, nullptr);
  glCompileShader(shader);
  GLint ok = 0;
  glGetShaderiv(shader, GL_COMPILE_STATUS, &ok);
  if (ok == GL_TRUE) return shader;
  GLint length = 0;
  glGetShaderiv(shader, GL_INFO_LOG_LENGTH, &length);
  std::string log(static_cast<std::size_t>(length > 0 ? length : 1), '\0');
  GLsizei written = 0;
  glGetShaderInfoLog(shader, length, &written, log.data());
  log.resize(static_cast<std::size_t>(written));
  fault = readable_shader_log(file.filename().string(), log);
  glDeleteShader(shader);
  return 0;
}

}  // namespace

std::string readable_shader_log(const std::string& file, const std::string& log) {
  // Mesa: "0:12(5): error: …"; NVIDIA: "0(12) : error C1503: …".
  const std::regex mesa(R"(^\d+:(\d+)\(\d+\): *)");
  const std::regex nvidia(R"(^\d+\((\d+)\) : *)");
  std::smatch match;
  const std::string first = log.substr(0, log.find('\n'));
  for (const std::regex* form : {&mesa, &nvidia}) {
    if (std::regex_search(first, match, *form))
      return fmt::format("{}:{}: {}", file, match[1].str(), match.suffix().str());
  }
  return fmt::format("{}: {}", file, first.empty() ? "did not compile" : first);
}

ShaderProgram::ShaderProgram(std::filesystem::path vertex, std::filesystem::path fragment)
    : files_{std::move(vertex), std::move(fragment)} {
  compile();
}

ShaderProgram::~ShaderProgram() {
  if (program_ != 0) glDeleteProgram(program_);
}

bool ShaderProgram::reload_if_changed() {
  if (time_of(files_[0]) == times_[0] && time_of(files_[1]) == times_[1]) return false;
  compile();
  return true;
}

void ShaderProgram::compile() {
  times_ = {time_of(files_[0]), time_of(files_[1])};
  fault_.clear();
  const GLuint vertex = compile_shader(GL_VERTEX_SHADER, files_[0], fault_);
  const GLuint fragment = vertex != 0 ? compile_shader(GL_FRAGMENT_SHADER, files_[1], fault_) : 0;
  if (vertex == 0 || fragment == 0) {
    if (vertex != 0) glDeleteShader(vertex);
    return;
  }
  const GLuint program = glCreateProgram();
  glAttachShader(program, vertex);
  glAttachShader(program, fragment);
  glLinkProgram(program);
  glDeleteShader(vertex);
  glDeleteShader(fragment);
  GLint ok = 0;
  glGetProgramiv(program, GL_LINK_STATUS, &ok);
  if (ok != GL_TRUE) {
    fault_ = fmt::format("{} and {} do not fit together", files_[0].filename().string(), files_[1].filename().string());
    glDeleteProgram(program);
    return;
  }
  if (program_ != 0) glDeleteProgram(program_);
  program_ = program;
}

}  // namespace knobscope::gui
