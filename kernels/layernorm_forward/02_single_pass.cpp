/* knobscope
title = "Single pass, sum and sum of squares"
idea = """
E[x²] - E[x]² from one pass over the row. With sums in double the subtraction has digits to spare; turn sum_bits to \
32, move the distribution's offset up, and watch the error rise until nothing is left."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.sum_bits]
values = [64, 32]
default = 64
help = "bits of the two sums: 64 a double, 32 a float"

[knobs.block]
values = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
default = 1
help = "rows of a block, which one thread works through; more for short rows, 1 when there are fewer rows than cores"

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, block)"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", "block_index"]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once for the sums and once for the result."

[numerics]
accumulate = "f64, or f32 by knob"
note = """
The subtraction loses two digits for every power of ten in mean / spread. A double has 16 of them, enough for every \
mean that a float tensor holds with useful digits of spread. A float has 7: wrong from a mean of some hundred \
spreads, and on rows of a million elements, where a single chain of additions rounds too often, and in rows of one \
element, where any rounding is all the variance there is. A negative difference is set to 0, so that the root \
exists; the answer is still wrong, and the check says so."""
deterministic = true

[source]
note = "The textbook identity."
*/

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <knobscope/element.h>

using namespace knobscope;

using Sum = std::conditional_t<KNOB_SUM_BITS == 64, double, float>;

// Threads share the rows out in blocks; this is called once for each.
void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean, float* rstd,
               Index rows, Index columns, float epsilon, Index block_index) {
  const Index begin = block_index * KNOB_BLOCK;
  const Index end = std::min(begin + KNOB_BLOCK, rows);

  for (Index row = begin; row < end; ++row) {
    const Element* x_row = x + row * columns;
    Element* y_row = y + row * columns;

    Sum sum = 0;
    Sum squares = 0;
    for (Index column = 0; column < columns; ++column) {
      const Sum value = to_float(x_row[column]);
      sum += value;
      squares += value * value;
    }
    const Sum row_mean = sum / static_cast<Sum>(columns);
    Sum variance = squares / static_cast<Sum>(columns) - row_mean * row_mean;
    if (variance < 0) variance = 0;  // not std::max, which could turn the NaN of a broken row into a sound-looking 0
    const float row_rstd = 1.0F / std::sqrt(static_cast<float>(variance) + epsilon);

    for (Index column = 0; column < columns; ++column) {
      const float normalized = static_cast<float>(to_float(x_row[column]) - row_mean) * row_rstd;
      y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
    }
    mean[row] = static_cast<float>(row_mean);
    rstd[row] = row_rstd;
  }
}
