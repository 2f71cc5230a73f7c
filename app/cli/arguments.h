#pragma once
// What the command line says, as plain values. Nothing here opens a file or a device.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace knobscope::cli {

/// The flags that make or change a plan; texts are read later, so that flags and plan files share one reader.
struct PlanArguments {
  std::optional<std::filesystem::path> plan_file;
  std::optional<std::string> device;
  std::optional<std::string> operation;
  std::vector<std::string> shapes;
  std::optional<int> normalized_dims;
  std::vector<std::string> types;
  std::vector<std::string> distributions;
  std::vector<double> offsets;
  std::optional<std::string> seed;
  std::optional<double> epsilon;
  std::optional<std::string> layout;
  std::optional<std::string> activation;
  std::vector<std::string> variants;
  std::vector<std::string> knobs;  ///< "block=64,128"
  std::vector<std::string> timings;
  bool no_cold = false;
  bool no_hot = false;
  std::optional<double> target_relative_error;
  std::optional<double> noisy_relative_error;
  std::optional<int> min_samples;
  std::optional<int> max_samples;
  std::optional<double> time_limit_s;
  std::vector<std::string> stopping_criteria;  ///< "stdrel", "hot=sample-count"
  std::optional<std::string> max_noise;        ///< in percent
  std::optional<double> max_angle;
  std::optional<double> min_r2;
  std::optional<double> min_time_s;
  std::optional<int> target_samples;
  std::optional<double> throttle_threshold;  ///< in percent
  std::optional<double> throttle_recovery_s;
  std::optional<double> launch_limit_s;
  bool counters = false;
  bool quick = false;       ///< the emulated device: one play, no race check
  bool no_recheck = false;  ///< do not judge again after timing
};

/// Files to write results to; "-" is standard output, for at most one of them.
struct OutputArguments {
  std::optional<std::string> json;
  std::optional<std::string> csv;
  std::optional<std::string> markdown;
};

struct MeasureArguments {
  bool sweep = false;  ///< knobs that are not given: all their values
  bool dry_run = false;
  bool resume = false;  ///< what the session has is not measured again
  bool phases = false;  ///< say where the time went
  PlanArguments plan;
  OutputArguments output;
  std::optional<std::filesystem::path> write_plan;
  std::optional<std::filesystem::path> session;
};

struct CheckArguments {
  std::vector<std::filesystem::path> files;
  bool all = false;    ///< every variant, instead of files
  bool sweep = false;  ///< knobs that are not given: all their values
  PlanArguments plan;  ///< device "" is the emulated one; shapes empty: awkward ones; types empty: all of the variant
  std::optional<std::string> json;
  std::optional<std::filesystem::path> session;
};

struct BestArguments {
  PlanArguments plan;  ///< one shape and type; no shape: all that were measured
  std::vector<std::filesystem::path> sessions;
  bool measure = false;
  double budget_s = 120.0;  ///< of measuring
  std::optional<std::string> header;
  std::optional<std::string> json;
  std::optional<std::string> csv;
};

struct CompareArguments {
  std::filesystem::path base;
  std::filesystem::path next;
  std::optional<std::string> threshold;  ///< "2%", "0.02"
  bool fail_on_regression = false;
  OutputArguments output;
};

struct AbArguments {
  std::string base;  ///< "block_per_row:block=256"
  std::string next;
  PlanArguments plan;                    ///< without variants
  std::optional<std::string> threshold;  ///< "1%", "0.01"
  bool fail_on_regression = false;
  OutputArguments output;
  std::optional<std::filesystem::path> session;
};

struct ErrorMapArguments {
  std::string variant;                 ///< "float4:block=256"
  PlanArguments plan;                  ///< without variants
  std::string output;                  ///< empty: the main one
  std::optional<std::string> slice;    ///< "0,5,:,:"
  std::optional<std::string> rows;     ///< "0:64"
  std::optional<std::string> columns;  ///< likewise
  std::optional<std::string> grid;     ///< "64x96"
  std::optional<std::string> measure;  ///< "abs", "tolerance", "ulp"
  bool first_bad = false;
  std::optional<std::string> json;
  std::optional<std::string> csv;
};

struct DevicesArguments {
  std::optional<std::string> json;
};

struct ListArguments {
  std::optional<std::string> operation;
  std::optional<std::string> device;  ///< "cuda", "cpu" or "emulated"
  std::optional<std::string> json;
};

struct ShowArguments {
  std::filesystem::path session;
  bool phases = false;  ///< say where the time went
  OutputArguments output;
};

using PixelSize = std::pair<int, int>;

struct GuiArguments {
  std::optional<std::filesystem::path> open;
  std::optional<std::filesystem::path> session;
  std::string device;
  std::optional<PixelSize> size;
  std::optional<float> scale;
  std::optional<std::string> theme;            ///< "dark" or "light"
  std::optional<std::string> while_measuring;  ///< "paused" or "live"
  std::string display = "auto";                ///< "auto", "desktop" or "none"
  std::filesystem::path picture;
};

struct ScreenshotArguments {
  std::optional<std::filesystem::path> session;
  std::filesystem::path out;
  PixelSize size{1920, 1080};
  std::optional<float> scale;
  std::string theme = "dark";
  std::optional<std::string> while_measuring;  ///< "paused" or "live"
  std::string view;
  std::string device;
  std::string lens;
  std::string quantity;
  std::string x_axis;
  std::vector<std::string> heat_axes;
  std::optional<std::int64_t> point;
  std::optional<std::int64_t> baseline;
  std::optional<std::filesystem::path> compare;
};

struct FramesArguments {
  std::optional<std::filesystem::path> session;
  PixelSize size{1280, 720};
  std::optional<float> scale;
  std::string theme = "dark";
  std::string display = "none";  ///< "auto", "desktop" or "none"
  std::string device;
  double seconds = 4.0;  ///< of each part
};

struct WorkerArguments {
  std::filesystem::path kernels;   ///< empty: of the resource root
  std::filesystem::path cache;     ///< empty: the user's
  std::vector<std::string> files;  ///< kernel files outside that folder
};

using Command = std::variant<GuiArguments, MeasureArguments, CheckArguments, BestArguments, CompareArguments,
                             AbArguments, ErrorMapArguments, DevicesArguments, ListArguments, ShowArguments,
                             ScreenshotArguments, FramesArguments, WorkerArguments>;

struct Invocation {
  std::optional<std::filesystem::path> root;
  Command command;
};

/// The command line needs nothing done but a text printed: help, the version, or one line that says what is wrong.
struct Ending {
  int exit_code = 0;  ///< 0: the text is for standard output; 2: for standard error
  std::string text;
};

/// `arguments` without the program's name. Never throws on bad input.
std::variant<Invocation, Ending> parse(const std::vector<std::string>& arguments);

}  // namespace knobscope::cli
