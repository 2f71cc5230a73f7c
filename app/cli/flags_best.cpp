// g++ 12 thinks that a string that CLI11 has just made may be at address 0.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wnull-dereference"
#endif
#include <CLI/CLI.hpp>

#include "cli/flags.h"

namespace knobscope::cli {

void add_best_flags(CLI::App& app, BestArguments& best) {
  PlanArguments& plan = best.plan;
  app.add_option("--op,--operation", plan.operation, "such as layernorm_forward (knobscope list names them all)")
      ->type_name("NAME");
  app.add_option("--shape", plan.shapes, "such as 8192x4096; without it, every shape that was measured")
      ->type_name("SHAPE")
      ->expected(1);
  app.add_option("--normalized-dims", plan.normalized_dims, "how many last dims make a row (LayerNorm)")
      ->type_name("N");
  app.add_option("--dtype", plan.types, "f32, f16 or bf16")->type_name("TYPE")->expected(1);
  app.add_option("--layout", plan.layout, "nchw or nhwc (BatchNorm)")->type_name("NAME");
  app.add_option("--activation", plan.activation, "none, relu or gelu (LayerNorm forward)")->type_name("NAME");
  app.add_option("--dist,--distribution", plan.distributions, "of the inputs that were measured; normal if not given")
      ->type_name("NAME")
      ->expected(1);
  app.add_option("--offset", plan.offsets, "mean of the distribution 'offset', in sigmas")->type_name("X")->expected(1);
  app.add_option("--device", plan.device, "cuda, cuda:N, cpu, or a part of a measured device's name")->type_name("ID");
  app.add_option("--session", best.sessions, "measured points; if not given, the recorded sessions of the program")
      ->type_name("FILE");

  const char* now = "Measure now";
  app.add_flag("--measure", best.measure, "measure this shape here: every variant, then the knobs of the best three")
      ->group(now);
  app.add_option("--budget", best.budget_s, "stop measuring after this long")
      ->type_name("SECONDS")
      ->check(CLI::PositiveNumber)
      ->capture_default_str()
      ->group(now);
  app.add_option("--variant", plan.variants, "only these")->type_name("NAME")->delimiter(',')->group(now);
  add_stopping_flags(app, plan);

  const char* results = "Results";
  app.add_option("--header", best.header, "write a C++ header that picks by shape; - is standard output")
      ->type_name("FILE")
      ->group(results);
  app.add_option("--json", best.json, "write JSON; - is standard output")->type_name("FILE")->group(results);
  app.add_option("--csv", best.csv, "write the table of measured shapes as CSV")->type_name("FILE")->group(results);
  app.footer(
      "The fastest that passed its check, by cold median. A tie: the 95 % intervals overlap, or the medians are "
      "within\n"
      "1 %. A shape that was not measured gets the winner of the nearest measured shape that fits it; --measure "
      "measures\n"
      "it. With --measure, points are added to the session that is named.\n\n"
      "The header has every measured operation and type, unless --op, --dtype, --layout or --activation is given.\n\n"
      "Exit code: 0 there is a best; 1 nothing that was measured serves; 2 bad usage; 130 after Ctrl+C.");
}

}  // namespace knobscope::cli
