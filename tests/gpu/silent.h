#pragma once
// An observer that hears nothing, for tests that run the engine on the GPU.

#include "measure/observer.h"

namespace knobscope::device {

class Silent final : public measure::Observer {
 public:
  void phase(Phase) override {}
  void samples(Phase, const SeriesStep&) override {}
  void alive() override {}
  void progress(double) override {}
  void ceiling(const Ceiling&) override {}
  void note(LogLevel, const std::string&) override {}
};

}  // namespace knobscope::device
