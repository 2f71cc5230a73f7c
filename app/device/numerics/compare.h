#pragma once
// Judging one element, and adding up judgements (rules: core/error_report.h).

#include "reference.h"

namespace knobscope::device::numerics {

inline constexpr i64 kNoBadElement = 0x7FFFFFFFFFFFFFFFll;

/// Sums over any set of elements. Plain data: a device returns one (or one for each block).
struct ErrorTotals {
  double max_abs = 0.0;
  double max_rel = 0.0;
  double max_ulp = 0.0;
  double sum_squared_error = 0.0;
  double sum_squared_reference = 0.0;
  i64 compared = 0;  ///< elements where actual and reference are finite: those the numbers above are of
  i64 nonfinite = 0;
  i64 unwritten = 0;
  i64 failing = 0;
  i64 first_bad = kNoBadElement;  ///< the smallest index of a failing element
  double first_bad_value = 0.0;
  double first_bad_reference = 0.0;
};

KNOBSCOPE_HD void count_failing(ErrorTotals& totals, i64 index, double actual, double reference) {
  totals.failing = totals.failing + 1;
  if (index < totals.first_bad) {
    totals.first_bad = index;
    totals.first_bad_value = actual;
    totals.first_bad_reference = reference;
  }
}

/// The largest |error| that does not fail.
KNOBSCOPE_HD double allowed_error(const CompareTask& task, const Expected& expected) {
  return task.absolute_tolerance + task.relative_tolerance * magnitude(expected.value) +
         task.size_tolerance * expected.size;
}

/// Judges stored bits against a reference. Returns |error|: infinite when unwritten, or finite in one and not in the
/// other, or not the same kind of non-finite.
KNOBSCOPE_HD double judge(ErrorTotals& totals, const CompareTask& task, i64 index, u32 actual_bits,
                          const Expected& expected) {
  const Element type = task.type;
  const double reference = expected.value;
  const auto actual = static_cast<double>(value_of_bits(actual_bits, type));
  if (actual_bits == poison_bits(type)) {
    totals.unwritten = totals.unwritten + 1;
    count_failing(totals, index, actual, reference);
    return infinity();
  }
  if (!is_finite(reference)) {
    // The mean of an infinity is infinite, but merging moments subtracts infinities, and NaN is what comes out of it.
    const bool of_mean = task.formula == Formula::mean || task.formula == Formula::running_mean;
    const bool same =
        (of_mean && is_nan(actual)) || (is_nan(reference) ? is_nan(actual) : bits_of(actual) == bits_of(reference));
    if (same) return 0.0;
    if (!is_finite(actual)) totals.nonfinite = totals.nonfinite + 1;
    count_failing(totals, index, actual, reference);
    return infinity();
  }
  if (!is_finite(actual)) {
    totals.nonfinite = totals.nonfinite + 1;
    count_failing(totals, index, actual, reference);
    return infinity();
  }
  const double error = magnitude(actual - reference);
  const double size = magnitude(reference);
  totals.compared = totals.compared + 1;
  totals.sum_squared_error = totals.sum_squared_error + error * error;
  totals.sum_squared_reference = totals.sum_squared_reference + size * size;
  if (error > totals.max_abs) totals.max_abs = error;
  if (size > 0.0 && error / size > totals.max_rel) totals.max_rel = error / size;
  const double ulp = error / unit_in_last_place(reference, type);
  if (ulp > totals.max_ulp) totals.max_ulp = ulp;
  if (!(error <= allowed_error(task, expected))) count_failing(totals, index, actual, reference);
  return error;
}

/// Judges element `index` of a task against its formula. Returns |error| as above.
KNOBSCOPE_HD double judge_element(ErrorTotals& totals, const CompareTask& task, i64 index) {
  return judge(totals, task, index, load_bits(task.actual, task.type, index),
               expected_value(task.inputs, task.formula, index));
}

KNOBSCOPE_HD void merge_into(ErrorTotals& into, const ErrorTotals& from) {
  if (from.max_abs > into.max_abs) into.max_abs = from.max_abs;
  if (from.max_rel > into.max_rel) into.max_rel = from.max_rel;
  if (from.max_ulp > into.max_ulp) into.max_ulp = from.max_ulp;
  into.sum_squared_error = into.sum_squared_error + from.sum_squared_error;
  into.sum_squared_reference = into.sum_squared_reference + from.sum_squared_reference;
  into.compared = into.compared + from.compared;
  into.nonfinite = into.nonfinite + from.nonfinite;
  into.unwritten = into.unwritten + from.unwritten;
  into.failing = into.failing + from.failing;
  if (from.first_bad < into.first_bad) {
    into.first_bad = from.first_bad;
    into.first_bad_value = from.first_bad_value;
    into.first_bad_reference = from.first_bad_reference;
  }
}

/// Tile of element `index` in the error map.
KNOBSCOPE_HD i64 tile_of(const CompareTask& task, i64 index) {
  const i64 row = index / task.map_columns;
  const i64 column = index - row * task.map_columns;
  return row * task.tile_rows / task.map_rows * task.tile_columns + column * task.tile_columns / task.map_columns;
}

/// |error| as a tile keeps it. Bits of non-negative floats order as the floats do, so an integer maximum serves.
/// Rounded up: a tile is never shown better than its worst element.
KNOBSCOPE_HD u32 tile_bits(double error) {
  const auto rounded = static_cast<float>(error);
  const u32 bits = bits_of(rounded);
  return static_cast<double>(rounded) < error ? bits + 1u : bits;
}

}  // namespace knobscope::device::numerics
