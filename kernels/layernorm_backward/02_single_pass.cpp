/* knobscope
title = "Single pass, partial sums"
idea = """
While a row is at hand for dx, its share of dgamma and dbeta costs two additions more, and nobody walks down columns. \
A thread adds the shares of its block's rows up in a row of its own, and a second launch adds the blocks' rows up. The \
knob that matters is block: every block writes and reads two rows of sums, so few rows to a block cost traffic; too \
many leave cores without work."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

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
reads = "4 * elements * element_size + columns * element_size + 8 * rows + ceil_div(rows, block) * columns * 8"
writes = "elements * element_size + 2 * columns * element_size + ceil_div(rows, block) * columns * 8"
note = "x and dy once for the sums and once for dx; the second time from a cache, if the row is short."

[numerics]
accumulate = "f64 along rows, f32 for the rows of a block, f64 above"
note = """
At most 256 rows are added up in float, which costs a sum a few of its last bits and never more than its terms \
explain."""
deterministic = true

[source]
note = "Partial sums, as in every library's backward pass."
*/

#include <algorithm>

#include <knobscope/cpu_gradients.h>

using namespace knobscope;

// Threads share the rows out in blocks; this is called once for each.
void row_gradients(const Element* __restrict x, const Element* __restrict dy, const Element* __restrict gamma,
                   const float* __restrict mean, const float* __restrict rstd, Element* __restrict dx,
                   float* __restrict partials, Index rows, Index columns, Index block_index) {
  const Index begin = block_index * KNOB_BLOCK;
  const Index end = std::min(begin + KNOB_BLOCK, rows);
  float* __restrict scale = partials + block_index * 2 * columns;
  float* __restrict shift = scale + columns;
  std::fill(scale, scale + 2 * columns, 0.0F);

  for (Index row = begin; row < end; ++row) {
    const Index first = row * columns;
    const float row_mean = mean[row];
    const float row_rstd = rstd[row];
    const auto xhat_at = [&](Index column) { return (to_float(x[first + column]) - row_mean) * row_rstd; };
    const auto w_at = [&](Index column) { return to_float(dy[first + column]) * to_float(gamma[column]); };

    double sum_w = 0.0;
    double sum_w_xhat = 0.0;
    for (Index column = 0; column < columns; ++column) {
      const float gradient = to_float(dy[first + column]);
      const float xhat = xhat_at(column);
      sum_w += w_at(column);
      sum_w_xhat += w_at(column) * xhat;
      scale[column] += gradient * xhat;
      shift[column] += gradient;
    }
    const float mean_w = static_cast<float>(sum_w / static_cast<double>(columns));
    const float mean_w_xhat = static_cast<float>(sum_w_xhat / static_cast<double>(columns));

    for (Index column = 0; column < columns; ++column) {
      dx[first + column] = from_float<Element>(row_rstd * (w_at(column) - mean_w - xhat_at(column) * mean_w_xhat));
    }
  }
}

// The second launch; 64 columns at a time.
void add_up(const float* partials, Element* dgamma, Element* dbeta, Index blocks, Index columns, Index block_index) {
  add_up_columns(partials, dgamma, dbeta, blocks, columns, block_index);
}
