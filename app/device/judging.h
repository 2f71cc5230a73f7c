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

/// How an input tensor is filled, but for `data`. Throws DeviceError for a tensor that has no recipe.
numerics::FillTask fill_task(const Problem& problem, const TensorInfo& tensor);

/// The element type a tensor is stored in.
numerics::Element stored_type(const TensorInfo& tensor, ElementType type);

/// Pointers, types and extents of the inputs; `statistics` is left null. Throws DeviceError when a tensor that the
/// operation's reference needs is missing or has the wrong size.
numerics::ReferenceInputs reference_inputs(const Problem& problem, const NamedBuffers& inputs);

/// Whether the reference needs the statistics of each row of x.
bool needs_row_statistics(const Problem& problem);

/// A comparison of `output`, but for `tiles`. tile_rows and tile_columns are those of `map` cut to what the output has;
/// both 0 when no map is wanted. Throws DeviceError for an output that has no formula or the wrong size.
numerics::CompareTask compare_task(const Problem& problem, const numerics::ReferenceInputs& inputs,
                                   const TensorInfo& output, const Buffer& actual, MapSize map);

/// The report from the totals over all elements and the tiles (as bits; empty when no map was wanted).
Comparison comparison_of(const numerics::CompareTask& task, const TensorInfo& output,
                         const numerics::ErrorTotals& totals, const std::vector<numerics::u32>& tiles);

}  // namespace knobscope::device
