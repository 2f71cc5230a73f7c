#include "worker/failed_point.h"

#include <algorithm>

#include "measure/environment.h"

namespace knobscope::worker {
namespace {

/// Whether the kernel writes an output that it need not write: those bytes count, as for a point that ran.
bool writes_optional_output(const Variant& variant) {
  return std::ranges::any_of(info_of(variant.operation).tensors, [&](const TensorInfo& tensor) {
    if (tensor.role != TensorRole::output || tensor.required) return false;
    return std::ranges::any_of(variant.launches, [&](const LaunchSpec& launch) {
      return std::ranges::find(launch.arguments, tensor.name) != launch.arguments.end();
    });
  });
}

}  // namespace

PointPtr failed_point(const PointRequest& request, std::string reason, const Catalog& catalog,
                      const DeviceFacts* device) {
  auto point = std::make_shared<Point>();
  point->request = request;
  point->verdict = Verdict::failed;
  point->reason = std::move(reason);
  bool with_optional_outputs = false;
  if (const Variant* variant = catalog.find(request.variant)) {
    with_optional_outputs = writes_optional_output(*variant);
    point->variant_name = variant->name;
    point->variant_title = variant->title;
    point->source_hash = variant->source_hash;
  } else {
    point->variant_name = request.variant;
  }
  if (request.against) {
    const Variant* rival = catalog.find(request.against->variant);
    point->rival.emplace();
    point->rival->variant_name = rival != nullptr ? rival->name : request.against->variant;
    if (rival != nullptr) {
      point->rival->variant_title = rival->title;
      point->rival->source_hash = rival->source_hash;
    }
    point->rival->reason = point->reason;
  }
  if (!find_fault(request.problem)) point->bytes = compulsory_bytes(request.problem, with_optional_outputs);
  point->environment = measure::describe_environment(device != nullptr ? *device : DeviceFacts{}, KNOBSCOPE_VERSION);
  return point;
}

}  // namespace knobscope::worker
