/* knobscope
title = "Skips what is done"
idea = """
Right each time it is asked on fresh outputs, and does nothing while it is timed: a row whose first result is \
no NaN was done before. Only its time gives it away, faster than the memory can be."""
operation = "layernorm_forward"
types = ["f32"]

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, 64)"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", "block_index"]

[traffic]
reads = "elements * element_size"
writes = "elements * element_size + 8 * rows"
note = "What it would move if it worked."

[numerics]
accumulate = "f64"
note = "Two passes."
deterministic = true

[source]
note = "A test of the program."
*/

#include <algorithm>
#include <cmath>

#include <knobscope/element.h>

using namespace knobscope;

void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean, float* rstd,
               Index rows, Index columns, double epsilon, Index block_index) {
  const Index end = std::min(block_index * 64 + 64, rows);
  for (Index row = block_index * 64; row < end; ++row) {
    const Element* x_row = x + row * columns;
    Element* y_row = y + row * columns;
    if (!std::isnan(y_row[0])) continue;
    double sum = 0.0;
    for (Index column = 0; column < columns; ++column) sum += x_row[column];
    const double row_mean = sum / static_cast<double>(columns);
    double squares = 0.0;
    for (Index column = 0; column < columns; ++column) {
      squares += (x_row[column] - row_mean) * (x_row[column] - row_mean);
    }
    const double row_rstd = 1.0 / std::sqrt(squares / static_cast<double>(columns) + epsilon);
    for (Index column = 0; column < columns; ++column) {
      y_row[column] = static_cast<float>((x_row[column] - row_mean) * row_rstd) * gamma[column] + beta[column];
    }
    mean[row] = static_cast<float>(row_mean);
    rstd[row] = static_cast<float>(row_rstd);
  }
}
