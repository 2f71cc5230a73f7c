#pragma once
// Verification: one run into poisoned outputs, every element compared with the double-precision reference, guard bands
// looked at, inputs hashed again.

#include <span>

#include "measure/bound_variant.h"
#include "measure/verification.h"

namespace knobscope::measure {

/// Puts values into the extra buffers that no kernel may rely on; those to be cleared are cleared by the work itself.
void poison_extras(Run& run, const BoundVariant& bound, ElementType type);

void poison_outputs(Run& run, const BoundVariant& bound);

/// Judges what the outputs hold now, the guard bands and the inputs.
Verification inspect(Run& run, const device::Reference& reference, std::span<const PreparedInput> inputs,
                     const BoundVariant& bound, device::MapSize map);

/// Poisons the outputs, runs once and judges. `map`: the size of the error map of the main output; {0, 0} for none.
/// Throws DeviceLost when the run faulted.
Verification verify(Run& run, const PreparedProblem& problem, const BoundVariant& bound, device::MapSize map);
/// The same with inputs that are copies of the problem's.
Verification verify(Run& run, const device::Reference& reference, std::span<const PreparedInput> inputs,
                    const BoundVariant& bound, device::MapSize map);

}  // namespace knobscope::measure
