#pragma once
// From a problem and its vocabulary to the tasks of numerics/, and from their totals to a report. The same for all
// devices.

#include <string>
#include <vector>

#include "core/error_report.h"
#include "core/problem.h"
#include "device/device.h"
#include "device/numerics/compare.h"

namespace knobscope::device {

/// How an input tensor that is drawn (not TensorInfo::derived) is filled, but for `data`. Throws DeviceError for a
/// tensor that has no recipe.
numerics::FillTask fill_task(const Problem& problem, const TensorInfo& tensor);

/// The element type a tensor is stored in.
numerics::Element stored_type(const TensorInfo& tensor, ElementType type);

/// Pointers, types and extents of the inputs; what the reference adds to them is left null. Throws DeviceError when a
/// tensor that the operation has is missing or has the wrong size.
numerics::ReferenceInputs reference_inputs(const Problem& problem, const NamedBuffers& inputs);

/// The same with x alone, which is what derived inputs are made from.
numerics::ReferenceInputs derivation_inputs(const Problem& problem, const NamedBuffers& inputs);

/// Whether the reference needs the statistics of each row or channel of x.
bool needs_statistics(Operation operation);

/// Whether the reference needs the sums of a backward pass, over each row and each column.
bool needs_gradients(Operation operation);

/// Which of the statistics of x a derived input holds.
numerics::Formula derived_formula(const TensorInfo& tensor);

/// A comparison of `output`, but for `tiles`. tile_rows and tile_columns are those of `map` cut to what the output has;
/// both 0 when no map is wanted. Throws DeviceError for an output that has no formula or the wrong size.
numerics::CompareTask compare_task(const Problem& problem, const numerics::ReferenceInputs& inputs,
                                   const TensorInfo& output, const Buffer& actual, MapSize map);

/// The report from the totals over all elements and the tiles (as bits; empty when no map was wanted).
Comparison comparison_of(const numerics::CompareTask& task, const TensorInfo& output,
                         const numerics::ErrorTotals& totals, const std::vector<numerics::u32>& tiles);

}  // namespace knobscope::device
