#include "measure/rotating.h"

#include <algorithm>

#include <fmt/format.h>

#include "measure/hot.h"
#include "measure/series.h"
#include "measure/verify.h"

namespace knobscope::measure {
namespace {

/// Part of the device's memory that all copies may take.
constexpr std::int64_t kShareOfMemory = 2;

Bytes footprint_of(const PreparedProblem& problem, const BoundVariant& bound) {
  Bytes bytes{};
  for (const PreparedInput& input : problem.inputs) bytes.count += input.buffer->size();
  for (const BoundOutput& output : bound.outputs) bytes.count += output.buffer->size();
  for (const BoundExtra& extra : bound.extras) bytes.count += extra.buffer->size();
  return bytes;
}

std::string megabytes(Bytes bytes) { return fmt::format("{:.3g} MB", static_cast<double>(bytes.count) * 1e-6); }

/// Throws Untimeable unless so many copies can be made.
void check_copies(const DeviceFacts& facts, Bytes footprint, std::int64_t copies) {
  if (copies > kMostCopies) {
    throw Untimeable(
        fmt::format("tensors of {} need {} copies to fill {} caches, and at most {} are made: choose a larger shape",
                    megabytes(footprint), copies, kRotatingCaches, kMostCopies));
  }
  if (facts.memory.count > 0 && footprint.count > facts.memory.count / kShareOfMemory / copies) {
    throw Untimeable(fmt::format("{} copies of {} are more than half of the device's memory: choose a smaller shape",
                                 copies, megabytes(footprint)));
  }
}

}  // namespace

std::int64_t rotating_copies(Bytes footprint, Bytes last_level_cache) {
  const std::int64_t each = std::max<std::int64_t>(footprint.count, 1);
  // Two of a set that is larger than all caches: a run leaves the end of its data behind for the next.
  return std::max<std::int64_t>((kRotatingCaches * last_level_cache.count + each - 1) / each, 2);
}

Rotation::Rotation(Run& run, PreparedProblems& memory, const PreparedProblem& problem, const BoundVariant& original,
                   const catalog::EvaluatedVariant& variant)
    : problem_(problem), original_(original) {
  const DeviceFacts& facts = run.device.facts();
  if (facts.last_level_cache.count <= 0) throw Untimeable("the size of the device's last-level cache is not known");
  const Bytes footprint = footprint_of(problem, original);
  const std::int64_t wanted = rotating_copies(footprint, facts.last_level_cache);
  check_copies(facts, footprint, wanted);
  try {
    while (static_cast<std::int64_t>(size()) < wanted) {
      run.check();
      PreparedProblem inputs;
      inputs.problem = problem.problem;
      for (const PreparedInput& input : problem.inputs) {
        inputs.inputs.push_back({input.tensor, memory.allocate(input.buffer->size()), input.hash});
        run.device.enqueue_copy(*inputs.inputs.back().buffer, *input.buffer, false);
      }
      Copy copy{std::move(inputs), {}};
      copy.bound = bind_variant(memory, copy.problem, variant, nullptr);
      copy.bound.work.program = original.work.program;
      copy.bound.work.play = original.work.play;
      poison_extras(run, copy.bound, problem.problem.type);
      for (const BoundOutput& output : copy.bound.outputs) run.device.poison(*output.buffer, output.type);
      copies_.push_back(std::move(copy));
      run.observer.alive();
    }
    run.device.synchronize();
  } catch (const device::DeviceError& error) {
    throw Untimeable(
        fmt::format("there is no room for {} copies of {}: {}", wanted, megabytes(footprint), error.what()));
  }
}

Verification Rotation::verify(Run& run, device::MapSize map) const {
  Verification found;
  for (const Copy& copy : copies_) {
    found = measure::verify(run, *problem_.reference, copy.problem.inputs, copy.bound, map);
    if (is_wrong(found)) break;
  }
  return found;
}

std::vector<double> sample_rotating(Run& run, const Rotation& rotation, const Method& method) {
  std::size_t turn = 0;
  const Enqueue enqueue = [&] { run.device.enqueue(rotation.work(turn++ % rotation.size())); };
  // An untimed round: the copies that were made last would still be in the cache, and the original, their source.
  for (std::size_t i = 0; i < rotation.size(); ++i) {
    run.check();
    enqueue();
  }
  run.device.synchronize();
  return sample_hot(run, enqueue, method, Phase::rotating);
}

}  // namespace knobscope::measure
