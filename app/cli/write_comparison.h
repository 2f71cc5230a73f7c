#pragma once
// What came of a comparison, to where it was asked for.

#include "cli/arguments.h"
#include "session/export_comparison.h"

namespace knobscope::cli {

/// Writes what was asked for, and the table to standard output (to standard error when a result goes to "-"). False
/// after a complaint.
bool write_comparison(const ComparedSessions& compared, const session::ComparedNames& names,
                      const OutputArguments& output);

}  // namespace knobscope::cli
