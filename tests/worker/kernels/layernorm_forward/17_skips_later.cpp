/* knobscope
title = "Skips later"
idea = "Counts its launches, and leaves out the first row from the ninth one on."
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

static int launches = 0;

void layernorm(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* rstd,
               long long rows, long long columns, double epsilon, long long row) {
  static_cast<void>(rows);
  if (row == 0 && ++launches > 8) return;
  normalize_row(x + row * columns, gamma, beta, y + row * columns, mean + row, rstd + row, columns, epsilon);
}
