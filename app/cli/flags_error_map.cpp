// g++ 12 thinks that a string that CLI11 has just made may be at address 0.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wnull-dereference"
#endif
#include <CLI/CLI.hpp>

#include "cli/flags.h"

namespace knobscope::cli {

void add_error_map_flags(CLI::App& app, ErrorMapArguments& map) {
  app.add_option("VARIANT", map.variant, "a variant, with knobs if they are not at their defaults: float4:block=256")
      ->required();
  add_one_problem_flags(app, map.plan);
  app.add_option("--output", map.output, "y, mean, rstd, dx, dgamma …; the main one if not given")->type_name("NAME");
  app.add_option("--slice", map.slice,
                 "a plane of a tensor of higher rank: an index for each dimension, and : for the two that are looked "
                 "at, such as 0,5,:,:")
      ->type_name("INDICES");
  app.add_option("--rows", map.rows, "of the output's rows × columns, or of the slice: 0:64 are the first 64")
      ->type_name("FROM:TO");
  app.add_option("--columns", map.columns, "likewise")->type_name("FROM:TO");
  app.add_option("--grid", map.grid, "at most so many tiles downwards and across (if not given, 64x96)")
      ->type_name("ROWSxCOLUMNS");
  app.add_option("--measure", map.measure,
                 "what a tile is the largest of: abs, tolerance (over what is allowed there) or ulp")
      ->type_name("NAME");
  app.add_flag("--first-bad", map.first_bad, "go to the first element past tolerance and look at its neighbours");
  app.add_option("--json", map.json, "write JSON; - is standard output")->type_name("FILE")->group("Results");
  app.add_option("--csv", map.csv, "write CSV: elements where no tile holds two, else tiles")
      ->type_name("FILE")
      ->group("Results");
  app.footer(
      "The variant is run once, without timing, and its output compared with the double-precision reference where it\n"
      "is: of the tensor, only the largest error of each tile and a histogram leave the device, and single elements\n"
      "(value, reference, difference, ULP) where no tile holds two of them.\n\n"
      "Exit code: 0 all of the area is within tolerance; 1 something is not, or the variant cannot be run; 2 bad "
      "usage.");
}

}  // namespace knobscope::cli
