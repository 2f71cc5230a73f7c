#include "core/series_step.h"

#include <algorithm>
#include <limits>

namespace knobscope {
namespace {

template <class T>
void replace_end(std::vector<T>& list, std::int64_t kept, const std::vector<T>& next) {
  list.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(kept, 0, std::ssize(list))));
  list.insert(list.end(), next.begin(), next.end());
}

}  // namespace

void GrowingSeries::take(const SeriesStep& step) {
  replace_end(samples_ns, step.samples_before, step.samples_ns);
  replace_end(environment.sm_clocks_mhz, step.samples_before, step.sm_clocks_mhz);
  environment.sm_clocks_mhz.resize(samples_ns.size(), std::numeric_limits<double>::quiet_NaN());
  replace_end(environment.discarded, step.discarded_before, step.discarded);
  environment.readings.insert(environment.readings.end(), step.readings.begin(), step.readings.end());
}

}  // namespace knobscope
