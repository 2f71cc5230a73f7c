#include "core/snapshot.h"

#include <algorithm>

namespace knobscope {

const Samples& LivePoint::samples(Timing timing) const { return samples_of(*this, timing); }

Samples& LivePoint::samples(Timing timing) { return samples_of(*this, timing); }

const SeriesEnvironment* LivePoint::series_environment(Timing timing) const {
  const auto found = std::ranges::find(series_environments, timing, &SeriesEnvironment::timing);
  return found == series_environments.end() ? nullptr : &*found;
}

const DeviceFacts* Snapshot::device(std::string_view id) const {
  const auto found = std::ranges::find(devices, id, &DeviceFacts::id);
  return found == devices.end() ? nullptr : &*found;
}

}  // namespace knobscope
