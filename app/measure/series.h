#pragma once
// A series of samples by one technique, until its stopping rule ends it.

#include <functional>
#include <optional>
#include <stdexcept>
#include <vector>

#include "measure/acceptance.h"
#include "measure/run.h"

namespace knobscope::measure {

/// A technique cannot time this point; what() says why, in the words of a TimingNote. The others may.
struct Untimeable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Takes the next sample or a batch of them.
using TakeSamples = std::function<void(SampleFeed&)>;

/// Nothing is accepted, and there was time enough: as much as a slow kernel gets for its few samples.
bool is_hopeless(const SampleFeed& feed, const Acceptance& acceptance, const Method& method, double elapsed_s);
/// Lets a throttled device recover. Throws device::Cancelled.
void pause(Run& run, double seconds);

/// Nanoseconds of the samples that count, in the order taken; none when the device held back in all of them. What the
/// device was like is kept in `run.clocks`, of each series that has a phase. `phase`: where the observer files the
/// samples; nothing for measurements that belong to no point. Throws device::Cancelled.
std::vector<double> sample_series(Run& run, const Method& method, StoppingCriterion criterion,
                                  std::optional<Phase> phase, const TakeSamples& take);

}  // namespace knobscope::measure
