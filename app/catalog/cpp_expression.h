#pragma once
// Expressions of kernel files as C++, for headers that people take home.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/expression.h"

namespace knobscope::catalog {

/// `expression` as a C++17 expression over doubles: names of `free_names` stay, those of `known` become literals, and
/// the functions of the language are called by their names, `remainder_of(a, b)` for a % b. Every literal is a double,
/// so that `/` stays the real quotient. Nothing for what C++ would read in another way or cannot say: `^`, `?:`,
/// comparisons of comparisons, a name that is neither free nor known. Never throws.
std::optional<std::string> to_cpp(std::string_view expression, const NameValues& known,
                                  const std::vector<std::string>& free_names);

}  // namespace knobscope::catalog
