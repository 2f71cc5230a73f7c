#include "measure/progress_of_plays.h"

#include <algorithm>
#include <cmath>

namespace knobscope::measure {
namespace {

/// How many times longer than a launch may be silent it may take without getting further, as long as its threads come
/// to their barriers: blocks that wait for each other all end at the end.
constexpr double kPatience = 10.0;

}  // namespace

ProgressOfPlays::ProgressOfPlays(Run& run, std::size_t plays, const Method& method)
    : run_(run), plays_(static_cast<double>(plays)), patience_s_(kPatience * method.launch_limit_s) {
  run_.device.set_progress([this](double part) { tell(part); });
}

void ProgressOfPlays::tell(double part) {
  if (!std::isfinite(part)) return;
  const double done = (before_ + std::clamp(part, 0.0, 1.0)) / plays_;
  if (done != told_) {
    told_ = done;
    since_told_ = Stopwatch();
    run_.observer.progress(done);
  } else if (since_told_.seconds() < patience_s_) {
    run_.observer.alive();
  }
}

}  // namespace knobscope::measure
