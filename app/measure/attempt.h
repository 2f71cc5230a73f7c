#pragma once
// What the engine keeps of one point on its way. Only the engine's own files include this.

#include "measure/bound_variant.h"
#include "measure/engine.h"
#include "measure/phase_clock.h"

namespace knobscope::measure {

/// The colour in which the plots draw a variant, so that a timeline shows it in the same.
std::uint32_t colour_of(const Variant& variant);
/// The size of a problem's error map.
device::MapSize map_size(const Problem& problem);
Samples share(std::vector<double> samples);

struct Engine::Attempt {
  const PointRequest& request;
  const Variant& variant;
  Observer& observer;
  Run run;
  Point& point;
  Evidence evidence = {};
  catalog::EvaluatedVariant evaluated = {};
  bool timed = false;
  bool spoiled_memory = false;
  device::ProgramPtr program = nullptr;
  PreparedProblem* prepared = nullptr;
  BoundVariant bound = {};
  PhaseClock* phases = nullptr;          ///< the observer, where it keeps account of time
  const BoundVariant* beside = nullptr;  ///< its buffers are used, see bind_variant()

  void enter(Expense expense) const {
    if (phases != nullptr) phases->enter(expense);
  }
  trace::Range range(trace::Domain* domain, Phase phase) const {
    return trace::Range(domain, name_of(phase), name_of(phase), colour_of(variant), request.id);
  }
};

}  // namespace knobscope::measure
