#include "measure/run.h"

#include <algorithm>

namespace knobscope::measure {
namespace {

constexpr double kSendEvery_s = 1.0 / 30.0;

}  // namespace

void SampleFeed::offer() {
  if (since_sent_.seconds() >= kSendEvery_s) send();
}

std::vector<double> SampleFeed::finish() {
  send();
  return std::move(samples_);
}

void SampleFeed::send() {
  sent_ = std::min(sent_, samples_.size());  // some may have been taken out since
  if (sent_ == samples_.size()) return;
  if (phase_) {
    observer_.samples(*phase_, std::span(samples_).subspan(sent_));
  } else {
    observer_.alive();
  }
  sent_ = samples_.size();
  since_sent_ = Stopwatch();
}

}  // namespace knobscope::measure
