#include "session/plan_file.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checked_toml.h"
#include "core/nearest.h"
#include "session/plan_text.h"

namespace knobscope::session {
namespace {

/// Thrown and caught in this file only: the first fault ends the reading.
struct FaultFound {
  PlanFault fault;
};

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

[[noreturn]] void fail(const toml::node& node, std::string message) {
  throw FaultFound{{line_of(node), std::move(message)}};
}

template <class T>
T unwrap(const toml::node& node, std::string_view key, Read<T> read) {
  if (const auto* fault = std::get_if<TextFault>(&read)) fail(node, fmt::format("{}: {}", key, fault->message));
  return std::get<T>(std::move(read));
}

std::string string_of(const toml::node& node, std::string_view key) {
  if (const auto value = node.value_exact<std::string>()) return *value;
  fail(node, fmt::format("{}: a text in quotes is wanted", key));
}

bool bool_of(const toml::node& node, std::string_view key) {
  if (const auto value = node.value_exact<bool>()) return *value;
  fail(node, fmt::format("{}: write true or false", key));
}

std::int64_t integer_of(const toml::node& node, std::string_view key) {
  if (const auto value = node.value_exact<std::int64_t>()) return *value;
  fail(node, fmt::format("{}: a whole number is wanted", key));
}

int int_of(const toml::node& node, std::string_view key, int lowest) {
  const std::int64_t value = integer_of(node, key);
  if (value < lowest || value > std::numeric_limits<int>::max()) {
    fail(node, fmt::format("{}: {} is out of range; write {} or more", key, value, lowest));
  }
  return static_cast<int>(value);
}

double real_of(const toml::node& node, std::string_view key) {
  double value = std::numeric_limits<double>::quiet_NaN();
  if (const auto real = node.value_exact<double>()) {
    value = *real;
  } else if (const auto whole = node.value_exact<std::int64_t>()) {
    value = static_cast<double>(*whole);
  }
  if (!std::isfinite(value)) fail(node, fmt::format("{}: a number is wanted", key));
  return value;
}

double positive_of(const toml::node& node, std::string_view key) {
  const double value = real_of(node, key);
  if (value <= 0.0) fail(node, fmt::format("{}: {} is not possible; write a number above 0", key, value));
  return value;
}

/// One value, or a list of them.
template <class Each>
void each_of(const toml::node& node, std::string_view key, bool may_be_empty, Each each) {
  const toml::array* list = node.as_array();
  if (list == nullptr) {
    each(node);
    return;
  }
  if (list->empty() && !may_be_empty) fail(node, fmt::format("{}: the list is empty; name at least one", key));
  for (const toml::node& element : *list) each(element);
}

/// A text such as "8192x4096", or a list of numbers.
std::vector<std::int64_t> shape_of(const toml::node& node, std::string_view key) {
  if (node.is_string()) return unwrap(node, key, read_shape(string_of(node, key)));
  const toml::array* list = node.as_array();
  if (list == nullptr || list->empty()) {
    fail(node, fmt::format("{}: a shape is a list of numbers, such as [8192, 4096]", key));
  }
  std::vector<std::int64_t> shape;
  for (const toml::node& size : *list) {
    const std::int64_t value = integer_of(size, key);
    if (value < 1) fail(size, fmt::format("{}: {} is not a size; write a number above 0", key, value));
    shape.push_back(value);
  }
  return shape;
}

std::vector<std::vector<std::int64_t>> shapes_of(const toml::node& node, std::string_view key) {
  const toml::array* list = node.as_array();
  // `shapes = [8192, 4096]` is one shape.
  if (list == nullptr || (!list->empty() && list->front().is_integer())) return {shape_of(node, key)};
  if (list->empty()) fail(node, fmt::format("{}: the list is empty; name at least one", key));
  std::vector<std::vector<std::int64_t>> shapes;
  for (const toml::node& shape : *list) shapes.push_back(shape_of(shape, key));
  return shapes;
}

[[noreturn]] void fail_unknown(const toml::key& key, std::string_view where, const std::vector<std::string>& known) {
  throw FaultFound{{static_cast<int>(key.source().begin.line),
                    fmt::format("there is no '{}' in {}; known are {}.{}", key.str(), where, fmt::join(known, ", "),
                                did_you_mean(key.str(), known))}};
}

Distribution distribution_of(const toml::node& node, std::string_view key) {
  Distribution distribution;
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    distribution.kind = unwrap(node, key, read_distribution_kind(string_of(node, key)));
    return distribution;
  }
  bool has_kind = false;
  for (const auto& [name, value] : *table) {
    if (name.str() == "kind") {
      distribution.kind = unwrap(value, "kind", read_distribution_kind(string_of(value, "kind")));
      has_kind = true;
    } else if (name.str() == "offset") {
      distribution.offset = real_of(value, "offset");
    } else {
      fail_unknown(name, "a distribution", {"kind", "offset"});
    }
  }
  if (!has_kind) fail(node, fmt::format("{}: a distribution needs its kind, such as {{ kind = \"normal\" }}", key));
  return distribution;
}

std::uint64_t seed_of(const toml::node& node, std::string_view key) {
  if (node.is_string()) return unwrap(node, key, read_seed(string_of(node, key)));
  const std::int64_t value = integer_of(node, key);
  if (value < 0) fail(node, fmt::format("{}: {} is below 0; write 0 or more", key, value));
  return static_cast<std::uint64_t>(value);
}

const toml::table& table_of(const toml::node& node, std::string_view key, std::string_view example) {
  if (const toml::table* table = node.as_table()) return *table;
  fail(node, fmt::format("{}: a table is wanted: [{}] and below it lines such as {}", key, key, example));
}

void read_knobs(const toml::table& table, Plan& plan) {
  for (const auto& [name, values] : table) {
    std::vector<std::int64_t>& list = plan.knobs[std::string(name.str())];
    const std::string key = fmt::format("knobs.{}", name.str());
    each_of(values, key, /*may_be_empty=*/true,
            [&](const toml::node& value) { list.push_back(integer_of(value, key)); });
  }
}

double at_least_0_of(const toml::node& node, std::string_view key) {
  const double value = real_of(node, key);
  if (value < 0.0) fail(node, fmt::format("{}: {} is below 0; write 0 or more", key, value));
  return value;
}

double share_of(const toml::node& node, std::string_view key) {
  const double value = real_of(node, key);
  if (value < 0.0 || value > 1.0) fail(node, fmt::format("{}: {} is not from 0 to 1; write such as 0.36", key, value));
  return value;
}

/// Before the other keys, for a criterion brings the defaults of some of them along.
void read_stopping_criteria(const toml::table& table, Method& method) {
  const auto read = [&](const char* key, bool cold, bool hot) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return;
    const StoppingCriterion criterion = unwrap(*node, key, read_stopping_criterion(string_of(*node, key)));
    if (criterion != StoppingCriterion::rse) set_defaults_of(criterion, method);
    if (cold) method.cold_stopping = criterion;
    if (hot) method.hot_stopping = criterion;
  };
  read("stopping_criterion", true, true);
  read("cold_stopping_criterion", true, false);
  read("hot_stopping_criterion", false, true);
}

