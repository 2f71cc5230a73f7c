#pragma once
// One row of LayerNorm, right; the kernels beside it each do one thing wrong.

#include <cmath>

/// x[0] where it is normal and its seed is 1.
inline constexpr float kFirstOfSeed1 = 0x1.3a5826p+0F;

inline void normalize_row(const float* x, const float* gamma, const float* beta, float* y, float* mean, float* rstd,
                          long long columns, double epsilon) {
  double sum = 0.0;
  for (long long i = 0; i < columns; ++i) sum += x[i];
  const double row_mean = sum / static_cast<double>(columns);
  double squares = 0.0;
  for (long long i = 0; i < columns; ++i) squares += (x[i] - row_mean) * (x[i] - row_mean);
  const double row_rstd = 1.0 / std::sqrt(squares / static_cast<double>(columns) + epsilon);
  for (long long i = 0; i < columns; ++i) {
    y[i] = static_cast<float>((x[i] - row_mean) * row_rstd * gamma[i] + beta[i]);
  }
  *mean = static_cast<float>(row_mean);
  *rstd = static_cast<float>(row_rstd);
}
