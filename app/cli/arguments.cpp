#include "cli/arguments.h"

#include <algorithm>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/flags.h"
#include "core/nearest.h"

namespace knobscope::cli {
namespace {

constexpr int kUsage = 2;

/// One line, with the nearest flag where one was misspelt.
std::string explain(const CLI::App& app, const CLI::App* command, const CLI::ParseError& error,
                    const std::vector<std::string>& arguments) {
  const CLI::App& asked = command != nullptr ? *command : app;
  const std::string name = command != nullptr ? "knobscope " + command->get_name() : "knobscope";
  std::vector<std::string> known;
  for (const CLI::Option* option : asked.get_options()) {
    for (const std::string& flag : option->get_lnames()) known.push_back("--" + flag);
    for (const std::string& flag : option->get_snames()) known.push_back("-" + flag);
  }
  std::string what = error.what();
  std::string suggestion;
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    for (const std::string& argument : arguments) {
      const std::string flag = argument.substr(0, argument.find('='));
      if (!flag.starts_with('-') || flag == "-" || std::ranges::find(known, flag) != known.end()) continue;
      if (flag.size() > 1 && flag[1] >= '0' && flag[1] <= '9') continue;
      what = fmt::format("there is no flag '{}'.", flag);
      suggestion = did_you_mean(flag, known);
      break;
    }
  }
  std::ranges::replace(what, '\n', ' ');
  if (!what.ends_with('.')) what += '.';
  return fmt::format("{}: {}{} See {} --help.\n", name, what, suggestion, name);
}

/// A first word that is neither a command nor a file, before it is taken for a session to open.
std::optional<Ending> find_unknown_command(const CLI::App& app, const std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front().empty() || arguments.front().front() == '-') return std::nullopt;
  const std::string& word = arguments.front();
  std::vector<std::string> names;
  std::vector<std::string> shown;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == word) return std::nullopt;
    names.push_back(command->get_name());
    if (!command->get_group().empty()) shown.push_back(command->get_name());
  }
  std::error_code ignored;
  if (std::filesystem::exists(word, ignored)) return std::nullopt;
  return Ending{kUsage, fmt::format("knobscope: there is no command and no file '{}'.{} Commands are {}.\n", word,
                                    did_you_mean(word, names), fmt::join(shown, ", "))};
}

}  // namespace

