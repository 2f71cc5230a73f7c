// Two points of one problem that are timed in turns, on the same inputs.

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "measure/attempt.h"
#include "measure/in_turns.h"
#include "measure/warm_up.h"

namespace knobscope::measure {
namespace {

Rival rival_of(Point&& point, Timing timing) {
  Rival rival;
  rival.variant_name = std::move(point.variant_name);
  rival.variant_title = std::move(point.variant_title);
  rival.source_hash = std::move(point.source_hash);
  rival.verdict = point.verdict;
  rival.reason = std::move(point.reason);
  rival.timing = timing;
  rival.samples = std::move(point.samples(timing));
  rival.summary = point.summary(timing);
  return rival;
}

bool is_usable(const Evidence& evidence) {
  return !evidence.failure && !evidence.misfit && evidence.first && !is_wrong(*evidence.first);
}

}  // namespace

PointPtr Engine::measure_in_turns(const PointRequest& request, const Variant& variant, const Variant& rival,
                                  Observer& observer) {
  const trace::Range range(domain_, variant.name, "pair", colour_of(variant), request.id);
  PointRequest rival_request = request;
  rival_request.variant = request.against->variant;
  rival_request.knobs = request.against->knobs;
  rival_request.against.reset();
  kept_runs_.clear();
  ClockWatch clocks;
  const std::shared_ptr<Point> point = begin(request, variant);
  const std::shared_ptr<Point> rival_point = begin(rival_request, rival);
  Attempt first{request, variant, observer, Run{device_, observer, stop_, clocks}, *point};
  Attempt second{rival_request, rival, observer, Run{device_, observer, stop_, clocks}, *rival_point};

  device_.take_findings();
  for (Attempt* each : {&first, &second}) {
    if (device_lost_) {
      each->evidence.failure = "the first of the two broke the device";
      continue;
    }
    if (each == &second && is_usable(first.evidence)) second.beside = &first.bound;
    guard(*each, [&] {
      prepare(*each);
      // What is damaged is not for the other one; it will not be timed.
      if (!is_usable(each->evidence)) forget_damaged(*each);
    });
  }
  if (first.timed && second.timed && is_usable(first.evidence) && is_usable(second.evidence)) {
    time_in_turns(first, second);
    for (Attempt* each : {&first, &second}) {
      if (each->evidence.failure || device_lost_) continue;
      guard(*each, [&] {
        problems_.get(each->run, request.problem);  // its own inputs, should the first have left others
        check_again(*each, nullptr);
      });
    }
    for (Attempt* each : {&first, &second}) forget_damaged(*each);
  }
  conclude(first);
  conclude(second);
  point->rival = rival_of(std::move(*rival_point), timing_in_turns(request.method).value_or(Timing::cold));
  return point;
}

void Engine::time_in_turns(Attempt& each, Attempt& rival) {
  const Method& method = each.request.method;
  const std::optional<Timing> timing = timing_in_turns(method);
  Attempt* turn = &each;  // whose run it is: what goes wrong is told of that one
  const Enqueue base = [&] { device_.enqueue((turn = &each)->bound.work); };
  const Enqueue next = [&] { device_.enqueue((turn = &rival)->bound.work); };
  const auto timed = [&] {
    each.observer.phase(Phase::warm_up);
    const bool is_warm = since_timed_ && since_timed_->seconds() < kStaysWarm_s;
    warm_up(each.run, base, method, is_warm ? kWarmUpOfWarm_s : kWarmUp_s);
    warm_up(rival.run, next, method, kWarmUpOfWarm_s);  // the first one warmed the device
    if (!timing) throw Untimeable("hot and rotating runs cannot take turns: each would find the other's data cached");
    device_.take_exposed_launches();
    each.observer.phase(phase_of(*timing));
    const auto range = each.range(domain_, phase_of(*timing));
    InTurns samples = sample_in_turns(each.run, base, next, method, *timing);
    take_in(each, *timing, std::move(samples.base));
    take_in(rival, *timing, std::move(samples.next));
    since_timed_.emplace();
    each.point.series_environments = each.run.clocks.series();
    const std::int64_t exposed = device_.take_exposed_launches();
    if (exposed > 0 && each.point.samples(*timing)) {
      each.point.timing_notes.push_back({*timing, fmt::format("{} of {} samples of the two may hold launch latency",
                                                              exposed, 2 * each.point.samples(*timing)->size())});
    }
    for (Attempt* one : {&each, &rival}) {
      one->evidence.headline_timing = one->point.headline_timing();
      one->evidence.headline = one->point.headline();
    }
  };
  std::exception_ptr failure;
  try {
    timed();
  } catch (const Untimeable& error) {
    each.point.timing_notes.push_back({timing.value_or(Timing::hot), error.what()});
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) guard(*turn, [&] { std::rethrow_exception(failure); });
}

}  // namespace knobscope::measure
