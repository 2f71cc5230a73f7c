#include "measure/run.h"

#include "measure/acceptance.h"

namespace knobscope::measure {
namespace {

constexpr double kSendEvery_s = 1.0 / 30.0;

}  // namespace

void SampleFeed::offer(Acceptance& acceptance) {
  if (since_sent_.seconds() >= kSendEvery_s) send(acceptance);
}

std::vector<double> SampleFeed::finish(Acceptance& acceptance) {
  send(acceptance);
  return std::move(samples_);
}

void SampleFeed::send(Acceptance& acceptance) {
  const std::optional<SeriesStep> step = acceptance.take_step(samples_);
  if (!step) return;
  if (phase_) {
    observer_.samples(*phase_, *step);
  } else {
    observer_.alive();
  }
  since_sent_ = Stopwatch();
}

}  // namespace knobscope::measure
