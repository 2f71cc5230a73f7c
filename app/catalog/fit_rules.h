#pragma once
// The catalog's answer to "does this variant fit that shape".

#include "core/fit_rules.h"

namespace knobscope::catalog {

/// By evaluate(), and its limits as conditions: requirements, blocks, grids, clusters and shared memory.
class CatalogFitRules final : public FitRules {
 public:
  std::optional<std::string> find_misfit(const Variant& variant, const Problem& problem, const KnobValues& knobs,
                                         const DeviceFacts& device) const override;
  std::optional<std::vector<std::string>> shape_conditions(const Variant& variant, const Problem& problem,
                                                           const KnobValues& knobs, const DeviceFacts& device,
                                                           const std::vector<std::string>& free_names) const override;
};

}  // namespace knobscope::catalog
