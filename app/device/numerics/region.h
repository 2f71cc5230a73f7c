#pragma once
// Looking at a part of an output: the same judgements as in compare.h, taken apart by tile, by ULP and by element.

#include "compare.h"

namespace knobscope::device::numerics {

/// Same numbers as knobscope::ErrorMeasure.
enum class Measure : int { absolute = 0, tolerance = 1, ulp = 2 };

// Those of core/ulp_histogram.h, which a test holds against these.
inline constexpr int kBins = 99;
inline constexpr int kMiddleBin = kBins / 2;
inline constexpr int kEvenBins = 20;

/// One element, judged.
struct ElementJudgement {
  double value = 0.0;
  double reference = 0.0;
  double allowed = 0.0;
  double ulp = 0.0;  ///< signed; infinite where only one of value and reference is finite, or it was never written
  int unwritten = 0;
};

/// Elements first + r * row_stride + c * column_stride of the output that `compare` is about; its extents
/// (map_rows × map_columns == elements) and its tiles are those of the area.
struct RegionTask {
  CompareTask compare;
  i64 first = 0;
  i64 row_stride = 0;
  i64 column_stride = 0;
  Measure measure = Measure::absolute;
  u64* histogram = nullptr;              ///< kBins counts
  ElementJudgement* elements = nullptr;  ///< one for each; null: not wanted
};

/// The bin of a finite signed error in ULP.
KNOBSCOPE_HD int ulp_bin(double ulp) {
  const double size = magnitude(ulp);
  int steps = kEvenBins + 1;
  if (size < 4.1) {
    steps = static_cast<int>(size * 5.0 + 0.5);
    if (steps > kEvenBins) steps = kEvenBins;
  } else if (size >= 8.0) {
    const int exponent = static_cast<int>((bits_of(size) >> 52) & 0x7FFu) - 1023;
    steps = kEvenBins - 1 + exponent;
    if (steps > kMiddleBin) steps = kMiddleBin;
  }
  return ulp < 0.0 ? kMiddleBin - steps : kMiddleBin + steps;
}

/// The flat index of the area's element `number`.
KNOBSCOPE_HD i64 index_in(const RegionTask& task, i64 number) {
  const i64 row = number / task.compare.map_columns;
  return task.first + row * task.row_stride + (number - row * task.compare.map_columns) * task.column_stride;
}

/// What a tile keeps of an element by the task's measure.
KNOBSCOPE_HD double measured(const RegionTask& task, const ErrorTotals& own, const Expected& expected, double error) {
  if (task.measure == Measure::absolute || error == 0.0 || !is_finite(error)) return error;
  if (task.measure == Measure::ulp) return own.max_ulp;
  const double share = error / allowed_error(task.compare, expected);
  // What fails must not be rounded to what does not.
  return own.failing > 0 && share <= 1.0 ? 1.0000000000000002 : share;
}

/// Judges element `number` of the area, adding to `totals`. Returns what its tile keeps of it; `bin` is -1 for what is
/// in no bin.
KNOBSCOPE_HD double judge_in_region(ErrorTotals& totals, const RegionTask& task, i64 number, int& bin) {
  const CompareTask& compare = task.compare;
  const i64 index = index_in(task, number);
  const u32 bits = load_bits(compare.actual, compare.type, index);
  const Expected expected = expected_value(compare.inputs, compare.formula, index);
  ErrorTotals own;
  const double error = judge(own, compare, index, bits, expected);
  merge_into(totals, own);
  const auto actual = static_cast<double>(value_of_bits(bits, compare.type));
  // A NaN that is neither above nor below counts as above.
  const double ulp = own.compared > 0 ? own.max_ulp : error;
  const double sign = actual < expected.value ? -1.0 : 1.0;
  bin = own.compared > 0 ? ulp_bin(sign * ulp) : -1;
  if (task.elements != nullptr) {
    ElementJudgement& element = task.elements[number];
    element.value = actual;
    element.reference = expected.value;
    element.allowed = is_finite(expected.value) ? allowed_error(compare, expected) : 0.0;
    element.ulp = ulp == 0.0 ? 0.0 : sign * ulp;
    element.unwritten = own.unwritten > 0 ? 1 : 0;
  }
  return measured(task, own, expected, error);
}

}  // namespace knobscope::device::numerics
