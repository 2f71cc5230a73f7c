/* knobscope
title = "Scalar, two passes in double"
idea = """
The definition, written down, a channel to a thread: add up, divide, add up the squared distances, divide, apply. A \
channel is spread over the whole tensor, a plane of every image where channels come first, one element of every \
position where they come last. Then every element brings a cache line along of which one channel uses one number."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]
layouts = ["nchw", "nhwc"]

[[launches]]
entry = "batchnorm"
grid = "channels"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "batch", "channels", "plane", "epsilon", "momentum", "block_index"
]

[traffic]
reads = "3 * elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size + channels * 16"
note = """
x once per pass. With channels last the lines that come along for nothing are not counted."""

[numerics]
accumulate = "f64"
note = """
As right as float outputs can be. Slow, and the one to trust."""
deterministic = true

[source]
note = "The definition."
*/

#include <knobscope/cpu_channel.h>

using namespace knobscope;

// Threads share the channels out; this is called once for each.
void batchnorm(const Element* x, const Element* gamma, const Element* beta, const float* running_mean,
               const float* running_var, Element* y, float* mean, float* rstd, float* next_running_mean,
               float* next_running_var, Index batch, Index channels, Index plane, double epsilon, double momentum,
               Index block_index) {
  const Index channel = block_index;
  const double count = static_cast<double>(batch * plane);
  const auto for_each_element = [&](auto visit) {
    for (Index image = 0; image < batch; ++image) {
      for (Index i = 0; i < plane; ++i) {
#if defined(KNOBSCOPE_LAYOUT_NHWC)
        visit((image * plane + i) * channels + channel);
#else
        visit((image * channels + channel) * plane + i);
#endif
      }
    }
  };

  double sum = 0.0;
  for_each_element([&](Index at) { sum += to_float(x[at]); });
  const double channel_mean = sum / count;

  double squares = 0.0;
  for_each_element([&](Index at) {
    const double distance = to_float(x[at]) - channel_mean;
    squares += distance * distance;
  });
  const ChannelVectors vectors{
      running_mean, running_var, mean, rstd, next_running_mean, next_running_var, epsilon, momentum};
  const double channel_rstd = vectors.write(channel, DoubleMoments{count, channel_mean, squares});

  for_each_element([&](Index at) {
    const float normalized = static_cast<float>((to_float(x[at]) - channel_mean) * channel_rstd);
    y[at] = from_float<Element>(normalized * to_float(gamma[channel]) + to_float(beta[channel]));
  });
}
