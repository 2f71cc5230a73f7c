/* knobscope
title = "Blocked for the cache, streamed to memory"
idea = """
What a core can have under way to memory is scarce, and three habits waste it. A store that goes through the cache \
first reads the line it is about to overwrite: streamed past the caches, it does not. gamma and beta are as long as a \
row and no longer in the first cache when the next row wants them: a few rows are applied at once, side by side, so \
that they are fetched once for all. And a row is looked at once for mean and variance, in registers, not twice in the \
cache. The knobs that matter are stream and rows_at_once; the rows must fit the second cache together, or x comes from \
memory a second time."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.rows_at_once]
values = [1, 2, 4, 8]
default = 4
help = "rows that share what is loaded of gamma and beta"

[knobs.stream]
values = [0, 1]
default = 1
help = "1: y goes past the caches, where rows are whole vectors; 0: through them, for whoever reads it next"

[knobs.prefetch]
values = [0, 1024, 2048, 4096, 8192]
default = 0
help = "bytes ahead that x is asked for; 0: the processor guesses, an AMD EPYC better so, an Intel Xeon worse"

[knobs.block]
values = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
default = 4
help = "rows of a block, which one thread works through: a multiple of rows_at_once, or none are taken together"

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, block)"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", "block_index"]

[traffic]
reads = "elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = """
Everything once, while rows_at_once rows fit the second cache. Where y does not go past the caches, its lines are read \
before they are written."""

[numerics]
accumulate = "f32 for 16 terms, f64 above"
note = """
Squares are of distances from one of sixteen values. Everything above is double, and y is taken from a mean in \
two parts, so it stays right where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983), for sums in pieces."
*/

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <knobscope/cpu_moments.h>
#include <knobscope/cpu_vector.h>

using namespace knobscope;

// What is taken from every value of a row, and what it is multiplied with.
struct RowTransform {
  float mean;
  float left_over;  // of the mean, when it was rounded to a float
  float rstd;

  template <typename Value>
  Value apply(Value value, Value scale, Value shift) const {
    return ((value - mean) - left_over) * rstd * scale + shift;
  }
};

template <int kRows, bool kStream>
void normalize_rows(const Element* __restrict x, const Element* __restrict gamma, const Element* __restrict beta,
                    Element* __restrict y, const RowTransform* __restrict transforms, Index columns) {
  Index column = 0;
  for (; column + kLanes <= columns; column += kLanes) {
    const Lanes scale = load_lanes(gamma + column);
    const Lanes shift = load_lanes(beta + column);
    // First all loads, then all stores: a load that comes after a store to the same place in another page waits for it.
    Lanes results[kRows];
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
      results[row] = transforms[row].apply(load_lanes(x + row * columns + column), scale, shift);
    }
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) put_lanes<kStream>(y + row * columns + column, results[row]);
  }
  for (; column < columns; ++column) {
    for (int row = 0; row < kRows; ++row) {
      const Index at = row * columns + column;
      y[at] =
          from_float<Element>(transforms[row].apply(to_float(x[at]), to_float(gamma[column]), to_float(beta[column])));
    }
  }
}

// Threads share the rows out in blocks; this is called once for each.
void layernorm(const Element* __restrict x, const Element* __restrict gamma, const Element* __restrict beta,
               Element* __restrict y, float* __restrict mean, float* __restrict rstd, Index rows, Index columns,
               double epsilon, Index block_index) {
  const Index begin = block_index * KNOB_BLOCK;
  const Index end = std::min(begin + KNOB_BLOCK, rows);
  const bool stream = KNOB_STREAM && columns % kLanes == 0;  // then every row starts where a vector may be streamed to

  RowTransform transforms[KNOB_ROWS_AT_ONCE];
  const auto normalize = [&]<int kRows>(std::integral_constant<int, kRows>, Index first) {
    for (int i = 0; i < kRows; ++i) {
      const DoubleMoments moments = moments_of<KNOB_PREFETCH>(x + (first + i) * columns, columns);
      const float row_mean = static_cast<float>(moments.mean);
      const float row_rstd = static_cast<float>(1.0 / std::sqrt(moments.m2 / moments.count + epsilon));
      transforms[i] = RowTransform{row_mean, static_cast<float>(moments.mean - row_mean), row_rstd};
      mean[first + i] = row_mean;
      rstd[first + i] = row_rstd;
    }
    const Index at = first * columns;
    (stream ? normalize_rows<kRows, true>
            : normalize_rows<kRows, false>)(x + at, gamma, beta, y + at, transforms, columns);
  };

  Index row = begin;
  for (; row + KNOB_ROWS_AT_ONCE <= end; row += KNOB_ROWS_AT_ONCE) {
    normalize(std::integral_constant<int, KNOB_ROWS_AT_ONCE>{}, row);
  }
  for (; row < end; ++row) normalize(std::integral_constant<int, 1>{}, row);
  finish_streams();
}
