/* knobscope
title = "Scalar, two passes in double"
idea = """
The definition, written down: add up a row, divide, add up the squared distances, divide, apply. One number at a \
time, in double: it costs a scalar loop nothing, because the addition takes as long as in float and each one waits \
for the one before."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
default = 1
help = "rows of a block, which one thread works through; more for short rows, 1 when there are fewer rows than cores"

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, block)"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", "block_index"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once per pass; a row that fits a core's cache comes from there the second and third time."

[numerics]
accumulate = "f64"
note = "As right as a float output can be: sums, mean and distances are doubles. Slow, and the one to trust."
deterministic = true

[source]
note = "The definition."
*/

#include <algorithm>
#include <cmath>

#include <knobscope/element.h>

using namespace knobscope;

// Threads share the rows out in blocks; this is called once for each.
void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean, float* rstd,
               Index rows, Index columns, double epsilon, Index block_index) {
  const Index begin = block_index * KNOB_BLOCK;
  const Index end = std::min(begin + KNOB_BLOCK, rows);

  for (Index row = begin; row < end; ++row) {
    const Element* x_row = x + row * columns;
    Element* y_row = y + row * columns;
    const double count = static_cast<double>(columns);

    double sum = 0.0;
    for (Index column = 0; column < columns; ++column) sum += to_float(x_row[column]);
    const double row_mean = sum / count;

    double squares = 0.0;
    for (Index column = 0; column < columns; ++column) {
      const double distance = to_float(x_row[column]) - row_mean;
      squares += distance * distance;
    }
    const double row_rstd = 1.0 / std::sqrt(squares / count + epsilon);

    for (Index column = 0; column < columns; ++column) {
      const float normalized = static_cast<float>((to_float(x_row[column]) - row_mean) * row_rstd);
      y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
    }
    mean[row] = static_cast<float>(row_mean);
    rstd[row] = static_cast<float>(row_rstd);
  }
}
