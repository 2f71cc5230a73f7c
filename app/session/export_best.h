#pragma once
// What the launch chooser found, for programs: JSON, CSV, and a C++ header to take home.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/best.h"

namespace knobscope::session {

/// One question and its answer.
struct BestAnswer {
  Problem asked;
  BestChoice choice;                ///< points into the table
  std::vector<Distribution> wrong;  ///< with which the winner was wrong
  bool changed = false;             ///< the winner's file is another now than when it was measured
};

/// One object: version, device, device_name, operation, dtype, layout and activation (null where they mean nothing),
/// distribution, choice (null when nothing was asked; its `best` is null when no measured winner fits) and table, a row
/// a measured shape. Units as in to_json(). `answer` may be null.
std::string best_to_json(const BestTable& table, const BestAnswer* answer);

/// RFC 4180 with a line of titles, a row a measured shape; units as in to_csv().
std::string best_to_csv(const BestTable& table);

/// The conditions that a shape must meet for a winner to run it, in C++ over the named axes; see
/// FitRules::shape_conditions. Nothing: it is chosen only for the shape it was measured on.
using FindConditions = std::function<std::optional<std::vector<std::string>>(
    const Point& winner, const std::vector<std::string>& free_names)>;

/// A self-contained C++17 header, for host code of g++, clang and nvcc: a function a table, named by operation, layout,
/// activation and type, that picks a row by shape as choose_best() does. `tables` are of one device and one
/// distribution, at least one. `written_at`: UTC, ISO 8601.
std::string best_to_header(std::span<const BestTable> tables, const FindConditions& find_conditions,
                           const std::string& written_at);

/// The names that conditions of a header may use for an operation's shapes.
std::vector<std::string> free_shape_names(Operation operation);

}  // namespace knobscope::session
