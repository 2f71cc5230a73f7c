/* knobscope
title = "Vectorised, rows side by side"
idea = """
Every column of a row adds to two sums of the row and to two of the column, and dx needs gamma as well: taken alone, a \
row makes a core fetch and store three more rows than its own two. A few rows side by side share them, so the column's \
sums stay in registers from row to row. Lanes are chains of their own, so additions do not wait for each other, and dx \
goes past the caches. The knob that matters is rows_at_once; the rows must fit the second cache together."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.rows_at_once]
values = [1, 2, 4]
default = 4
help = "rows that share what is loaded of gamma and of the columns' sums"

[knobs.stream]
values = [0, 1]
default = 1
help = "1: dx goes past the caches, where rows are whole vectors; 0: through them"

[knobs.block]
values = [1, 2, 4, 8, 16, 32, 64, 128, 256]
default = 32
help = "rows of a block, which one thread works through"

[[buffers]]
name = "partials"
type = "f32"
count = "ceil_div(rows, block) * 2 * columns"

[[launches]]
entry = "row_gradients"
grid = "ceil_div(rows, block)"
arguments = ["x", "dy", "gamma", "mean", "rstd", "dx", "partials", "rows", "columns", "block_index"]

[[launches]]
entry = "add_up"
grid = "ceil_div(columns, 64)"
arguments = ["partials", "dgamma", "dbeta", "ceil_div(rows, block)", "columns", "block_index"]

[traffic]
reads = "2 * elements * element_size + columns * element_size + 8 * rows + ceil_div(rows, block) * columns * 8"
writes = "elements * element_size + 2 * columns * element_size + ceil_div(rows, block) * columns * 8"
note = """
x and dy once, while rows_at_once rows of both fit the second cache. Where dx does not go past the caches, its lines \
are read before they are written."""

[numerics]
accumulate = "f32 for 64 terms of a row and for the rows of a block, f64 above"
note = """
At most 256 rows are added up in float, which costs a sum a few of its last bits and never more than its terms \
explain."""
deterministic = true

[source]
note = "Partial sums, as in every library's backward pass."
*/

#include <algorithm>
#include <type_traits>

#include <knobscope/cpu_gradients.h>
#include <knobscope/cpu_vector.h>

using namespace knobscope;

struct Row {
  const Element* x;
  const Element* dy;
  Element* dx;
  float mean;
  float rstd;
  double sum_w;
  double sum_w_xhat;

  template <typename Value>
  Value xhat(Value value) const {
    return (value - mean) * rstd;
  }
};

// The sums of kRows rows, and their share of those of the columns.
template <int kRows>
void add_sums(Row* rows, const Element* __restrict gamma, float* __restrict scale, float* __restrict shift,
              Index columns) {
  Index column = 0;
  while (column + kLanes <= columns) {
    const Index stop = std::min(column + 64 * kLanes, columns - columns % kLanes);
    Lanes sums_w[kRows] = {};
    Lanes sums_w_xhat[kRows] = {};
    for (; column < stop; column += kLanes) {
      const Lanes factor = load_lanes(gamma + column);
      Lanes of_scale;
      Lanes of_shift;
      std::memcpy(&of_scale, scale + column, sizeof of_scale);
      std::memcpy(&of_shift, shift + column, sizeof of_shift);
#pragma GCC unroll 4
      for (int i = 0; i < kRows; ++i) {
        const Lanes gradient = load_lanes(rows[i].dy + column);
        const Lanes xhat = rows[i].xhat(load_lanes(rows[i].x + column));
        const Lanes w = gradient * factor;
        sums_w[i] += w;
        sums_w_xhat[i] += w * xhat;
        of_scale += gradient * xhat;
        of_shift += gradient;
      }
      std::memcpy(scale + column, &of_scale, sizeof of_scale);
      std::memcpy(shift + column, &of_shift, sizeof of_shift);
    }
    for (int i = 0; i < kRows; ++i) {
      rows[i].sum_w += sum_of_lanes(sums_w[i]);
      rows[i].sum_w_xhat += sum_of_lanes(sums_w_xhat[i]);
    }
  }
  for (; column < columns; ++column) {
    for (int i = 0; i < kRows; ++i) {
      const float gradient = to_float(rows[i].dy[column]);
      const float xhat = rows[i].xhat(to_float(rows[i].x[column]));
      const float w = gradient * to_float(gamma[column]);
      rows[i].sum_w += w;
      rows[i].sum_w_xhat += static_cast<double>(w) * xhat;
      scale[column] += gradient * xhat;
      shift[column] += gradient;
    }
  }
}