void read_method(const toml::table& table, Method& method) {
  read_stopping_criteria(table, method);
  const std::vector<std::string> known = {"timing",
                                          "target_relative_error",
                                          "noisy_relative_error",
                                          "min_samples",
                                          "max_samples",
                                          "time_limit_s",
                                          "launch_limit_s",
                                          "thorough",
                                          "recheck",
                                          "stopping_criterion",
                                          "cold_stopping_criterion",
                                          "hot_stopping_criterion",
                                          "min_time_s",
                                          "max_noise",
                                          "max_angle",
                                          "min_r2",
                                          "target_samples",
                                          "counters",
                                          "throttle_threshold",
                                          "throttle_recovery_s"};
  for (const auto& [name, value] : table) {
    const std::string_view key = name.str();
    if (key == "timing") {
      std::vector<Timing> wanted;
      each_of(value, key, /*may_be_empty=*/true,
              [&](const toml::node& word) { wanted.push_back(unwrap(word, key, read_timing(string_of(word, key)))); });
      method.set_timings(wanted);
    } else if (key == "time_cold") {  // before there were more than two
      method.time_cold = bool_of(value, key);
    } else if (key == "time_hot") {
      method.time_hot = bool_of(value, key);
    } else if (key == "target_relative_error") {
      method.target_relative_error = positive_of(value, key);
    } else if (key == "noisy_relative_error") {
      method.noisy_relative_error = positive_of(value, key);
    } else if (key == "min_samples") {
      method.min_samples = int_of(value, key, 1);
    } else if (key == "max_samples") {
      method.max_samples = int_of(value, key, 1);
    } else if (key == "time_limit_s") {
      method.time_limit_s = positive_of(value, key);
    } else if (key == "launch_limit_s") {
      method.launch_limit_s = positive_of(value, key);
    } else if (key == "thorough") {
      method.thorough = bool_of(value, key);
    } else if (key == "recheck") {
      method.recheck = bool_of(value, key);
    } else if (key == "min_time_s") {
      method.min_time_s = at_least_0_of(value, key);
    } else if (key == "max_noise") {
      method.max_noise = positive_of(value, key);
    } else if (key == "max_angle") {
      method.max_angle = positive_of(value, key);
    } else if (key == "min_r2") {
      method.min_r2 = share_of(value, key);
    } else if (key == "target_samples") {
      method.target_samples = int_of(value, key, 1);
    } else if (key == "counters") {
      method.counters = bool_of(value, key);
    } else if (key == "throttle_threshold") {
      method.throttle_threshold = share_of(value, key);
    } else if (key == "throttle_recovery_s") {
      method.throttle_recovery_s = at_least_0_of(value, key);
    } else if (key.ends_with("stopping_criterion") && std::ranges::find(known, key) != known.end()) {
      continue;  // read before
    } else {
      fail_unknown(name, "[method]", known);
    }
  }
}

