#pragma once
// The scope: every timing sample of a point as it comes, its running median and interval, and its histogram.

#include <span>
#include <vector>

#include "gui/views/view.h"

namespace knobscope::gui {

class ScopeView final : public View {
 public:
  const char* title() const override { return "Scope"; }
  void draw(ViewContext& context) override;
};

/// Counts of samples in `bins` equal bins over [low, high]; what lies outside is left out. Pure.
std::vector<double> histogram(const std::vector<double>& samples, double low, double high, int bins);

/// The range that shows the samples well: from the 0.5 % to the 99.5 % quantile with a margin, so that one stray
/// sample does not flatten the rest. Precondition: one of the series has a sample; null ones are left out. Pure.
struct SampleRange {
  double low = 0.0;
  double high = 1.0;
};
SampleRange sample_range(std::span<const Samples> series);

}  // namespace knobscope::gui
