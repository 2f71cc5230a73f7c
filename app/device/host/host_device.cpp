#include "device/host/host_device.h"

#include <cstring>

#include <fmt/format.h>

#include "device/host/memory.h"
#include "device/host/numbers.h"
#include "device/host/reference_sums.h"
#include "device/judging.h"
#include "device/region_judging.h"

namespace knobscope::device::host {
namespace {

struct HostReference final : Reference {
  Problem problem;
  numerics::ReferenceInputs inputs;  // refers to the input buffers: y is computed anew from x rather than kept
  std::vector<numerics::GroupStatistics> statistics;
  std::vector<numerics::RowGradient> row_gradients;
  std::vector<numerics::ColumnGradient> column_gradients;
};

}  // namespace

BufferPtr HostDevice::allocate(std::int64_t bytes) { return std::make_unique<GuardedBuffer>(bytes); }

void HostDevice::read_back(const Buffer& from, std::int64_t offset, std::span<std::byte> to) {
  const auto count = static_cast<std::int64_t>(to.size());
  if (offset < 0 || count > from.size() - offset) {
    throw DeviceError(fmt::format("{} bytes from offset {} were asked of a buffer of {}", count, offset, from.size()));
  }
  std::memcpy(to.data(), bytes_of(from) + offset, to.size());
}

bool HostDevice::guards_intact(const Buffer& buffer) {
  return dynamic_cast<const GuardedBuffer&>(buffer).guards_intact();
}

void HostDevice::fill_input(Buffer& buffer, const Problem& problem, const TensorInfo& tensor,
                            const NamedBuffers& inputs) {
  if (tensor.derived) {
    const auto statistics = statistics_of_groups(pool_, derivation_inputs(problem, inputs), stop_);
    if (static_cast<std::int64_t>(statistics.size() * sizeof(float)) != buffer.size()) {
      throw DeviceError(fmt::format("the buffer of {} has {} bytes, but {} statistics are to be put there", tensor.name,
                                    buffer.size(), statistics.size()));
    }
    const bool mean = derived_formula(tensor) == numerics::Formula::mean;
    auto* values = static_cast<float*>(buffer.data());
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      values[i] = static_cast<float>(mean ? statistics[i].mean : statistics[i].rstd);
    }
    return;
  }
  numerics::FillTask task = fill_task(problem, tensor);
  if (task.elements * numerics::element_bytes(task.type) != buffer.size()) {
    throw DeviceError(fmt::format("the buffer of {} has {} bytes, but {} elements are to be put there", tensor.name,
                                  buffer.size(), task.elements));
  }
  task.data = buffer.data();
  fill(pool_, task, stop_);
}

void HostDevice::poison(Buffer& buffer, ElementType type) {
  host::poison(pool_, buffer.data(), buffer.size(), static_cast<numerics::Element>(type), stop_);
}

std::uint64_t HostDevice::hash(const Buffer& buffer) { return host::hash(pool_, buffer.data(), buffer.size(), stop_); }

ReferencePtr HostDevice::make_reference(const Problem& problem, const NamedBuffers& inputs) {
  auto reference = std::make_unique<HostReference>();
  reference->problem = problem;
  reference->inputs = reference_inputs(problem, inputs);
  if (needs_statistics(problem.operation)) {
    reference->statistics = statistics_of_groups(pool_, reference->inputs, stop_);
    reference->inputs.statistics = reference->statistics.data();
  }
  if (needs_gradients(problem.operation)) {
    reference->row_gradients = gradients_of_rows(pool_, reference->inputs, stop_);
    reference->column_gradients = gradients_of_columns(pool_, reference->inputs, stop_);
    reference->inputs.row_gradients = reference->row_gradients.data();
    reference->inputs.column_gradients = reference->column_gradients.data();
  }
  return reference;
}

Comparison HostDevice::compare(const Reference& reference, const TensorInfo& output, const Buffer& actual,
                               MapSize map) {
  const auto& known = dynamic_cast<const HostReference&>(reference);
  numerics::CompareTask task = compare_task(known.problem, known.inputs, output, actual, map);
  std::vector<numerics::u32> tiles(static_cast<std::size_t>(task.tile_rows) *
                                   static_cast<std::size_t>(task.tile_columns));
  task.tiles = tiles.empty() ? nullptr : tiles.data();
  return comparison_of(task, output, host::compare(pool_, task, stop_), tiles);
}

RegionComparison HostDevice::compare_region(const Reference& reference, const TensorInfo& output, const Buffer& actual,
                                            const RegionSpec& region) {
  const auto& known = dynamic_cast<const HostReference&>(reference);
  numerics::RegionTask task = region_task(known.problem, known.inputs, output, actual, region);
  RegionCounts counts = empty_counts(task, region);
  task.compare.tiles = counts.tiles.data();
  task.histogram = counts.histogram.data();
  task.elements = counts.elements.empty() ? nullptr : counts.elements.data();
  counts.totals = look_at_region(pool_, task, stop_);
  return region_comparison_of(task, output, counts);
}

void HostDevice::check_copy(const Buffer& to, const Buffer& from) {
  if (to.size() == from.size()) return;
  throw DeviceError(fmt::format("a copy of {} bytes into a buffer of {}", from.size(), to.size()));
}

}  // namespace knobscope::device::host
