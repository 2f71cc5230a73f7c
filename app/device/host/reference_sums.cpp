#include "device/host/reference_sums.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace knobscope::device::host {
namespace {

using numerics::ColumnGradient;
using numerics::Element;
using numerics::GroupStatistics;
using numerics::Moments;
using numerics::ReferenceInputs;
using numerics::RowGradient;

// Elements between two looks at the stop flag: well below a tenth of a second.
constexpr std::int64_t kPiece = 1 << 16;

std::int64_t ceil_div(std::int64_t count, std::int64_t piece) { return (count + piece - 1) / piece; }

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

// Welford over elements `stride` apart in eight interleaved lanes: one lane alone would wait for its own division at
// each element.
template <Element type>
Moments moments_of(const void* data, std::int64_t first, std::int64_t count, std::int64_t stride) {
  constexpr std::int64_t kLanes = 8;
  std::array<Moments, kLanes> lanes{};
  const auto value = [&](std::int64_t i) {
    return static_cast<double>(numerics::load(data, type, first + i * stride));
  };
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::int64_t lane = 0; lane < kLanes; ++lane) numerics::add(lanes[at(lane)], value(i + lane));
  }
  for (; i < count; ++i) numerics::add(lanes[0], value(i));
  for (std::int64_t lane = 1; lane < kLanes; ++lane) lanes[0] = numerics::merged(lanes[0], lanes[at(lane)]);
  return lanes[0];
}

Moments moments_of(const numerics::StoredVector& vector, std::int64_t first, std::int64_t count, std::int64_t stride) {
  switch (vector.type) {
    case Element::f32:
      return moments_of<Element::f32>(vector.data, first, count, stride);
    case Element::f16:
      return moments_of<Element::f16>(vector.data, first, count, stride);
    case Element::bf16:
      return moments_of<Element::bf16>(vector.data, first, count, stride);
  }
  return {};
}

// Members [begin, end) of a group.
Moments moments_of_members(const ReferenceInputs& inputs, std::int64_t group, std::int64_t begin, std::int64_t end) {
  if (inputs.grouping == numerics::Grouping::channels_last) {
    return moments_of(inputs.x, numerics::member_index(inputs, group, begin), end - begin, inputs.channels);
  }
  const std::int64_t run = numerics::run_length(inputs);
  Moments moments;
  while (begin < end) {
    const std::int64_t count = std::min(end - begin, run - begin % run);
    moments = numerics::merged(moments, moments_of(inputs.x, numerics::member_index(inputs, group, begin), count, 1));
    begin += count;
  }
  return moments;
}

// A sum over each of `groups` groups of `size` members: part_of(group, begin, end) for pieces of a group, merged in
// order. Long groups are cut, so that few of them keep all threads busy as many short ones do.
template <typename Sum, typename PartOf>
std::vector<Sum> sums_of_groups(ThreadPool& pool, std::int64_t groups, std::int64_t size, const std::atomic<bool>& stop,
                                PartOf part_of) {
  const std::int64_t pieces_a_group = ceil_div(size, kPiece);
  std::vector<Sum> parts(at(groups * pieces_a_group));
  pool.run(
      groups * pieces_a_group, std::max<std::int64_t>(kPiece / size, 1),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t piece = begin; piece < end; ++piece) {
          const std::int64_t first = piece % pieces_a_group * kPiece;
          parts[at(piece)] = part_of(piece / pieces_a_group, first, std::min(first + kPiece, size));
        }
      },
      &stop);
  std::vector<Sum> sums(at(groups));
  for (std::int64_t group = 0; group < groups; ++group) {
    Sum whole = parts[at(group * pieces_a_group)];
    for (std::int64_t piece = 1; piece < pieces_a_group; ++piece) {
      whole = numerics::merged(whole, parts[at(group * pieces_a_group + piece)]);
    }
    sums[at(group)] = whole;
  }
  return sums;
}

