#include "device/host/numbers.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "device/numerics/generator.h"
#include "device/numerics/hash.h"

namespace knobscope::device::host {
namespace {

using numerics::CompareTask;
using numerics::Element;
using numerics::ErrorTotals;
using numerics::Formula;
using numerics::Moments;
using numerics::RowStatistics;

// Elements between two looks at the stop flag: well below a tenth of a second.
constexpr std::int64_t kPiece = 1 << 16;

std::int64_t pieces_of(std::int64_t count, std::int64_t piece) { return (count + piece - 1) / piece; }

// Welford over a stretch of a row in eight interleaved lanes: one lane alone would wait for its own division at
// each element.
template <Element type>
Moments moments_of(const void* data, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kLanes = 8;
  std::array<Moments, kLanes> lanes{};
  std::int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      numerics::add(lanes[static_cast<std::size_t>(lane)], static_cast<double>(numerics::load(data, type, i + lane)));
    }
  }
  for (; i < end; ++i) numerics::add(lanes[0], static_cast<double>(numerics::load(data, type, i)));
  for (std::size_t lane = 1; lane < kLanes; ++lane) lanes[0] = numerics::merged(lanes[0], lanes[lane]);
  return lanes[0];
}

Moments moments_of(const void* data, Element type, std::int64_t begin, std::int64_t end) {
  switch (type) {
    case Element::f32:
      return moments_of<Element::f32>(data, begin, end);
    case Element::f16:
      return moments_of<Element::f16>(data, begin, end);
    case Element::bf16:
      return moments_of<Element::bf16>(data, begin, end);
  }
  return {};
}

void raise_tile(numerics::u32& tile, numerics::u32 bits) {
  const std::atomic_ref<numerics::u32> shared(tile);
  numerics::u32 now = shared.load(std::memory_order_relaxed);
  while (bits > now && !shared.compare_exchange_weak(now, bits, std::memory_order_relaxed)) {
  }
}

// Judges [begin, end), a stretch of one row of the main output. The same as judge_element for each, but what belongs to
// the row is looked up once, and no division is done for the tile.
void judge_stretch(ErrorTotals& totals, const CompareTask& task, std::int64_t row, std::int64_t begin,
                   std::int64_t end) {
  const numerics::ReferenceInputs& inputs = task.inputs;
  const bool by_column = task.formula == Formula::layernorm_y;
  const std::int64_t channel = by_column ? 0 : row % inputs.channels;
  const RowStatistics statistics = by_column ? inputs.statistics[row] : numerics::channel_statistics(inputs, channel);
  const std::int64_t first = row * inputs.columns;
  const std::int64_t tile_row = task.tiles == nullptr ? 0 : row * task.tile_rows / task.map_rows;
  std::int64_t column = begin - first;
  while (column < end - first) {
    std::int64_t stop = end - first;
    std::int64_t tile = 0;
    if (task.tiles != nullptr) {
      tile = column * task.tile_columns / task.map_columns;
      stop = std::min<std::int64_t>(stop, ((tile + 1) * task.map_columns + task.tile_columns - 1) / task.tile_columns);
    }
    double worst = 0.0;
    for (; column < stop; ++column) {
      const std::int64_t index = first + column;
      const std::int64_t parameter = by_column ? column : channel;
      const double expected =
          numerics::normalized(static_cast<double>(numerics::load(inputs.x, inputs.x_type, index)), statistics,
                               static_cast<double>(numerics::load(inputs.gamma, inputs.gamma_type, parameter)),
                               static_cast<double>(numerics::load(inputs.beta, inputs.beta_type, parameter)));
      const double error = numerics::judge(totals, index, numerics::load_bits(task.actual, task.type, index), task.type,
                                           expected, task.relative_tolerance, task.absolute_tolerance);
      worst = std::max(worst, error);
    }
    if (task.tiles != nullptr) raise_tile(task.tiles[tile_row * task.tile_columns + tile], numerics::tile_bits(worst));
  }
}

void judge_piece(ErrorTotals& totals, const CompareTask& task, std::int64_t begin, std::int64_t end) {
  const bool is_main = task.formula == Formula::layernorm_y || task.formula == Formula::batchnorm_y;
  if (!is_main) {
    for (std::int64_t index = begin; index < end; ++index) {
      const double error = numerics::judge_element(totals, task, index);
      if (task.tiles != nullptr) raise_tile(task.tiles[numerics::tile_of(task, index)], numerics::tile_bits(error));
    }
    return;
  }
  while (begin < end) {
    const std::int64_t row = begin / task.inputs.columns;
    const std::int64_t stop = std::min<std::int64_t>(end, (row + 1) * task.inputs.columns);
    judge_stretch(totals, task, row, begin, stop);
    begin = stop;
  }
}

}  // namespace

