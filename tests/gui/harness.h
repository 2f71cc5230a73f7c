#pragma once
// A window on the null platform whose worker is a script: it shows snapshots it is given and writes down what is asked.

#include <array>
#include <filesystem>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/snapshot.h"
#include "gui/shell/session_keeper.h"
#include "gui/shell/stage.h"
#include "worker/client.h"

namespace knobscope::test {

/// Writes down every command.
class ScriptedSink final : public worker::CommandSink {
 public:
  void post(worker::Command command) override {
    const std::scoped_lock lock(mutex_);
    commands_.push_back(std::move(command));
  }
  std::vector<worker::Command> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(commands_, {});
  }
  /// The latest command of a kind since the last take(); nothing when there was none.
  template <typename Kind>
  std::optional<Kind> latest() const {
    const std::scoped_lock lock(mutex_);
    for (auto it = commands_.rbegin(); it != commands_.rend(); ++it) {
      if (const Kind* found = std::get_if<Kind>(&*it)) return *found;
    }
    return std::nullopt;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<worker::Command> commands_;
};

struct HarnessOptions {
  gui::WindowSize size{1680, 1050};
  std::optional<float> scale;
  std::optional<gui::ThemeName> theme = gui::ThemeName::dark;
  gui::Display display = gui::Display::none;
  std::filesystem::path save_folder = {};    ///< of session files and headers
  bool tour = false;                         ///< as at the first start
  std::vector<Plan> begun_plans = {};        ///< of the session that is gone on with
  std::filesystem::path settings_file = {};  ///< what the window remembers; empty: nothing
  gui::Desktop desktop = {};                 ///< whose clipboard takes pictures; empty: nobody's
};

/// How a window is looked at.
struct Look {
  const char* name;
  gui::WindowSize size;
  float scale;
  gui::ThemeName theme;
};
/// For test names that are the same in every run.
inline void PrintTo(const Look& look, std::ostream* out) { *out << look.name; }

/// Smallest and largest, in both themes: in all of them a window must be right.
inline constexpr std::array kLooks = {Look{"dark_1280", {1280, 720}, 1.0F, gui::ThemeName::dark},
                                      Look{"light_1280", {1280, 720}, 1.0F, gui::ThemeName::light},
                                      Look{"dark_4k", {3840, 2160}, 2.0F, gui::ThemeName::dark},
                                      Look{"light_4k", {3840, 2160}, 2.0F, gui::ThemeName::light}};

/// The whole window over a ScriptedSink.
class Harness {
 public:
  explicit Harness(HarnessOptions options = {});

  ScriptedSink& sink() { return sink_; }
  gui::Stage& stage() { return *stage_; }
  gui::ViewState& state() { return stage_->interface().state(); }
  Snapshot& snapshot() { return snapshot_; }
  void frames(int count);
  /// What the worker would do once a session was opened for reading.
  void show_what_was_opened();
  /// A picture under $KNOBSCOPE_PICTURES, when that is set: for people who look.
  void picture(const std::string& name);

 private:
  ScriptedSink sink_;
  gui::SessionKeeper keeper_;
  Snapshot snapshot_;
  std::unique_ptr<gui::Stage> stage_;
};

/// A fresh folder for one test, removed with it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace knobscope::test
