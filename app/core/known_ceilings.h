#pragma once
// Ceilings of sizes that a session holds already: what a resumed sweep need not measure again, where they still fit.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/point.h"

namespace knobscope {

struct KnownSizeCeiling {
  SizeCeiling ceiling;  ///< complete: reads and writes, too
  Method rule;          ///< ceiling_rule() of the point it was measured for
  bool operator==(const KnownSizeCeiling&) const = default;
};

/// Of a device as it was.
struct KnownCeilings {
  std::string device;  ///< DeviceFacts::id
  std::string device_name;
  std::string driver_version;
  std::string host;
  Ceiling whole;  ///< the device's own, measured by the same process as the last of `sizes`
  std::vector<KnownSizeCeiling> sizes;
  bool operator==(const KnownCeilings&) const = default;
};

/// What of a method decides how a series of a ceiling goes; the rest is as if nobody had set it.
Method ceiling_rule(Method method);

/// What recorded points hold, by device, name, driver and host; of a size measured twice the later one.
std::vector<KnownCeilings> known_ceilings(std::span<const PointPtr> points);

/// By how much of itself a device's copy may differ from that of the recording.
inline constexpr double kMostCeilingDrift = 0.03;

/// Why they do not hold for a device that is so now and reaches these ceilings, as the end of a sentence; nothing when
/// they do. `now` is always measured anew: a device that became slower or faster shows there.
std::optional<std::string> why_outdated(const KnownCeilings& known, const Environment& environment, const Ceiling& now);

}  // namespace knobscope
