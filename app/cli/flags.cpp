// g++ 12 thinks that a string that CLI11 has just made may be at address 0.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wnull-dereference"
#endif
#include "cli/flags.h"

#include <charconv>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/awkward_shapes.h"
#include "core/problem.h"

namespace knobscope::cli {
namespace {

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

std::string operation_list() {
  std::vector<std::string_view> names;
  for (const Operation operation : kOperations) names.push_back(name_of(operation));
  return fmt::format("{}", fmt::join(names, ", "));
}

/// What is measured or checked: shared by run, sweep and check.
void add_problem_flags(CLI::App& app, PlanArguments& plan) {
  app.add_option("--op,--operation", plan.operation, operation_list())->type_name("NAME");
  app.add_option("--shape", plan.shapes, "such as 16x64x256x256; several are taken one after another")
      ->type_name("SHAPE");
  app.add_option("--normalized-dims", plan.normalized_dims, "how many last dims make a row (LayerNorm)")
      ->type_name("N");
  app.add_option("--dtype", plan.types, "f32, f16, bf16")->type_name("TYPE")->delimiter(',');
  app.add_option("--dist,--distribution", plan.distributions, "uniform, normal, offset, constant, outlier, nonfinite")
      ->type_name("NAME")
      ->delimiter(',');
  app.add_option("--offset", plan.offsets, "mean of the distribution 'offset', in sigmas")
      ->type_name("X")
      ->delimiter(',');
  app.add_option("--seed", plan.seed, "seed of the inputs")->type_name("N");
  app.add_option("--epsilon", plan.epsilon, "added to the variance")->type_name("X");
  app.add_option("--layout", plan.layout, "nchw, nhwc: order in memory (BatchNorm; the shape is N, C, H, W)")
      ->type_name("NAME");
  app.add_option("--activation", plan.activation, "none, relu, gelu: applied to y (LayerNorm forward)")
      ->type_name("NAME");
  app.add_option("-a,--knob", plan.knobs,
                 "values of a knob: block=256, block=64,128, block=[64,128], block=32..1024, block=all")
      ->type_name("KNOB=VALUES");
  app.add_flag("--quick", plan.quick, "on the emulated device: play once, and do not look for races");
  app.add_flag("--no-recheck", plan.no_recheck, "do not judge again after timing, on other inputs and loaded anew");
}

void add_launch_limit_flag(CLI::App& app, PlanArguments& plan, const char* group) {
  app.add_option("--launch-limit", plan.launch_limit_s, "silence after which a kernel counts as hung")
      ->type_name("SECONDS")
      ->group(group);
}

void add_device_flag(CLI::App& app, PlanArguments& plan) {
  app.add_option("--device", plan.device, "cuda, cuda:N, cpu or emulated; the best one if not given")->type_name("ID");
}

void add_plan_flags(CLI::App& app, PlanArguments& plan) {
  app.add_option("--plan", plan.plan_file, "a plan (TOML); other flags change it")->type_name("FILE");
  add_device_flag(app, plan);
  add_problem_flags(app, plan);
  app.add_option("--variant", plan.variants, "kernel variants; all if not given (knobscope list)")
      ->type_name("NAME")
      ->delimiter(',');
}

void add_method_flags(CLI::App& app, PlanArguments& plan) {
  const char* group = "How to time";
  app.add_flag("--counters", plan.counters,
               "after timing, ask CUPTI for kernel times, bytes of memory, cache hits and occupancy (NVIDIA GPUs)");
  app.add_option("--timing", plan.timings, "cold, rotating, hot, graph, wall, all: by which techniques; cold,hot")
      ->type_name("NAME")
      ->delimiter(',')
      ->group(group);
  app.add_flag("--no-cold", plan.no_cold, "no samples with flushed caches")->group(group);
  app.add_flag("--no-hot", plan.no_hot, "no samples back to back")->group(group);
  app.add_option("--noisy-rse", plan.noisy_relative_error, "above this at the end, the verdict is noisy")
      ->type_name("X")
      ->group(group);
  add_launch_limit_flag(app, plan, group);
  add_stopping_flags(app, plan);
}

std::string shape_list(Operation operation) {
  return fmt::format("  {:<21}{}\n  {:<21}{} with knobs at their smallest, {} with knobs that are no power of two\n",
                     name_of(operation), fmt::join(awkward_shape_names(operation), " "), "",
                     format_shape(tall_shape(operation)), format_shape(long_shape(operation)));
}

std::string check_footer() {
  std::string text = "Shapes, when none is given:\n";
  for (const Operation operation : kOperations) text += shape_list(operation);
  return text +
         "They have one row, one column, odd lengths, and lengths that are no multiple of 4, 8, 32 or a block.\n"
         "Types, layouts and activations: all that the file offers. Other knobs are at their defaults; -a block=all\n"
         "or --sweep for more.\n\n"
         "Exit code: 0 nothing found; 1 a finding, a wrong result or a failure, or nothing that could be played;\n"
         "2 bad usage, or a file that is no kernel file.";
}

}  // namespace

void add_root_flag(CLI::App& app, std::optional<std::filesystem::path>& root) {
  app.add_option("--root", root, "folder with kernels/, assets/ and shaders/")->type_name("FOLDER");
}

void add_output_flags(CLI::App& app, OutputArguments& output) {
  const char* group = "Results";
  app.add_option("--json", output.json, "write JSON; - is standard output")->type_name("FILE")->group(group);
  app.add_option("--csv", output.csv, "write CSV")->type_name("FILE")->group(group);
  app.add_option("--md,--markdown", output.markdown, "write a Markdown table")->type_name("FILE")->group(group);
}

void add_pair_flags(CLI::App& app, PlanArguments& plan) {
  add_device_flag(app, plan);
  add_problem_flags(app, plan);
  add_method_flags(app, plan);
}

void add_one_problem_flags(CLI::App& app, PlanArguments& plan) {
  add_device_flag(app, plan);
  add_problem_flags(app, plan);
  add_launch_limit_flag(app, plan, "Options");
}

void add_measure_flags(CLI::App& app, MeasureArguments& measure) {
  add_plan_flags(app, measure.plan);
  add_method_flags(app, measure.plan);
  add_output_flags(app, measure.output);
  app.add_option("--session", measure.session, "add the points to a session file")->type_name("FILE")->group("Results");
  app.add_flag("--resume", measure.resume, "measure only what the session file has not yet")
      ->needs(app.get_option("--session"))
      ->group("Results");
  app.add_flag("--phases", measure.phases, "say where the time went")->group("Results");
  app.add_option("--write-plan", measure.write_plan, "write what is measured as a plan; - is standard output")
      ->type_name("FILE");
  app.add_flag("--dry-run", measure.dry_run,
               "say which points would be measured and how long it takes, and measure none");
}

void add_check_flags(CLI::App& app, CheckArguments& check) {
  app.add_option("FILE", check.files, "kernel files, inside the kernels folder or anywhere else");
  app.add_flag("--all", check.all, "every variant of the kernels folder");
  app.add_option("--device", check.plan.device, "emulated (if not given), cpu (.cpp files), cuda or cuda:N")
      ->type_name("ID");
  add_problem_flags(app, check.plan);
  app.add_flag("--sweep", check.sweep, "all values of the knobs that are not given");
  add_launch_limit_flag(app, check.plan, "Options");
  app.add_option("--json", check.json, "write JSON; - is standard output")->type_name("FILE")->group("Results");
  app.add_option("--session", check.session, "add the points to a session file")->type_name("FILE")->group("Results");
  // Else a file that stands after `--shape 3x7` would be taken for a shape.
  for (CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) option->allow_extra_args(false);
  }
  app.footer(check_footer());
}

