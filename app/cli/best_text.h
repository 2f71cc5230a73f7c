#pragma once
// What the launch chooser says to people.

#include <functional>
#include <string>
#include <vector>

#include "session/export_best.h"

namespace knobscope::cli {

/// Where a point came from: a session's file, or that it was measured just now.
using FindOrigin = std::function<std::string(const Point& point)>;

/// The winner with its figures, what ties with it, the runner-up, the best of each variant, and where all that was
/// measured; or why there is no winner. `notes` follow, a line each.
std::string best_text(const BestTable& table, const session::BestAnswer& answer, const FindOrigin& find_origin,
                      const std::vector<std::string>& notes);

/// The winner of every measured shape, a line each.
std::string best_table_text(const BestTable& table, const std::vector<std::string>& notes);

}  // namespace knobscope::cli
