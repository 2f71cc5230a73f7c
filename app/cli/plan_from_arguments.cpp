#include "cli/plan_from_arguments.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/percent.h"
#include "core/nearest.h"
#include "session/plan_file.h"

namespace knobscope::cli {
namespace {

/// Thrown and caught in this file only: the first fault ends the reading.
struct FaultFound {
  std::string message;
};

template <class T>
T unwrap(const char* flag, session::Read<T> read) {
  if (const auto* fault = std::get_if<session::TextFault>(&read)) {
    throw FaultFound{fmt::format("{}: {}", flag, fault->message)};
  }
  return std::get<T>(std::move(read));
}

Plan read_plan_file(const std::filesystem::path& file) {
  std::ostringstream text;
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file)) {
    throw FaultFound{
        fmt::format("--plan: {} cannot be read ({})", file.string(), stream ? "it is a folder" : std::strerror(errno))};
  }
  text << stream.rdbuf();
  const auto parsed = session::parse_plan(text.str());
  if (const auto* fault = std::get_if<session::PlanFault>(&parsed)) {
    throw FaultFound{fmt::format("{}:{}: {}", file.string(), fault->line, fault->message)};
  }
  return std::get<Plan>(parsed);
}

void positive(const char* flag, double value) {
  if (!std::isfinite(value) || value <= 0.0) {
    throw FaultFound{fmt::format("{}: {} is not possible; write a number above 0", flag, value)};
  }
}

void apply_distributions(const PlanArguments& arguments, Plan& plan) {
  for (const double offset : arguments.offsets) {
    if (!std::isfinite(offset)) throw FaultFound{"--offset: write a finite number, such as 1000"};
  }
  std::vector<DistributionKind> kinds;
  for (const std::string& word : arguments.distributions) {
    kinds.push_back(unwrap("--distribution", session::read_distribution_kind(word)));
  }
  // An offset alone asks for the distribution that has one.
  if (kinds.empty() && !arguments.offsets.empty()) kinds.push_back(DistributionKind::offset);
  if (kinds.empty()) return;
  plan.distributions.clear();
  for (const DistributionKind kind : kinds) {
    if (arguments.offsets.empty()) {
      plan.distributions.push_back({.kind = kind});
    } else if (kind != DistributionKind::offset) {
      plan.distributions.push_back({.kind = kind, .offset = arguments.offsets.front()});
    } else {
      for (const double offset : arguments.offsets) plan.distributions.push_back({.kind = kind, .offset = offset});
    }
  }
}

/// "stdrel" for both, "hot=sample-count" for one.
void apply_stopping_criteria(const PlanArguments& arguments, Method& method) {
  for (const std::string& word : arguments.stopping_criteria) {
    const bool cold = word.starts_with("cold=");
    const bool hot = word.starts_with("hot=");
    const std::string name = cold || hot ? word.substr(word.find('=') + 1) : word;
    const StoppingCriterion criterion = unwrap("--stopping-criterion", session::read_stopping_criterion(name));
    set_defaults_of(criterion, method);
    if (!hot) method.cold_stopping = criterion;
    if (!cold) method.hot_stopping = criterion;
  }
}

/// A parameter of a criterion that is not asked for would be taken in silence.
void check_parameter(const char* flag, bool given, StoppingCriterion criterion, const Method& method) {
  if (!given || method.cold_stopping == criterion || method.hot_stopping == criterion) return;
  throw FaultFound{fmt::format("{}: it belongs to another stopping criterion; give --stopping-criterion {}, too", flag,
                               name_of(criterion))};
}

