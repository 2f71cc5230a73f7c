#pragma once
// Where results go: files, standard output, and what a script reads from the exit code.

#include <span>
#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/terminal.h"
#include "core/point.h"

namespace knobscope::cli {

inline constexpr int kExitOk = 0;
inline constexpr int kExitBadResult = 1;  ///< a point failed, was wrong or invalid, or nothing could be measured
inline constexpr int kExitUsage = 2;      ///< the command line, a file or a folder is at fault
inline constexpr int kExitInterrupted = 130;

/// "knobscope: …" on standard error; returns `exit_code`.
int complain(const std::string& message, int exit_code);

/// Writes `text` to a file, or to standard output for "-". False after a complaint.
bool write_text(const std::string& target, const std::string& text);

/// Why results could not be written to these files, asked before minutes are spent on measuring; empty if they can.
std::string find_unwritable(const OutputArguments& output);

/// Writes what was asked for, and the table to standard output (to standard error when a result goes to "-").
/// False after a complaint.
bool write_results(std::span<const PointPtr> points, std::span<const DeviceFacts> devices,
                   const OutputArguments& output, const Terminal& terminal);

/// kExitBadResult with one line on standard error when a point failed, was wrong or invalid, or when none could run.
int judge(std::span<const PointPtr> points);

}  // namespace knobscope::cli
