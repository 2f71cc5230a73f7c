/* knobscope
title = "Streamed past the caches"
idea = """
An ordinary store first reads the line that it is about to write over, so a tensor that is read once and written once \
makes three trips. Stores that go past the caches make it two, as a good copy does. Planes are handed out in parts, so \
that every core gets some even where planes are few. The knob that matters is stream; y is then in no cache for \
whoever comes next."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]

[knobs.stream]
values = [0, 1]
default = 1
help = "1: y goes past the caches, but for the ends of a plane; 0: through them"

[knobs.part]
values = [1024, 4096, 16384, 65536, 262144]
default = 16384
help = "elements of a part of a plane, the work of one thread"

[[launches]]
entry = "batchnorm"
grid = "batch * channels * ceil_div(plane, part)"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "channels", "plane", "ceil_div(plane, part)", "epsilon",
  "block_index"
]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size"
note = "Where y does not go past the caches, its lines are read before they are written."

[numerics]
accumulate = "f32"
note = "The mean is subtracted before anything is multiplied, so a large mean costs no digits."
deterministic = true

[source]
note = "Non-temporal stores, as memcpy uses them for large sizes."
*/

#include <algorithm>
#include <cmath>

#include <knobscope/cpu_normalize.h>

using namespace knobscope;

// Threads share the parts of planes out; this is called once for each.
void batchnorm(const Element* x, const Element* gamma, const Element* beta, const float* running_mean,
               const float* running_var, Element* y, Index channels, Index plane, Index parts, double epsilon,
               Index block_index) {
  const Index plane_number = block_index / parts;
  const Index begin = block_index % parts * KNOB_PART;
  const Index length = std::min<Index>(KNOB_PART, plane - begin);
  const Index channel = plane_number % channels;
  const Normalization normalization(
      running_mean[channel], to_float(gamma[channel]) / std::sqrt(running_var[channel] + epsilon),
      to_float(beta[channel]));
  normalize<KNOB_STREAM>(x, y, plane_number * plane + begin, length, normalization);
  finish_streams();
}
