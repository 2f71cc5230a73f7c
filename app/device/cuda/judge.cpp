#include "device/cuda/judge.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace knobscope::device::cuda {
namespace {

using numerics::CompareTask;
using numerics::ErrorTotals;
using numerics::FillTask;
using numerics::i64;
using numerics::Moments;
using numerics::RowStatistics;

constexpr unsigned kThreads = 256;  // kBlock in judge.cu
constexpr i64 kWarp = 32;
constexpr i64 kChunkElements = i64{1} << 28;   // some milliseconds of work between looks at the stop flag
constexpr i64 kSegmentLength = 8192;           // columns a warp sums up, 256 a lane
constexpr i64 kSegmentsAtOnce = i64{1} << 20;  // 32 MiB of moments
constexpr int kBlocksPerMultiprocessor = 8;

CUdeviceptr address_of(const Buffer& buffer) { return std::bit_cast<CUdeviceptr>(buffer.data()); }

template <typename Pointer>
Pointer pointer_to(CUdeviceptr address) {
  return std::bit_cast<Pointer>(address);
}

i64 ceil_div(i64 a, i64 b) { return (a + b - 1) / b; }

template <typename Value>
std::vector<Value> read_values(const Context& context, CUdeviceptr from, std::size_t count, const char* doing) {
  std::vector<Value> values(count);
  KNOBSCOPE_CU(context.driver(), std::string(doing),
               cuMemcpyDtoHAsync(values.data(), from, count * sizeof(Value), context.stream()));
  context.synchronize(doing);
  return values;
}

}  // namespace

Judge::Judge(ContextPtr context, std::shared_ptr<const OwnProgram> program, int multiprocessors,
             const std::atomic<bool>& stop)
    : context_(std::move(context)), program_(std::move(program)), multiprocessors_(multiprocessors), stop_(stop) {}

std::int64_t Judge::blocks_for(std::int64_t threads, int blocks_per_multiprocessor) const {
  return std::clamp<i64>(ceil_div(threads, kThreads), 1, i64{multiprocessors_} * blocks_per_multiprocessor);
}

void Judge::check_stop() const {
  if (stop_.load()) throw Cancelled();
}

void Judge::fill(const FillTask& task) const {
  const i64 groups = (task.elements + 3) / 4;
  constexpr i64 kChunkGroups = kChunkElements / 4;
  for (i64 first = 0; first < groups; first += kChunkGroups) {
    check_stop();
    const i64 end = std::min(groups, first + kChunkGroups);
    program_->enqueue("fill", blocks_for(end - first, kBlocksPerMultiprocessor), kThreads, task, first, end);
    context_->synchronize("filling an input");
  }
}

void Judge::poison(const Buffer& buffer, ElementType type) const {
  const auto element = static_cast<numerics::Element>(type);
  const numerics::u32 word = numerics::poison_word(element);
  const auto words = static_cast<std::size_t>(buffer.size() / 4);
  const CUdeviceptr begin = address_of(buffer);
  const Driver& driver = context_->driver();
  if (words > 0) {
    KNOBSCOPE_CU(driver, "poisoning an output", cuMemsetD32Async(begin, word, words, context_->stream()));
  }
  if (buffer.size() % 4 >= 2) {
    KNOBSCOPE_CU(
        driver, "poisoning an output",
        cuMemsetD16Async(begin + 4 * words, static_cast<unsigned short>(word & 0xFFFFu), 1, context_->stream()));
  }
  context_->synchronize("poisoning an output");
}

std::uint64_t Judge::hash(const Buffer& buffer) const {
  const Memory sum(context_, sizeof(numerics::u64));
  KNOBSCOPE_CU(context_->driver(), "clearing a sum",
               cuMemsetD8Async(sum.address(), 0, sizeof(numerics::u64), context_->stream()));
  program_->enqueue("hash", blocks_for(buffer.size() / 8, kBlocksPerMultiprocessor), kThreads, address_of(buffer),
                    i64{buffer.size()}, sum.address());
  const auto total = read_values<numerics::u64>(*context_, sum.address(), 1, "hashing a buffer");
  return numerics::hash_finish(total.front(), static_cast<numerics::u64>(buffer.size()));
}

ReferencePtr Judge::make_reference(const Problem& problem, const NamedBuffers& inputs) const {
  auto reference = std::make_unique<CudaReference>();
  reference->problem = problem;
  reference->inputs = reference_inputs(problem, inputs);
  if (!needs_row_statistics(problem)) return reference;

  const numerics::ReferenceInputs& task = reference->inputs;
  const i64 segments = ceil_div(task.columns, kSegmentLength);
  const i64 rows_at_once = std::clamp<i64>(kSegmentsAtOnce / segments, 1, task.rows);
  reference->statistics = Memory(context_, task.rows * static_cast<i64>(sizeof(RowStatistics)));
  const Memory parts(context_, rows_at_once * segments * static_cast<i64>(sizeof(Moments)));
  for (i64 first = 0; first < task.rows; first += rows_at_once) {
    check_stop();
    const i64 count = std::min(rows_at_once, task.rows - first);
    program_->enqueue("segment_moments", blocks_for(count * segments * kWarp, kBlocksPerMultiprocessor), kThreads, task,
                      parts.address(), segments, kSegmentLength, first, count);
    program_->enqueue("merge_segments", blocks_for(count, kBlocksPerMultiprocessor), kThreads, parts.address(),
                      reference->statistics.address(), segments, task.epsilon, first, count);
    context_->synchronize("computing the reference");
  }
  reference->inputs.statistics = pointer_to<const RowStatistics*>(reference->statistics.address());
  return reference;
}

Comparison Judge::compare(const CudaReference& reference, const TensorInfo& output, const Buffer& actual,
                          MapSize map) const {
  CompareTask task = compare_task(reference.problem, reference.inputs, output, actual, map);
  const i64 tiles = i64{task.tile_rows} * task.tile_columns;
  const i64 tile_bytes = tiles * static_cast<i64>(sizeof(numerics::u32));
  Memory tile_memory;
  if (tiles > 0) {
    tile_memory = Memory(context_, tile_bytes);
    KNOBSCOPE_CU(context_->driver(), "clearing an error map",
                 cuMemsetD8Async(tile_memory.address(), 0, static_cast<std::size_t>(tile_bytes), context_->stream()));
    task.tiles = pointer_to<numerics::u32*>(tile_memory.address());
  }
  // The shared memory of a block's totals lets a few blocks share a multiprocessor.
  constexpr int kCompareBlocks = 4;
  const i64 most_blocks = blocks_for(std::min(task.elements, kChunkElements), kCompareBlocks);
  const Memory block_totals(context_, most_blocks * static_cast<i64>(sizeof(ErrorTotals)));
  ErrorTotals totals;
  for (i64 first = 0; first < task.elements; first += kChunkElements) {
    check_stop();
    const i64 end = std::min(task.elements, first + kChunkElements);
    const i64 blocks = blocks_for(end - first, kCompareBlocks);
    program_->enqueue("compare", blocks, kThreads, task, block_totals.address(), first, end);
    for (const ErrorTotals& block : read_values<ErrorTotals>(*context_, block_totals.address(),
                                                             static_cast<std::size_t>(blocks), "comparing an output")) {
      numerics::merge_into(totals, block);
    }
  }
  std::vector<numerics::u32> tile_bits;
  if (tiles > 0) {
    tile_bits = read_values<numerics::u32>(*context_, tile_memory.address(), static_cast<std::size_t>(tiles),
                                           "reading an error map");
  }
  return comparison_of(task, output, totals, tile_bits);
}

}  // namespace knobscope::device::cuda