std::variant<Invocation, Ending> parse(const std::vector<std::string>& arguments) {
  CLI::App app("Knobscope: explore the tuning knobs of GPU normalization kernels. Without a command, the window opens.",
               "knobscope");
  Invocation invocation;
  app.set_version_flag("--version", "knobscope " KNOBSCOPE_VERSION);
  app.require_subcommand(0, 1);
  app.get_formatter()->column_width(34);

  GuiArguments gui;
  add_window_flags(app, gui);
  GuiArguments gui_command;
  CLI::App* gui_app = app.add_subcommand("gui", "open the window (also without any command)");
  add_window_flags(*gui_app, gui_command);
  MeasureArguments run;
  CLI::App* run_app = app.add_subcommand("run", "measure one point a variant: knobs at their defaults unless given");
  add_measure_flags(*run_app, run);
  MeasureArguments sweep;
  sweep.sweep = true;
  CLI::App* sweep_app = app.add_subcommand("sweep", "measure every allowed value of the knobs that are not given");
  add_measure_flags(*sweep_app, sweep);
  CheckArguments check;
  CLI::App* check_app = app.add_subcommand("check", "judge kernel files without timing them; no GPU is needed");
  add_check_flags(*check_app, check);
  BestArguments best;
  CLI::App* best_app = app.add_subcommand("best", "name the fastest variant and knobs for a shape, export a header");
  add_best_flags(*best_app, best);
  CompareArguments compare;
  CLI::App* compare_app = app.add_subcommand("compare", "say what became faster or slower between two sessions");
  add_compare_flags(*compare_app, compare);
  AbArguments ab;
  CLI::App* ab_app = app.add_subcommand("ab", "time two variants in turns and say which one is faster");
  add_ab_flags(*ab_app, ab);
  ErrorMapArguments map;
  CLI::App* map_app = app.add_subcommand("error-map", "say where in an output the error is, down to single elements");
  add_error_map_flags(*map_app, map);
  DevicesArguments devices;
  CLI::App* devices_app = app.add_subcommand("devices", "say what this machine can measure on");
  devices_app->add_option("--json", devices.json, "write JSON; - is standard output")->type_name("FILE");
  ListArguments list;
  CLI::App* list_app = app.add_subcommand("list", "list the kernel variants, the forms they offer and their knobs");
  list_app->add_option("--op,--operation", list.operation, "only of this operation")->type_name("NAME");
  list_app->add_option("--device", list.device, "only for cuda, cpu or emulated")->type_name("KIND");
  list_app->add_option("--json", list.json, "write JSON; - is standard output")->type_name("FILE");
  ShowArguments show;
  CLI::App* show_app = app.add_subcommand("show", "print the results of a session file");
  show_app->add_option("SESSION", show.session, "the file")->required();
  add_output_flags(*show_app, show.output);
  show_app->add_flag("--phases", show.phases, "say where the time went")->group("Results");
  ScreenshotArguments shot;
  CLI::App* shot_app = app.add_subcommand("screenshot", "draw the window into a PNG; needs no display");
  add_screenshot_flags(*shot_app, shot);
  FramesArguments frames;
  CLI::App* frames_app = app.add_subcommand("frames", "time the window's frames: the first, each lens, idle");
  add_frames_flags(*frames_app, frames);
  WorkerArguments worker;
  CLI::App* worker_app = app.add_subcommand("worker", "own the device and speak the protocol (started by the others)");
  worker_app->group("");  // nobody calls it by hand
  worker_app->add_option("--kernels", worker.kernels, "the folder of kernel files");
  worker_app->add_option("--cache", worker.cache, "the folder of compiled kernels");
  worker_app->add_option("--file", worker.files, "a kernel file outside the folder of kernel files");

  // Not by falling through to the program's own flags: those belong to the window, and would be taken in silence.
  const auto every_app = app.get_subcommands([](const CLI::App*) { return true; });
  for (CLI::App* each : every_app) add_root_flag(*each, invocation.root);
  add_root_flag(app, invocation.root);

  if (auto ending = find_unknown_command(app, arguments)) return *ending;
  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return Ending{0, app.help()};
  } catch (const CLI::CallForVersion&) {
    return Ending{0, "knobscope " KNOBSCOPE_VERSION "\n"};
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    return Ending{kUsage, explain(app, chosen.empty() ? nullptr : chosen.front(), error, arguments)};
  }
  if (run_app->parsed()) {
    invocation.command = run;
  } else if (sweep_app->parsed()) {
    invocation.command = sweep;
  } else if (check_app->parsed()) {
    if (check.files.empty() && !check.all) {
      return Ending{kUsage, "knobscope check: no file is named; name kernel files, or give --all for every variant.\n"};
    }
    if (!check.files.empty() && check.all) {
      return Ending{kUsage, "knobscope check: --all is every variant; name files or give --all, not both.\n"};
    }
    invocation.command = check;
  } else if (best_app->parsed()) {
    if ((best.json == "-") + (best.csv == "-") + (best.header == "-") > 1) {
      return Ending{kUsage, "knobscope best: only one of the results can go to standard output ('-').\n"};
    }
    invocation.command = best;
  } else if (compare_app->parsed()) {
    invocation.command = compare;
  } else if (ab_app->parsed()) {
    invocation.command = ab;
  } else if (map_app->parsed()) {
    if (map.json == "-" && map.csv == "-") {
      return Ending{kUsage, "knobscope error-map: only one of the results can go to standard output ('-').\n"};
    }
    invocation.command = map;
  } else if (devices_app->parsed()) {
    invocation.command = devices;
  } else if (list_app->parsed()) {
    invocation.command = list;
  } else if (show_app->parsed()) {
    invocation.command = show;
  } else if (shot_app->parsed()) {
    invocation.command = shot;
  } else if (frames_app->parsed()) {
    invocation.command = frames;
  } else if (worker_app->parsed()) {
    invocation.command = worker;
  } else {
    invocation.command = gui_app->parsed() ? gui_command : gui;
  }
  for (const MeasureArguments* measure : {&run, &sweep}) {
    const OutputArguments& output = measure->output;
    const auto dashes = (output.json == "-") + (output.csv == "-") + (output.markdown == "-") +
                        (measure->write_plan == std::filesystem::path("-"));
    if (dashes > 1) return Ending{kUsage, "knobscope: only one of the results can go to standard output ('-').\n"};
  }
  for (const OutputArguments* output : {&show.output, &compare.output, &ab.output}) {
    const auto dashes = (output->json == "-") + (output->csv == "-") + (output->markdown == "-");
    if (dashes > 1) return Ending{kUsage, "knobscope: only one of the results can go to standard output ('-').\n"};
  }
  return invocation;
}

}  // namespace knobscope::cli
