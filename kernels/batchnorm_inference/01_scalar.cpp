/* knobscope
title = "Scalar, element by element"
idea = """
One loop over all elements. Each finds its channel by a division and a remainder and works out the channel's scale \
anew: a square root and three divisions where one multiplication and one addition would do. The knob \
elements_per_block only decides how the work is shared out."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]
layouts = ["nchw", "nhwc"]

[knobs.elements_per_block]
values = [1024, 4096, 16384, 65536, 262144, 1048576]
default = 65536
help = "elements a thread takes at a time; enough to be worth the hand-over, few enough that every core gets some"

[[launches]]
entry = "batchnorm"
grid = "ceil_div(elements, elements_per_block)"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "elements", "channels", "plane", "epsilon",
  "block_index"
]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size"
note = "The channels' numbers come from a cache after the first time."

[numerics]
accumulate = "f32"
note = "The mean is subtracted before anything is multiplied, so a large mean costs no digits."
deterministic = true

[source]
note = "The formula, as it stands."
*/

#include <algorithm>
#include <cmath>

#include <knobscope/element.h>

using namespace knobscope;

// Threads share the elements out in blocks; this is called once for each.
void batchnorm(const Element* x, const Element* gamma, const Element* beta, const float* running_mean,
               const float* running_var, Element* y, Index elements, Index channels, Index plane, float epsilon,
               Index block_index) {
  const Index begin = block_index * KNOB_ELEMENTS_PER_BLOCK;
  const Index end = std::min(begin + KNOB_ELEMENTS_PER_BLOCK, elements);

  for (Index i = begin; i < end; ++i) {
#if defined(KNOBSCOPE_LAYOUT_NHWC)
    const Index channel = i % channels;
#else
    const Index channel = i / plane % channels;
#endif
    const float scale = to_float(gamma[channel]) / std::sqrt(running_var[channel] + epsilon);
    y[i] = from_float<Element>((to_float(x[i]) - running_mean[channel]) * scale + to_float(beta[channel]));
  }
}