void apply_stopping_parameters(const PlanArguments& arguments, Method& method) {
  check_parameter("--target-rse", arguments.target_relative_error.has_value(), StoppingCriterion::rse, method);
  check_parameter("--max-noise", arguments.max_noise.has_value(), StoppingCriterion::stdrel, method);
  check_parameter("--max-angle", arguments.max_angle.has_value(), StoppingCriterion::entropy, method);
  check_parameter("--min-r2", arguments.min_r2.has_value(), StoppingCriterion::entropy, method);
  check_parameter("--target-samples", arguments.target_samples.has_value(), StoppingCriterion::sample_count, method);
  if (arguments.max_noise) {
    const auto share = read_share(*arguments.max_noise, BareNumber::is_percent);
    if (!share)
      throw FaultFound{fmt::format("--max-noise: '{}' is no percentage; write such as 0.5", *arguments.max_noise)};
    method.max_noise = *share;
  }
  if (arguments.max_angle) {
    positive("--max-angle", *arguments.max_angle);
    method.max_angle = *arguments.max_angle;
  }
  if (arguments.min_r2) {
    if (!(*arguments.min_r2 >= 0.0 && *arguments.min_r2 <= 1.0)) {
      throw FaultFound{fmt::format("--min-r2: {} is not from 0 to 1; write such as 0.36", *arguments.min_r2)};
    }
    method.min_r2 = *arguments.min_r2;
  }
  if (arguments.target_samples) {
    if (*arguments.target_samples < 1) throw FaultFound{"--target-samples: write 1 or more"};
    method.target_samples = *arguments.target_samples;
  }
  if (arguments.min_time_s) {
    if (!(*arguments.min_time_s >= 0.0)) throw FaultFound{"--min-time: write 0 or more seconds"};
    method.min_time_s = *arguments.min_time_s;
  }
  if (method.min_time_s > method.time_limit_s) {
    throw FaultFound{fmt::format("{}: {} s of samples do not fit into {} s; give a longer --timeout",
                                 arguments.min_time_s ? "--min-time" : "--timeout", method.min_time_s,
                                 method.time_limit_s)};
  }
}

void apply_throttling(const PlanArguments& arguments, Method& method) {
  if (arguments.throttle_threshold) {
    if (!(*arguments.throttle_threshold >= 0.0 && *arguments.throttle_threshold <= 100.0)) {
      throw FaultFound{fmt::format("--throttle-threshold: {} is no percentage from 0 to 100; write such as 75",
                                   *arguments.throttle_threshold)};
    }
    method.throttle_threshold = *arguments.throttle_threshold / 100.0;
  }
  if (arguments.throttle_recovery_s) {
    if (!(*arguments.throttle_recovery_s >= 0.0 && *arguments.throttle_recovery_s <= 10.0)) {
      throw FaultFound{"--throttle-recovery-delay: write 0 to 10 seconds"};
    }
    method.throttle_recovery_s = *arguments.throttle_recovery_s;
  }
}

void apply_method(const PlanArguments& arguments, Method& method) {
  apply_throttling(arguments, method);
  apply_stopping_criteria(arguments, method);
  if (!arguments.timings.empty()) {
    std::vector<Timing> wanted;
    for (const std::string& word : arguments.timings) {
      if (word == "all") {
        wanted.assign(kTimings.begin(), kTimings.end());
      } else {
        wanted.push_back(unwrap("--timing", session::read_timing(word)));
      }
    }
    method.set_timings(wanted);
  }
  if (arguments.no_cold) method.time_cold = false;
  if (arguments.no_hot) method.time_hot = false;
  if (arguments.counters) method.counters = true;
  if (arguments.quick) method.thorough = false;
  if (arguments.no_recheck) method.recheck = false;
  const auto take = [](const char* flag, const std::optional<double>& value, double& into) {
    if (!value) return;
    positive(flag, *value);
    into = *value;
  };
  take("--target-rse", arguments.target_relative_error, method.target_relative_error);
  take("--noisy-rse", arguments.noisy_relative_error, method.noisy_relative_error);
  take("--time-limit", arguments.time_limit_s, method.time_limit_s);
  take("--launch-limit", arguments.launch_limit_s, method.launch_limit_s);
  if (arguments.min_samples) method.min_samples = *arguments.min_samples;
  if (arguments.max_samples) method.max_samples = *arguments.max_samples;
  if (method.min_samples < 1) throw FaultFound{"--min-samples: write 1 or more"};
  // One of the two alone moves the other out of its way.
  if (method.max_samples < method.min_samples) {
    if (arguments.max_samples && arguments.min_samples) {
      throw FaultFound{"--max-samples: it is below --min-samples; write at least as many"};
    }
    if (arguments.max_samples && *arguments.max_samples < 1) throw FaultFound{"--max-samples: write 1 or more"};
    (arguments.max_samples ? method.min_samples : method.max_samples) =
        arguments.max_samples ? method.max_samples : method.min_samples;
  }
  apply_stopping_parameters(arguments, method);
}

