#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "catalog/catalog.h"
#include "catalog/expression.h"
#include "catalog/launch_limits.h"

namespace knobscope::catalog {
namespace {

constexpr std::int64_t kLargestExact = std::int64_t{1} << 53;
constexpr std::array<char, 3> kAxes = {'x', 'y', 'z'};

/// The product of positive numbers, or nothing past 2^53.
std::optional<std::int64_t> product_of(const std::array<std::int64_t, 3>& factors) {
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) {
    if (factor > kLargestExact / product) return std::nullopt;
    product *= factor;
  }
  return product;
}

std::int64_t size_of_type(std::string_view type, ElementType element) {
  if (type == "element") return size_of(element);
  return type == "f64" || type == "u64" ? 8 : 4;
}

/// Evaluates one variant; every function throws Misfit, which evaluate() returns.
class Evaluation {
 public:
  Evaluation(const Variant& variant, const Problem& problem, const KnobValues& knobs, const DeviceFacts& device)
      : variant_(variant), problem_(problem), device_(device), evaluator_({}) {
    check_fit(knobs);
    NameValues names;
    for (const auto& [name, value] : shape_scalars(problem)) names.emplace(name, static_cast<double>(value));
    for (const auto& [name, value] : device_scalars(device)) names.emplace(name, static_cast<double>(value));
    for (const auto& [name, value] : knobs) names.emplace(name, static_cast<double>(value));
    names.emplace("epsilon", problem.epsilon);
    if (problem.operation == Operation::batchnorm_training) names.emplace("momentum", kMomentum);
    evaluator_ = Evaluator(std::move(names));
  }

  EvaluatedVariant run() {
    check_requirements();
    EvaluatedVariant evaluated;
    for (const ExtraBuffer& buffer : variant_.buffers) evaluated.buffers.push_back(evaluate_buffer(buffer));
    for (const LaunchSpec& launch : variant_.launches) evaluated.launches.push_back(evaluate_launch(launch));
    evaluated.reads = traffic(variant_.traffic.reads);
    evaluated.writes = traffic(variant_.traffic.writes);
    return evaluated;
  }

 private:
  [[noreturn]] static void unfit(std::string reason) { throw Misfit{false, std::move(reason)}; }
  [[noreturn]] static void mistake(std::string reason) { throw Misfit{true, std::move(reason)}; }

  void check_fit(const KnobValues& knobs) const {
    if (const auto fault = find_fault(problem_)) unfit(*fault);
    if (variant_.operation != problem_.operation) {
      unfit(fmt::format("Variant {} is for {}, not for {}.", variant_.name, name_of(variant_.operation),
                        name_of(problem_.operation)));
    }
    const DeviceKind files = device_.kind == DeviceKind::emulated ? DeviceKind::cuda : device_.kind;
    if (variant_.device != files) {
      unfit(fmt::format("Variant {} is for {}, and {} is not.", variant_.name, name_of(variant_.device), device_.id));
    }
    if (std::ranges::find(variant_.types, problem_.type) == variant_.types.end()) {
      unfit(fmt::format("Variant {} is not written for {}.", variant_.name, name_of(problem_.type)));
    }
    if (std::ranges::find(variant_.layouts, problem_.layout) == variant_.layouts.end()) {
      unfit(fmt::format("Variant {} is not written for the layout {}.", variant_.name, name_of(problem_.layout)));
    }
    if (std::ranges::find(variant_.activations, problem_.activation) == variant_.activations.end()) {
      unfit(fmt::format("Variant {} does not apply an activation, and the problem has {}.", variant_.name,
                        name_of(problem_.activation)));
    }
    if (const auto fault = find_fault(variant_, knobs)) unfit(*fault);
  }

  double real(const std::string& expression) const {
    const auto result = evaluator_.real(expression);
    if (const auto* fault = std::get_if<ExpressionFault>(&result)) mistake(fault->message);
    return std::get<double>(result);
  }

  std::int64_t integer(const std::string& expression) const {
    const auto result = evaluator_.integer(expression);
    if (const auto* fault = std::get_if<ExpressionFault>(&result)) mistake(fault->message);
    return std::get<std::int64_t>(result);
  }

