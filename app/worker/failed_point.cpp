#include "worker/failed_point.h"

#include "measure/environment.h"

namespace knobscope::worker {

PointPtr failed_point(const PointRequest& request, std::string reason, const Catalog& catalog,
                      const DeviceFacts* device) {
  auto point = std::make_shared<Point>();
  point->request = request;
  point->verdict = Verdict::failed;
  point->reason = std::move(reason);
  if (const Variant* variant = catalog.find(request.variant)) {
    point->variant_name = variant->name;
    point->variant_title = variant->title;
    point->source_hash = variant->source_hash;
  } else {
    point->variant_name = request.variant;
  }
  if (!find_fault(request.problem)) point->bytes = compulsory_bytes(request.problem, false);
  point->environment = measure::describe_environment(device != nullptr ? *device : DeviceFacts{}, KNOBSCOPE_VERSION);
  return point;
}

}  // namespace knobscope::worker
