// Looking at errors closely: the point is run once, untimed, and its outputs are kept until something is measured.

#include <algorithm>

#include <fmt/format.h>

#include "measure/attempt.h"

namespace knobscope::measure {
namespace {

/// The same point, run and judged once.
PointRequest untimed(PointRequest request) {
  request.method.set_timings({});
  request.method.thorough = false;
  request.method.recheck = false;
  request.method.counters = false;
  request.against.reset();
  return request;
}

/// Cuts `area` to the view; a sentence when nothing is left of it or it was never possible.
std::optional<std::string> settle(Area& area, const TensorView& view, std::string_view output) {
  const bool possible = area.row >= 0 && area.column >= 0 && area.rows >= 0 && area.columns >= 0 &&
                        area.row < view.rows && area.column < view.columns;
  if (!possible) {
    return fmt::format("{} has {} rows and {} columns here; choose an area that begins inside", output, view.rows,
                       view.columns);
  }
  const auto cut = [](std::int64_t wanted, std::int64_t left) { return wanted == 0 ? left : std::min(wanted, left); };
  area.rows = cut(area.rows, view.rows - area.row);
  area.columns = cut(area.columns, view.columns - area.column);
  return std::nullopt;
}

}  // namespace

ErrorRegionPtr Engine::look(const ErrorRequest& request, const Variant& variant, Observer& observer) {
  const trace::Range range(domain_, variant.name, "look", colour_of(variant), request.id);
  const PointRequest once = untimed(request.point);
  const std::shared_ptr<Point> point = begin(once, variant);
  ClockWatch clocks;
  auto region = std::make_shared<ErrorRegion>();
  while (true) {
    Attempt each{once, variant, observer, Run{device_, observer, stop_, clocks}, *point};
    *region = {request, "", variant.source_hash, {}, {}, nullptr, {}, std::nullopt};
    device_.take_findings();  // of a point that was cancelled
    guard(each, [&] { look_at(each, *region); });
    const std::optional<std::string>& why = each.evidence.failure ? each.evidence.failure : each.evidence.misfit;
    if (!why) return region;
    region->fault = *why;
    // Memory may have been short because of what is kept for another look.
    if (kept_runs_.empty() || device_lost_) return region;
    kept_runs_.clear();
  }
}

void Engine::look_at(Attempt& each, ErrorRegion& region) {
  const KeptRun* run = run_to_look_at(each);
  if (run == nullptr) return;
  ErrorRequest& request = region.request;
  const auto output = std::ranges::find_if(run->outputs, [&](const BoundOutput& bound) {
    return request.output.empty() || bound.tensor->name == request.output;
  });
  if (output == run->outputs.end()) {
    std::string known;
    for (const BoundOutput& bound : run->outputs)
      known += (known.empty() ? "" : ", ") + std::string(bound.tensor->name);
    region.fault = fmt::format("{} writes no output {}; choose from {}", each.variant.name, request.output, known);
    return;
  }
  request.output = output->tensor->name;
  const auto view = view_of(request.point.problem, *output->tensor, request.slice);
  if (const auto* fault = std::get_if<std::string>(&view)) {
    region.fault = *fault;
    return;
  }
  region.view = std::get<TensorView>(view);
  if (auto fault = settle(request.area, region.view, output->tensor->name)) {
    region.fault = *fault;
    return;
  }
  const auto possible = [](int tiles) { return tiles >= 1 && tiles <= kMostTiles; };
  if (!possible(request.tile_rows) || !possible(request.tile_columns)) {
    region.fault = fmt::format("a grid of {} times {} tiles is not possible; each side has 1 to {}", request.tile_rows,
                               request.tile_columns, kMostTiles);
    return;
  }
  const PreparedProblem& prepared = problems_.get(each.run, request.point.problem);
  each.observer.phase(Phase::reference);
  const device::RegionSpec spec{
      region.view, request.area, {request.tile_rows, request.tile_columns}, request.measure, kMostElements};
  device::RegionComparison found = device_.compare_region(*prepared.reference, *output->tensor, *output->buffer, spec);
  region.error = std::move(found.error);
  region.map = std::move(found.map);
  region.histogram = std::move(found.histogram);
  region.elements = std::move(found.elements);
}

/// The outputs of the last run of the point that is asked for, or of one that is made now; null when it cannot be run.
const Engine::KeptRun* Engine::run_to_look_at(Attempt& each) {
  const PointRequest& request = each.request;
  const auto kept = std::ranges::find_if(kept_runs_, [&](const KeptRun& run) {
    return run.problem == request.problem && run.variant == request.variant && run.knobs == request.knobs &&
           run.source_hash == each.variant.source_hash;
  });
  if (kept != kept_runs_.end()) {
    kept_runs_.splice(kept_runs_.begin(), kept_runs_, kept);
    return &kept_runs_.front();
  }
  if (!prepare(each)) return nullptr;
  forget_damaged(each);
  while (kept_runs_.size() >= kErrorSlots) kept_runs_.pop_back();
  kept_runs_.push_front(
      {request.problem, request.variant, request.knobs, each.variant.source_hash, std::move(each.bound.outputs)});
  return &kept_runs_.front();
}

}  // namespace knobscope::measure