template <int kRows, bool kStream>
void write_gradients(const Row* rows, const Element* __restrict gamma, Index columns) {
  float means_w[kRows];
  float means_w_xhat[kRows];
  for (int i = 0; i < kRows; ++i) {
    means_w[i] = static_cast<float>(rows[i].sum_w / static_cast<double>(columns));
    means_w_xhat[i] = static_cast<float>(rows[i].sum_w_xhat / static_cast<double>(columns));
  }
  const auto gradient = [&](int i, auto x, auto dy, auto factor) {
    return (dy * factor - means_w[i] - rows[i].xhat(x) * means_w_xhat[i]) * rows[i].rstd;
  };

  Index column = 0;
  for (; column + kLanes <= columns; column += kLanes) {
    const Lanes factor = load_lanes(gamma + column);
    // First all loads, then all stores: a load that comes after a store to the same place in another page waits for it.
    Lanes results[kRows];
#pragma GCC unroll 4
    for (int i = 0; i < kRows; ++i) {
      results[i] = gradient(i, load_lanes(rows[i].x + column), load_lanes(rows[i].dy + column), factor);
    }
#pragma GCC unroll 4
    for (int i = 0; i < kRows; ++i) put_lanes<kStream>(rows[i].dx + column, results[i]);
  }
  for (; column < columns; ++column) {
    for (int i = 0; i < kRows; ++i) {
      const float factor = to_float(gamma[column]);
      rows[i].dx[column] =
          from_float<Element>(gradient(i, to_float(rows[i].x[column]), to_float(rows[i].dy[column]), factor));
    }
  }
}

// Threads share the rows out in blocks; this is called once for each.
void row_gradients(const Element* x, const Element* dy, const Element* gamma, const float* mean, const float* rstd,
                   Element* dx, float* partials, Index rows, Index columns, Index block_index) {
  const Index begin = block_index * KNOB_BLOCK;
  const Index end = std::min(begin + KNOB_BLOCK, rows);
  const bool stream = KNOB_STREAM && columns % kLanes == 0;  // then every row starts where a vector may be streamed to
  float* scale = partials + block_index * 2 * columns;
  float* shift = scale + columns;
  std::fill(scale, scale + 2 * columns, 0.0F);

  const auto work_on = [&]<int kRows>(std::integral_constant<int, kRows>, Index first) {
    Row group[kRows];
    for (int i = 0; i < kRows; ++i) {
      const Index at = (first + i) * columns;
      group[i] = Row{x + at, dy + at, dx + at, mean[first + i], rstd[first + i], 0.0, 0.0};
    }
    add_sums<kRows>(group, gamma, scale, shift, columns);
    (stream ? write_gradients<kRows, true> : write_gradients<kRows, false>)(group, gamma, columns);
  };
  Index row = begin;
  for (; row + KNOB_ROWS_AT_ONCE <= end; row += KNOB_ROWS_AT_ONCE) {
    work_on(std::integral_constant<int, KNOB_ROWS_AT_ONCE>{}, row);
  }
  for (; row < end; ++row) work_on(std::integral_constant<int, 1>{}, row);
  finish_streams();
}

// The second launch; 64 columns at a time.
void add_up(const float* partials, Element* dgamma, Element* dbeta, Index blocks, Index columns, Index block_index) {
  add_up_columns(partials, dgamma, dbeta, blocks, columns, block_index);
}