Plan read_plan(const toml::table& table) {
  const std::vector<std::string> known = {
      "device", "operation",  "shapes",   "normalized_dims",      "dtypes", "distributions", "seed", "epsilon",
      "layout", "activation", "variants", "sweep_unlisted_knobs", "knobs",  "method"};
  Plan plan;
  for (const auto& [name, value] : table) {
    const std::string_view key = name.str();
    if (key == "device") {
      plan.device = string_of(value, key);
    } else if (key == "operation") {
      plan.operation = unwrap(value, key, read_operation(string_of(value, key)));
    } else if (key == "shapes") {
      plan.shapes = shapes_of(value, key);
    } else if (key == "normalized_dims") {
      plan.normalized_dims = int_of(value, key, 1);
    } else if (key == "dtypes") {
      plan.types.clear();
      each_of(value, key, false, [&](const toml::node& type) {
        plan.types.push_back(unwrap(type, key, read_element_type(string_of(type, key))));
      });
    } else if (key == "distributions") {
      plan.distributions.clear();
      each_of(value, key, false,
              [&](const toml::node& node) { plan.distributions.push_back(distribution_of(node, key)); });
    } else if (key == "seed") {
      plan.seed = seed_of(value, key);
    } else if (key == "epsilon") {
      plan.epsilon = real_of(value, key);
      if (plan.epsilon < 0.0) fail(value, "epsilon: it is below 0; write 0 or more");
    } else if (key == "layout") {
      plan.layout = unwrap(value, key, read_layout(string_of(value, key)));
    } else if (key == "activation") {
      plan.activation = unwrap(value, key, read_activation(string_of(value, key)));
    } else if (key == "variants") {
      each_of(value, key, true, [&](const toml::node& variant) { plan.variants.push_back(string_of(variant, key)); });
    } else if (key == "sweep_unlisted_knobs") {
      plan.sweep_unlisted_knobs = bool_of(value, key);
    } else if (key == "knobs") {
      read_knobs(table_of(value, key, "block = [64, 128]"), plan);
    } else if (key == "method") {
      read_method(table_of(value, key, "time_limit_s = 0.5"), plan.method);
    } else {
      fail_unknown(name, "a plan", known);
    }
  }
  return plan;
}

/// The first line at which toml++ stumbles over its own assertion, which names none. 0: not found.
int line_of_assertion(const std::string& text) {
  constexpr int kMostLines = 1000;  // each is parsed with all lines before it
  int line = 0;
  for (std::size_t end = 0; end < text.size() && line < kMostLines; ++end) {
    end = std::min(text.find('\n', end), text.size());
    ++line;
    try {
      (void)toml::parse(std::string_view(text).substr(0, end));
    } catch (const TomlAssertion&) {
      return line;
    } catch (const toml::parse_error&) {  // cut in the middle of a list, say
    }
  }
  return 0;
}

}  // namespace

std::variant<Plan, PlanFault> parse_plan(const std::string& toml_text) {
  try {
    return read_plan(toml::parse(toml_text));
  } catch (const FaultFound& found) {
    return found.fault;
  } catch (const toml::parse_error& error) {
    return PlanFault{static_cast<int>(error.source().begin.line), std::string(error.description())};
  } catch (const TomlAssertion& assertion) {
    return PlanFault{line_of_assertion(toml_text), assertion.what()};
  }
}

}  // namespace knobscope::session
