#include "device/cuda/region_judge.h"

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

namespace knobscope::device::cuda {
namespace {

using numerics::ElementJudgement;
using numerics::ErrorTotals;
using numerics::i64;
using numerics::RegionTask;

constexpr unsigned kThreads = 256;  // kBlock in region.cu
constexpr int kBlocksPerMultiprocessor = 4;
constexpr i64 kChunkElements = i64{1} << 28;  // some milliseconds of work; a block's bins of 32 bits hold that many

Memory cleared(const ContextPtr& context, std::size_t bytes) {
  Memory memory(context, static_cast<std::int64_t>(bytes));
  KNOBSCOPE_CU(context->driver(), "clearing an error map",
               cuMemsetD8Async(memory.address(), 0, bytes, context->stream()));
  return memory;
}

template <typename Value>
std::vector<Value> read_values(const Context& context, const Memory& from, std::size_t count) {
  std::vector<Value> values(count);
  KNOBSCOPE_CU(context.driver(), "reading an error map",
               cuMemcpyDtoHAsync(values.data(), from.address(), count * sizeof(Value), context.stream()));
  context.synchronize("looking at errors");
  return values;
}

}  // namespace

RegionJudge::RegionJudge(ContextPtr context, std::shared_ptr<const OwnProgram> program, int multiprocessors,
                         const std::atomic<bool>& stop)
    : context_(std::move(context)), program_(std::move(program)), multiprocessors_(multiprocessors), stop_(stop) {}

RegionComparison RegionJudge::compare(const CudaReference& reference, const TensorInfo& output, const Buffer& actual,
                                      const RegionSpec& region) const {
  RegionTask task = region_task(reference.problem, reference.inputs, output, actual, region);
  const i64 count = task.compare.elements;
  RegionCounts counts = empty_counts(task, region);
  const Memory tiles = cleared(context_, counts.tiles.size() * sizeof(numerics::u32));
  const Memory histogram = cleared(context_, counts.histogram.size() * sizeof(numerics::u64));
  Memory elements;
  task.compare.tiles = std::bit_cast<numerics::u32*>(tiles.address());
  task.histogram = std::bit_cast<numerics::u64*>(histogram.address());
  if (!counts.elements.empty()) {
    elements = cleared(context_, counts.elements.size() * sizeof(ElementJudgement));
    task.elements = std::bit_cast<ElementJudgement*>(elements.address());
  }
  const auto blocks_for = [this](i64 threads) {
    return std::clamp<i64>((threads + kThreads - 1) / kThreads, 1, i64{multiprocessors_} * kBlocksPerMultiprocessor);
  };
  const Memory block_totals(context_, blocks_for(std::min(count, kChunkElements)) * i64{sizeof(ErrorTotals)});
  for (i64 first = 0; first < count; first += kChunkElements) {
    if (stop_.load()) throw Cancelled();
    const i64 end = std::min(count, first + kChunkElements);
    const i64 blocks = blocks_for(end - first);
    program_->enqueue("look_at_region", blocks, kThreads, task, block_totals.address(), first, end);
    for (const ErrorTotals& block :
         read_values<ErrorTotals>(*context_, block_totals, static_cast<std::size_t>(blocks))) {
      numerics::merge_into(counts.totals, block);
    }
  }
  counts.tiles = read_values<numerics::u32>(*context_, tiles, counts.tiles.size());
  counts.histogram = read_values<numerics::u64>(*context_, histogram, counts.histogram.size());
  if (!counts.elements.empty()) {
    counts.elements = read_values<ElementJudgement>(*context_, elements, counts.elements.size());
  }
  return region_comparison_of(task, output, counts);
}

}  // namespace knobscope::device::cuda
