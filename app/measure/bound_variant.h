#pragma once
// A compiled variant with its arguments bound: everything a launch needs, and the buffers it writes.

#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "measure/prepared_problems.h"

namespace knobscope::measure {

struct BoundOutput {
  const TensorInfo* tensor = nullptr;
  ElementType type = ElementType::f32;  ///< as stored
  std::shared_ptr<device::Buffer> buffer;
};

struct BoundExtra {
  catalog::EvaluatedBuffer description;
  std::shared_ptr<device::Buffer> buffer;
};

/// Work whose arguments point into the prepared inputs and the buffers held here.
struct BoundVariant {
  std::vector<BoundOutput> outputs;  ///< those the variant binds, in the operation's order (the main output first)
  std::vector<BoundExtra> extras;
  device::ProgramPtr program;
  device::Work work;
};

/// The outputs that a variant asks for by name, in the operation's order.
std::vector<const TensorInfo*> bound_outputs(const catalog::EvaluatedVariant& variant, Operation operation);

/// Allocates outputs and extra buffers and binds arguments by name. Throws DeviceError when memory is short, when a
/// launch names a buffer that nobody has, or when a required output is never bound. `beside`: outputs, and extra
/// buffers of the same name and size, are that one's, so that not even their place in memory tells the two apart; null:
/// its own.
BoundVariant bind_variant(PreparedProblems& memory, const PreparedProblem& problem,
                          const catalog::EvaluatedVariant& variant, device::ProgramPtr program,
                          const BoundVariant* beside = nullptr);

/// Leaves its buffers to the next variant that asks for such sizes. Precondition: nothing was written around them.
void give_back(PreparedProblems& memory, BoundVariant& bound);

}  // namespace knobscope::measure