  /// "columns = 770, block = 96": the values behind an expression that did not come out right.
  std::string values_in(const std::string& expression) const {
    std::string text;
    for (const std::string& name : names_in(expression)) {
      text += fmt::format("{}{} = {}", text.empty() ? "" : ", ", name, real(name));
    }
    return text;
  }

  void check_requirements() const {
    for (const Requirement& requirement : variant_.requirements) {
      if (real(requirement.condition) != 0.0) continue;
      const std::string values = values_in(requirement.condition);
      unfit(fmt::format("{} ({}{}{})", requirement.reason, requirement.condition, values.empty() ? "" : "; ", values));
    }
  }

  EvaluatedBuffer evaluate_buffer(const ExtraBuffer& buffer) const {
    EvaluatedBuffer evaluated{buffer.name, buffer.type, integer(buffer.count), size_of_type(buffer.type, problem_.type),
                              buffer.clear};
    if (evaluated.count < 0) {
      mistake(fmt::format("The buffer '{}' has a count of {} ({}): it must not be negative.", buffer.name,
                          evaluated.count, buffer.count));
    }
    if (evaluated.count > kLargestExact / evaluated.element_bytes) {
      unfit(fmt::format("The buffer '{}' would need {} elements, more than any memory holds.", buffer.name,
                        evaluated.count));
    }
    return evaluated;
  }

  std::array<std::int64_t, 3> dimensions(const std::array<std::string, 3>& expressions, std::string_view what,
                                         const std::string& entry) const {
    std::array<std::int64_t, 3> values{};
    for (std::size_t i = 0; i < 3; ++i) {
      values[i] = integer(expressions[i]);
      if (values[i] < 1) {
        unfit(fmt::format("The {} of {} is {} in {} ('{}'): it must be at least 1.", what, entry, values[i], kAxes[i],
                          expressions[i]));
      }
    }
    return values;
  }

  void check_grid(const EvaluatedLaunch& launch) const {
    if (variant_.device == DeviceKind::cpu) {
      if (!product_of(launch.grid)) unfit(fmt::format("The grid of {} has more than 2^53 blocks.", launch.entry));
      return;
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const std::int64_t limit = i == 0 ? kLargestGridX : kLargestGridYz;
      if (launch.grid[i] > limit) {
        unfit(fmt::format("The grid of {} has {} blocks in {}, and at most {} can be launched.", launch.entry,
                          launch.grid[i], kAxes[i], limit));
      }
    }
  }

  void check_block(const EvaluatedLaunch& launch) const {
    if (variant_.device == DeviceKind::cpu) {
      if (!product_of(launch.block)) unfit(fmt::format("The block of {} has more than 2^53 threads.", launch.entry));
      return;
    }
    const std::optional<std::int64_t> threads = product_of(launch.block);
    if (!threads || *threads > device_.max_threads_per_block) {
      unfit(fmt::format("A block of {} has {} threads, and {} allows {}.", launch.entry,
                        threads ? std::to_string(*threads) : std::string("more than 2^53"), device_.id,
                        device_.max_threads_per_block));
    }
    for (std::size_t i = 0; i < 3; ++i) {
      if (launch.block[i] > kLargestBlock[i]) {
        unfit(fmt::format("A block of {} has {} threads in {}, and at most {} are allowed there.", launch.entry,
                          launch.block[i], kAxes[i], kLargestBlock[i]));
      }
    }
  }

  void check_shared(const EvaluatedLaunch& launch, const std::string& expression) const {
    if (launch.shared_bytes < 0) {
      mistake(fmt::format("The shared memory of {} is {} bytes ('{}'): it must not be negative.", launch.entry,
                          launch.shared_bytes, expression));
    }
    const std::int64_t limit = std::max(device_.shared_per_block.count, device_.shared_per_block_optin.count);
    if (launch.shared_bytes > limit) {
      unfit(fmt::format("{} needs {} bytes of shared memory a block ('{}'), and {} has {}.", launch.entry,
                        launch.shared_bytes, expression, device_.id, limit));
    }
  }

