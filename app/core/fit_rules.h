#pragma once
// Whether a variant can run a problem, asked by rooms that do not read kernel files. The catalog answers.

#include <optional>
#include <string>
#include <vector>

#include "core/device_facts.h"
#include "core/problem.h"
#include "core/variant.h"

namespace knobscope {

/// Thread-safe; nothing here throws on bad values.
class FitRules {
 public:
  virtual ~FitRules() = default;

  /// Why the variant does not fit, in one sentence; nothing if it does.
  virtual std::optional<std::string> find_misfit(const Variant& variant, const Problem& problem,
                                                 const KnobValues& knobs, const DeviceFacts& device) const = 0;

  /// The conditions that a shape must meet, as C++ over doubles named in `free_names` ("columns * 4.0 <= 16384.0");
  /// everything else that they name is filled in from `problem`, `knobs` and `device`. Conditions that name no free
  /// name are left out: they hold or not whatever the shape. Nothing when one of them cannot be said in these names.
  virtual std::optional<std::vector<std::string>> shape_conditions(
      const Variant& variant, const Problem& problem, const KnobValues& knobs, const DeviceFacts& device,
      const std::vector<std::string>& free_names) const = 0;
};

}  // namespace knobscope
