#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "session/plan_file.h"

namespace knobscope::session {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < 0x20 || code == 0x7f) {
      out += fmt::format("\\u{:04X}", code);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// A name that TOML takes bare stays bare.
std::string key(std::string_view name) {
  const bool bare = !name.empty() && name.find_first_not_of(
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                         "0123456789_-") == std::string_view::npos;
  return bare ? std::string(name) : quoted(name);
}

/// The shortest text that reads back as the same number, and as a real one.
std::string real(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string distribution_text(const Distribution& distribution) {
  const std::string word = quoted(name_of(distribution.kind));
  if (distribution.kind != DistributionKind::offset && distribution.offset == Distribution{}.offset) return word;
  return fmt::format("{{ kind = {}, offset = {} }}", word, real(distribution.offset));
}

template <class Values, class Text>
std::string list_of(const Values& values, Text text) {
  std::string out = "[";
  for (const auto& value : values) {
    if (out.size() > 1) out += ", ";
    out += text(value);
  }
  return out + "]";
}

}  // namespace

std::string write_plan(const Plan& plan) {
  std::string out;
  const auto line = [&out](std::string_view name, const std::string& value) {
    out += fmt::format("{} = {}\n", key(name), value);
  };
  const auto integer = [](std::int64_t value) { return fmt::format("{}", value); };
  out += "# A plan for Knobscope: knobscope run --plan THIS_FILE\n";
  if (!plan.device.empty()) line("device", quoted(plan.device));
  line("operation", quoted(name_of(plan.operation)));
  line("shapes", list_of(plan.shapes, [&](const auto& shape) { return list_of(shape, integer); }));
  line("normalized_dims", integer(plan.normalized_dims));
  line("dtypes", list_of(plan.types, [](ElementType type) { return quoted(name_of(type)); }));
  line("distributions", list_of(plan.distributions, distribution_text));
  // TOML's integers end at 2^63 - 1.
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  line("seed", plan.seed <= kLargest ? fmt::format("{}", plan.seed) : fmt::format("\"0x{:x}\"", plan.seed));
  line("epsilon", real(plan.epsilon));
  line("layout", quoted(name_of(plan.layout)));
  line("activation", quoted(name_of(plan.activation)));
  line("variants", list_of(plan.variants, [](const std::string& name) { return quoted(name); }));
  line("sweep_unlisted_knobs", plan.sweep_unlisted_knobs ? "true" : "false");
  out += "\n[knobs]\n";
  for (const auto& [name, values] : plan.knobs) line(name, list_of(values, integer));
  const Method& method = plan.method;
  out += "\n[method]\n";
  line("timing", list_of(method.timings(), [](Timing timing) { return quoted(name_of(timing)); }));
  line("target_relative_error", real(method.target_relative_error));
  line("noisy_relative_error", real(method.noisy_relative_error));
  line("min_samples", integer(method.min_samples));
  line("max_samples", integer(method.max_samples));
  line("time_limit_s", real(method.time_limit_s));
  line("launch_limit_s", real(method.launch_limit_s));
  line("thorough", method.thorough ? "true" : "false");
  line("recheck", method.recheck ? "true" : "false");
  line("cold_stopping_criterion", quoted(name_of(method.cold_stopping)));
  line("hot_stopping_criterion", quoted(name_of(method.hot_stopping)));
  line("min_time_s", real(method.min_time_s));
  line("max_noise", real(method.max_noise));
  line("max_angle", real(method.max_angle));
  line("min_r2", real(method.min_r2));
  line("target_samples", integer(method.target_samples));
  line("counters", method.counters ? "true" : "false");
  line("throttle_threshold", real(method.throttle_threshold));
  line("throttle_recovery_s", real(method.throttle_recovery_s));
  return out;
}

}  // namespace knobscope::session
