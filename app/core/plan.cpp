#include "core/plan.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "core/nearest.h"

namespace knobscope {
namespace {

constexpr std::size_t kMaxPoints = 1'000'000;

/// Faults in the order found, each said once.
class FaultList {
 public:
  void add(const std::string& fault) {
    if (seen_.insert(fault).second) faults_.push_back(fault);
  }
  std::vector<std::string> take() { return std::move(faults_); }

 private:
  std::set<std::string> seen_;
  std::vector<std::string> faults_;
};

template <typename T>
std::vector<T> without_repeats(const std::vector<T>& values) {
  std::vector<T> unique;
  for (const T& value : values) {
    if (std::ranges::find(unique, value) == unique.end()) unique.push_back(value);
  }
  return unique;
}

std::string why_not_a_variant(const std::string& wanted, const Plan& plan, const Catalog& catalog,
                              const DeviceFacts& device, const std::vector<const Variant*>& available) {
  for (const Variant& variant : catalog.variants) {
    if (variant.id != wanted && variant.name != wanted) continue;
    return "Variant '" + wanted + "' is for " + std::string(name_of(variant.operation)) + " on " +
           std::string(name_of(variant.device)) + ", and the plan asks for " + std::string(name_of(plan.operation)) +
           " on " + device.id + ": change the plan's operation or device.";
  }
  for (const CatalogFault& fault : catalog.faults) {
    if (fault.file == wanted || fault.file.find(wanted + ".") != std::string::npos) {
      const std::string line = fault.line > 0 ? ":" + std::to_string(fault.line) : "";
      return "Variant '" + wanted + "' has a mistake in its file: " + fault.file + line + ": " + fault.message;
    }
  }
  std::vector<std::string> names;
  std::string listed;
  for (const Variant* variant : available) {
    names.push_back(variant->name);
    listed += (listed.empty() ? "" : ", ") + variant->name;
  }
  return "There is no variant '" + wanted + "' of " + std::string(name_of(plan.operation)) + " for " + device.id + "." +
         did_you_mean(wanted, names) + " There are: " + listed + ".";
}

std::vector<const Variant*> chosen_variants(const Plan& plan, const Catalog& catalog, const DeviceFacts& device,
                                            FaultList& faults) {
  std::vector<const Variant*> available = variants_for(catalog, plan.operation, device.kind);
  if (available.empty()) {
    faults.add("No variant of " + std::string(name_of(plan.operation)) + " runs on " + device.id + ": put a " +
               (device.kind == DeviceKind::cpu ? ".cpp" : ".cu") + " file into kernels/" +
               std::string(name_of(plan.operation)) + "/, or choose another device or operation.");
    return {};
  }
  if (plan.variants.empty()) return available;
  std::vector<const Variant*> chosen;
  for (const std::string& wanted : plan.variants) {
    const auto found = std::ranges::find_if(
        available, [&wanted](const Variant* variant) { return variant->id == wanted || variant->name == wanted; });
    if (found == available.end()) {
      faults.add(why_not_a_variant(wanted, plan, catalog, device, available));
    } else if (std::ranges::find(chosen, *found) == chosen.end()) {
      chosen.push_back(*found);
    }
  }
  return chosen;
}

/// Says which knobs and values of the plan no chosen variant knows.
void check_knobs(const Plan& plan, const std::vector<const Variant*>& variants, FaultList& faults) {
  if (variants.empty()) return;
  std::vector<std::string> names;
  for (const Variant* variant : variants) {
    for (const Knob& knob : variant->knobs) names.push_back(knob.name);
  }
  names = without_repeats(names);
  for (const auto& [name, values] : plan.knobs) {
    if (std::ranges::find(names, name) == names.end()) {
      faults.add("None of the chosen variants has a knob '" + name + "'." + did_you_mean(name, names));
      continue;
    }
    for (const std::int64_t value : values) {
      const bool allowed = std::ranges::any_of(variants, [&name = name, value](const Variant* variant) {
        const auto knob = std::ranges::find(variant->knobs, name, &Knob::name);
        return knob != variant->knobs.end() && std::ranges::find(knob->values, value) != knob->values.end();
      });
      if (!allowed) {
        std::set<std::int64_t> known;
        for (const Variant* variant : variants) {
          for (const Knob& knob : variant->knobs) {
            if (knob.name == name) known.insert(knob.values.begin(), knob.values.end());
          }
        }
        std::string listed;
        for (const std::int64_t each : known) listed += (listed.empty() ? "" : ", ") + std::to_string(each);
        faults.add("None of the chosen variants allows " + name + "=" + std::to_string(value) + ": choose from " +
                   listed + ".");
      }
    }
  }
}

/// The values of each knob that the plan visits for this variant.
std::vector<std::vector<std::int64_t>> knob_axes(const Plan& plan, const Variant& variant) {
  std::vector<std::vector<std::int64_t>> axes;
  for (const Knob& knob : variant.knobs) {
    const auto listed = plan.knobs.find(knob.name);
    if (listed != plan.knobs.end() && !listed->second.empty()) {
      std::vector<std::int64_t> allowed;
      for (const std::int64_t value : without_repeats(listed->second)) {
        if (std::ranges::find(knob.values, value) != knob.values.end()) allowed.push_back(value);
      }
      axes.push_back(std::move(allowed));
    } else if (plan.sweep_unlisted_knobs) {
      axes.push_back(without_repeats(knob.values));
    } else {
      axes.push_back({knob.initial});
    }
  }
  return axes;
}

/// How many combinations the axes have; `limit` when there are at least that many.
std::size_t combinations(const std::vector<std::vector<std::int64_t>>& axes, std::size_t limit) {
  std::size_t count = 1;
  for (const auto& axis : axes) {
    if (axis.empty()) return 0;
    count = axis.size() > limit / count ? limit : count * axis.size();
  }
  return std::min(count, limit);
}

/// The combination with this number; the last knob changes fastest.
KnobValues combination(const Variant& variant, const std::vector<std::vector<std::int64_t>>& axes, std::size_t number) {
  KnobValues values;
  for (std::size_t i = axes.size(); i-- > 0;) {
    values[variant.knobs[i].name] = axes[i][number % axes[i].size()];
    number /= axes[i].size();
  }
  return values;
}

void check_method(const Method& method, FaultList& faults) {
  const auto positive = [](double value) { return std::isfinite(value) && value > 0.0; };
  if (method.min_samples < 1 || method.max_samples < method.min_samples) {
    faults.add("The method takes " + std::to_string(method.min_samples) + " to " + std::to_string(method.max_samples) +
               " samples: give at least 1, and a maximum that is not below the minimum.");
  }
  if (!positive(method.time_limit_s)) faults.add("The method's time_limit_s must be a positive number of seconds.");
  if (!positive(method.launch_limit_s)) faults.add("The method's launch_limit_s must be a positive number of seconds.");
  if (!positive(method.target_relative_error) || !positive(method.noisy_relative_error)) {
    faults.add("The method's relative errors must be positive numbers, such as 0.005.");
  }
  if (!positive(method.max_noise)) faults.add("The method's max_noise must be a positive share, such as 0.005.");
  if (!positive(method.max_angle)) faults.add("The method's max_angle must be a positive number of degrees.");
  if (!(method.min_r2 >= 0.0 && method.min_r2 <= 1.0)) faults.add("The method's min_r2 must be from 0 to 1.");
  if (!(method.throttle_threshold >= 0.0 && method.throttle_threshold <= 1.0)) {
    faults.add("The method's throttle_threshold must be a share from 0 to 1, such as 0.75; 0 looks at no clock.");
  }
  if (!(method.throttle_recovery_s >= 0.0 && method.throttle_recovery_s <= 10.0)) {
    faults.add("The method's throttle_recovery_s must be from 0 to 10 seconds.");
  }
  if (method.target_samples < 1) faults.add("The method's target_samples must be at least 1.");
  if (!(method.min_time_s >= 0.0 && method.min_time_s <= method.time_limit_s)) {
    faults.add("The method's min_time_s must be from 0 to its time_limit_s: raise the time limit (--timeout).");
  }
}

Problem problem_with(const Plan& plan, const std::vector<std::int64_t>& shape, ElementType type,
                     const Distribution& distribution) {
  Problem problem{.operation = plan.operation,
                  .shape = shape,
                  .normalized_dims = plan.normalized_dims,
                  .type = type,
                  .distribution = distribution,
                  .seed = plan.seed,
                  .epsilon = plan.epsilon};
  if (family_of(plan.operation) == Family::batchnorm) problem.layout = plan.layout;
  if (plan.operation == Operation::layernorm_forward) problem.activation = plan.activation;
  return problem;
}

/// The plan's problems, in its order, without those that cannot be run.
std::vector<Problem> problems_of(const Plan& plan, FaultList& faults) {
  std::vector<Problem> problems;
  for (const auto& shape : without_repeats(plan.shapes)) {
    for (const ElementType type : without_repeats(plan.types)) {
      for (const Distribution& distribution : without_repeats(plan.distributions)) {
        Problem problem = problem_with(plan, shape, type, distribution);
        if (const std::optional<std::string> fault = find_fault(problem)) {
          faults.add(*fault);
        } else {
          problems.push_back(std::move(problem));
        }
      }
    }
  }
  return problems;
}

}  // namespace

Problem first_problem(const Plan& plan) {
  return problem_with(plan, plan.shapes.empty() ? Problem{}.shape : plan.shapes.front(),
                      plan.types.empty() ? ElementType::f32 : plan.types.front(),
                      plan.distributions.empty() ? Distribution{} : plan.distributions.front());
}

Expansion expand(const Plan& plan, const Catalog& catalog, const DeviceFacts& device) {
  Expansion expansion;
  FaultList faults;
  if (plan.shapes.empty()) faults.add("The plan has no shape: give at least one, such as 8192x4096.");
  if (plan.types.empty()) faults.add("The plan has no element type: give f32, f16 or bf16.");
  if (plan.distributions.empty()) faults.add("The plan has no distribution: give at least one, such as normal.");
  check_method(plan.method, faults);
  const std::vector<Problem> problems = problems_of(plan, faults);
  const std::vector<const Variant*> variants = chosen_variants(plan, catalog, device, faults);
  check_knobs(plan, variants, faults);

  // Counted before anything is built: a plan of a few lines can mean billions.
  std::size_t per_problem = 0;
  for (const Variant* variant : variants) per_problem += combinations(knob_axes(plan, *variant), kMaxPoints + 1);
  if (!problems.empty() && per_problem > kMaxPoints / problems.size()) {
    faults.add("The plan expands to more than 1000000 points: list fewer shapes, variants or knob values.");
    expansion.faults = faults.take();
    return expansion;
  }

  expansion.points.reserve(per_problem * problems.size());
  for (const Problem& problem : problems) {
    for (const Variant* variant : variants) {
      const auto axes = knob_axes(plan, *variant);
      const std::size_t count = combinations(axes, kMaxPoints + 1);
      for (std::size_t i = 0; i < count; ++i) {
        expansion.points.push_back(PointRequest{.id = 0,
                                                .device = device.id,
                                                .problem = problem,
                                                .variant = variant->id,
                                                .knobs = combination(*variant, axes, i),
                                                .method = plan.method});
      }
    }
  }
  expansion.faults = faults.take();
  return expansion;
}

std::vector<Problem> forms_of(const Variant& variant) {
  std::vector<Problem> forms;
  for (const ElementType type : variant.types) {
    for (const Layout layout : variant.layouts) {
      for (const Activation activation : variant.activations) {
        Problem form;
        form.operation = variant.operation;
        form.type = type;
        form.layout = layout;
        form.activation = activation;
        forms.push_back(form);
      }
    }
  }
  return forms;
}

std::vector<const Variant*> variants_for(const Catalog& catalog, Operation operation, DeviceKind device) {
  // The emulated device plays out the same files as a real GPU.
  const DeviceKind files = device == DeviceKind::emulated ? DeviceKind::cuda : device;
  std::vector<const Variant*> variants;
  for (const Variant& variant : catalog.variants) {
    if (variant.operation == operation && variant.device == files) variants.push_back(&variant);
  }
  std::ranges::stable_sort(variants, [](const Variant* a, const Variant* b) {
    return std::tie(a->order, a->name) < std::tie(b->order, b->name);
  });
  return variants;
}

}  // namespace knobscope
