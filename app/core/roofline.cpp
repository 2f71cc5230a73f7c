#include "core/roofline.h"

namespace knobscope {
namespace {

/// FP32 multiply-adds a multiprocessor finishes each cycle, by compute capability. CUDA C++ Programming Guide, table of
/// the throughput of native arithmetic instructions. Nothing where it says nothing.
std::optional<int> fp32_lanes(int compute_capability) {
  switch (compute_capability) {
    case 60:
    case 70:
    case 72:
    case 75:
    case 80:
      return 64;
    case 50:
    case 52:
    case 53:
    case 61:
    case 62:
    case 86:
    case 87:
    case 89:
    case 90:
    case 100:
    case 103:
    case 120:
    case 121:
      return 128;
    default:
      return std::nullopt;
  }
}

int operations_of(Activation activation) {
  switch (activation) {
    case Activation::none:
      return 0;
    case Activation::relu:
      return 1;
    case Activation::gelu:
      return 5;
  }
  return 0;
}

}  // namespace

int operations_per_element(const Problem& problem) {
  switch (problem.operation) {
    case Operation::layernorm_forward:
      return 7 + operations_of(problem.activation);
    case Operation::layernorm_backward:
      return 13;
    case Operation::batchnorm_inference:
      return 2;
    case Operation::batchnorm_training:
      return 6;
  }
  return 0;
}

double operations_of(const Problem& problem) {
  return static_cast<double>(operations_per_element(problem)) * static_cast<double>(extents_of(problem).elements);
}

std::optional<RooflinePlace> roofline_place(const Point& point) {
  const std::optional<Summary>& summary = point.headline();
  RooflinePlace place;
  // Counters are of a cold run.
  place.is_counted = reads_memory(point.headline_timing().value_or(Timing::hot)) && point.profile &&
                     point.profile->counters && point.profile->counters->dram().count > 0;
  place.traffic = place.is_counted ? point.profile->counters->dram() : point.modelled_bytes();
  if (!summary || summary->median.count() <= 0.0 || place.traffic.count <= 0 || find_fault(point.request.problem)) {
    return std::nullopt;
  }
  const double operations = operations_of(point.request.problem);
  place.intensity = operations / static_cast<double>(place.traffic.count);
  place.rate = operations / (summary->median.count() * 1e-9);
  return place;
}

std::optional<double> peak_fp32(const DeviceFacts& facts, double sm_clock_mhz) {
  if (facts.kind != DeviceKind::cuda || !(sm_clock_mhz > 0.0)) return std::nullopt;
  const std::optional<int> lanes = fp32_lanes(facts.compute_capability);
  if (!lanes) return std::nullopt;
  return static_cast<double>(facts.multiprocessors) * *lanes * 2.0 * sm_clock_mhz * 1e6;
}

}  // namespace knobscope
