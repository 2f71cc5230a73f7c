#include "cli/check_plan.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/awkward_shapes.h"
#include "core/nearest.h"
#include "session/plan_text.h"

namespace knobscope::cli {
namespace {

using Values = std::vector<std::int64_t>;

/// Thrown and caught in this file only.
struct FaultFound {
  std::string message;
};

bool plays(const DeviceFacts& device, const Variant& variant) {
  const DeviceKind files = device.kind == DeviceKind::emulated ? DeviceKind::cuda : device.kind;
  return variant.device == files;
}

const Variant& variant_of(const GivenFile& file, const Catalog& catalog) {
  if (const Variant* variant = catalog.find(file.id)) return *variant;
  const auto fault = std::ranges::find(catalog.faults, file.id, &CatalogFault::file);
  if (fault == catalog.faults.end()) throw FaultFound{file.shown + " has just gone; name it again when it is back"};
  throw FaultFound{
      fmt::format("{}{}: {}", file.shown, fault->line > 0 ? fmt::format(":{}", fault->line) : "", fault->message)};
}

void refuse_wrong_device(const GivenFile& file, const Variant& variant, const DeviceFacts& device) {
  if (plays(device, variant)) return;
  if (variant.device == DeviceKind::cpu) {
    throw FaultFound{fmt::format(
        "{} is a .cpp file for the CPU device, and {} takes .cu files; give --device cpu, or name a .cu file",
        file.shown, device.id)};
  }
  throw FaultFound{
      fmt::format("{} is a CUDA file, and {} takes .cpp files; leave --device out to check it on the emulated device",
                  file.shown, device.id)};
}

/// Values of the knobs that flags name, each allowed by at least one variant.
std::map<std::string, Values> read_knobs(const PlanDraft& draft, const std::vector<const Variant*>& variants) {
  std::map<std::string, Values> knobs;
  for (const session::KnobChoice& choice : draft.knobs) {
    std::vector<std::string> names;
    std::set<std::int64_t> allowed;
    for (const Variant* variant : variants) {
      for (const Knob& knob : variant->knobs) {
        names.push_back(knob.name);
        if (knob.name == choice.name) allowed.insert(knob.values.begin(), knob.values.end());
      }
    }
    if (std::ranges::find(names, choice.name) == names.end()) {
      throw FaultFound{
          fmt::format("-a: no file that is checked has a knob '{}'{}", choice.name, did_you_mean(choice.name, names))};
    }
    auto values = session::resolve(choice, variants);
    if (const auto* fault = std::get_if<session::TextFault>(&values)) throw FaultFound{"-a: " + fault->message};
    for (const std::int64_t value : std::get<Values>(values)) {
      if (allowed.contains(value)) continue;
      throw FaultFound{fmt::format("-a: no file that is checked allows {}={}; choose from {}", choice.name, value,
                                   fmt::join(allowed, ", "))};
    }
    knobs[choice.name] = std::get<Values>(std::move(values));
  }
  return knobs;
}

/// The shapes given that suit the operation, or the awkward ones.
std::vector<Values> shapes_for(Operation operation, const PlanDraft& draft) {
  if (draft.default_shape) return awkward_shapes(operation);
  std::vector<Values> suitable;
  std::string why_not;
  for (const Values& shape : draft.plan.shapes) {
    const Problem problem{
        .operation = operation, .shape = shape, .normalized_dims = draft.plan.normalized_dims, .distribution = {}};
    const auto fault = find_fault(problem);
    if (!fault) suitable.push_back(shape);
    if (fault && why_not.empty()) why_not = *fault;
  }
  if (suitable.empty()) throw FaultFound{fmt::format("--shape: none suits {}: {}", name_of(operation), why_not)};
  return suitable;
}

Plan plan_of(const Variant& variant, const CheckArguments& arguments, const PlanDraft& draft,
             const DeviceFacts& device) {
  Plan plan = draft.plan;
  plan.device = device.id;
  plan.operation = variant.operation;
  plan.variants = {variant.id};
  plan.shapes = shapes_for(variant.operation, draft);
  if (arguments.plan.types.empty()) plan.types = variant.types;
  plan.method.set_timings({});
  return plan;
}

/// The tall shape, with every knob that is not asked for at its smallest.
Plan tall_plan(Plan plan, const Variant& variant) {
  plan.shapes = {tall_shape(variant.operation)};
  for (const Knob& knob : variant.knobs) {
    if (!plan.knobs.contains(knob.name) && !knob.values.empty()) {
      plan.knobs[knob.name] = {std::ranges::min(knob.values)};
    }
  }
  return plan;
}

/// The long shape, with knobs at the value nearest to their default that is no power of two; nothing where none has
/// one, or what is asked for settles it.
std::optional<Plan> long_plan(Plan plan, const Variant& variant) {
  plan.shapes = {long_shape(variant.operation)};
  bool any = false;
  for (const Knob& knob : variant.knobs) {
    if (plan.knobs.contains(knob.name)) continue;
    Values odd;
    std::ranges::copy_if(knob.values, std::back_inserter(odd), [](std::int64_t value) {
      return value > 0 && !std::has_single_bit(static_cast<std::uint64_t>(value));
    });
    if (odd.empty()) continue;
    const auto distance = [&knob](std::int64_t value) { return std::abs(value - knob.initial); };
    plan.knobs[knob.name] = {std::ranges::min(odd, {}, distance)};
    any = true;
  }
  return any ? std::optional(std::move(plan)) : std::nullopt;
}

/// The same plan once for every layout and activation that the file is written for, or for those that were asked for.
std::vector<Plan> in_every_form(const Plan& plan, const Variant& variant, const CheckArguments& arguments) {
  std::vector<Plan> plans;
  for (const Layout layout : arguments.plan.layout ? std::vector{plan.layout} : variant.layouts) {
    for (const Activation activation : arguments.plan.activation ? std::vector{plan.activation} : variant.activations) {
      plans.push_back(plan);
      plans.back().layout = layout;
      plans.back().activation = activation;
    }
  }
  return plans;
}

void add_plan(Plan plan, const DeviceFacts& device, const Catalog& catalog, CheckPlan& check) {
  Expansion expansion = expand(plan, catalog, device);
  if (!expansion.faults.empty()) throw FaultFound{fmt::format("{}", fmt::join(expansion.faults, "\n"))};
  check.points.insert(check.points.end(), expansion.points.begin(), expansion.points.end());
  check.plans.push_back(std::move(plan));
}

CheckPlan make_plan(const CheckArguments& arguments, const PlanDraft& draft,
                    const std::vector<const Variant*>& variants, const DeviceFacts& device, const Catalog& catalog) {
  const std::map<std::string, Values> knobs = read_knobs(draft, variants);
  CheckPlan check;
  for (const Variant* variant : variants) {
    Plan plan = plan_of(*variant, arguments, draft, device);
    std::string none_allowed;
    for (const Knob& knob : variant->knobs) {
      const auto asked = knobs.find(knob.name);
      if (asked == knobs.end()) continue;
      Values& values = plan.knobs[knob.name];
      std::ranges::copy_if(asked->second, std::back_inserter(values), [&knob](std::int64_t value) {
        return std::ranges::find(knob.values, value) != knob.values.end();
      });
      if (values.empty()) none_allowed = knob.name;
    }
    if (!none_allowed.empty()) {
      check.notes.push_back(
          fmt::format("{} is not checked: it allows none of the given values of {}", variant->id, none_allowed));
      continue;
    }
    std::vector<Plan> plans = {plan};
    if (draft.default_shape) {
      plans.push_back(tall_plan(plan, *variant));
      if (auto more = long_plan(plan, *variant)) plans.push_back(std::move(*more));
    }
    for (const Plan& each : plans) {
      for (Plan& form : in_every_form(each, *variant, arguments)) add_plan(std::move(form), device, catalog, check);
    }
  }
  return check;
}

}  // namespace

std::variant<std::vector<const Variant*>, UsageFault> choose_variants(const CheckArguments& arguments,
                                                                      const std::vector<GivenFile>& files,
                                                                      const PlanDraft& draft, const DeviceFacts& device,
                                                                      const Catalog& catalog) {
  std::vector<const Variant*> chosen;
  const auto wanted = [&](Operation operation) {
    return !arguments.plan.operation || operation == draft.plan.operation;
  };
  std::string faults;
  for (const GivenFile& file : files) {
    try {
      const Variant& variant = variant_of(file, catalog);
      refuse_wrong_device(file, variant, device);
      if (!wanted(variant.operation)) {
        throw FaultFound{fmt::format("{} computes {}, and --op says {}; leave --op out", file.shown,
                                     name_of(variant.operation), name_of(draft.plan.operation))};
      }
      chosen.push_back(&variant);
    } catch (const FaultFound& found) {
      faults += (faults.empty() ? "" : "\n") + found.message;
    }
  }
  if (!faults.empty()) return UsageFault{faults};
  if (!arguments.all) return chosen;
  for (const Operation operation : kOperations) {
    if (!wanted(operation)) continue;
    const auto all = variants_for(catalog, operation, device.kind);
    chosen.insert(chosen.end(), all.begin(), all.end());
  }
  if (chosen.empty()) {
    return UsageFault{fmt::format("there is no kernel file for {}; put a {} file into kernels/<operation>/", device.id,
                                  device.kind == DeviceKind::cpu ? ".cpp" : ".cu")};
  }
  return chosen;
}

std::variant<CheckPlan, UsageFault> plan_check(const CheckArguments& arguments, const PlanDraft& draft,
                                               const std::vector<const Variant*>& variants, const DeviceFacts& device,
                                               const Catalog& catalog) {
  try {
    return make_plan(arguments, draft, variants, device, catalog);
  } catch (const FaultFound& found) {
    return UsageFault{found.message};
  }
}

}  // namespace knobscope::cli
