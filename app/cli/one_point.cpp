#include "cli/one_point.h"

#include <algorithm>

#include <fmt/format.h>

namespace knobscope::cli {

PlanArguments with_variant(PlanArguments plan, const std::string& named) {
  const std::size_t colon = named.find(':');
  plan.variants = {named.substr(0, colon)};
  if (colon == std::string::npos) return plan;
  std::size_t at = colon + 1;
  while (at <= named.size()) {
    const std::size_t comma = std::min(named.find(',', at), named.size());
    const std::string knob = named.substr(at, comma - at);
    // One that is given beside it gives way.
    std::erase_if(plan.knobs, [name = knob.substr(0, knob.find('='))](const std::string& each) {
      return each.substr(0, each.find('=')) == name;
    });
    plan.knobs.push_back(knob);
    at = comma + 1;
  }
  return plan;
}

std::variant<PointRequest, UsageFault> one_point(const PlanDraft& draft, const std::vector<DeviceFacts>& devices,
                                                 const Catalog& catalog) {
  const auto device = choose_device(draft.plan.device, devices);
  if (const auto* fault = std::get_if<UsageFault>(&device)) return *fault;
  const auto& facts = std::get<DeviceFacts>(device);
  const auto completed = complete_plan(draft, facts, catalog);
  if (const auto* fault = std::get_if<UsageFault>(&completed)) return *fault;
  Expansion expansion = expand(std::get<Plan>(completed), catalog, facts);
  if (!expansion.faults.empty()) return UsageFault{expansion.faults.front()};
  if (expansion.points.empty()) return UsageFault{"there is nothing to look at; name a variant and a shape"};
  if (expansion.points.size() > 1) {
    return UsageFault{
        fmt::format("these are {} points, and one is looked at; name one variant, shape and type, and "
                    "one value for each knob",
                    expansion.points.size())};
  }
  return std::move(expansion.points.front());
}

}  // namespace knobscope::cli
