#include "gui/shell/settings_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace knobscope::gui {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPause{2};

/// The new text in place of the old file, whole or not at all. The reason when it could not be.
std::optional<std::string> replace_file(const fs::path& file, const std::string& text) {
  std::error_code error;
  if (file.has_parent_path()) fs::create_directories(file.parent_path(), error);
  // Two windows may close at the same time.
  const fs::path fresh = file.string() + fmt::format(".{}", getpid());
  errno = 0;
  std::ofstream stream(fresh, std::ios::binary | std::ios::trunc);
  stream << text;
  stream.close();
  std::string reason = stream ? "" : std::strerror(errno);
  if (reason.empty()) {
    fs::rename(fresh, file, error);
    if (error) reason = error.message();
  }
  if (reason.empty()) return std::nullopt;
  fs::remove(fresh, error);
  return reason;
}

}  // namespace

SettingsFile::SettingsFile(fs::path file) : file_(std::move(file)) {}

Settings SettingsFile::load() {
  std::error_code error;
  if (file_.empty() || !fs::exists(file_, error)) return {};
  std::ifstream stream(file_, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) {
    fault_ = fmt::format("{} cannot be read: the window starts with its defaults.", file_.string());
    return {};
  }
  auto read = read_settings(text.str());
  if (auto* settings = std::get_if<Settings>(&read)) {
    written_ = text.str();
    return std::move(*settings);
  }
  const SettingsFault& fault = std::get<SettingsFault>(read);
  const std::string where = fault.line > 0 ? fmt::format("{}:{}", file_.string(), fault.line) : file_.string();
  if (fault.newer) {
    fault_ =
        fmt::format("{}: {}: the window starts with its defaults and leaves the file alone.", where, fault.message);
    file_.clear();
    return {};
  }
  const fs::path aside = file_.string() + ".broken";
  fs::rename(file_, aside, error);
  fault_ = fmt::format("{}: {}. The window starts with its defaults; the file is now {}.", where, fault.message,
                       aside.filename().string());
  return {};
}

bool SettingsFile::is_due() const { return !file_.empty() && std::chrono::steady_clock::now() - looked_ >= kPause; }

void SettingsFile::keep(const Settings& settings) {
  looked_ = std::chrono::steady_clock::now();
  if (file_.empty()) return;
  std::string text = write_settings(settings);
  if (text == written_) return;
  if (const auto reason = replace_file(file_, text)) {
    fault_ =
        fmt::format("{} cannot be written ({}): the window will not remember what is set.", file_.string(), *reason);
    // Once is enough to say.
    file_.clear();
    return;
  }
  written_ = std::move(text);
}

std::optional<std::string> SettingsFile::take_fault() { return std::exchange(fault_, std::nullopt); }

}  // namespace knobscope::gui
