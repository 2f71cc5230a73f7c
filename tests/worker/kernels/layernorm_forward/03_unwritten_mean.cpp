/* knobscope
title = "Unwritten mean"
idea = "The last three rows get no mean."
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

void layernorm(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* rstd,
               long long rows, long long columns, double epsilon, long long row) {
  float nowhere = 0.0F;
  float* row_mean = row >= rows - 3 ? &nowhere : mean + row;
  normalize_row(x + row * columns, gamma, beta, y + row * columns, row_mean, rstd + row, columns, epsilon);
}
