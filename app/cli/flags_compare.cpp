// g++ 12 thinks that a string that CLI11 has just made may be at address 0.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wnull-dereference"
#endif
#include <CLI/CLI.hpp>

#include "cli/flags.h"

namespace knobscope::cli {

void add_compare_flags(CLI::App& app, CompareArguments& compare) {
  app.add_option("BASE", compare.base, "the session to compare with")->type_name("SESSION")->required();
  app.add_option("NEW", compare.next, "the session that may have become slower")->type_name("SESSION")->required();
  app.add_option("--threshold", compare.threshold, "changes up to this are none, such as 2% or 0.02 (if not given, 2%)")
      ->type_name("SHARE");
  app.add_flag("--fail-on-regression", compare.fail_on_regression, "exit code 3 when a point is SLOWER or BROKEN");
  add_output_flags(app, compare.output);
  app.footer(
      "Points of the same problem, device, variant and knobs are compared by the ratio of their medians, cold where\n"
      "both were timed cold (else by the first technique that both were timed by), and its bootstrap 95 % interval:\n"
      "  SAME       all of the interval is within the threshold\n"
      "  FASTER     all of it is beyond, on the faster side\n"
      "  SLOWER     all of it is beyond, on the slower side\n"
      "  UNDECIDED  neither; it says what to do, such as how many samples are needed\n"
      "  BROKEN     was right in BASE, and is wrong, failed or does not fit in NEW\n"
      "The interval knows the spread within a session, not what differs between sessions, such as clocks.\n\n"
      "Exit code: 0 compared; 1 no point is in both; 2 bad usage, or a file that is no session; 3 a regression, with\n"
      "--fail-on-regression.");
}

}  // namespace knobscope::cli
