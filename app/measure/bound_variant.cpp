#include "measure/bound_variant.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace knobscope::measure {
namespace {

bool names_buffer(const catalog::EvaluatedVariant& variant, std::string_view name) {
  for (const catalog::EvaluatedLaunch& launch : variant.launches) {
    for (const catalog::ArgumentValue& argument : launch.arguments) {
      const auto* buffer = std::get_if<catalog::BufferArgument>(&argument);
      if (buffer != nullptr && buffer->name == name) return true;
    }
  }
  return false;
}

device::Buffer* find_buffer(const BoundVariant& bound, const PreparedProblem& problem, std::string_view name) {
  if (const PreparedInput* input = problem.find(name)) return input->buffer.get();
  for (const BoundOutput& output : bound.outputs) {
    if (output.tensor->name == name) return output.buffer.get();
  }
  for (const BoundExtra& extra : bound.extras) {
    if (extra.description.name == name) return extra.buffer.get();
  }
  return nullptr;
}

device::Argument bind_argument(const BoundVariant& bound, const PreparedProblem& problem,
                               const catalog::ArgumentValue& value, std::string text) {
  device::Argument argument;
  argument.text = std::move(text);
  if (const auto* buffer = std::get_if<catalog::BufferArgument>(&value)) {
    const device::Buffer* found = find_buffer(bound, problem, buffer->name);
    if (found == nullptr) {
      throw device::DeviceError(
          fmt::format("a launch asks for '{}', which is neither a tensor of {} nor one of the file's extra buffers",
                      buffer->name, name_of(problem.problem.operation)));
    }
    argument.kind = device::Argument::Kind::pointer;
    argument.pointer = found->data();
  } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    argument.kind = device::Argument::Kind::integer;
    argument.integer = *integer;
  } else if (const auto* real = std::get_if<double>(&value)) {
    argument.kind = device::Argument::Kind::real;
    argument.real = *real;
  } else if (std::holds_alternative<catalog::BlockIndexArgument>(value)) {
    argument.kind = device::Argument::Kind::block_index;
  } else {
    argument.kind = device::Argument::Kind::grid_size;
  }
  return argument;
}

std::int64_t extra_bytes(const catalog::EvaluatedBuffer& extra) {
  if (extra.count < 0 || extra.element_bytes <= 0 ||
      extra.count > std::numeric_limits<std::int64_t>::max() / extra.element_bytes) {
    throw device::DeviceError(
        fmt::format("extra buffer '{}' cannot have {} elements; correct its count", extra.name, extra.count));
  }
  return std::max<std::int64_t>(extra.count * extra.element_bytes, 1);
}

/// Null when it has none.
std::shared_ptr<device::Buffer> output_of(const BoundVariant& bound, const TensorInfo& tensor) {
  const auto found = std::ranges::find(bound.outputs, &tensor, &BoundOutput::tensor);
  return found == bound.outputs.end() ? nullptr : found->buffer;
}

/// Null when it has none of that name and size.
std::shared_ptr<device::Buffer> extra_of(const BoundVariant& bound, const catalog::EvaluatedBuffer& wanted) {
  const auto found = std::ranges::find_if(bound.extras, [&](const BoundExtra& extra) {
    return extra.description.name == wanted.name && extra.buffer->size() == extra_bytes(wanted);
  });
  return found == bound.extras.end() ? nullptr : found->buffer;
}

}  // namespace

std::vector<const TensorInfo*> bound_outputs(const catalog::EvaluatedVariant& variant, Operation operation) {
  std::vector<const TensorInfo*> outputs;
  for (const TensorInfo& tensor : info_of(operation).tensors) {
    if (tensor.role == TensorRole::output && names_buffer(variant, tensor.name)) outputs.push_back(&tensor);
  }
  return outputs;
}

BoundVariant bind_variant(PreparedProblems& memory, const PreparedProblem& problem,
                          const catalog::EvaluatedVariant& variant, device::ProgramPtr program,
                          const BoundVariant* beside) {
  const Operation operation = problem.problem.operation;
  for (const TensorInfo& tensor : info_of(operation).tensors) {
    if (tensor.role == TensorRole::output && tensor.required && !names_buffer(variant, tensor.name)) {
      throw device::DeviceError(fmt::format(
          "no launch asks for '{}', the output that is judged; add it to the arguments of the launch that writes it",
          tensor.name));
    }
  }
  const Extents extents = extents_of(problem.problem);
  BoundVariant bound;
  bound.program = std::move(program);
  for (const TensorInfo* tensor : bound_outputs(variant, operation)) {
    const std::int64_t bytes = elements_of(*tensor, extents) * element_size_of(*tensor, problem.problem.type);
    std::shared_ptr<device::Buffer> buffer = beside != nullptr ? output_of(*beside, *tensor) : nullptr;
    if (!buffer) buffer = memory.allocate_or_reuse(bytes);
    bound.outputs.push_back({tensor, tensor->always_f32 ? ElementType::f32 : problem.problem.type, std::move(buffer)});
  }
  for (const catalog::EvaluatedBuffer& extra : variant.buffers) {
    std::shared_ptr<device::Buffer> buffer = beside != nullptr ? extra_of(*beside, extra) : nullptr;
    if (!buffer) buffer = memory.allocate_or_reuse(extra_bytes(extra));
    bound.extras.push_back({extra, std::move(buffer)});
  }

  bound.work.program = bound.program.get();
  for (const BoundExtra& extra : bound.extras) {
    if (extra.description.clear) bound.work.clears.push_back(extra.buffer.get());
  }
  for (std::size_t index = 0; index < variant.launches.size(); ++index) {
    const catalog::EvaluatedLaunch& evaluated = variant.launches[index];
    device::Launch launch;
    launch.entry = index;
    launch.grid = evaluated.grid;
    launch.block = evaluated.block;
    launch.shared_bytes = evaluated.shared_bytes;
    launch.cooperative = evaluated.cooperative;
    launch.cluster = evaluated.cluster;
    for (std::size_t at = 0; at < evaluated.arguments.size(); ++at) {
      std::string text = at < evaluated.argument_texts.size() ? evaluated.argument_texts[at] : std::string();
      launch.arguments.push_back(bind_argument(bound, problem, evaluated.arguments[at], std::move(text)));
    }
    bound.work.launches.push_back(std::move(launch));
  }
  return bound;
}

void give_back(PreparedProblems& memory, BoundVariant& bound) {
  bound.work = {};
  for (BoundOutput& output : bound.outputs) memory.give_back(std::move(output.buffer));
  for (BoundExtra& extra : bound.extras) memory.give_back(std::move(extra.buffer));
  bound = {};
}

}  // namespace knobscope::measure