PlanDraft draft(const PlanArguments& arguments, bool sweep) {
  PlanDraft draft;
  Plan& plan = draft.plan;
  if (arguments.plan_file) plan = read_plan_file(*arguments.plan_file);
  if (arguments.device) plan.device = *arguments.device;
  if (arguments.operation) plan.operation = unwrap("--op", session::read_operation(*arguments.operation));
  if (!arguments.shapes.empty()) plan.shapes.clear();
  for (const std::string& shape : arguments.shapes)
    plan.shapes.push_back(unwrap("--shape", session::read_shape(shape)));
  draft.default_shape = arguments.shapes.empty() && !arguments.plan_file;
  if (arguments.normalized_dims) plan.normalized_dims = *arguments.normalized_dims;
  if (!arguments.types.empty()) plan.types.clear();
  for (const std::string& type : arguments.types)
    plan.types.push_back(unwrap("--dtype", session::read_element_type(type)));
  apply_distributions(arguments, plan);
  if (arguments.seed) plan.seed = unwrap("--seed", session::read_seed(*arguments.seed));
  if (arguments.epsilon) {
    positive("--epsilon", *arguments.epsilon);
    plan.epsilon = *arguments.epsilon;
  }
  if (arguments.layout) plan.layout = unwrap("--layout", session::read_layout(*arguments.layout));
  if (arguments.activation) plan.activation = unwrap("--activation", session::read_activation(*arguments.activation));
  if (!arguments.variants.empty()) plan.variants = arguments.variants;
  for (const std::string& knob : arguments.knobs) {
    session::KnobChoice choice = unwrap("-a", session::read_knob_choice(knob));
    // -a block=64 -a block=128 means both.
    const auto same = std::ranges::find(draft.knobs, choice.name, &session::KnobChoice::name);
    if (same == draft.knobs.end()) {
      draft.knobs.push_back(std::move(choice));
    } else {
      same->parts.insert(same->parts.end(), choice.parts.begin(), choice.parts.end());
    }
  }
  if (sweep) plan.sweep_unlisted_knobs = true;
  apply_method(arguments, plan.method);
  return draft;
}

/// Large enough to be memory-bound, small enough that `knobscope run` alone takes seconds.
std::vector<std::int64_t> default_shape(Operation operation, DeviceKind kind) {
  using Shape = std::vector<std::int64_t>;
  const auto choose = [kind](Shape cuda, Shape cpu, Shape emulated) {
    return kind == DeviceKind::cuda ? cuda : kind == DeviceKind::cpu ? cpu : emulated;
  };
  switch (operation) {
    case Operation::layernorm_forward:
    case Operation::layernorm_backward:
      return choose({8192, 4096}, {2048, 4096}, {64, 4096});
    case Operation::batchnorm_inference:
    case Operation::batchnorm_training:
      return choose({16, 64, 256, 256}, {4, 64, 128, 128}, {4, 16, 32, 32});
  }
  return {8192, 4096};
}

}  // namespace

std::variant<PlanDraft, UsageFault> draft_plan(const PlanArguments& arguments, bool sweep) {
  try {
    return draft(arguments, sweep);
  } catch (const FaultFound& found) {
    return UsageFault{found.message};
  }
}

std::variant<DeviceFacts, UsageFault> choose_device(const std::string& wanted,
                                                    const std::vector<DeviceFacts>& devices) {
  if (wanted.empty()) return devices.front();
  const std::string id = wanted == "cuda" ? "cuda:0" : wanted;
  std::vector<std::string> ids;
  for (const DeviceFacts& device : devices) {
    if (device.id == id) return device;
    ids.push_back(device.id);
  }
  return UsageFault{
      fmt::format("there is no device '{}' here; there is {}.{}", wanted, fmt::join(ids, ", "), did_you_mean(id, ids))};
}

std::variant<Plan, UsageFault> complete_plan(const PlanDraft& draft, const DeviceFacts& device,
                                             const Catalog& catalog) {
  Plan plan = draft.plan;
  if (draft.default_shape) plan.shapes = {default_shape(plan.operation, device.kind)};
  std::vector<const Variant*> variants;
  for (const Variant* variant : variants_for(catalog, plan.operation, device.kind)) {
    const bool named = std::ranges::any_of(
        plan.variants, [&](const std::string& name) { return name == variant->name || name == variant->id; });
    if (plan.variants.empty() || named) variants.push_back(variant);
  }
  for (const session::KnobChoice& choice : draft.knobs) {
    auto values = session::resolve(choice, variants);
    if (const auto* fault = std::get_if<session::TextFault>(&values)) return UsageFault{"-a: " + fault->message};
    plan.knobs[choice.name] = std::get<std::vector<std::int64_t>>(std::move(values));
  }
  return plan;
}

}  // namespace knobscope::cli
