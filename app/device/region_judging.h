#pragma once
// From an area to look at to the task of numerics/region.h, and from what was counted to the answer. The same for all
// devices.

#include <vector>

#include "device/judging.h"
#include "device/numerics/region.h"

namespace knobscope::device {

/// But for where the counts are put. Throws DeviceError as compare_task() does, and for an area outside the view.
numerics::RegionTask region_task(const Problem& problem, const numerics::ReferenceInputs& inputs,
                                 const TensorInfo& output, const Buffer& actual, const RegionSpec& region);

/// Where a device counts; on the host.
struct RegionCounts {
  numerics::ErrorTotals totals;
  std::vector<numerics::u32> tiles;
  std::vector<numerics::u64> histogram;
  std::vector<numerics::ElementJudgement> elements;  ///< empty: there are too many to be listed
};
/// All zero, of the right sizes. Elements are listed where each tile is one and there are at most `most_elements`.
RegionCounts empty_counts(const numerics::RegionTask& task, const RegionSpec& region);

RegionComparison region_comparison_of(const numerics::RegionTask& task, const TensorInfo& output,
                                      const RegionCounts& counts);

}  // namespace knobscope::device
