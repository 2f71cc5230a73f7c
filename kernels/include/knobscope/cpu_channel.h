#pragma once
// What a training step writes about a channel once its moments are known, on a CPU.

#include <cmath>

#include "cpu_moments.h"

namespace knobscope {

/// The vectors of a number for each channel that a training step reads and writes, but for gamma and beta.
struct ChannelVectors {
  const float* running_mean;
  const float* running_var;
  float* mean;
  float* rstd;
  float* next_running_mean;
  float* next_running_var;
  double epsilon;
  double momentum;

  /// Returns rstd before it is rounded. The variance that runs is the unbiased one, the variance that normalizes is
  /// not.
  double write(Index channel, const DoubleMoments& moments) const {
    const double exact_rstd = 1.0 / std::sqrt(moments.m2 / moments.count + epsilon);
    const double unbiased = moments.m2 / (moments.count - 1.0);
    mean[channel] = static_cast<float>(moments.mean);
    rstd[channel] = static_cast<float>(exact_rstd);
    next_running_mean[channel] = static_cast<float>((1.0 - momentum) * running_mean[channel] + momentum * moments.mean);
    next_running_var[channel] = static_cast<float>((1.0 - momentum) * running_var[channel] + momentum * unbiased);
    return exact_rstd;
  }
};

}  // namespace knobscope