void add_window_flags(CLI::App& app, GuiArguments& gui) {
  app.add_option("SESSION", gui.open, "a recorded session to look at");
  app.add_option("--session", gui.session, "write measured points to this file")->type_name("FILE");
  app.add_option("--device", gui.device, "cuda:N, cpu or emulated")->type_name("ID");
  app.add_option_function<std::string>(
         "--size", [&gui](const std::string& text) { gui.size = read_size(text); }, "of the window in pixels")
      ->check(kSize);
  app.add_option("--scale", gui.scale, "of everything drawn")->check(CLI::Range(0.25, 8.0));
  app.add_option("--theme", gui.theme, "dark or light")->check(CLI::IsMember({"dark", "light"}));
  app.add_option("--while-measuring", gui.while_measuring,
                 "paused (at first) or live: what the window does while samples are taken on the GPU that draws it")
      ->check(CLI::IsMember({"paused", "live"}));
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
  app.add_option("--while-measuring", shot.while_measuring, "paused or live, as of the window")
      ->check(CLI::IsMember({"paused", "live"}));
  app.add_option("--device", shot.device, "cuda:N, cpu or emulated")->type_name("ID");
  constexpr const char* plot = "The large plot";
  app.add_option("--lens", shot.lens, "lines, heat-map, error, time-error, roofline or compare")
      ->type_name("NAME")
      ->group(plot);
  app.add_option("--quantity", shot.quantity, "bandwidth, elements, time, of-copy or speed-up")
      ->type_name("NAME")
      ->group(plot);
  app.add_option("--x", shot.x_axis, "a knob, columns or offset along the x axis")->type_name("AXIS")->group(plot);
  app.add_option("--heat-axes", shot.heat_axes, "of the heat map: two of knob, columns, rows and type")
      ->delimiter(',')
      ->type_name("X,Y")
      ->allow_extra_args(false)
      ->group(plot);
  app.add_option("--point", shot.point, "the point to select, by its id; its problem is shown")
      ->type_name("ID")
      ->group(plot);
  app.add_option("--baseline", shot.baseline, "the point that others are compared with, by its id")
      ->type_name("ID")
      ->group(plot);
  app.add_option("--compare", shot.compare, "an older session, for the compare lens")->type_name("FILE")->group(plot);
}

void add_frames_flags(CLI::App& app, FramesArguments& frames) {
  app.add_option("SESSION", frames.session, "a recorded session; if not given, frames while a sweep runs are timed");
  app.add_option_function<std::string>(
         "--size", [&frames](const std::string& text) { frames.size = read_size(text).value_or(frames.size); },
         "in pixels, such as 1280x720")
      ->check(kSize);
  app.add_option("--scale", frames.scale, "of everything drawn")->check(CLI::Range(0.25, 8.0));
  app.add_option("--theme", frames.theme, "dark or light")->check(CLI::IsMember({"dark", "light"}));
  app.add_option("--display", frames.display, "none (at first), auto or desktop")
      ->check(CLI::IsMember({"auto", "desktop", "none"}));
  app.add_option("--device", frames.device, "cuda:N, cpu or emulated")->type_name("ID");
  app.add_option("--seconds", frames.seconds, "of each part")->check(CLI::Range(0.1, 600.0));
}

}  // namespace knobscope::cli
