#pragma once
// A folder of kernels, the emulated device, and an engine that plays the one on the other.

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "catalog/catalog.h"
#include "device/device.h"
#include "measure/engine.h"

namespace knobscope::emulated_tests {

class QuietObserver final : public measure::Observer {
 public:
  void phase(Phase) override {}
  void samples(Phase, const SeriesStep&) override {}
  void alive() override {}
  void progress(double) override {}
  void ceiling(const Ceiling&) override {}
  void note(LogLevel, const std::string&) override {}
};

/// Compiled code is shared by all tests and runs: its name is its content.
class Bench {
 public:
  explicit Bench(const std::string& kernels)
      : device_(device::open_device("emulated", {kernels, KNOBSCOPE_BINARY_DIR "/tests/emulated/cache", 512LL << 20})),
        engine_(*device_, nullptr, "test") {}

  PointPtr play(const Variant& variant, const Problem& problem, const KnobValues& knobs, bool thorough,
                bool recheck = true) {
    PointRequest request;
    request.id = ++points_;
    request.device = "emulated";
    request.problem = problem;
    request.variant = variant.id;
    request.knobs = knobs;
    request.method.time_cold = request.method.time_hot = false;
    request.method.thorough = thorough;
    request.method.recheck = recheck;
    return engine_.measure(request, variant, observer_);
  }

  const DeviceFacts& facts() const { return device_->facts(); }
  bool device_lost() const { return engine_.device_lost(); }

 private:
  device::DevicePtr device_;
  measure::Engine engine_;
  QuietObserver observer_;
  std::int64_t points_ = 0;
};

/// Verdict, reason, what the compiler said and every finding, a line each.
inline std::string describe(const Point& point) {
  std::string text(name_of(point.verdict));
  text += ": " + point.reason + '\n';
  for (const Finding& finding : point.findings) text += "  " + format_finding(finding) + '\n';
  return text + point.compile_log;
}

}  // namespace knobscope::emulated_tests
