#include "measure/prepared_problems.h"

#include <algorithm>
#include <utility>

namespace knobscope::measure {
namespace {

constexpr std::int64_t kShareOfMemory = 4;

std::int64_t bytes_needed(const Problem& problem) {
  const Extents extents = extents_of(problem);
  std::int64_t bytes = 0;
  for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
    const std::int64_t elements = elements_of(tensor, extents);
    // A device may keep the reference as whole tensors of doubles.
    bytes += elements * (tensor.role == TensorRole::input ? element_size_of(tensor, problem.type) : 8);
  }
  return bytes;
}

/// What the reference and the hashes speak of.
void exchange(PreparedProblem& problem) {
  std::swap(problem.reference, problem.other->reference);
  for (std::size_t i = 0; i < problem.inputs.size(); ++i) {
    std::swap(problem.inputs[i].hash, problem.other->hashes[i]);
  }
  problem.holds_other = !problem.holds_other;
}

}  // namespace

const PreparedInput* PreparedProblem::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(inputs, [name](const PreparedInput& each) { return each.tensor->name == name; });
  return found == inputs.end() ? nullptr : &*found;
}

PreparedProblem& PreparedProblems::get(Run& run, const Problem& problem) {
  auto known = std::ranges::find(problems_, problem, &PreparedProblem::problem);
  if (known != problems_.end() && known->suspect) {
    if (is_intact(*known)) {
      known->suspect = false;
    } else {
      problems_.erase(known);
      known = problems_.end();
    }
  }
  if (known != problems_.end()) {
    if (known->holds_other) fill_own(run, *known);
    problems_.splice(problems_.begin(), problems_, known);
    return problems_.front();
  }
  const std::int64_t budget = device_.facts().memory.count / kShareOfMemory;
  std::int64_t held = bytes_needed(problem);
  for (const PreparedProblem& each : problems_) held += each.bytes;
  while (held > budget && !problems_.empty()) {
    held -= problems_.back().bytes;
    problems_.pop_back();
  }
  while (true) {
    try {
      problems_.push_front(make(run, problem));
      return problems_.front();
    } catch (const device::DeviceError&) {
      if (!give_up_oldest(0)) throw;
    }
  }
}

device::BufferPtr PreparedProblems::allocate(std::int64_t bytes) {
  while (true) {
    try {
      return device_.allocate(bytes);
    } catch (const device::DeviceError&) {
      if (!give_up_oldest(1)) throw;
    }
  }
}

std::shared_ptr<device::Buffer> PreparedProblems::allocate_or_reuse(std::int64_t bytes) {
  if (std::shared_ptr<device::Buffer> spare = spare_.take(bytes)) return spare;
  return allocate(bytes);
}

void PreparedProblems::forget(const Problem& problem) {
  std::erase_if(problems_, [&problem](const PreparedProblem& each) { return each.problem == problem; });
}

PreparedProblem PreparedProblems::make(Run& run, const Problem& problem) {
  const Extents extents = extents_of(problem);
  PreparedProblem made;
  made.problem = problem;
  made.bytes = bytes_needed(problem);
  device::NamedBuffers named;
  run.observer.phase(Phase::prepare);
  for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
    if (tensor.role != TensorRole::input) continue;
    run.check();
    PreparedInput input;
    input.tensor = &tensor;
    input.buffer = device_.allocate(elements_of(tensor, extents) * element_size_of(tensor, problem.type));
    device_.fill_input(*input.buffer, problem, tensor, named);
    input.hash = device_.hash(*input.buffer);
    named[std::string(tensor.name)] = input.buffer.get();
    made.inputs.push_back(std::move(input));
    run.observer.alive();
  }
  run.check();
  run.observer.phase(Phase::reference);
  made.reference = device_.make_reference(problem, named);
  return made;
}

void PreparedProblems::fill(Run& run, const Problem& problem, std::vector<PreparedInput>& inputs) {
  device::NamedBuffers named;
  run.observer.phase(Phase::prepare);
  for (PreparedInput& input : inputs) {
    run.check();
    device_.fill_input(*input.buffer, problem, *input.tensor, named);
    named[std::string(input.tensor->name)] = input.buffer.get();
    run.observer.alive();
  }
}

void PreparedProblems::fill_other(Run& run, PreparedProblem& problem) {
  if (problem.holds_other) return;
  if (!problem.other) {
    problem.other.emplace();
    problem.other->problem = problem.problem;
    ++problem.other->problem.seed;
  }
  OtherInputs& other = *problem.other;
  fill(run, other.problem, problem.inputs);
  if (!other.reference) {
    other.hashes.clear();
    device::NamedBuffers named;
    for (const PreparedInput& input : problem.inputs) {
      other.hashes.push_back(device_.hash(*input.buffer));
      named[std::string(input.tensor->name)] = input.buffer.get();
    }
    run.check();
    run.observer.phase(Phase::reference);
    other.reference = device_.make_reference(other.problem, named);
  }
  exchange(problem);
}

void PreparedProblems::fill_own(Run& run, PreparedProblem& problem) {
  fill(run, problem.problem, problem.inputs);
  exchange(problem);
}

bool PreparedProblems::is_intact(const PreparedProblem& problem) {
  return std::ranges::all_of(problem.inputs, [this](const PreparedInput& input) {
    return device_.guards_intact(*input.buffer) && device_.hash(*input.buffer) == input.hash;
  });
}

bool PreparedProblems::give_up_oldest(std::size_t keep) {
  if (!spare_.empty()) {
    spare_.clear();
    return true;
  }
  if (problems_.size() <= keep) return false;
  problems_.pop_back();
  return true;
}

}  // namespace knobscope::measure
