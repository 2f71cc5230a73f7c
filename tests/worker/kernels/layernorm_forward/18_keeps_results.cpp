/* knobscope
title = "Keeps results"
idea = "Keeps the first row of the first launch, and gives it back whenever x lies at the same address."
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

#include <vector>

#include <row.h>

static const float* kept_of = nullptr;
static std::vector<float> kept;

void layernorm(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* rstd,
               long long rows, long long columns, double epsilon, long long row) {
  static_cast<void>(rows);
  normalize_row(x + row * columns, gamma, beta, y + row * columns, mean + row, rstd + row, columns, epsilon);
  if (row != 0) return;
  if (kept_of != x) {
    kept_of = x;
    kept.assign(y, y + columns);
  }
  for (long long i = 0; i < columns; ++i) y[i] = kept[i];
}
