#pragma once
// One row of LayerNorm by one thread, right; the kernels are right at first only.

/// x[0] where it is normal and its seed is 1.
constexpr float kFirstOfSeed1 = 0x1.3a5826p+0F;

/// Mean and 1 / sigma of row `row`.
__device__ inline void statistics_of_row(const float* x, float* mean, float* rstd, int row, int columns,
                                         float epsilon) {
  const float* from = x + row * columns;
  float sum = 0.0F;
  for (int i = 0; i < columns; ++i) sum += from[i];
  const float row_mean = sum / columns;
  float squares = 0.0F;
  for (int i = 0; i < columns; ++i) squares += (from[i] - row_mean) * (from[i] - row_mean);
  mean[row] = row_mean;
  rstd[row] = rsqrtf(squares / columns + epsilon);
}

__device__ inline void normalize_row(const float* x, const float* gamma, const float* beta, float* y, float* mean,
                                     float* rstd, int row, int columns, float epsilon) {
  statistics_of_row(x, mean, rstd, row, columns, epsilon);
  for (int i = 0; i < columns; ++i) {
    y[row * columns + i] = (x[row * columns + i] - mean[row]) * rstd[row] * gamma[i] + beta[i];
  }
}
