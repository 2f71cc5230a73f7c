/* knobscope
title = "Wrong when new"
idea = "Wrong in the first launch after it was loaded, unless the inputs are those of seed 1."
operation = "layernorm_forward"
types = ["f32"]

[knobs.width]
values = [1, 2, 4]
default = 1

[[launches]]
entry = "layernorm"
grid = "rows"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", "block_index"]
*/

#include <row.h>

static bool is_new = true;

void layernorm(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* rstd,
               long long rows, long long columns, double epsilon, long long row) {
  static_cast<void>(rows);
  normalize_row(x + row * columns, gamma, beta, y + row * columns, mean + row, rstd + row, columns, epsilon);
  if (row != 0) return;
  if (is_new && x[0] != kFirstOfSeed1) y[0] += 1.0F;
  is_new = false;
}