void fill(ThreadPool& pool, const numerics::FillTask& task, const std::atomic<bool>& stop) {
  pool.run(
      numerics::group_count(task), kPiece / 4,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t group = begin; group < end; ++group) numerics::fill_group(task, group);
      },
      &stop);
}

void poison(ThreadPool& pool, void* data, std::int64_t bytes, Element type, const std::atomic<bool>& stop) {
  const numerics::u32 word = numerics::poison_word(type);
  auto* memory = static_cast<std::byte*>(data);
  pool.run(
      bytes, 16 * kPiece,
      [&](std::int64_t begin, std::int64_t end) {  // pieces begin at whole words
        for (std::int64_t at = begin; at < end; at += 4) {
          std::memcpy(memory + at, &word, static_cast<std::size_t>(std::min<std::int64_t>(4, end - at)));
        }
      },
      &stop);
}

std::uint64_t hash(ThreadPool& pool, const void* data, std::int64_t bytes, const std::atomic<bool>& stop) {
  const auto* memory = static_cast<const std::byte*>(data);
  const std::int64_t words = bytes / 8;
  std::atomic<std::uint64_t> sum{0};
  pool.run(
      words, kPiece,
      [&](std::int64_t begin, std::int64_t end) {
        numerics::u64 part = 0;
        for (std::int64_t i = begin; i < end; ++i) {
          numerics::u64 word = 0;
          std::memcpy(&word, memory + 8 * i, sizeof word);
          part += numerics::hash_word(word, static_cast<numerics::u64>(i));
        }
        sum.fetch_add(part, std::memory_order_relaxed);
      },
      &stop);
  const auto* tail = reinterpret_cast<const numerics::u8*>(memory + 8 * words);
  const numerics::u64 rest =
      numerics::hash_tail(tail, static_cast<numerics::u64>(bytes - 8 * words), static_cast<numerics::u64>(words));
  return numerics::hash_finish(sum.load() + rest, static_cast<numerics::u64>(bytes));
}

std::vector<RowStatistics> statistics_of_rows(ThreadPool& pool, const numerics::ReferenceInputs& inputs,
                                              const std::atomic<bool>& stop) {
  // Rows are cut into pieces: few long rows keep all threads busy as many short ones do.
  const std::int64_t pieces_a_row = pieces_of(inputs.columns, kPiece);
  std::vector<Moments> moments(static_cast<std::size_t>(inputs.rows * pieces_a_row));
  pool.run(
      inputs.rows * pieces_a_row, std::max<std::int64_t>(kPiece / inputs.columns, 1),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t piece = begin; piece < end; ++piece) {
          const std::int64_t row = piece / pieces_a_row;
          const std::int64_t first = piece % pieces_a_row * kPiece;
          const std::int64_t last = std::min<std::int64_t>(first + kPiece, inputs.columns);
          moments[static_cast<std::size_t>(piece)] =
              moments_of(inputs.x, inputs.x_type, row * inputs.columns + first, row * inputs.columns + last);
        }
      },
      &stop);
  std::vector<RowStatistics> statistics(static_cast<std::size_t>(inputs.rows));
  for (std::int64_t row = 0; row < inputs.rows; ++row) {
    Moments whole = moments[static_cast<std::size_t>(row * pieces_a_row)];
    for (std::int64_t piece = 1; piece < pieces_a_row; ++piece) {
      whole = numerics::merged(whole, moments[static_cast<std::size_t>(row * pieces_a_row + piece)]);
    }
    statistics[static_cast<std::size_t>(row)] = numerics::row_statistics(whole, inputs.epsilon);
  }
  return statistics;
}

ErrorTotals compare(ThreadPool& pool, const CompareTask& task, const std::atomic<bool>& stop) {
  std::vector<ErrorTotals> parts(static_cast<std::size_t>(pieces_of(task.elements, kPiece)));
  pool.run(
      static_cast<std::int64_t>(parts.size()), 1,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t piece = begin; piece < end; ++piece) {
          ErrorTotals own;  // on this thread's stack: neighbours in `parts` share cache lines
          judge_piece(own, task, piece * kPiece, std::min<std::int64_t>((piece + 1) * kPiece, task.elements));
          parts[static_cast<std::size_t>(piece)] = own;
        }
      },
      &stop);
  ErrorTotals totals;
  for (const ErrorTotals& part : parts) numerics::merge_into(totals, part);
  return totals;
}

}  // namespace knobscope::device::host
