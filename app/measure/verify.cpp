#include "measure/verify.h"

namespace knobscope::measure {

void poison_extras(Run& run, const BoundVariant& bound, ElementType type) {
  for (const BoundExtra& extra : bound.extras) {
    run.device.poison(*extra.buffer, extra.description.element_bytes < 4 ? type : ElementType::f32);
  }
}

void poison_outputs(Run& run, const BoundVariant& bound) {
  for (const BoundOutput& output : bound.outputs) run.device.poison(*output.buffer, output.type);
}

Verification verify(Run& run, const PreparedProblem& problem, const BoundVariant& bound, device::MapSize map) {
  return verify(run, *problem.reference, problem.inputs, bound, map);
}

Verification verify(Run& run, const device::Reference& reference, std::span<const PreparedInput> inputs,
                    const BoundVariant& bound, device::MapSize map) {
  run.observer.phase(Phase::verify);
  poison_outputs(run, bound);
  run.check();
  run.device.enqueue(bound.work);
  run.device.synchronize();
  return inspect(run, reference, inputs, bound, map);
}

Verification inspect(Run& run, const device::Reference& reference, std::span<const PreparedInput> inputs,
                     const BoundVariant& bound, device::MapSize map) {
  run.check();
  run.observer.alive();

  Verification found;
  for (const BoundOutput& output : bound.outputs) {
    run.check();
    const bool is_main = &output == &bound.outputs.front();
    device::Comparison comparison =
        run.device.compare(reference, *output.tensor, *output.buffer, is_main ? map : device::MapSize{});
    found.report.outputs.push_back(std::move(comparison.error));
    if (is_main) found.report.map = std::move(comparison.map);
    run.observer.alive();
  }

  const auto check_guards = [&](std::string_view name, const device::Buffer& buffer) {
    if (!run.device.guards_intact(buffer)) found.report.damaged_guards.emplace_back(name);
  };
  for (const BoundOutput& output : bound.outputs) check_guards(output.tensor->name, *output.buffer);
  for (const BoundExtra& extra : bound.extras) check_guards(extra.description.name, *extra.buffer);
  for (const PreparedInput& input : inputs) {
    check_guards(input.tensor->name, *input.buffer);
    if (run.device.hash(*input.buffer) != input.hash) found.changed_inputs.emplace_back(input.tensor->name);
  }
  found.report.inputs_changed = !found.changed_inputs.empty();
  run.observer.alive();
  return found;
}

}  // namespace knobscope::measure
