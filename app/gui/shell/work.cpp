#include "gui/shell/work.h"

#include <system_error>
#include <utility>

#include "gui/shell/platform.h"
#include "session/session.h"

namespace knobscope::gui {

Work::Work(const std::filesystem::path& kernels, const std::filesystem::path& cache, std::vector<std::string> command,
           const std::optional<std::filesystem::path>& session_file) {
  if (session_file) keeper.open(*session_file);
  worker::ClientOptions options;
  options.command = std::move(command);
  options.kernels_dir = kernels.string();
  options.cache_dir = cache.string();
  options.first_point_id = keeper.first_point_id();
  if (session_file) options.known_ceilings = known_ceilings(session::load(*session_file).points);
  options.on_point = [this](const PointPtr& point) { keeper.add(point); };
  options.on_change = [] { Platform::wake(); };
  client = std::make_unique<worker::Client>(std::move(options));
}

void Work::take_up(const std::vector<PointPtr>& points) {
  keeper.know(points);
  client->post(worker::ShowPoints{points, {}, true});
}

std::vector<PointPtr> recorded_baselines(const std::filesystem::path& resources) {
  std::vector<PointPtr> baselines;
  std::error_code missing;
  for (const auto& file : std::filesystem::directory_iterator(resources / "assets" / "baselines", missing)) {
    if (file.path().extension() != ".session") continue;
    try {
      for (PointPtr& point : session::load(file.path()).points) {
        if (point->is_baseline()) baselines.push_back(std::move(point));
      }
    } catch (const session::SessionError&) {
    }
  }
  return baselines;
}

}  // namespace knobscope::gui
