#include "device/cuda/judge.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace knobscope::device::cuda {
namespace {

using numerics::ColumnGradient;
using numerics::CompareTask;
using numerics::ErrorTotals;
using numerics::FillTask;
using numerics::GroupStatistics;
using numerics::i64;
using numerics::Moments;
using numerics::ReferenceInputs;
using numerics::RowGradient;

constexpr unsigned kThreads = 256;  // kBlock in judge.cu
constexpr i64 kWarp = 32;
constexpr i64 kChunkElements = i64{1} << 28;      // some milliseconds of work between looks at the stop flag
constexpr i64 kSegmentLength = 8192;              // members a warp sums up, 256 a lane
constexpr i64 kSegmentsAtOnce = i64{1} << 20;     // 32 MiB of sums
constexpr i64 kMostColumnThreads = i64{1} << 18;  // enough to keep the memory busy
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

// Groups by groups: `kernel` sums up segments of them, and merge(parts, segments, first, count) finishes the groups.
template <typename Sum, typename Merge>
void Judge::sum_groups(std::string_view kernel, const ReferenceInputs& inputs, std::int64_t groups, std::int64_t size,
                       Merge merge) const {
  const i64 segments = ceil_div(size, kSegmentLength);
  const i64 at_once = std::clamp<i64>(kSegmentsAtOnce / segments, 1, groups);
  const Memory parts(context_, at_once * segments * static_cast<i64>(sizeof(Sum)));
  for (i64 first = 0; first < groups; first += at_once) {
    check_stop();
    const i64 count = std::min<i64>(at_once, groups - first);
    program_->enqueue(kernel, blocks_for(count * segments * kWarp, kBlocksPerMultiprocessor), kThreads, inputs,
                      parts.address(), segments, kSegmentLength, first, count);
    merge(parts.address(), segments, first, count);
    context_->synchronize("computing the reference");
  }
}

Memory Judge::statistics_of(const ReferenceInputs& inputs) const {
  const i64 groups = numerics::group_count(inputs);
  Memory statistics(context_, groups * static_cast<i64>(sizeof(GroupStatistics)));
  sum_groups<Moments>("segment_moments", inputs, groups, numerics::group_size(inputs),
                      [&](CUdeviceptr parts, i64 segments, i64 first, i64 count) {
                        program_->enqueue("merge_moments", blocks_for(count, kBlocksPerMultiprocessor), kThreads, parts,
                                          statistics.address(), segments, inputs.epsilon, first, count);
                      });
  return statistics;
}

Memory Judge::gradients_of_rows(const ReferenceInputs& inputs) const {
  Memory rows(context_, inputs.rows * static_cast<i64>(sizeof(RowGradient)));
  sum_groups<RowGradient>("segment_row_gradients", inputs, inputs.rows, inputs.columns,
                          [&](CUdeviceptr parts, i64 segments, i64 first, i64 count) {
                            program_->enqueue("merge_row_gradients", blocks_for(count, kBlocksPerMultiprocessor),
                                              kThreads, parts, rows.address(), inputs.columns, segments, first, count);
                          });
  return rows;
}

Memory Judge::gradients_of_columns(const ReferenceInputs& inputs) const {
  check_stop();
  const i64 most_chunks = std::clamp<i64>(kMostColumnThreads / inputs.columns, 1, inputs.rows);
  const i64 rows_a_chunk = ceil_div(inputs.rows, most_chunks);
  const i64 chunks = ceil_div(inputs.rows, rows_a_chunk);
  const Memory parts(context_, chunks * inputs.columns * static_cast<i64>(sizeof(ColumnGradient)));
  Memory sums(context_, inputs.columns * static_cast<i64>(sizeof(ColumnGradient)));
  program_->enqueue("chunk_column_gradients", blocks_for(chunks * inputs.columns, kBlocksPerMultiprocessor), kThreads,
                    inputs, parts.address(), chunks, rows_a_chunk);
  program_->enqueue("merge_column_gradients", blocks_for(inputs.columns, kBlocksPerMultiprocessor), kThreads,
                    parts.address(), sums.address(), inputs.columns, chunks);
  context_->synchronize("computing the reference");
  return sums;
}

void Judge::derive(const Buffer& buffer, const ReferenceInputs& inputs, numerics::Formula formula) const {
  const i64 groups = numerics::group_count(inputs);
  const Memory statistics = statistics_of(inputs);
  program_->enqueue("store_statistics", blocks_for(groups, kBlocksPerMultiprocessor), kThreads, statistics.address(),
                    address_of(buffer), formula, groups);
  context_->synchronize("filling an input");
}

ReferencePtr Judge::make_reference(const Problem& problem, const NamedBuffers& inputs) const {
  auto reference = std::make_unique<CudaReference>();
  reference->problem = problem;
  reference->inputs = reference_inputs(problem, inputs);
  if (needs_statistics(problem.operation)) {
    reference->statistics = statistics_of(reference->inputs);
    reference->inputs.statistics = pointer_to<const GroupStatistics*>(reference->statistics.address());
  }
  if (needs_gradients(problem.operation)) {
    reference->row_gradients = gradients_of_rows(reference->inputs);
    reference->column_gradients = gradients_of_columns(reference->inputs);
    reference->inputs.row_gradients = pointer_to<const RowGradient*>(reference->row_gradients.address());
    reference->inputs.column_gradients = pointer_to<const ColumnGradient*>(reference->column_gradients.address());
  }
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
