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

/// Of all that were added. A group with a non-finite value has the mean its sum has, and a NaN variance, as (x - mean)
/// is NaN or its square infinite minus infinite.
KNOBSCOPE_HD GroupStatistics group_statistics(const Moments& moments, double epsilon) {
  GroupStatistics result;
  if (!is_finite(moments.nonfinite_sum)) {
    result.mean = moments.nonfinite_sum;
    result.variance = quiet_nan();
    result.rstd = quiet_nan();
    return result;
  }
  result.mean = moments.mean;
  result.variance = moments.m2 / moments.count;
  result.rstd = 1.0 / square_root(result.variance + epsilon);
  return result;
}

KNOBSCOPE_HD double value_at(const StoredVector& vector, i64 index) {
  return static_cast<double>(load(vector.data, vector.type, index));
}

KNOBSCOPE_HD i64 group_count(const ReferenceInputs& inputs) {
  return inputs.grouping == Grouping::rows ? inputs.rows : inputs.channels;
}

/// Members of each group.
KNOBSCOPE_HD i64 group_size(const ReferenceInputs& inputs) {
  return inputs.grouping == Grouping::rows ? inputs.columns : inputs.rows * inputs.columns / inputs.channels;
}

/// Elements of a group that lie side by side in memory.
KNOBSCOPE_HD i64 run_length(const ReferenceInputs& inputs) {
  return inputs.grouping == Grouping::channels_last ? 1 : inputs.columns;
}

/// Index of a group's member: they are numbered as they lie in memory.
KNOBSCOPE_HD i64 member_index(const ReferenceInputs& inputs, i64 group, i64 member) {
  if (inputs.grouping == Grouping::rows) return group * inputs.columns + member;
  if (inputs.grouping == Grouping::channels_last) return member * inputs.channels + group;
  const i64 plane = member / inputs.columns;
  return (plane * inputs.channels + group) * inputs.columns + (member - plane * inputs.columns);
}

/// The group of an element. `row` is index / columns.
KNOBSCOPE_HD i64 group_of(const ReferenceInputs& inputs, i64 row, i64 column) {
  if (inputs.grouping == Grouping::rows) return row;
  return inputs.grouping == Grouping::channels_first ? row % inputs.channels : column;
}

/// Which gamma and beta an element has.
KNOBSCOPE_HD i64 parameter_of(const ReferenceInputs& inputs, i64 row, i64 column) {
  return inputs.grouping == Grouping::channels_first ? row % inputs.channels : column;
}

/// Known beforehand, or those of x.
KNOBSCOPE_HD GroupStatistics statistics_of(const ReferenceInputs& inputs, i64 group) {
  if (inputs.statistics != nullptr) return inputs.statistics[group];
  GroupStatistics result;
  if (inputs.mean.data != nullptr) {
    result.mean = value_at(inputs.mean, group);
    result.rstd = value_at(inputs.rstd, group);
    return result;
  }
  result.mean = value_at(inputs.running_mean, group);
  result.variance = value_at(inputs.running_var, group);
  result.rstd = 1.0 / square_root(result.variance + inputs.epsilon);
  return result;
}

KNOBSCOPE_HD double activated(double y, ActivationFunction activation) {
  if (activation == ActivationFunction::relu) return y > 0.0 || is_nan(y) ? y : 0.0;
  if (activation == ActivationFunction::gelu) return 0.5 * y * (1.0 + error_function(y * 0.70710678118654752440));
  return y;
}

KNOBSCOPE_HD double normalized(double x, const GroupStatistics& statistics, double gamma, double beta) {
  return (x - statistics.mean) * statistics.rstd * gamma + beta;
}

/// What an element of an output must be, and the size of the terms it is the sum of: rounding may move a sum by a
/// multiple of that, however small the sum itself is. 0 where the formula has no sum that cancels.
struct Expected {
  double value = 0.0;
  double size = 0.0;
};

/// Adds one element's share to the sums of its row or column (see RowGradient and ColumnGradient; the means are
/// still sums).
KNOBSCOPE_HD void add_gradient(RowGradient& sums, double w, double xhat) {
  sums.mean_w = sums.mean_w + w;
  sums.mean_w_xhat = sums.mean_w_xhat + w * xhat;
  sums.size_w = sums.size_w + magnitude(w);
  sums.size_w_xhat = sums.size_w_xhat + magnitude(w * xhat);
}