  void check_cluster(const EvaluatedLaunch& launch) const {
    if (!device_.clusters)
      unfit(fmt::format("{} launches clusters, which {} does not have.", launch.entry, device_.id));
    const std::optional<std::int64_t> blocks = product_of(*launch.cluster);
    if (!blocks || *blocks > kLargestCluster) {
      unfit(fmt::format("A cluster of {} has more than {} blocks.", launch.entry, kLargestCluster));
    }
    for (std::size_t i = 0; i < 3; ++i) {
      if (launch.grid[i] % (*launch.cluster)[i] != 0) {
        unfit(fmt::format("The grid of {} ({} blocks in {}) is not a multiple of its cluster ({}).", launch.entry,
                          launch.grid[i], kAxes[i], (*launch.cluster)[i]));
      }
    }
  }

  ArgumentValue evaluate_argument(const std::string& text) const {
    for (const TensorInfo& tensor : info_of(variant_.operation).tensors) {
      if (tensor.name == text) return BufferArgument{text};
    }
    if (std::ranges::find(variant_.buffers, text, &ExtraBuffer::name) != variant_.buffers.end()) {
      return BufferArgument{text};
    }
    if (text == "block_index") return BlockIndexArgument{};
    if (text == "grid_size") return GridSizeArgument{};
    if (is_real(text)) return real(text);
    return integer(text);
  }

  EvaluatedLaunch evaluate_launch(const LaunchSpec& spec) const {
    EvaluatedLaunch launch;
    launch.entry = spec.entry;
    launch.grid = dimensions(spec.grid, "grid", spec.entry);
    launch.block = dimensions(spec.block, "block", spec.entry);
    launch.shared_bytes = integer(spec.shared);
    launch.cooperative = spec.cooperative;
    check_grid(launch);
    check_block(launch);
    check_shared(launch, spec.shared);
    if (launch.cooperative && !device_.cooperative_launch) {
      unfit(fmt::format("{} is launched cooperatively, which {} cannot do.", spec.entry, device_.id));
    }
    if (spec.cluster) {
      launch.cluster = dimensions(*spec.cluster, "cluster", spec.entry);
      check_cluster(launch);
    }
    for (const std::string& argument : spec.arguments) launch.arguments.push_back(evaluate_argument(argument));
    launch.argument_texts = spec.arguments;
    return launch;
  }

  /// A model may well say "one and a half times": bytes are rounded.
  std::optional<Bytes> traffic(const std::string& expression) const {
    if (expression.empty()) return std::nullopt;
    const double bytes = real(expression);
    if (bytes < 0.0 || bytes > static_cast<double>(kLargestExact)) {
      mistake(fmt::format("The modelled traffic '{}' is {} bytes: it must be between 0 and 2^53.", expression, bytes));
    }
    return Bytes{std::llround(bytes)};
  }

  const Variant& variant_;
  const Problem& problem_;
  const DeviceFacts& device_;
  Evaluator evaluator_;
};

}  // namespace

std::variant<EvaluatedVariant, Misfit> evaluate(const Variant& variant, const Problem& problem, const KnobValues& knobs,
                                                const DeviceFacts& device) {
  try {
    return Evaluation(variant, problem, knobs, device).run();
  } catch (Misfit& misfit) {
    return std::move(misfit);
  }
}

std::map<std::string, std::string> compile_macros(const Variant& variant, const Problem& problem,
                                                  const KnobValues& knobs) {
  std::map<std::string, std::string> macros;
  const auto upper = [](std::string_view text) {
    std::string result(text);
    for (char& c : result) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
  };
  for (const auto& [name, value] : knobs) {
    // In parentheses when negative, so that "8 -KNOB_X" stays what it says.
    macros["KNOB_" + upper(name)] = value < 0 ? fmt::format("({})", value) : std::to_string(value);
  }
  macros["KNOBSCOPE_ELEMENT_" + upper(name_of(problem.type))] = "1";
  if (family_of(variant.operation) == Family::batchnorm) {
    macros["KNOBSCOPE_LAYOUT_" + upper(name_of(problem.layout))] = "1";
  }
  if (variant.operation == Operation::layernorm_forward) {
    macros["KNOBSCOPE_ACTIVATION_" + upper(name_of(problem.activation))] = "1";
  }
  macros["KNOBSCOPE_DEVICE_" + upper(name_of(variant.device))] = "1";
  return macros;
}

}  // namespace knobscope::catalog
