// g++ 12 thinks that a string that CLI11 has just made may be at address 0.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wnull-dereference"
#endif
#include <CLI/CLI.hpp>

#include "cli/flags.h"

namespace knobscope::cli {

void add_ab_flags(CLI::App& app, AbArguments& ab) {
  app.add_option("A", ab.base, "a variant, with knobs if they are not at their defaults: block_per_row:block=256")
      ->type_name("VARIANT")
      ->required();
  app.add_option("B", ab.next, "the other one; it may be the same variant with other knobs")
      ->type_name("VARIANT")
      ->required();
  app.add_option("--threshold", ab.threshold, "changes up to this are none, such as 1% or 0.01 (if not given, 1%)")
      ->type_name("SHARE");
  app.add_flag("--fail-on-regression", ab.fail_on_regression, "exit code 3 when B is SLOWER than A");
  add_pair_flags(app, ab.plan);
  add_output_flags(app, ab.output);
  app.add_option("--session", ab.session, "add the pairs to a session file")->type_name("FILE")->group("Results");
  app.footer(
      "Both are timed in turns (A B, B A, A B …), on the same inputs in the same buffers: what clocks, heat and "
      "neighbours\n"
      "change, they change for both. The median of the ratios of pairs has a bootstrap 95 % interval:\n"
      "  SAME       all of the interval is within the threshold\n"
      "  FASTER     B: all of it is beyond, on the faster side\n"
      "  SLOWER     B: all of it is beyond, on the slower side\n"
      "  UNDECIDED  neither, or one of the two is not right; it says what to do\n"
      "By cold times, or by wall or graph with --timing; hot runs cannot take turns. Several shapes and types are\n"
      "compared one after another.\n\n"
      "Exit code: 0 compared; 1 one of the two is wrong, failed or does not fit; 2 bad usage; 3 B is SLOWER, with\n"
      "--fail-on-regression.");
}

}  // namespace knobscope::cli
