#pragma once
// The tasks of numerics/ on all threads of the CPU. Every function ends early with Cancelled when `stop` becomes true.
// Sums are merged in the order of their pieces, so results do not depend on which thread did what.

#include <atomic>
#include <cstdint>
#include <vector>

#include "device/host/thread_pool.h"
#include "device/numerics/region.h"
#include "device/numerics/tasks.h"

namespace knobscope::device::host {

void fill(ThreadPool& pool, const numerics::FillTask& task, const std::atomic<bool>& stop);

/// `bytes` at `data`, 4-byte aligned, become the poison of the type.
void poison(ThreadPool& pool, void* data, std::int64_t bytes, numerics::Element type, const std::atomic<bool>& stop);

std::uint64_t hash(ThreadPool& pool, const void* data, std::int64_t bytes, const std::atomic<bool>& stop);

/// Judges all elements; `task.tiles`, where not null, gets the largest error of each tile.
numerics::ErrorTotals compare(ThreadPool& pool, const numerics::CompareTask& task, const std::atomic<bool>& stop);

/// Judges the area's elements: fills its tiles, its histogram and, where not null, its elements.
numerics::ErrorTotals look_at_region(ThreadPool& pool, const numerics::RegionTask& task, const std::atomic<bool>& stop);

}  // namespace knobscope::device::host
