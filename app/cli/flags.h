#pragma once
// The flags of the commands, each bound to the value it sets. `app` and the values must outlive the parsing.

#include <filesystem>
#include <optional>

#include "cli/arguments.h"

namespace CLI {
class App;
}

namespace knobscope::cli {

void add_root_flag(CLI::App& app, std::optional<std::filesystem::path>& root);
void add_output_flags(CLI::App& app, OutputArguments& output);
/// run and sweep.
void add_measure_flags(CLI::App& app, MeasureArguments& measure);
void add_check_flags(CLI::App& app, CheckArguments& check);
void add_best_flags(CLI::App& app, BestArguments& best);
void add_compare_flags(CLI::App& app, CompareArguments& compare);
void add_ab_flags(CLI::App& app, AbArguments& ab);
void add_error_map_flags(CLI::App& app, ErrorMapArguments& map);
/// Device, problem and knobs of what is looked at.
void add_one_problem_flags(CLI::App& app, PlanArguments& plan);
/// What `ab` measures, and how: no variants, for it names two.
void add_pair_flags(CLI::App& app, PlanArguments& plan);
/// When a series of samples is long enough: run, sweep and best.
void add_stopping_flags(CLI::App& app, PlanArguments& plan);
void add_window_flags(CLI::App& app, GuiArguments& gui);
void add_screenshot_flags(CLI::App& app, ScreenshotArguments& shot);
void add_frames_flags(CLI::App& app, FramesArguments& frames);

}  // namespace knobscope::cli