KNOBSCOPE_HD void add_gradient(ColumnGradient& sums, double dy, double xhat) {
  sums.scale = sums.scale + dy * xhat;
  sums.shift = sums.shift + dy;
  sums.scale_size = sums.scale_size + magnitude(dy * xhat);
  sums.shift_size = sums.shift_size + magnitude(dy);
}

KNOBSCOPE_HD RowGradient merged(const RowGradient& left, const RowGradient& right) {
  RowGradient result;
  result.mean_w = left.mean_w + right.mean_w;
  result.mean_w_xhat = left.mean_w_xhat + right.mean_w_xhat;
  result.size_w = left.size_w + right.size_w;
  result.size_w_xhat = left.size_w_xhat + right.size_w_xhat;
  return result;
}

KNOBSCOPE_HD ColumnGradient merged(const ColumnGradient& left, const ColumnGradient& right) {
  ColumnGradient result;
  result.scale = left.scale + right.scale;
  result.shift = left.shift + right.shift;
  result.scale_size = left.scale_size + right.scale_size;
  result.shift_size = left.shift_size + right.shift_size;
  return result;
}

/// From sums over a row of `columns` elements to means.
KNOBSCOPE_HD RowGradient row_means(const RowGradient& sums, i64 columns) {
  const double share = 1.0 / static_cast<double>(columns);
  RowGradient result;
  result.mean_w = sums.mean_w * share;
  result.mean_w_xhat = sums.mean_w_xhat * share;
  result.size_w = sums.size_w * share;
  result.size_w_xhat = sums.size_w_xhat * share;
  return result;
}

/// dx of an element, with w = dy * gamma.
KNOBSCOPE_HD Expected input_gradient(const RowGradient& row, double rstd, double w, double xhat) {
  Expected result;
  result.value = rstd * (w - row.mean_w - xhat * row.mean_w_xhat);
  result.size = rstd * (magnitude(w) + row.size_w + magnitude(xhat) * row.size_w_xhat);
  return result;
}

/// What element `index` of the output that `formula` names must be.
KNOBSCOPE_HD Expected expected_value(const ReferenceInputs& inputs, Formula formula, i64 index) {
  Expected result;
  if (formula == Formula::mean) {
    result.value = inputs.statistics[index].mean;
  } else if (formula == Formula::rstd) {
    result.value = inputs.statistics[index].rstd;
  } else if (formula == Formula::running_mean) {
    result.value = (1.0 - inputs.momentum) * value_at(inputs.running_mean, index) +
                   inputs.momentum * inputs.statistics[index].mean;
  } else if (formula == Formula::running_variance) {
    const auto count = static_cast<double>(group_size(inputs));
    result.value = (1.0 - inputs.momentum) * value_at(inputs.running_var, index) +
                   inputs.momentum * inputs.statistics[index].variance * (count / (count - 1.0));
  } else if (formula == Formula::scale_gradient) {
    result.value = inputs.column_gradients[index].scale;
    result.size = inputs.column_gradients[index].scale_size;
  } else if (formula == Formula::shift_gradient) {
    result.value = inputs.column_gradients[index].shift;
    result.size = inputs.column_gradients[index].shift_size;
  } else {
    const i64 row = index / inputs.columns;
    const i64 column = index - row * inputs.columns;
    const GroupStatistics statistics = statistics_of(inputs, group_of(inputs, row, column));
    const i64 parameter = parameter_of(inputs, row, column);
    const double x = value_at(inputs.x, index);
    const double gamma = value_at(inputs.gamma, parameter);
    if (formula == Formula::input_gradient) {
      const double xhat = (x - statistics.mean) * statistics.rstd;
      return input_gradient(inputs.row_gradients[row], statistics.rstd, value_at(inputs.dy, index) * gamma, xhat);
    }
    result.value = activated(normalized(x, statistics, gamma, value_at(inputs.beta, parameter)), inputs.activation);
  }
  return result;
}

}  // namespace knobscope::device::numerics
