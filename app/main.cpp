// Wires the rooms together: reads the command line, finds the resources, and hands over to one of the subcommands.

#include <algorithm>
#include <csignal>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "catalog/catalog.h"
#include "catalog/fit_rules.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "core/nearest.h"
#include "worker/serve.h"

#if defined(KNOBSCOPE_HAS_GUI)
#include "gui/gui.h"
#endif

namespace knobscope {
namespace {

#if defined(KNOBSCOPE_HAS_GUI)

gui::Display display_named(const std::string& name) {
  if (name == "none") return gui::Display::none;
  return name == "desktop" ? gui::Display::desktop : gui::Display::automatic;
}

int open_window(const cli::GuiArguments& arguments, const cli::Places& places) {
  gui::GuiOptions options;
  options.resources = places.root;
  options.kernels_dir = places.kernels;
  options.cache_dir = places.cache;
  // For pictures and tests, which must not depend on what somebody has set before.
  if (!cli::process_environment("KNOBSCOPE_NO_SETTINGS")) options.config_dir = places.config;
  options.open = arguments.open;
  options.session = arguments.session;
  options.device = arguments.device == "cuda" ? "cuda:0" : arguments.device;
  if (arguments.size) options.size = gui::WindowSize{arguments.size->first, arguments.size->second};
  options.scale = arguments.scale;
  if (arguments.theme) options.theme = gui::theme_named(*arguments.theme);
  if (arguments.while_measuring) options.live_window = arguments.while_measuring == "live";
  options.display = display_named(arguments.display);
  options.picture = arguments.picture;
  options.program_version = KNOBSCOPE_VERSION;
  const catalog::CatalogFitRules rules;
  options.fit_rules = &rules;
  return gui::run(options);
}

int take_screenshot(const cli::ScreenshotArguments& arguments, const cli::Places& places) {
  const std::vector<std::string> views = gui::view_titles();
  if (!arguments.view.empty() && std::ranges::find(views, arguments.view) == views.end()) {
    std::string known;
    for (const std::string& view : views) known += (known.empty() ? "" : ", ") + view;
    return cli::complain(fmt::format("--view: there is no panel '{}'.{} Panels are {}.", arguments.view,
                                     did_you_mean(arguments.view, views), known),
                         cli::kExitUsage);
  }
  gui::ScreenshotOptions options;
  options.resources = places.root;
  options.kernels_dir = places.kernels;
  options.cache_dir = places.cache;
  options.open = arguments.session;
  options.out = arguments.out;
  options.size = {arguments.size.first, arguments.size.second};
  options.scale = arguments.scale;
  options.theme = gui::theme_named(arguments.theme).value_or(options.theme);
  options.live_window = arguments.while_measuring == "live";
  options.view = arguments.view;
  options.device = arguments.device == "cuda" ? "cuda:0" : arguments.device;
  options.plot = {arguments.lens,  arguments.quantity, arguments.x_axis, arguments.heat_axes,
                  arguments.point, arguments.baseline, arguments.compare};
  return gui::screenshot(options);
}

int time_frames(const cli::FramesArguments& arguments, const cli::Places& places) {
  gui::FramesOptions options;
  options.resources = places.root;
  options.kernels_dir = places.kernels;
  options.cache_dir = places.cache;
  options.open = arguments.session;
  options.size = {arguments.size.first, arguments.size.second};
  options.scale = arguments.scale;
  options.theme = gui::theme_named(arguments.theme).value_or(options.theme);
  options.display = display_named(arguments.display);
  options.device = arguments.device == "cuda" ? "cuda:0" : arguments.device;
  options.seconds = arguments.seconds;
  gui::FrameFigures figures;
  const int code = gui::measure_frames(options, figures);
  if (code == 0) fmt::print("{}", gui::to_text(figures));
  return code;
}

#else

constexpr const char* kNoWindow =
    "this build has no window; use knobscope run, sweep, show, list or devices, or build with -DKNOBSCOPE_GUI=ON";

int open_window(const cli::GuiArguments&, const cli::Places&) { return cli::complain(kNoWindow, cli::kExitUsage); }

int take_screenshot(const cli::ScreenshotArguments&, const cli::Places&) {
  return cli::complain(kNoWindow, cli::kExitUsage);
}

int time_frames(const cli::FramesArguments&, const cli::Places&) { return cli::complain(kNoWindow, cli::kExitUsage); }

#endif

int serve(const cli::WorkerArguments& arguments, const cli::Places& places) {
  // Ctrl+C is for the client, which tells us.
  std::signal(SIGINT, SIG_IGN);
  worker::ServeOptions options;
  options.kernels_dir = places.kernels.string();
  options.kernel_files = arguments.files;
  options.cache_dir = (arguments.cache.empty() ? places.cache : arguments.cache).string();
  return worker::serve(options);
}

/// One overload a command, chosen by std::visit.
struct Dispatch {
  const cli::Places& places;
  int operator()(const cli::GuiArguments& arguments) const { return open_window(arguments, places); }
  int operator()(const cli::MeasureArguments& arguments) const { return cli::measure(arguments, places); }
  int operator()(const cli::CheckArguments& arguments) const { return cli::check(arguments, places); }
  int operator()(const cli::BestArguments& arguments) const {
    return cli::best(arguments, places, catalog::scan(places.kernels), catalog::CatalogFitRules());
  }
  int operator()(const cli::CompareArguments& arguments) const { return cli::compare(arguments); }
  int operator()(const cli::AbArguments& arguments) const { return cli::ab(arguments, places); }
  int operator()(const cli::ErrorMapArguments& arguments) const { return cli::error_map(arguments, places); }
  int operator()(const cli::DevicesArguments& arguments) const { return cli::devices(arguments, places); }
  int operator()(const cli::ListArguments& arguments) const { return cli::list(arguments, places); }
  int operator()(const cli::ShowArguments& arguments) const { return cli::show(arguments); }
  int operator()(const cli::ScreenshotArguments& arguments) const { return take_screenshot(arguments, places); }
  int operator()(const cli::FramesArguments& arguments) const { return time_frames(arguments, places); }
  int operator()(const cli::WorkerArguments& arguments) const { return serve(arguments, places); }
};

int main_program(const std::vector<std::string>& arguments) {
  const auto parsed = cli::parse(arguments);
  if (const auto* ending = std::get_if<cli::Ending>(&parsed)) {
    fmt::print(ending->exit_code == 0 ? stdout : stderr, "{}", ending->text);
    return ending->exit_code;
  }
  const auto& invocation = std::get<cli::Invocation>(parsed);
  // A reader that goes away (knobscope list | head) is an error to handle where it is written to, not a death; so is a
  // worker that died with its pipe full.
  std::signal(SIGPIPE, SIG_IGN);
  // Recorded sessions can be printed and compared where no kernels are.
  if (const auto* show = std::get_if<cli::ShowArguments>(&invocation.command)) return cli::show(*show);
  if (const auto* compare = std::get_if<cli::CompareArguments>(&invocation.command)) return cli::compare(*compare);
  std::optional<std::filesystem::path> root = invocation.root;
  if (const auto* worker = std::get_if<cli::WorkerArguments>(&invocation.command)) {
    // Its client has found the kernels already.
    if (!worker->kernels.empty()) root = std::filesystem::absolute(worker->kernels).parent_path();
  }
  cli::Places places;
  try {
    places = cli::find_places(root, cli::program_file(), KNOBSCOPE_SOURCE_DIR, cli::process_environment);
  } catch (const std::exception& error) {
    return cli::complain(error.what(), cli::kExitUsage);
  }
  return std::visit(Dispatch{places}, invocation.command);
}

}  // namespace
}  // namespace knobscope

int main(int argc, char** argv) {
  try {
    return knobscope::main_program(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  } catch (const std::exception& error) {
    return knobscope::cli::complain(error.what(), knobscope::cli::kExitBadResult);
  }
}
