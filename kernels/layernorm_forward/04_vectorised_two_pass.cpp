/* knobscope
title = "Vectorised, two passes"
idea = """
A compiler may not reorder additions, so a single running sum stays scalar. Several sums side by side are several \
independent chains: the compiler turns them into vector registers, and the processor works on the next addition \
before the last one is done. The knob that matters is lanes: with too few the additions wait for each other, with too \
many the registers do not suffice."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.lanes]
values = [4, 8, 16, 32, 64]
default = 32
help = "sums side by side: a vector register holds 8 (AVX2) or 16 (AVX-512), and two or more registers hide the wait"

[knobs.block]
values = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
default = 1
help = "rows of a block, which one thread works through; more for short rows, 1 when there are fewer rows than cores"

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, block)"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", "block_index"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once per pass; a row that fits a core's cache comes from there the second and third time."

[numerics]
accumulate = "f32 for 64 terms, f64 above"
note = """
No chain of float additions is longer than 64, so neither a long row nor one huge element costs digits. The second \
pass also adds up the distances themselves: what is left of them tells by how much rounding has moved the mean, and \
is taken out of the variance and of y. So y stays right where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "The corrected two-pass: Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <algorithm>
#include <cmath>

#include <knobscope/element.h>

using namespace knobscope;

struct Sums {
  double distances;
  double squares;
};

// Of the distances of a row's values from `centre`, and of their squares. Lanes are added up in float, 64 terms at a
// time, and carried on in double.
Sums sums_about(float centre, const Element* values, Index count) {
  constexpr Index kLanes = KNOB_LANES;
  constexpr Index kChunk = 64 * kLanes;
  const Index whole = count - count % kLanes;

  double distances[kLanes] = {};
  double squares[kLanes] = {};
  for (Index begin = 0; begin < whole; begin += kChunk) {
    const Index end = std::min(begin + kChunk, whole);
    float chunk_distances[kLanes] = {};
    float chunk_squares[kLanes] = {};
    for (Index i = begin; i < end; i += kLanes) {
      for (Index lane = 0; lane < kLanes; ++lane) {
        const float distance = to_float(values[i + lane]) - centre;
        chunk_distances[lane] += distance;
        chunk_squares[lane] += distance * distance;
      }
    }
    for (Index lane = 0; lane < kLanes; ++lane) {
      distances[lane] += chunk_distances[lane];
      squares[lane] += chunk_squares[lane];
    }
  }

  Sums sums{};
  for (Index lane = 0; lane < kLanes; ++lane) {
    sums.distances += distances[lane];
    sums.squares += squares[lane];
  }
  for (Index i = whole; i < count; ++i) {
    const double distance = to_float(values[i]) - centre;
    sums.distances += distance;
    sums.squares += distance * distance;
  }
  return sums;
}

// Threads share the rows out in blocks; this is called once for each.
void layernorm(const Element* __restrict x, const Element* __restrict gamma, const Element* __restrict beta,
               Element* __restrict y, float* __restrict mean, float* __restrict rstd, Index rows, Index columns,
               double epsilon, Index block_index) {
  const Index begin = block_index * KNOB_BLOCK;
  const Index end = std::min(begin + KNOB_BLOCK, rows);

  for (Index row = begin; row < end; ++row) {
    const Element* __restrict x_row = x + row * columns;
    Element* __restrict y_row = y + row * columns;
    const double count = static_cast<double>(columns);

    const float row_mean = static_cast<float>(sums_about(0.0F, x_row, columns).distances / count);
    const Sums sums = sums_about(row_mean, x_row, columns);
    const double correction = sums.distances / count;
    const double variance = sums.squares / count - correction * correction;
    const float row_rstd = static_cast<float>(1.0 / std::sqrt(variance + epsilon));
    const float left_over = static_cast<float>(correction);

#pragma omp simd
    for (Index column = 0; column < columns; ++column) {
      const float normalized = ((to_float(x_row[column]) - row_mean) - left_over) * row_rstd;
      y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
    }
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }
}
