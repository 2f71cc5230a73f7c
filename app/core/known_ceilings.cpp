#include "core/known_ceilings.h"

#include <algorithm>
#include <cmath>

namespace knobscope {
namespace {

bool is_of(const KnownCeilings& known, const Point& point) {
  const Environment& environment = point.environment;
  return known.device == point.ceiling->device && known.device_name == environment.device_name &&
         known.driver_version == environment.driver_version && known.host == environment.host;
}

std::string gigabytes_per_second(BytesPerSecond rate) { return std::to_string(std::llround(rate.value * 1e-9)); }

}  // namespace

Method ceiling_rule(Method method) {
  method.set_timings({});
  method.thorough = true;
  method.recheck = true;
  method.counters = false;
  method.noisy_relative_error = 0.0;
  method.launch_limit_s = 0.0;
  return method;
}

std::vector<KnownCeilings> known_ceilings(std::span<const PointPtr> points) {
  std::vector<KnownCeilings> all;
  for (const PointPtr& point : points) {
    if (!point->ceiling || point->size_ceilings.empty()) continue;
    auto known = std::ranges::find_if(all, [&](const KnownCeilings& each) { return is_of(each, *point); });
    if (known == all.end()) {
      const Environment& environment = point->environment;
      all.push_back({point->ceiling->device,
                     environment.device_name,
                     environment.driver_version,
                     environment.host,
                     *point->ceiling,
                     {}});
      known = std::prev(all.end());
    }
    known->whole = *point->ceiling;
    const Method rule = ceiling_rule(point->request.method);
    for (const SizeCeiling& ceiling : point->size_ceilings) {
      if (!ceiling.read || !ceiling.write) continue;  // of an older session, or cut short
      const auto same = std::ranges::find_if(known->sizes, [&](const KnownSizeCeiling& each) {
        return each.ceiling.timing == ceiling.timing && each.ceiling.bytes == ceiling.bytes && each.rule == rule;
      });
      if (same == known->sizes.end()) {
        known->sizes.push_back({ceiling, rule});
      } else {
        same->ceiling = ceiling;
      }
    }
  }
  std::erase_if(all, [](const KnownCeilings& each) { return each.sizes.empty(); });
  return all;
}

std::optional<std::string> why_outdated(const KnownCeilings& known, const Environment& environment,
                                        const Ceiling& now) {
  if (known.device_name != environment.device_name) {
    return "they are those of " + known.device_name + ", this is " + environment.device_name;
  }
  if (known.driver_version != environment.driver_version) {
    return "they were measured with driver " + known.driver_version + ", this is " + environment.driver_version;
  }
  if (known.host != environment.host) return "they were measured on " + known.host + ", this is " + environment.host;
  const double drift = now.copy.value / known.whole.copy.value - 1.0;
  if (!(std::abs(drift) <= kMostCeilingDrift)) {
    return "the device copied " + gigabytes_per_second(known.whole.copy) + " GB/s then and copies " +
           gigabytes_per_second(now.copy) + " GB/s now";
  }
  return std::nullopt;
}

}  // namespace knobscope