double xhat_at(const ReferenceInputs& inputs, std::int64_t index, const GroupStatistics& row) {
  return (numerics::value_at(inputs.x, index) - row.mean) * row.rstd;
}

}  // namespace

std::vector<GroupStatistics> statistics_of_groups(ThreadPool& pool, const ReferenceInputs& inputs,
                                                  const std::atomic<bool>& stop) {
  const std::vector<Moments> moments =
      sums_of_groups<Moments>(pool, numerics::group_count(inputs), numerics::group_size(inputs), stop,
                              [&](std::int64_t group, std::int64_t begin, std::int64_t end) {
                                return moments_of_members(inputs, group, begin, end);
                              });
  std::vector<GroupStatistics> statistics(moments.size());
  for (std::size_t i = 0; i < moments.size(); ++i) {
    statistics[i] = numerics::group_statistics(moments[i], inputs.epsilon);
  }
  return statistics;
}

std::vector<RowGradient> gradients_of_rows(ThreadPool& pool, const ReferenceInputs& inputs,
                                           const std::atomic<bool>& stop) {
  std::vector<RowGradient> rows = sums_of_groups<RowGradient>(
      pool, inputs.rows, inputs.columns, stop, [&](std::int64_t row, std::int64_t begin, std::int64_t end) {
        const GroupStatistics statistics = numerics::statistics_of(inputs, row);
        RowGradient sums;
        for (std::int64_t column = begin; column < end; ++column) {
          const std::int64_t index = row * inputs.columns + column;
          const double w = numerics::value_at(inputs.dy, index) * numerics::value_at(inputs.gamma, column);
          numerics::add_gradient(sums, w, xhat_at(inputs, index, statistics));
        }
        return sums;
      });
  for (RowGradient& row : rows) row = numerics::row_means(row, inputs.columns);
  return rows;
}

std::vector<ColumnGradient> gradients_of_columns(ThreadPool& pool, const ReferenceInputs& inputs,
                                                 const std::atomic<bool>& stop) {
  constexpr std::int64_t kColumns = 1024;  // their sums stay in a core's cache while rows go by
  constexpr std::int64_t kMostChunks = 64;
  const std::int64_t rows_a_chunk = std::max<std::int64_t>(256, ceil_div(inputs.rows, kMostChunks));
  const std::int64_t chunks = ceil_div(inputs.rows, rows_a_chunk);
  const std::int64_t strips = ceil_div(inputs.columns, kColumns);
  std::vector<ColumnGradient> parts(at(chunks * inputs.columns));
  pool.run(
      chunks * strips, 1,
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t piece = begin; piece < end; ++piece) {
          const std::int64_t chunk = piece / strips;
          const std::int64_t first_column = piece % strips * kColumns;
          const std::int64_t last_column = std::min<std::int64_t>(first_column + kColumns, inputs.columns);
          const std::int64_t last_row = std::min<std::int64_t>((chunk + 1) * rows_a_chunk, inputs.rows);
          ColumnGradient* const sums = parts.data() + chunk * inputs.columns;
          for (std::int64_t row = chunk * rows_a_chunk; row < last_row; ++row) {
            const GroupStatistics statistics = numerics::statistics_of(inputs, row);
            for (std::int64_t column = first_column; column < last_column; ++column) {
              const std::int64_t index = row * inputs.columns + column;
              numerics::add_gradient(sums[column], numerics::value_at(inputs.dy, index),
                                     xhat_at(inputs, index, statistics));
            }
          }
        }
      },
      &stop);
  for (std::int64_t chunk = 1; chunk < chunks; ++chunk) {
    for (std::int64_t column = 0; column < inputs.columns; ++column) {
      parts[at(column)] = numerics::merged(parts[at(column)], parts[at(chunk * inputs.columns + column)]);
    }
  }
  parts.resize(at(inputs.columns));
  return parts;
}

}  // namespace knobscope::device::host
