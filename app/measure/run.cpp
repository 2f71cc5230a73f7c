#include "measure/run.h"

namespace knobscope::measure {
namespace {

constexpr double kSendEvery_s = 1.0 / 30.0;
constexpr double kReadClocksEvery_s = 0.1;

}  // namespace

void ClockWatch::look(device::Device& device) {
  if (!since_ || since_->seconds() >= kReadClocksEvery_s) read(device);
}

void ClockWatch::read(device::Device& device) {
  device::Telemetry now = device.telemetry();
  if (seen_.throttle_reasons) now.throttle_reasons = now.throttle_reasons.value_or(0) | *seen_.throttle_reasons;
  seen_ = now;
  since_.emplace();
}

void SampleFeed::add(double sample_ns) {
  samples_.push_back(sample_ns);
  if (since_sent_.seconds() >= kSendEvery_s) send();
}

std::vector<double> SampleFeed::finish() {
  send();
  return std::move(samples_);
}

void SampleFeed::send() {
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
