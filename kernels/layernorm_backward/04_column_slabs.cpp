/* knobscope
title = "Threaded in slabs of columns"
idea = """
With few rows, rows are too few to go round the cores, however long they are. So a thread takes a slab of columns \
instead, of all rows: its dgamma and dbeta are then finished at once, with nothing to add up, and only the sums of the \
rows come in parts. They meet in a short launch in between, and a third one writes dx. The knob that matters is slab: \
enough of them for all cores, and long enough that memory is read in long runs."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.slab]
values = [256, 512, 1024, 2048, 4096, 8192, 16384]
default = 4096
help = "columns of a slab, the work of one thread"

[[buffers]]
name = "partials"
type = "f64"
count = "ceil_div(columns, slab) * rows * 2"

[[buffers]]
name = "row_means"
type = "f64"
count = "rows * 2"

[[launches]]
entry = "sum_slab"
grid = "ceil_div(columns, slab)"
arguments = ["x", "dy", "gamma", "mean", "rstd", "dgamma", "dbeta", "partials", "rows", "columns", "block_index"]

[[launches]]
entry = "meet"
grid = "ceil_div(rows, 64)"
arguments = ["partials", "row_means", "ceil_div(columns, slab)", "rows", "columns", "block_index"]

[[launches]]
entry = "write_slab"
grid = "ceil_div(columns, slab)"
arguments = ["x", "dy", "gamma", "mean", "rstd", "row_means", "dx", "rows", "columns", "block_index"]

[traffic]
reads = "4 * elements * element_size + 2 * columns * element_size + 32 * rows + 16 * ceil_div(columns, slab) * rows"
writes = "elements * element_size + 2 * columns * element_size + 16 * ceil_div(columns, slab) * rows + 16 * rows"
note = "x and dy twice: what was read for the sums has left the caches before dx is written, unless all of it fits."

[numerics]
accumulate = "f32 for a lane's share of a slab and for 64 rows, f64 above"
note = "Chains in float are short, and every sum ends in double."
deterministic = true

[source]
note = "Two passes over slabs of columns, as a GPU does it for few huge rows."
*/

#include <algorithm>

#include <knobscope/element.h>

using namespace knobscope;

struct RowSums {
  double w;
  double w_xhat;
};

// All rows of a slab of columns: its dgamma and dbeta, and what it adds to the sums of the rows.
void sum_slab(const Element* __restrict x, const Element* __restrict dy, const Element* __restrict gamma,
              const float* __restrict mean, const float* __restrict rstd, Element* __restrict dgamma,
              Element* __restrict dbeta, RowSums* __restrict partials, Index rows, Index columns, Index block_index) {
  constexpr int kChains = 64;
  const Index begin = block_index * KNOB_SLAB;
  const Index width = std::min<Index>(KNOB_SLAB, columns - begin);
  double scale[KNOB_SLAB] = {};
  double shift[KNOB_SLAB] = {};

  for (Index first_row = 0; first_row < rows; first_row += 64) {
    float scale_of_rows[KNOB_SLAB] = {};
    float shift_of_rows[KNOB_SLAB] = {};
    for (Index row = first_row; row < std::min(first_row + 64, rows); ++row) {
      const Element* __restrict x_row = x + row * columns + begin;
      const Element* __restrict dy_row = dy + row * columns + begin;
      const float row_mean = mean[row];
      const float row_rstd = rstd[row];
      float sums_w[kChains] = {};
      float sums_w_xhat[kChains] = {};
      const auto add = [&](Index i, int chain) {
        const float gradient = to_float(dy_row[i]);
        const float xhat = (to_float(x_row[i]) - row_mean) * row_rstd;
        const float w = gradient * to_float(gamma[begin + i]);
        sums_w[chain] += w;
        sums_w_xhat[chain] += w * xhat;
        scale_of_rows[i] += gradient * xhat;
        shift_of_rows[i] += gradient;
      };
      Index i = 0;
      for (; i + kChains <= width; i += kChains) {
#pragma omp simd
        for (int chain = 0; chain < kChains; ++chain) add(i + chain, chain);
      }
      for (int chain = 0; i < width; ++i, ++chain) add(i, chain);

      RowSums sums{};
      for (const float sum : sums_w) sums.w += sum;
      for (const float sum : sums_w_xhat) sums.w_xhat += sum;
      partials[block_index * rows + row] = sums;
    }
    for (Index i = 0; i < width; ++i) scale[i] += scale_of_rows[i];
    for (Index i = 0; i < width; ++i) shift[i] += shift_of_rows[i];
  }
  for (Index i = 0; i < width; ++i) {
    dgamma[begin + i] = from_float<Element>(static_cast<float>(scale[i]));
    dbeta[begin + i] = from_float<Element>(static_cast<float>(shift[i]));
  }
}

// The means of 64 rows at a time.
void meet(const RowSums* partials, RowSums* row_means, Index slabs, Index rows, Index columns, Index block_index) {
  for (Index row = block_index * 64; row < std::min(block_index * 64 + 64, rows); ++row) {
    RowSums sums{};
    for (Index slab = 0; slab < slabs; ++slab) {
      sums.w += partials[slab * rows + row].w;
      sums.w_xhat += partials[slab * rows + row].w_xhat;
    }
    row_means[row] = RowSums{sums.w / static_cast<double>(columns), sums.w_xhat / static_cast<double>(columns)};
  }
}

void write_slab(const Element* __restrict x, const Element* __restrict dy, const Element* __restrict gamma,
                const float* __restrict mean, const float* __restrict rstd, const RowSums* __restrict row_means,
                Element* __restrict dx, Index rows, Index columns, Index block_index) {
  const Index begin = block_index * KNOB_SLAB;
  const Index end = std::min(begin + KNOB_SLAB, columns);
  for (Index row = 0; row < rows; ++row) {
    const Index first = row * columns;
    const float row_mean = mean[row];
    const float row_rstd = rstd[row];
    const auto mean_w = static_cast<float>(row_means[row].w);
    const auto mean_w_xhat = static_cast<float>(row_means[row].w_xhat);
#pragma omp simd
    for (Index column = begin; column < end; ++column) {
      const float xhat = (to_float(x[first + column]) - row_mean) * row_rstd;
      const float w = to_float(dy[first + column]) * to_float(gamma[column]);
      dx[first + column] = from_float<Element>(row_rstd * (w - mean_w - xhat * mean_w_xhat));
    }
  }
}
