#pragma once
// A plan: everything that is set, in the window or by flags. It expands to the points to measure.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/point.h"
#include "core/variant.h"

namespace knobscope {

struct Plan {
  std::string device;  ///< empty: the best device found
  Operation operation = Operation::layernorm_forward;
  std::vector<std::vector<std::int64_t>> shapes = {{8192, 4096}};
  int normalized_dims = 1;
  std::vector<ElementType> types = {ElementType::f32};
  std::vector<Distribution> distributions = {Distribution{}};
  std::uint64_t seed = 1;
  double epsilon = 1e-5;
  Layout layout = Layout::nchw;              ///< of BatchNorm operations; others do not care
  Activation activation = Activation::none;  ///< of LayerNorm forward; others do not care
  std::vector<std::string> variants;         ///< names or ids; empty: every variant of the operation for the device
  std::map<std::string, std::vector<std::int64_t>, std::less<>> knobs;  ///< values to visit, by knob name
  bool sweep_unlisted_knobs = false;  ///< knobs not in `knobs`: all allowed values instead of the default
  Method method;

  bool operator==(const Plan&) const = default;
};

/// The plan's first problem; what the plan has none of is as in Problem{}. It may have a fault.
Problem first_problem(const Plan& plan);

struct Expansion {
  std::vector<PointRequest> points;  ///< ids not yet given (0)
  std::vector<std::string> faults;   ///< what could not be expanded, one sentence each that says what to do
};

/// Every combination of shape, type, distribution, variant and knobs; knob values a variant does not allow are a
/// fault only when no ticked variant allows them, and are otherwise left out for that variant.
/// Order: shape, type, distribution outermost, then variants, then knobs, so that inputs are reused.
Expansion expand(const Plan& plan, const Catalog& catalog, const DeviceFacts& device);

/// What a variant is written for: problems that differ in element type, layout and activation. Their shapes are those
/// of Problem{} and mean nothing.
std::vector<Problem> forms_of(const Variant& variant);

/// The variants of `catalog` for an operation on a kind of device, in story order.
std::vector<const Variant*> variants_for(const Catalog& catalog, Operation operation, DeviceKind device);

}  // namespace knobscope
