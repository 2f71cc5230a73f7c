#include "cli/arguments.h"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/nearest.h"

namespace knobscope::cli {
namespace {

constexpr int kUsage = 2;

/// "1920x1080"
std::optional<PixelSize> read_size(const std::string& text) {
  PixelSize size;
  const char* end = text.data() + text.size();
  const auto [cross, width_error] = std::from_chars(text.data(), end, size.first);
  if (width_error != std::errc() || cross == end || *cross != 'x') return std::nullopt;
  const auto [rest, height_error] = std::from_chars(cross + 1, end, size.second);
  if (height_error != std::errc() || rest != end) return std::nullopt;
  const auto possible = [](int pixels) { return pixels >= 64 && pixels <= 16384; };
  if (!possible(size.first) || !possible(size.second)) return std::nullopt;
  return size;
}

const CLI::Validator kSize(
    [](std::string& text) {
      return read_size(text) ? std::string() : fmt::format("'{}' is not a size; write such as 1920x1080", text);
    },
    "WxH");

void add_root_flag(CLI::App& app, std::optional<std::filesystem::path>& root) {
  app.add_option("--root", root, "folder with kernels/, assets/ and shaders/")->type_name("FOLDER");
}

void add_plan_flags(CLI::App& app, PlanArguments& plan) {
  app.add_option("--plan", plan.plan_file, "a plan (TOML); other flags change it")->type_name("FILE");
  app.add_option("--device", plan.device, "cuda, cuda:N or cpu; the best one if not given")->type_name("ID");
  app.add_option("--op,--operation", plan.operation, "layernorm_forward, batchnorm_inference")->type_name("NAME");
  app.add_option("--shape", plan.shapes, "such as 16x64x256x256; several are measured one after another")
      ->type_name("SHAPE");
  app.add_option("--normalized-dims", plan.normalized_dims, "how many last dims make a row (LayerNorm)")
      ->type_name("N");
  app.add_option("--dtype", plan.types, "f32, f16, bf16")->type_name("TYPE")->delimiter(',');
  app.add_option("--distribution", plan.distributions, "uniform, normal, offset, constant, outlier, nonfinite")
      ->type_name("NAME")
      ->delimiter(',');
  app.add_option("--offset", plan.offsets, "mean of the distribution 'offset', in sigmas")
      ->type_name("X")
      ->delimiter(',');
  app.add_option("--seed", plan.seed, "seed of the inputs")->type_name("N");
  app.add_option("--epsilon", plan.epsilon, "added to the variance")->type_name("X");
  app.add_option("--variant", plan.variants, "kernel variants; all if not given (knobscope list)")
      ->type_name("NAME")
      ->delimiter(',');
  app.add_option("-a,--knob", plan.knobs, "values of a knob: block=256, block=64,128, block=[64,128], block=32..1024")
      ->type_name("KNOB=VALUES");
}

void add_method_flags(CLI::App& app, PlanArguments& plan) {
  const char* group = "How to time";
  app.add_flag("--no-cold", plan.no_cold, "no samples with flushed caches")->group(group);
  app.add_flag("--no-hot", plan.no_hot, "no samples back to back")->group(group);
  app.add_option("--time-limit", plan.time_limit_s, "of sampling, for each of cold and hot")
      ->type_name("SECONDS")
      ->group(group);
  app.add_option("--target-rse", plan.target_relative_error, "stop when the median is known this well, such as 0.005")
      ->type_name("X")
      ->group(group);
  app.add_option("--noisy-rse", plan.noisy_relative_error, "above this at the end, the verdict is noisy")
      ->type_name("X")
      ->group(group);
  app.add_option("--min-samples", plan.min_samples, "at least so many")->type_name("N")->group(group);
  app.add_option("--max-samples", plan.max_samples, "at most so many")->type_name("N")->group(group);
  app.add_option("--launch-limit", plan.launch_limit_s, "silence after which a kernel counts as hung")
      ->type_name("SECONDS")
      ->group(group);
}

void add_output_flags(CLI::App& app, OutputArguments& output) {
  const char* group = "Results";
  app.add_option("--json", output.json, "write JSON; - is standard output")->type_name("FILE")->group(group);
  app.add_option("--csv", output.csv, "write CSV")->type_name("FILE")->group(group);
  app.add_option("--md,--markdown", output.markdown, "write a Markdown table")->type_name("FILE")->group(group);
}

void add_measure_flags(CLI::App& app, MeasureArguments& measure) {
  add_plan_flags(app, measure.plan);
  add_method_flags(app, measure.plan);
  add_output_flags(app, measure.output);
  app.add_option("--session", measure.session, "add the points to a session file")->type_name("FILE")->group("Results");
  app.add_option("--write-plan", measure.write_plan, "write what is measured as a plan; - is standard output")
      ->type_name("FILE");
  app.add_flag("--dry-run", measure.dry_run, "say which points would be measured, and measure none");
}

void add_window_flags(CLI::App& app, GuiArguments& gui) {
  app.add_option("SESSION", gui.open, "a recorded session to look at");
  app.add_option("--session", gui.session, "write measured points to this file")->type_name("FILE");
  app.add_option("--device", gui.device, "cuda:N or cpu")->type_name("ID");
  app.add_option_function<std::string>(
         "--size", [&gui](const std::string& text) { gui.size = read_size(text); }, "of the window in pixels")
      ->check(kSize);
  app.add_option("--scale", gui.scale, "of everything drawn")->check(CLI::Range(0.25, 8.0));
  app.add_option("--theme", gui.theme, "dark or light")->check(CLI::IsMember({"dark", "light"}));
  app.add_option("--display", gui.display, "auto, desktop or none")->check(CLI::IsMember({"auto", "desktop", "none"}));
  app.add_option("--picture", gui.picture, "without a display: the picture to write")->type_name("FILE");
}

void add_screenshot_flags(CLI::App& app, ScreenshotArguments& shot) {
  app.add_option("SESSION", shot.session, "a recorded session; if not given, a short exploration is measured");
  app.add_option("--out", shot.out, "the PNG to write")->type_name("FILE")->required();
  app.add_option_function<std::string>(
         "--size", [&shot](const std::string& text) { shot.size = read_size(text).value_or(shot.size); },
         "in pixels, such as 1920x1080")
      ->check(kSize);
  app.add_option("--view", shot.view, "one panel instead of the whole window")->type_name("NAME");
  app.add_option("--scale", shot.scale, "of everything drawn")->check(CLI::Range(0.25, 8.0));
  app.add_option("--theme", shot.theme, "dark or light")->check(CLI::IsMember({"dark", "light"}));
  app.add_option("--device", shot.device, "cuda:N or cpu")->type_name("ID");
}

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
  DevicesArguments devices;
  CLI::App* devices_app = app.add_subcommand("devices", "say what this machine can measure on");
  devices_app->add_option("--json", devices.json, "write JSON; - is standard output")->type_name("FILE");
  ListArguments list;
  CLI::App* list_app = app.add_subcommand("list", "list the kernel variants and their knobs");
  list_app->add_option("--op,--operation", list.operation, "only of this operation")->type_name("NAME");
  list_app->add_option("--device", list.device, "only for cuda or cpu")->type_name("KIND");
  list_app->add_option("--json", list.json, "write JSON; - is standard output")->type_name("FILE");
  ShowArguments show;
  CLI::App* show_app = app.add_subcommand("show", "print the results of a session file");
  show_app->add_option("SESSION", show.session, "the file")->required();
  add_output_flags(*show_app, show.output);
  ScreenshotArguments shot;
  CLI::App* shot_app = app.add_subcommand("screenshot", "draw the window into a PNG; needs no display");
  add_screenshot_flags(*shot_app, shot);
  WorkerArguments worker;
  CLI::App* worker_app = app.add_subcommand("worker", "own the device and speak the protocol (started by the others)");
  worker_app->group("");  // nobody calls it by hand
  worker_app->add_option("--kernels", worker.kernels, "the folder of kernel files");
  worker_app->add_option("--cache", worker.cache, "the folder of compiled kernels");

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
  } else if (devices_app->parsed()) {
    invocation.command = devices;
  } else if (list_app->parsed()) {
    invocation.command = list;
  } else if (show_app->parsed()) {
    invocation.command = show;
  } else if (shot_app->parsed()) {
    invocation.command = shot;
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
  const auto dashes = (show.output.json == "-") + (show.output.csv == "-") + (show.output.markdown == "-");
  if (dashes > 1) return Ending{kUsage, "knobscope show: only one of the results can go to standard output ('-').\n"};
  return invocation;
}

}  // namespace knobscope::cli
