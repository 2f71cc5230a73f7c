// g++ 12 thinks that a string that CLI11 has just made may be at address 0.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wnull-dereference"
#endif
#include <CLI/CLI.hpp>

#include "cli/flags.h"

namespace knobscope::cli {

void add_stopping_flags(CLI::App& app, PlanArguments& plan) {
  const char* group = "When a series of samples is long enough";
  app.add_option("--stopping-criterion", plan.stopping_criteria,
                 "rse (if not given), stdrel, entropy or sample-count; cold=… or hot=… is for one of the two")
      ->type_name("NAME")
      ->delimiter(',')
      ->group(group);
  app.add_option("--target-rse", plan.target_relative_error,
                 "rse: the median is known this well, such as 0.005 (relative standard error)")
      ->type_name("X")
      ->group(group);
  app.add_option("--max-noise", plan.max_noise, "stdrel: standard deviation over mean, in percent, such as 0.5")
      ->type_name("PERCENT")
      ->group(group);
  app.add_option("--max-angle", plan.max_angle, "entropy: it grows by at most so many degrees, such as 0.048")
      ->type_name("DEGREES")
      ->group(group);
  app.add_option("--min-r2", plan.min_r2, "entropy: a straight line explains so much of it, such as 0.36")
      ->type_name("X")
      ->group(group);
  app.add_option("--target-samples", plan.target_samples, "sample-count: so many, such as 100")
      ->type_name("N")
      ->group(group);
  app.add_option("--min-samples", plan.min_samples, "at least so many")->type_name("N")->group(group);
  app.add_option("--max-samples", plan.max_samples, "at most so many")->type_name("N")->group(group);
  app.add_option("--min-time", plan.min_time_s, "samples that add up to at least this")
      ->type_name("SECONDS")
      ->group(group);
  app.add_option("--time-limit,--timeout", plan.time_limit_s, "of sampling, for each technique, whatever is met")
      ->type_name("SECONDS")
      ->group(group);
  const char* throttling = "When a sample counts";
  app.add_option("--throttle-threshold", plan.throttle_threshold,
                 "not when the GPU's SM clock was below this much of what it should run at, in percent (75; 0 looks at "
                 "no clock)")
      ->type_name("PERCENT")
      ->group(throttling);
  app.add_option("--throttle-recovery-delay", plan.throttle_recovery_s,
                 "how long the device gets to recover after a sample that does not count (0.05)")
      ->type_name("SECONDS")
      ->group(throttling);
}

}  // namespace knobscope::cli
