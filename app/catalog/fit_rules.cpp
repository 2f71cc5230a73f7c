#include "catalog/fit_rules.h"

#include <algorithm>

#include <fmt/format.h>

#include "catalog/catalog.h"
#include "catalog/cpp_expression.h"
#include "catalog/launch_limits.h"

namespace knobscope::catalog {
namespace {

/// `expression` as an operand of something else.
std::string operand(const std::string& expression) {
  const bool one_word = expression.find_first_not_of(
                            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string::npos;
  return one_word ? expression : "(" + expression + ")";
}

/// The conditions of a variant in the language of kernel files: what evaluate() checks of requirements and launches.
std::vector<std::string> conditions_of(const Variant& variant, const DeviceFacts& device) {
  std::vector<std::string> conditions;
  for (const Requirement& requirement : variant.requirements) conditions.push_back(requirement.condition);
  if (variant.device == DeviceKind::cpu) return conditions;
  const std::int64_t shared = std::max(device.shared_per_block.count, device.shared_per_block_optin.count);
  for (const LaunchSpec& launch : variant.launches) {
    for (std::size_t i = 0; i < 3; ++i) {
      conditions.push_back(fmt::format("{} <= {}", operand(launch.grid[i]), i == 0 ? kLargestGridX : kLargestGridYz));
      conditions.push_back(fmt::format("{} <= {}", operand(launch.block[i]), kLargestBlock[i]));
      if (launch.cluster)
        conditions.push_back(fmt::format("{} % {} == 0", operand(launch.grid[i]), operand((*launch.cluster)[i])));
    }
    conditions.push_back(fmt::format("{} * {} * {} <= {}", operand(launch.block[0]), operand(launch.block[1]),
                                     operand(launch.block[2]), device.max_threads_per_block));
    conditions.push_back(fmt::format("{} <= {}", operand(launch.shared), shared));
  }
  return conditions;
}

}  // namespace

std::optional<std::string> CatalogFitRules::find_misfit(const Variant& variant, const Problem& problem,
                                                        const KnobValues& knobs, const DeviceFacts& device) const {
  const auto evaluated = evaluate(variant, problem, knobs, device);
  const auto* misfit = std::get_if<Misfit>(&evaluated);
  return misfit == nullptr ? std::nullopt : std::optional(misfit->reason);
}

std::optional<std::vector<std::string>> CatalogFitRules::shape_conditions(
    const Variant& variant, const Problem& problem, const KnobValues& knobs, const DeviceFacts& device,
    const std::vector<std::string>& free_names) const {
  // Whatever varies with the shape must be a free name or cannot be said.
  auto of_shape = shape_scalars(problem);
  NameValues known;
  known.emplace("element_size", static_cast<double>(of_shape.at("element_size")));
  of_shape.erase("element_size");
  for (const auto& [name, value] : device_scalars(device)) known.emplace(name, static_cast<double>(value));
  for (const auto& [name, value] : knobs) known.emplace(name, static_cast<double>(value));
  known.emplace("epsilon", problem.epsilon);
  known.emplace("momentum", kMomentum);

  std::vector<std::string> said;
  for (const std::string& condition : conditions_of(variant, device)) {
    const std::vector<std::string> names = names_in(condition);
    if (std::ranges::none_of(names, [&](const std::string& name) { return of_shape.contains(name); })) continue;
    auto text = to_cpp(condition, known, free_names);
    if (!text) return std::nullopt;
    if (std::ranges::find(said, *text) == said.end()) said.push_back(std::move(*text));
  }
  return said;
}

}  // namespace knobscope::catalog
