#pragma once
// The headless commands. Each returns the program's exit code and leaves one line on standard error when that is not 0.

#include "cli/arguments.h"
#include "cli/places.h"
#include "core/fit_rules.h"

namespace knobscope::cli {

/// run and sweep: measures a plan, prints the table, writes what was asked for. Ctrl+C keeps what is done (exit code
/// 130); a second one ends at once.
int measure(const MeasureArguments& arguments, const Places& places);
/// Judges kernel files without timing them, says what was found as a compiler would, writes JSON if asked for.
int check(const CheckArguments& arguments, const Places& places);
/// Names the fastest variant and knobs from recorded or new points; `catalog` and `rules` say what else fits.
int best(const BestArguments& arguments, const Places& places, const Catalog& catalog, const FitRules& rules);
/// compare --fail-on-regression: a point became slower, or is right no more.
inline constexpr int kExitRegression = 3;

/// What became faster, slower or wrong from one session to another.
int compare(const CompareArguments& arguments);
/// Which of two is faster, timed in turns. Ctrl+C keeps what is done.
int ab(const AbArguments& arguments, const Places& places);
/// Where in an output the error is.
int error_map(const ErrorMapArguments& arguments, const Places& places);
int devices(const DevicesArguments& arguments, const Places& places);
int list(const ListArguments& arguments, const Places& places);
int show(const ShowArguments& arguments);

}  // namespace knobscope::cli
