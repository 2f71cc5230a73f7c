#pragma once
// The figures beside the scope's legend: how the samples are spread, and how sure their tail is.

#include <string>
#include <vector>

#include "gui/theme.h"
#include "gui/views/scope_trace.h"

namespace knobscope::gui {

/// What is written of the first series that counts.
struct ScopeFigures {
  /// "68.6 ± 0.6 µs", "12 samples", "CV 1.1 %", what matters most first; what to do when none counts.
  std::vector<std::string> headline;
  std::string iqr;  ///< empty when there are no samples
  std::string p95;
  std::string p99;
  std::int64_t samples = 0;
};

/// Pure; sorts the samples a few times.
ScopeFigures figures_of(const ScopeTrace& trace);

/// Right-aligned on the present line, as many as fit: IQR, p95, p99, each an item that explains itself.
void draw_figures(const Theme& theme, const ScopeFigures& figures);

}  // namespace knobscope::gui
