/* knobscope
title = "Threaded, rows in parts"
idea = """
A row to a thread leaves cores without work when rows are few, however long they are. Here a part of a row is the \
unit: one launch gathers the moments of every part, and a second merges those of its row, each part for itself, and \
applies. Every core gets some, whatever the shape. The knob that matters is part: small enough to go round, large \
enough to be worth the hand-over and the merging. The price is that x has left the caches when it is wanted again."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.part]
values = [1024, 4096, 16384, 65536, 262144]
default = 65536
help = "elements of a part of a row, the work of one thread"

[knobs.stream]
values = [0, 1]
default = 1
help = "1: y goes past the caches, where rows are whole vectors; 0: through them"

[[buffers]]
name = "partials"
type = "f64"
count = "rows * ceil_div(columns, part) * 3"

[[launches]]
entry = "gather"
grid = "rows * ceil_div(columns, part)"
arguments = ["x", "partials", "columns", "ceil_div(columns, part)", "block_index"]

[[launches]]
entry = "apply"
grid = "rows * ceil_div(columns, part)"
arguments = [
  "x", "gamma", "beta", "y", "mean", "rstd", "partials", "columns", "ceil_div(columns, part)", "epsilon", "block_index"
]

[traffic]
reads = """
2 * elements * element_size + 2 * columns * element_size \
+ rows * ceil_div(columns, part) * ceil_div(columns, part) * 24"""
writes = "elements * element_size + 8 * rows + rows * ceil_div(columns, part) * 24"
note = """
x once for the moments and once for the result, and the moments of all parts of its row by every part. Where y does \
not go past the caches, its lines are read before they are written."""

[numerics]
accumulate = "f32 for 16 terms, f64 above"
note = """
All parts of a row merge the same moments in the same order. y is taken from a mean in two parts, so it stays right \
where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983), for sums in pieces."
*/

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <knobscope/cpu_moments.h>
#include <knobscope/cpu_normalize.h>

using namespace knobscope;

// The moments of a part of a row.
void gather(const Element* x, DoubleMoments* partials, Index columns, Index parts, Index block_index) {
  const Index row = block_index / parts;
  const Index begin = block_index % parts * KNOB_PART;
  partials[block_index] = moments_of(x + row * columns + begin, std::min<Index>(KNOB_PART, columns - begin));
}

// Normalizes a part of a row.
void apply(const Element* __restrict x, const Element* __restrict gamma, const Element* __restrict beta,
           Element* __restrict y, float* mean, float* rstd, const DoubleMoments* partials, Index columns, Index parts,
           double epsilon, Index block_index) {
  const Index row = block_index / parts;
  const Index part = block_index % parts;
  DoubleMoments moments;
  for (Index i = 0; i < parts; ++i) moments = merge(moments, partials[row * parts + i]);
  const double row_rstd = 1.0 / std::sqrt(moments.m2 / moments.count + epsilon);
  if (part == 0) {
    mean[row] = static_cast<float>(moments.mean);
    rstd[row] = static_cast<float>(row_rstd);
  }

  const Normalization normalization(moments.mean, row_rstd, 0.0F);
  const Element* __restrict x_row = x + row * columns;
  Element* __restrict y_row = y + row * columns;
  const Index end = std::min((part + 1) * KNOB_PART, columns);
  const auto apply_vectors = [&]<bool kStream>(std::bool_constant<kStream>) {
    Index column = part * KNOB_PART;
    for (; column + kLanes <= end; column += kLanes) {
      const Lanes normalized = normalization.of(load_lanes(x_row + column));
      put_lanes<kStream>(y_row + column, normalized * load_lanes(gamma + column) + load_lanes(beta + column));
    }
    for (; column < end; ++column) {
      const float normalized = normalization.of(to_float(x_row[column]));
      y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
    }
  };
  if (KNOB_STREAM && columns % kLanes == 0) {  // then every row starts where a vector may be streamed to
    apply_vectors(std::true_type{});
  } else {
    apply_vectors(std::false_type{});
  }
  finish_streams();
}
