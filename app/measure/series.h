#pragma once
// A series of samples by one technique, until its stopping rule ends it.

#include <functional>
#include <optional>
#include <stdexcept>
#include <vector>

#include "measure/run.h"

namespace knobscope::measure {

/// A technique cannot time this point; what() says why, in the words of a TimingNote. The others may.
struct Untimeable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Takes the next sample or a batch of them.
using TakeSamples = std::function<void(SampleFeed&)>;

/// Nanoseconds in the order taken. `phase`: where the observer files the samples; nothing for measurements that belong
/// to no point. Throws device::Cancelled.
std::vector<double> sample_series(Run& run, const Method& method, StoppingCriterion criterion,
                                  std::optional<Phase> phase, const TakeSamples& take);

}  // namespace knobscope::measure
