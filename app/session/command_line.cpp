#include "session/command_line.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace knobscope::session {
namespace {

/// As a POSIX shell takes it.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// Flags, one after another.
class Line {
 public:
  explicit Line(std::string start) : text_(std::move(start)) {}
  void word(const std::string& word) { text_ += " " + shell_word(word); }
  void flag(std::string_view name) { text_ += fmt::format(" {}", name); }
  template <class Value>
  void flag(std::string_view name, const Value& value) {
    flag(name);
    word(fmt::format("{}", value));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::vector<std::string_view> names_of(const std::vector<Timing>& timings) {
  std::vector<std::string_view> names;
  for (const Timing timing : timings) names.push_back(name_of(timing));
  return names;
}

/// False where no flags give these distributions.
bool add_distributions(const std::vector<Distribution>& distributions, Line& line) {
  std::vector<std::string_view> kinds;
  std::vector<double> offsets;
  const auto usual = [](const Distribution& each) { return each.offset == Distribution{}.offset; };
  for (const Distribution& each : distributions) {
    if (std::ranges::find(kinds, name_of(each.kind)) == kinds.end()) kinds.push_back(name_of(each.kind));
    if (each.kind == DistributionKind::offset) offsets.push_back(each.offset);
  }
  // The first offset is every other distribution's, too.
  if (offsets.empty() && distributions.size() == 1 && !usual(distributions.front())) {
    offsets.push_back(distributions.front().offset);
  }
  const bool all_usual = std::ranges::all_of(distributions, usual);
  if (kinds.size() > 1 && !all_usual) return false;
  if (kinds.size() != distributions.size() && kinds.size() > 1) return false;
  line.flag("--distribution", fmt::format("{}", fmt::join(kinds, ",")));
  if (!offsets.empty() && !all_usual) line.flag("--offset", fmt::format("{}", fmt::join(offsets, ",")));
  return true;
}

/// False where a limit belongs to a rule that is not used: no flag changes it.
bool add_method(const Method& method, Line& line) {
  Method base;
  if (method.timings() != base.timings()) {
    line.flag("--timing", fmt::format("{}", fmt::join(names_of(method.timings()), ",")));
  }
  if (method.cold_stopping != base.cold_stopping || method.hot_stopping != base.hot_stopping) {
    line.flag("--stopping-criterion",
              fmt::format("cold={},hot={}", name_of(method.cold_stopping), name_of(method.hot_stopping)));
    set_defaults_of(method.cold_stopping, base);
    set_defaults_of(method.hot_stopping, base);
    base.cold_stopping = method.cold_stopping;
    base.hot_stopping = method.hot_stopping;
  }
  bool known = true;
  const auto uses = [&method](StoppingCriterion rule) {
    return method.cold_stopping == rule || method.hot_stopping == rule;
  };
  const auto differs = [&line](std::string_view flag, auto wanted, auto usual) {
    if (wanted != usual) line.flag(flag, wanted);
  };
  const auto of_rule = [&](StoppingCriterion rule, std::string_view flag, auto wanted, auto usual, double factor = 1) {
    if (wanted == usual) return;
    if (!uses(rule)) known = false;
    line.flag(flag, wanted * factor);
  };
  of_rule(StoppingCriterion::rse, "--target-rse", method.target_relative_error, base.target_relative_error);
  of_rule(StoppingCriterion::stdrel, "--max-noise", method.max_noise, base.max_noise, 100.0);
  of_rule(StoppingCriterion::entropy, "--max-angle", method.max_angle, base.max_angle);
  of_rule(StoppingCriterion::entropy, "--min-r2", method.min_r2, base.min_r2);
  of_rule(StoppingCriterion::sample_count, "--target-samples", method.target_samples, base.target_samples);
  differs("--noisy-rse", method.noisy_relative_error, base.noisy_relative_error);
  differs("--min-samples", method.min_samples, base.min_samples);
  differs("--max-samples", method.max_samples, base.max_samples);
  differs("--min-time", method.min_time_s, base.min_time_s);
  differs("--timeout", method.time_limit_s, base.time_limit_s);
  differs("--launch-limit", method.launch_limit_s, base.launch_limit_s);
  differs("--throttle-threshold", method.throttle_threshold * 100.0, base.throttle_threshold * 100.0);
  differs("--throttle-recovery-delay", method.throttle_recovery_s, base.throttle_recovery_s);
  if (method.counters) line.flag("--counters");
  if (!method.thorough) line.flag("--quick");
  if (!method.recheck) line.flag("--no-recheck");
  return known;
}

/// Device, problem and, with `with_knobs`, knobs.
bool add_problem(const Plan& plan, bool with_knobs, Line& line) {
  if (!plan.device.empty()) line.flag("--device", plan.device);
  line.flag("--op", name_of(plan.operation));
  line.flag("--shape");
  for (const auto& shape : plan.shapes) line.word(fmt::format("{}", fmt::join(shape, "x")));
  if (plan.normalized_dims != 1) line.flag("--normalized-dims", plan.normalized_dims);
  std::vector<std::string_view> types;
  for (const ElementType type : plan.types) types.push_back(name_of(type));
  line.flag("--dtype", fmt::format("{}", fmt::join(types, ",")));
  if (!add_distributions(plan.distributions, line)) return false;
  line.flag("--seed", plan.seed);
  if (plan.epsilon != Plan{}.epsilon) line.flag("--epsilon", plan.epsilon);
  if (plan.layout != Layout::nchw) line.flag("--layout", name_of(plan.layout));
  if (plan.activation != Activation::none) line.flag("--activation", name_of(plan.activation));
  for (const auto& [name, values] : plan.knobs) {
    if (with_knobs) line.flag("-a", fmt::format("{}={}", name, fmt::join(values, ",")));
  }
  return true;
}

template <class Knobs>
std::string side_text(const std::string& variant, const Knobs& knobs) {
  std::vector<std::string> settings;
  for (const auto& [name, value] : knobs) settings.push_back(fmt::format("{}={}", name, value));
  return settings.empty() ? variant : fmt::format("{}:{}", variant, fmt::join(settings, ","));
}

}  // namespace

std::optional<std::string> command_line_of(const Plan& plan) {
  Line line(plan.sweep_unlisted_knobs ? "knobscope sweep" : "knobscope run");
  if (!add_problem(plan, true, line)) return std::nullopt;
  if (!plan.variants.empty()) line.flag("--variant", fmt::format("{}", fmt::join(plan.variants, ",")));
  if (!add_method(plan.method, line)) return std::nullopt;
  return line.take();
}

Plan plan_of(const PointRequest& request) {
  Plan plan;
  plan.device = request.device;
  plan.operation = request.problem.operation;
  plan.shapes = {request.problem.shape};
  plan.normalized_dims = request.problem.normalized_dims;
  plan.types = {request.problem.type};
  plan.distributions = {request.problem.distribution};
  plan.seed = request.problem.seed;
  plan.epsilon = request.problem.epsilon;
  plan.layout = request.problem.layout;
  plan.activation = request.problem.activation;
  plan.variants = {request.variant};
  for (const auto& [name, value] : request.knobs) plan.knobs[name] = {value};
  plan.method = request.method;
  return plan;
}

std::optional<std::string> command_line_of(const PointRequest& request) {
  const Plan plan = plan_of(request);
  if (!request.against) return command_line_of(plan);
  Line line("knobscope ab");
  line.word(side_text(request.variant, request.knobs));
  line.word(side_text(request.against->variant, request.against->knobs));
  if (!add_problem(plan, false, line) || !add_method(plan.method, line)) return std::nullopt;
  return line.take();
}

}  // namespace knobscope::session
