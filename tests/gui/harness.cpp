#include "gui/harness.h"

#include <cstdlib>
#include <stdexcept>

#include "gui/sample_snapshot.h"

namespace knobscope::test {

Harness::Harness(HarnessOptions options) : snapshot_(sample_snapshot()) {
  gui::StageOptions stage;
  stage.platform.display = options.display;
  stage.platform.size = options.size;
  stage.resources = KNOBSCOPE_SOURCE_DIR;
  stage.scale = options.scale;
  stage.settings_file = options.settings_file;
  stage.interface.theme = options.theme;
  stage.interface.save_folder = options.save_folder;
  stage.interface.tour = options.tour;
  stage.interface.desktop = options.desktop;
  stage.interface.begun_plans = options.begun_plans;
  stage_ = std::make_unique<gui::Stage>(stage, sink_, keeper_);
}

void Harness::frames(int count) {
  for (int i = 0; i < count || stage_->interface().is_busy(); ++i) {
    stage_->platform().poll_events();
    stage_->frame(snapshot_);
  }
}

void Harness::show_what_was_opened() {
  for (const worker::Command& command : sink_.take()) {
    const auto* shown = std::get_if<worker::ShowPoints>(&command);
    if (shown == nullptr) continue;
    snapshot_.points = std::make_shared<const std::vector<PointPtr>>(shown->points);
    snapshot_.devices = shown->devices;
    snapshot_.live.reset();
    snapshot_.progress = {};
    snapshot_.worker = WorkerState::idle;
  }
  ++snapshot_.revision;
}

void Harness::picture(const std::string& name) {
  const char* folder = std::getenv("KNOBSCOPE_PICTURES");
  if (folder == nullptr || *folder == '\0') return;
  stage_->write_picture(std::filesystem::path(folder) / (name + ".png"));
}

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "knobscope-gui-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder in " + pattern);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace knobscope::test
