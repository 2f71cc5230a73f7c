#pragma once
// Points that never came to a measurement.

#include <string>

#include "core/snapshot.h"

namespace knobscope::worker {

/// A point with verdict failed and everything that is known of it without having run it.
PointPtr failed_point(const PointRequest& request, std::string reason, const Catalog& catalog,
                      const DeviceFacts* device);

}  // namespace knobscope::worker
