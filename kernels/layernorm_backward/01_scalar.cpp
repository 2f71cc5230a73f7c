/* knobscope
title = "Scalar, rows then columns"
idea = """
The definition, written down, in double. dx wants two sums over a row, dgamma and dbeta want sums over a column, so \
one launch walks along rows and the other down columns. The second is the costly one: neighbours in a column lie a \
whole row apart, every element brings its cache line along, and the line is gone before the next column wants it. The \
knob that matters is columns_at_once, which uses more of a line while it is there."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
default = 1
help = "rows of a block, which one thread works through; more for short rows, 1 when there are fewer rows than cores"

[knobs.columns_at_once]
values = [1, 4, 16, 64]
default = 1
help = "columns that a thread adds up together: 16 of 32 bits are a cache line"

[[launches]]
entry = "row_gradients"
grid = "ceil_div(rows, block)"
arguments = ["x", "dy", "gamma", "mean", "rstd", "dx", "rows", "columns", "block_index"]

[[launches]]
entry = "column_gradients"
grid = "ceil_div(columns, columns_at_once)"
arguments = ["x", "dy", "mean", "rstd", "dgamma", "dbeta", "rows", "columns", "block_index"]

[traffic]
reads = "6 * elements * element_size + columns * element_size + 16 * rows"
writes = "elements * element_size + 2 * columns * element_size"
note = """
x and dy once for the sums of a row, once for dx, and once for the columns; the second time a row comes from a cache, \
if it is short. Whatever else is in the cache lines of a column is not counted."""

[numerics]
accumulate = "f64"
note = "As right as float outputs can be. Slow, and the one to trust."
deterministic = true

[source]
note = "The definition."
*/

#include <algorithm>

#include <knobscope/element.h>

using namespace knobscope;

// Threads share the rows out in blocks; this is called once for each.
void row_gradients(const Element* x, const Element* dy, const Element* gamma, const float* mean, const float* rstd,
                   Element* dx, Index rows, Index columns, Index block_index) {
  const Index begin = block_index * KNOB_BLOCK;
  const Index end = std::min(begin + KNOB_BLOCK, rows);

  for (Index row = begin; row < end; ++row) {
    const Index first = row * columns;
    const double row_mean = mean[row];
    const double row_rstd = rstd[row];
    const auto xhat_at = [&](Index column) { return (to_float(x[first + column]) - row_mean) * row_rstd; };
    const auto w_at = [&](Index column) {
      return static_cast<double>(to_float(dy[first + column])) * to_float(gamma[column]);
    };

    double sum_w = 0.0;
    double sum_w_xhat = 0.0;
    for (Index column = 0; column < columns; ++column) {
      sum_w += w_at(column);
      sum_w_xhat += w_at(column) * xhat_at(column);
    }
    const double mean_w = sum_w / static_cast<double>(columns);
    const double mean_w_xhat = sum_w_xhat / static_cast<double>(columns);

    for (Index column = 0; column < columns; ++column) {
      const double gradient = row_rstd * (w_at(column) - mean_w - xhat_at(column) * mean_w_xhat);
      dx[first + column] = from_float<Element>(static_cast<float>(gradient));
    }
  }
}

// The same for columns.
void column_gradients(const Element* x, const Element* dy, const float* mean, const float* rstd, Element* dgamma,
                      Element* dbeta, Index rows, Index columns, Index block_index) {
  const Index begin = block_index * KNOB_COLUMNS_AT_ONCE;
  const Index width = std::min<Index>(KNOB_COLUMNS_AT_ONCE, columns - begin);

  double scale[KNOB_COLUMNS_AT_ONCE] = {};
  double shift[KNOB_COLUMNS_AT_ONCE] = {};
  for (Index row = 0; row < rows; ++row) {
    for (Index i = 0; i < width; ++i) {
      const Index at = row * columns + begin + i;
      const double gradient = to_float(dy[at]);
      const double xhat = (static_cast<double>(to_float(x[at])) - mean[row]) * rstd[row];
      scale[i] += gradient * xhat;
      shift[i] += gradient;
    }
  }
  for (Index i = 0; i < width; ++i) {
    dgamma[begin + i] = from_float<Element>(static_cast<float>(scale[i]));
    dbeta[begin + i] = from_float<Element>(static_cast<float>(shift[i]));
  }
}
