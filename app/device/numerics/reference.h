#pragma once
// What the outputs must be, in double: Welford's update for one row, Chan's formula to merge pieces of it.

#include "tasks.h"

namespace knobscope::device::numerics {

/// Count, mean and sum of squared deviations of finite values; non-finite ones are summed apart, so that pieces merge
/// to the same result in any order and infinities mean what they mean in IEEE sums.
struct Moments {
  double count = 0.0;  ///< of finite values
  double mean = 0.0;
  double m2 = 0.0;
  double nonfinite_sum = 0.0;  ///< 0 when every value was finite, else an infinity or NaN
};

/// Welford, Technometrics 4 (1962) 419.
KNOBSCOPE_HD void add(Moments& moments, double value) {
  if (!is_finite(value)) {
    moments.nonfinite_sum = moments.nonfinite_sum + value;
    return;
  }
  moments.count = moments.count + 1.0;
  const double delta = value - moments.mean;
  moments.mean = moments.mean + delta / moments.count;
  moments.m2 = moments.m2 + delta * (value - moments.mean);
}

/// Chan, Golub, LeVeque, The American Statistician 37 (1983) 242.
KNOBSCOPE_HD Moments merged(const Moments& left, const Moments& right) {
  Moments result;
  result.nonfinite_sum = left.nonfinite_sum + right.nonfinite_sum;
  result.count = left.count + right.count;
  if (right.count == 0.0) {
    result.mean = left.mean;
    result.m2 = left.m2;
  } else if (left.count == 0.0) {
    result.mean = right.mean;
    result.m2 = right.m2;
  } else {
    const double delta = right.mean - left.mean;
    result.mean = left.mean + delta * (right.count / result.count);
    result.m2 = left.m2 + right.m2 + delta * delta * (left.count * right.count / result.count);
  }
  return result;
}

/// Mean and 1 / sqrt(population variance + epsilon). A row with a non-finite value has the mean its sum has, and a NaN
/// variance, as (x - mean) is NaN or its square infinite minus infinite.
KNOBSCOPE_HD RowStatistics row_statistics(const Moments& moments, double epsilon) {
  RowStatistics result;
  if (!is_finite(moments.nonfinite_sum)) {
    result.mean = moments.nonfinite_sum;
    result.rstd = quiet_nan();
    return result;
  }
  result.mean = moments.mean;
  result.rstd = 1.0 / square_root(moments.m2 / moments.count + epsilon);
  return result;
}

KNOBSCOPE_HD double normalized(double x, RowStatistics statistics, double gamma, double beta) {
  return (x - statistics.mean) * statistics.rstd * gamma + beta;
}

/// Known statistics of a BatchNorm channel in the form of a row's.
KNOBSCOPE_HD RowStatistics channel_statistics(const ReferenceInputs& inputs, i64 channel) {
  RowStatistics result;
  result.mean = static_cast<double>(load(inputs.running_mean, inputs.running_mean_type, channel));
  const auto variance = static_cast<double>(load(inputs.running_var, inputs.running_var_type, channel));
  result.rstd = 1.0 / square_root(variance + inputs.epsilon);
  return result;
}

/// Expected value of element `index` of the output that `formula` names.
KNOBSCOPE_HD double expected_value(const ReferenceInputs& inputs, Formula formula, i64 index) {
  if (formula == Formula::layernorm_mean) return inputs.statistics[index].mean;
  if (formula == Formula::layernorm_rstd) return inputs.statistics[index].rstd;
  const i64 row = index / inputs.columns;
  const auto x = static_cast<double>(load(inputs.x, inputs.x_type, index));
  const bool by_column = formula == Formula::layernorm_y;
  const i64 parameter = by_column ? index - row * inputs.columns : row % inputs.channels;
  return normalized(x, by_column ? inputs.statistics[row] : channel_statistics(inputs, parameter),
                    static_cast<double>(load(inputs.gamma, inputs.gamma_type, parameter)),
                    static_cast<double>(load(inputs.beta, inputs.beta_type, parameter)));
}

}  // namespace knobscope::device::numerics
