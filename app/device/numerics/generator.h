#pragma once
// Values of input tensors, each computed from (seed, stream, index) alone: any thread of any device can make any
// element, and all make the same bits.

#include "tasks.h"

namespace knobscope::device::numerics {

struct Words4 {
  u32 a = 0, b = 0, c = 0, d = 0;
};

/// Philox 4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011).
KNOBSCOPE_HD Words4 philox(Words4 counter, u32 key0, u32 key1) {
  for (int round = 0; round < 10; ++round) {
    const u64 product0 = static_cast<u64>(0xD2511F53u) * counter.a;
    const u64 product1 = static_cast<u64>(0xCD9E8D57u) * counter.c;
    counter = Words4{static_cast<u32>(product1 >> 32) ^ counter.b ^ key0, static_cast<u32>(product1),
                     static_cast<u32>(product0 >> 32) ^ counter.d ^ key1, static_cast<u32>(product0)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

/// Natural logarithm of a positive normal number, within a few units in the last place. Not the platform's: its last
/// bits differ between a C library and a GPU.
KNOBSCOPE_HD double natural_log(double value) {
  const u64 bits = bits_of(value);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double mantissa = double_of((bits & 0x000FFFFFFFFFFFFFull) | 0x3FF0000000000000ull);
  if (mantissa > 1.4142135623730951) {
    mantissa = mantissa * 0.5;
    exponent = exponent + 1;
  }
  // log m = 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.1716: eleven terms of its series reach 1e-17.
  const double s = (mantissa - 1.0) / (mantissa + 1.0);
  const double s2 = s * s;
  double sum = 1.0 / 21.0;
  for (int term = 19; term >= 1; term -= 2) sum = sum * s2 + 1.0 / term;
  return exponent * 0.6931471805599453 + 2.0 * s * sum;
}

/// Quantile of the standard normal distribution for 0 < p < 1, to about 7 digits: routine PPND7 of Wichura, Algorithm
/// AS 241, Applied Statistics 37 (1988) 477-484.
KNOBSCOPE_HD double normal_quantile(double p) {
  const double q = p - 0.5;
  if (q <= 0.425 && q >= -0.425) {
    const double r = 0.180625 - q * q;
    return q * (((59.109374720 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179) /
           (((67.187563600 * r + 78.757757664) * r + 17.895169469) * r + 1.0);
  }
  double r = square_root(-natural_log(q < 0.0 ? p : 1.0 - p));
  double tail = 0.0;
  if (r <= 5.0) {
    r = r - 1.6;
    tail = (((0.17023821103 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777) /
           ((0.12021132975 * r + 0.73700164250) * r + 1.0);
  } else {
    r = r - 5.0;
    tail = (((0.017337203997 * r + 0.42868294337) * r + 3.0812263860) * r + 6.6579051150) /
           ((0.012258202635 * r + 0.24197894225) * r + 1.0);
  }
  return q < 0.0 ? -tail : tail;
}

/// In [0, 1), a multiple of 2^-24.
KNOBSCOPE_HD float uniform_of(u32 word) { return static_cast<float>(word >> 8) * 5.9604644775390625e-8F; }

/// Standard normal; |value| < 6.4, for p is at least 2^-33.
KNOBSCOPE_HD float normal_of(u32 word) {
  const double p = (static_cast<double>(word) + 0.5) * 2.3283064365386963e-10;
  return static_cast<float>(normal_quantile(p));
}

/// The fourth counter word keeps draws of different purpose apart.
enum class Draw : u32 { element = 0, row_value = 1, first_column = 2, second_column = 3 };

KNOBSCOPE_HD Words4 draw(const FillTask& task, u64 counter, Draw purpose) {
  return philox(
      Words4{static_cast<u32>(counter), static_cast<u32>(counter >> 32), task.stream, static_cast<u32>(purpose)},
      static_cast<u32>(task.seed), static_cast<u32>(task.seed >> 32));
}

/// A column in [0, columns) drawn for `row`.
KNOBSCOPE_HD i64 drawn_column(const FillTask& task, i64 row, Draw purpose, i64 columns) {
  const Words4 words = draw(task, static_cast<u64>(row), purpose);
  return static_cast<i64>(((static_cast<u64>(words.a) << 32) | words.b) % static_cast<u64>(columns));
}

/// Multiple of 1/8 in [-4, 4], exact in every element type.
KNOBSCOPE_HD float constant_of_row(const FillTask& task, i64 row) {
  const u32 word = draw(task, static_cast<u64>(row), Draw::row_value).a;
  return (static_cast<float>(word % 65u) - 32.0F) * 0.125F;
}

/// Column of the outlier, or of the infinity.
KNOBSCOPE_HD i64 special_column(const FillTask& task, i64 row) {
  return drawn_column(task, row, Draw::first_column, task.columns);
}

/// Column of the NaN, another than special_column. Precondition: columns > 1.
KNOBSCOPE_HD i64 nan_column(const FillTask& task, i64 row) {
  const i64 step = 1 + drawn_column(task, row, Draw::second_column, task.columns - 1);
  return (special_column(task, row) + step) % task.columns;
}

/// The value of an element from its own random word, before it is rounded to the element type.
KNOBSCOPE_HD float fill_value_of(const FillTask& task, u32 word, i64 index) {
  switch (task.fill) {
    case Fill::uniform:
      return uniform_of(word);
    case Fill::normal:
      return normal_of(word);
    case Fill::offset:
      return static_cast<float>(task.offset + static_cast<double>(normal_of(word)));
    case Fill::affine_normal:
      return static_cast<float>(task.offset + task.scale * static_cast<double>(normal_of(word)));
    case Fill::affine_uniform:
      return static_cast<float>(task.offset + task.scale * static_cast<double>(uniform_of(word)));
    case Fill::constant_rows:
      return constant_of_row(task, index / task.columns);
    case Fill::outlier: {
      const i64 row = index / task.columns;
      return index - row * task.columns == special_column(task, row) ? 1.0e4F : normal_of(word);
    }
    case Fill::nonfinite: {
      const i64 row = index / task.columns;
      if (row == task.rows / 2) {
        const i64 column = index - row * task.columns;
        if (column == special_column(task, row)) return float_of(0x7F800000u);
        if (task.columns > 1 && column == nan_column(task, row)) return float_of(0x7FC00000u);
      }
      return normal_of(word);
    }
  }
  return 0.0F;
}

/// Element `index` before rounding.
KNOBSCOPE_HD float fill_value(const FillTask& task, i64 index) {
  const Words4 words = draw(task, static_cast<u64>(index) / 4u, Draw::element);
  const u32 lane = static_cast<u32>(index) & 3u;
  return fill_value_of(task, lane == 0u ? words.a : lane == 1u ? words.b : lane == 2u ? words.c : words.d, index);
}

/// Makes and stores elements 4 * group to 4 * group + 3, as far as there are: one draw serves four, so this is what a
/// thread should do.
KNOBSCOPE_HD void fill_group(const FillTask& task, i64 group) {
  const Words4 words = draw(task, static_cast<u64>(group), Draw::element);
  const i64 first = 4 * group;
  store(task.data, task.type, first, fill_value_of(task, words.a, first));
  if (first + 1 < task.elements) store(task.data, task.type, first + 1, fill_value_of(task, words.b, first + 1));
  if (first + 2 < task.elements) store(task.data, task.type, first + 2, fill_value_of(task, words.c, first + 2));
  if (first + 3 < task.elements) store(task.data, task.type, first + 3, fill_value_of(task, words.d, first + 3));
}

/// Groups that cover a tensor.
KNOBSCOPE_HD i64 group_count(const FillTask& task) { return (task.elements + 3) / 4; }

}  // namespace knobscope::device::numerics
