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
using numerics::RegionTask;

// Elements between two looks at the stop flag: well below a tenth of a second.
constexpr std::int64_t kPiece = 1 << 16;

std::int64_t pieces_of(std::int64_t count, std::int64_t piece) { return (count + piece - 1) / piece; }

void raise_tile(numerics::u32& tile, numerics::u32 bits) {
  const std::atomic_ref<numerics::u32> shared(tile);
  numerics::u32 now = shared.load(std::memory_order_relaxed);
  while (bits > now && !shared.compare_exchange_weak(now, bits, std::memory_order_relaxed)) {
  }
}

// Judges [begin, end), a stretch of one row of an output as large as x, where expected_at(column) gives what must be
// there. The same as judge_element for each, but no division is done for the tile.
template <typename ExpectedAt>
void judge_stretch(ErrorTotals& totals, const CompareTask& task, std::int64_t row, std::int64_t begin, std::int64_t end,
                   ExpectedAt expected_at) {
  const std::int64_t first = row * task.inputs.columns;
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
      const double error =
          numerics::judge(totals, task, index, numerics::load_bits(task.actual, task.type, index), expected_at(column));
      worst = std::max(worst, error);
    }
    if (task.tiles != nullptr) raise_tile(task.tiles[tile_row * task.tile_columns + tile], numerics::tile_bits(worst));
  }
}

// A stretch of one row, with what belongs to the row looked up once.
void judge_row(ErrorTotals& totals, const CompareTask& task, std::int64_t row, std::int64_t begin, std::int64_t end) {
  const numerics::ReferenceInputs& inputs = task.inputs;
  const std::int64_t first = row * inputs.columns;
  if (inputs.grouping == numerics::Grouping::channels_last) {
    judge_stretch(totals, task, row, begin, end,
                  [&](std::int64_t column) { return numerics::expected_value(inputs, task.formula, first + column); });
    return;
  }
  const numerics::GroupStatistics statistics = numerics::statistics_of(inputs, numerics::group_of(inputs, row, 0));
  if (task.formula == Formula::input_gradient) {
    judge_stretch(totals, task, row, begin, end, [&](std::int64_t column) {
      const double w = numerics::value_at(inputs.dy, first + column) * numerics::value_at(inputs.gamma, column);
      const double xhat = (numerics::value_at(inputs.x, first + column) - statistics.mean) * statistics.rstd;
      return numerics::input_gradient(inputs.row_gradients[row], statistics.rstd, w, xhat);
    });
    return;
  }
  judge_stretch(totals, task, row, begin, end, [&](std::int64_t column) {
    const std::int64_t parameter = numerics::parameter_of(inputs, row, column);
    numerics::Expected expected;
    expected.value = numerics::activated(
        numerics::normalized(numerics::value_at(inputs.x, first + column), statistics,
                             numerics::value_at(inputs.gamma, parameter), numerics::value_at(inputs.beta, parameter)),
        inputs.activation);
    return expected;
  });
}

void judge_piece(ErrorTotals& totals, const CompareTask& task, std::int64_t begin, std::int64_t end) {
  const bool as_large_as_x = task.formula == Formula::normalized || task.formula == Formula::input_gradient;
  if (!as_large_as_x) {
    for (std::int64_t index = begin; index < end; ++index) {
      const double error = numerics::judge_element(totals, task, index);
      if (task.tiles != nullptr) raise_tile(task.tiles[numerics::tile_of(task, index)], numerics::tile_bits(error));
    }
    return;
  }
  while (begin < end) {
    const std::int64_t row = begin / task.inputs.columns;
    const std::int64_t stop = std::min<std::int64_t>(end, (row + 1) * task.inputs.columns);
    judge_row(totals, task, row, begin, stop);
    begin = stop;
  }
}

// Judges `elements` in pieces: judge(own, begin, end) adds up one of them.
template <typename JudgePiece>
ErrorTotals totals_of_pieces(ThreadPool& pool, std::int64_t elements, const std::atomic<bool>& stop,
                             JudgePiece judge_one) {
  std::vector<ErrorTotals> parts(static_cast<std::size_t>(pieces_of(elements, kPiece)));
  pool.run(
      static_cast<std::int64_t>(parts.size()), 1,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t piece = begin; piece < end; ++piece) {
          ErrorTotals own;  // on this thread's stack: neighbours in `parts` share cache lines
          judge_one(own, piece * kPiece, std::min<std::int64_t>((piece + 1) * kPiece, elements));
          parts[static_cast<std::size_t>(piece)] = own;
        }
      },
      &stop);
  ErrorTotals totals;
  for (const ErrorTotals& part : parts) numerics::merge_into(totals, part);
  return totals;
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

ErrorTotals compare(ThreadPool& pool, const CompareTask& task, const std::atomic<bool>& stop) {
  return totals_of_pieces(pool, task.elements, stop, [&](ErrorTotals& own, std::int64_t begin, std::int64_t end) {
    judge_piece(own, task, begin, end);
  });
}

ErrorTotals look_at_region(ThreadPool& pool, const RegionTask& task, const std::atomic<bool>& stop) {
  return totals_of_pieces(
      pool, task.compare.elements, stop, [&](ErrorTotals& own, std::int64_t begin, std::int64_t end) {
        std::array<numerics::u64, numerics::kBins> bins{};
        for (std::int64_t number = begin; number < end; ++number) {
          int bin = -1;
          const double error = numerics::judge_in_region(own, task, number, bin);
          if (bin >= 0) ++bins[static_cast<std::size_t>(bin)];
          raise_tile(task.compare.tiles[numerics::tile_of(task.compare, number)], numerics::tile_bits(error));
        }
        for (std::size_t bin = 0; bin < bins.size(); ++bin) {
          if (bins[bin] == 0) continue;
          std::atomic_ref<numerics::u64>(task.histogram[bin]).fetch_add(bins[bin], std::memory_order_relaxed);
        }
      });
}

}  // namespace knobscope::device::host
