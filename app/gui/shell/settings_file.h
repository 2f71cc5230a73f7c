#pragma once
// The file of what the window remembers: read once, written again whenever something has changed.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "gui/shell/settings.h"

namespace knobscope::gui {

class SettingsFile {
 public:
  /// Empty: nothing is remembered.
  explicit SettingsFile(std::filesystem::path file);

  /// What the last start left; the defaults when there is no file. A file that cannot be understood is put aside (its
  /// name with ".broken" added), one of a later version is neither read nor written over; take_fault() says so.
  Settings load();
  /// Whether keep() may write again: some time has passed since it last looked.
  bool is_due() const;
  /// Writes when something differs from what is in the file: to a new file first, which then replaces the old one, so
  /// that a crash or a full disk leaves one or the other.
  void keep(const Settings& settings);
  /// One sentence for the window, once.
  std::optional<std::string> take_fault();

 private:
  std::filesystem::path file_;
  std::string written_;
  std::optional<std::string> fault_;
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
};

}  // namespace knobscope::gui
