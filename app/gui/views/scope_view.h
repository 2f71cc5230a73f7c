#pragma once
// The scope: every timing sample of a point as it comes, the throttled ones marked, its running median and interval,
// its histogram, and the strip of what the device told meanwhile.

#include <memory>
#include <span>
#include <vector>

#include "gui/views/scope_figures.h"
#include "gui/views/scope_trace.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// Of times, in nanoseconds.
struct SampleRange {
  double low = 0.0;
  double high = 1.0;
};

class ScopeView final : public View {
 public:
  const char* title() const override { return "Scope"; }
  void draw(ViewContext& context) override;

 private:
  void follow(const ViewContext& context);
  void draw_plots(const Theme& theme);

  // Derived from what is shown, and remade when that changes.
  ScopeTrace trace_;
  ScopeFigures figures_;
  SampleRange range_;
  std::shared_ptr<const void> trace_is_of_;  ///< a point or a live one
};

/// Counts of samples in `bins` equal bins over [low, high]; what lies outside is left out. Pure.
std::vector<double> histogram(const std::vector<double>& samples, double low, double high, int bins);

/// The range that shows the samples well: from the 0.5 % to the 99.5 % quantile with a margin, so that one stray
/// sample does not flatten the rest. Precondition: one of the series has a sample; null ones are left out. Pure.
SampleRange sample_range(std::span<const Samples> series);

}  // namespace knobscope::gui
