#pragma once
// What the reference sums up over the inputs, in double, on all threads of the CPU. Every function ends early with
// Cancelled when `stop` becomes true. Sums are merged in the order of their pieces, so results do not depend on which
// thread did what.

#include <atomic>
#include <vector>

#include "device/host/thread_pool.h"
#include "device/numerics/reference.h"

namespace knobscope::device::host {

/// Mean, variance and rstd of each group of x.
std::vector<numerics::GroupStatistics> statistics_of_groups(ThreadPool& pool, const numerics::ReferenceInputs& inputs,
                                                            const std::atomic<bool>& stop);

/// Of a LayerNorm backward pass, for each row.
std::vector<numerics::RowGradient> gradients_of_rows(ThreadPool& pool, const numerics::ReferenceInputs& inputs,
                                                     const std::atomic<bool>& stop);

/// Of a LayerNorm backward pass, for each column.
std::vector<numerics::ColumnGradient> gradients_of_columns(ThreadPool& pool, const numerics::ReferenceInputs& inputs,
                                                           const std::atomic<bool>& stop);

}  // namespace knobscope::device::host
