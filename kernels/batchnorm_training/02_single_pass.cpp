/* knobscope
title = "Single pass, sum and sum of squares"
idea = """
E[x²] - E[x]² from one pass over the channel. The knob that matters is sum_bits: with sums in double the subtraction \
has digits to spare; in float it has not, and running statistics carry the mistake into every later step."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.sum_bits]
values = [64, 32]
default = 64
help = "bits of the two sums: 64 a double, 32 a float"

[[launches]]
entry = "batchnorm"
grid = "channels"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "batch", "channels", "plane", "epsilon", "momentum", "block_index"
]

[traffic]
reads = "2 * elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size + channels * 16"
note = """
x once for the sums and once for the result."""

[numerics]
accumulate = "f64, or f32 by knob"
note = """
The subtraction loses two digits for every power of ten in mean / spread. A double has 16 of them, a float 7, and a \
single chain of float additions over a channel of millions loses more. A negative difference is set to 0, so that the \
root exists; the answer is still wrong, and the check says so."""
deterministic = true

[source]
note = "The textbook identity."
*/

#include <type_traits>

#include <knobscope/cpu_channel.h>

using namespace knobscope;

using Sum = std::conditional_t<KNOB_SUM_BITS == 64, double, float>;

// Threads share the channels out; this is called once for each.
void batchnorm(const Element* __restrict x, const Element* gamma, const Element* beta, const float* running_mean,
               const float* running_var, Element* __restrict y, float* mean, float* rstd, float* next_running_mean,
               float* next_running_var, Index batch, Index channels, Index plane, double epsilon, double momentum,
               Index block_index) {
  const Index channel = block_index;
  const double count = static_cast<double>(batch * plane);

  Sum sum = 0;
  Sum sum_of_squares = 0;
  for (Index image = 0; image < batch; ++image) {
    const Element* x_plane = x + (image * channels + channel) * plane;
    for (Index i = 0; i < plane; ++i) {
      const Sum value = to_float(x_plane[i]);
      sum += value;
      sum_of_squares += value * value;
    }
  }
  const double channel_mean = sum / static_cast<Sum>(count);
  Sum distances = sum_of_squares - sum * (sum / static_cast<Sum>(count));
  if (distances < 0) distances = 0;  // not std::max, which could turn the NaN of a broken channel into a sound 0
  const ChannelVectors vectors{
      running_mean, running_var, mean, rstd, next_running_mean, next_running_var, epsilon, momentum};
  const double channel_rstd = vectors.write(channel, DoubleMoments{count, channel_mean, double{distances}});

  const float scale = static_cast<float>(channel_rstd * to_float(gamma[channel]));
  const float shift = to_float(beta[channel]);
  for (Index image = 0; image < batch; ++image) {
    const Index first = (image * channels + channel) * plane;
    for (Index i = first; i < first + plane; ++i) {
      y[i] = from_float<Element>(static_cast<float>(to_float(x[i]) - channel_mean) * scale + shift);
    }
  }
}
