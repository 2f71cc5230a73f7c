#include "measure/engine.h"

#include <algorithm>
#include <array>
#include <new>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "core/environment_words.h"
#include "measure/attempt.h"
#include "measure/bound_variant.h"
#include "measure/ceiling.h"
#include "measure/cold.h"
#include "measure/environment.h"
#include "measure/graph.h"
#include "measure/hot.h"
#include "measure/phase_clock.h"
#include "measure/play_orders.h"
#include "measure/profile.h"
#include "measure/progress_of_plays.h"
#include "measure/recheck.h"
#include "measure/rotating.h"
#include "measure/series.h"
#include "measure/verify.h"
#include "measure/wall.h"
#include "measure/warm_up.h"

namespace knobscope::measure {
namespace {

/// The plots' series colours, so that a timeline shows a variant in the colour the window gives it.
constexpr std::array<std::uint32_t, 8> kSeriesColours = {0xFF68736E, 0xFFCC2A0E, 0xFFFA9F00, 0xFFE7FB88,
                                                         0xFF2E9CE7, 0xFF5955E2, 0xFFFEBEEE, 0xFF5AE5A6};

/// A kernel of the wrong kind is the request's mistake; the emulated device plays CUDA files out.
bool runs_on(const Variant& variant, DeviceKind kind) {
  return variant.device == kind || (variant.device == DeviceKind::cuda && kind == DeviceKind::emulated);
}

std::optional<std::string> find_request_fault(const PointRequest& request, const Variant& variant,
                                              const DeviceFacts& facts) {
  if (auto fault = find_fault(request.problem)) return fault;
  if (request.problem.operation != variant.operation) {
    return fmt::format("{} computes {}, not {}; choose a variant of that operation", variant.id,
                       name_of(variant.operation), name_of(request.problem.operation));
  }
  if (!runs_on(variant, facts.kind)) {
    return fmt::format("{} is written for {} devices, and {} is none; choose another device or variant", variant.id,
                       name_of(variant.device), facts.id);
  }
  return find_fault(variant, request.knobs);
}

/// The runs themselves are the kernel's time; what is left of the technique's is what timing them cost.
void book_samples(PhaseClock& clock, Timing timing, const std::vector<double>& samples_ns) {
  const double runs = timing == Timing::graph ? kRunsPerGraph : 1.0;
  clock.rebook(Expense::timing, Expense::samples,
               runs * 1e-9 * std::accumulate(samples_ns.begin(), samples_ns.end(), 0.0));
}

}  // namespace

std::uint32_t colour_of(const Variant& variant) {
  const int place = std::max(variant.order - 1, 0);
  return kSeriesColours[static_cast<std::size_t>(place) % kSeriesColours.size()];
}

device::MapSize map_size(const Problem& problem) {
  const Extents extents = extents_of(problem);
  return {static_cast<int>(std::min<std::int64_t>(kErrorMap.rows, extents.rows)),
          static_cast<int>(std::min<std::int64_t>(kErrorMap.columns, extents.columns))};
}

Samples share(std::vector<double> samples) { return std::make_shared<const std::vector<double>>(std::move(samples)); }

Engine::Engine(device::Device& device, trace::Domain* domain, std::string program_version)
    : device_(device), domain_(domain), program_version_(std::move(program_version)), problems_(device) {}

void Engine::stop(bool stop) {
  stop_.store(stop);
  device_.request_stop(stop);
}

std::shared_ptr<Point> Engine::begin(const PointRequest& request, const Variant& variant) const {
  auto point = std::make_shared<Point>();
  point->request = request;
  point->variant_name = variant.name;
  point->variant_title = variant.title;
  point->source_hash = variant.source_hash;
  point->environment = describe_environment(device_.facts(), program_version_);
  point->ceiling = ceiling_;
  return point;
}

PointPtr Engine::measure(const PointRequest& request, const Variant& variant, Observer& observer) {
  const trace::Range range(domain_, variant.name, "point", colour_of(variant), request.id);
  kept_runs_.clear();  // what is measured has all the memory
  ClockWatch clocks;
  PhaseClock phases(observer);
  const std::shared_ptr<Point> point = begin(request, variant);
  Attempt each{request, variant, phases, Run{device_, phases, stop_, clocks}, *point};
  each.phases = &phases;
  device_.take_findings();  // of a point that was cancelled
  guard(each, [&] {
    attempt(each);
    forget_damaged(each);
  });
  conclude(each);
  phases.enter(Expense::allocate);
  if (is_known_right(each)) give_back(problems_, each.bound);
  each.bound = {};
  point->spent = phases.spent();
  return point;
}

/// Whatever goes wrong becomes evidence.
void Engine::guard(Attempt& each, const std::function<void()>& step) {
  try {
    step();
  } catch (const device::Cancelled&) {
    if (each.prepared != nullptr) each.prepared->suspect = true;
    throw;
  } catch (const device::CompileError& error) {
    each.point.compile_log = error.log;
    each.evidence.failure = error.what();
  } catch (const device::Unplayable& error) {
    each.evidence.misfit = error.what();
  } catch (const device::DeviceLost& error) {
    device_lost_ = true;
    each.evidence.failure = error.what();
  } catch (const device::ArgumentError& error) {
    const int line = catalog::line_of_arguments(each.variant, error.launch);
    each.evidence.failure = line > 0 ? fmt::format("{}:{}: {}", each.variant.id, line, error.what()) : error.what();
  } catch (const device::DeviceError& error) {
    each.evidence.failure = error.what();
  } catch (const std::bad_alloc&) {
    problems_.clear();
    each.prepared = nullptr;
    each.evidence.failure = "the host's memory is too small for this problem; choose a smaller shape";
  } catch (const std::exception& error) {
    each.evidence.failure = error.what();
  }
  each.enter(Expense::other);
  const bool cut_short = each.evidence.failure || each.evidence.misfit;
  if (cut_short && each.prepared != nullptr) each.prepared->suspect = true;
  merge_findings(each.evidence.findings, device_.take_findings());
}

/// By its last check, after which nothing ran: then nothing was written around its buffers either.
bool Engine::is_known_right(const Attempt& each) const {
  const Evidence& evidence = each.evidence;
  if (evidence.failure || evidence.misfit || !is_timed(device_.facts().kind)) return false;
  if (evidence.later) return !is_wrong(evidence.later->found);
  return !each.timed && evidence.first && !is_wrong(*evidence.first);
}

void Engine::conclude(Attempt& each) {
  const DeviceFacts& facts = device_.facts();
  each.evidence.problem = each.request.problem;
  each.evidence.method = each.request.method;
  each.evidence.bytes = each.point.bytes;
  each.evidence.last_level_cache = facts.last_level_cache;
  each.evidence.peak = facts.peak_bandwidth;
  each.evidence.ceiling = each.point.ceiling;
  each.evidence.size_ceilings = each.point.size_ceilings;
  add_clocks(each.point.environment, each.run.clocks.seen());
  Judgement judgement = judge(each.evidence);
  each.point.verdict = judgement.verdict;
  each.point.reason = std::move(judgement.reason);
  each.point.findings = std::move(each.evidence.findings);
}

void Engine::attempt(Attempt& each) {
  if (!prepare(each)) return;
  if (each.timed) time(each);
  profile(each);
  if (each.timed) check_again(each, nullptr);
}

/// Up to where it can be timed: compiled, bound and judged once. False when it cannot be run.
bool Engine::prepare(Attempt& each) {
  const DeviceFacts& facts = device_.facts();
  if ((each.evidence.failure = find_request_fault(each.request, each.variant, facts))) return false;
  each.point.bytes = compulsory_bytes(each.request.problem, false);

  auto evaluated = catalog::evaluate(each.variant, each.request.problem, each.request.knobs, facts);
  if (const auto* misfit = std::get_if<catalog::Misfit>(&evaluated)) {
    (misfit->is_mistake ? each.evidence.failure : each.evidence.misfit) = misfit->reason;
    return false;
  }
  each.evaluated = std::get<catalog::EvaluatedVariant>(std::move(evaluated));
  const bool with_optional = std::ranges::any_of(bound_outputs(each.evaluated, each.request.problem.operation),
                                                 [](const TensorInfo* tensor) { return !tensor->required; });
  each.point.bytes = compulsory_bytes(each.request.problem, with_optional);
  each.point.modelled_reads = each.evaluated.reads;
  each.point.modelled_writes = each.evaluated.writes;

  compile(each);
  each.timed = is_timed(facts.kind) && each.request.method.times_any();
  if (each.timed) {
    const device::Surroundings found = device_.surroundings();
    add_surroundings(each.point.environment, found);
    warn_of_sharing(each);
    each.run.clocks.expect(found.expected_sm_clock_mhz);
    each.point.ceiling = ceiling(each.run);
    use_recorded_ceilings(each.point.environment, each.observer);
    each.point.size_ceilings = size_ceilings(each);
  }

  each.enter(Expense::fill);
  each.prepared = &problems_.get(each.run, each.request.problem);
  each.run.check();
  each.enter(Expense::allocate);
  each.bound = bind_variant(problems_, *each.prepared, each.evaluated, std::move(each.program), each.beside);
  const std::optional<double> compile_ms = each.point.compiled.compile_ms;
  each.point.compiled = device_.inspect(each.bound.work);
  each.point.compiled.compile_ms = compile_ms;

  if (is_timed(facts.kind)) {
    check_outputs(each);
  } else {
    play(each);
  }
  return true;
}

/// When it begins and when it changes: every point carries it all the same.
void Engine::warn_of_sharing(Attempt& each) {
  const std::string words = sharing_in_words(each.point.environment).value_or("");
  if (words != shared_ && !words.empty()) {
    each.observer.note(LogLevel::warning, words + ": what it does meanwhile is in the times");
  }
  shared_ = words;
}

void Engine::compile(Attempt& each) {
  each.run.check();
  each.observer.phase(Phase::compile);
  const auto range = each.range(domain_, Phase::compile);
  each.program = load(each);
  if (each.phases != nullptr) {
    each.phases->rebook(Expense::load, Expense::compile, each.program->compile_ms().value_or(0.0) * 1e-3);
  }
  each.point.compile_log = each.program->log();
  if (is_timed(device_.facts().kind)) each.point.compiled.compile_ms = each.program->compile_ms();
}

device::ProgramPtr Engine::load(const Attempt& each) {
  device::CompileRequest request;
  request.variant = &each.variant;
  request.macros = catalog::compile_macros(each.variant, each.request.problem, each.request.knobs);
  for (const catalog::EvaluatedLaunch& launch : each.evaluated.launches) request.entries.push_back(launch.entry);
  return device_.compile(request);
}

void Engine::check_outputs(Attempt& each) {
  const auto range = each.range(domain_, Phase::verify);
  poison_extras(each.run, each.bound, each.request.problem.type);
  each.evidence.first = verify(each.run, *each.prepared, each.bound, map_size(each.request.problem));
  each.point.error = each.evidence.first->report;
}

void Engine::play(Attempt& each) {
  const auto range = each.range(domain_, Phase::verify);
  const Method& method = each.request.method;
  const bool again = method.thorough && method.recheck;
  ProgressOfPlays progress(each.run, count_plays(method) + (again ? kRechecks : 0), method);
  Played played = play_orders(each.run, *each.prepared, each.bound, each.variant, method,
                              map_size(each.request.problem), each.evidence.findings, progress);
  each.point.error = played.worse ? played.worse->report : played.forwards.report;
  each.evidence.first = std::move(played.forwards);
  each.spoiled_memory = played.spoiled_memory;
  if (again && !each.spoiled_memory) check_again(each, &progress);
}

void Engine::time(Attempt& each) {
  const Enqueue enqueue = [&] { device_.enqueue(each.bound.work); };
  const Method& method = each.request.method;
  {
    each.observer.phase(Phase::warm_up);
    const auto range = each.range(domain_, Phase::warm_up);
    const bool is_warm = since_timed_ && since_timed_->seconds() < kStaysWarm_s;
    warm_up(each.run, enqueue, method, is_warm ? kWarmUpOfWarm_s : kWarmUp_s);
  }
  device_.take_exposed_launches();  // of a ceiling
  for (const Timing timing : method.timings()) {
    each.observer.phase(phase_of(timing));
    const auto range = each.range(domain_, phase_of(timing));
    try {
      take_in(each, timing, sample(each, timing, enqueue));
    } catch (const Untimeable& error) {
      each.point.timing_notes.push_back({timing, error.what()});
      continue;
    }
    each.enter(Expense::other);
    if (each.phases != nullptr && each.point.samples(timing)) {
      book_samples(*each.phases, timing, *each.point.samples(timing));
    }
    const std::int64_t exposed = device_.take_exposed_launches();
    if (exposed > 0 && each.point.samples(timing)) {
      each.point.timing_notes.push_back(
          {timing, fmt::format("{} of {} samples may hold launch latency: the host was too slow to enqueue their runs "
                               "while the device was kept waiting",
                               exposed, each.point.samples(timing)->size())});
    }
  }
  since_timed_.emplace();
  if (each.point.cold_summary) each.point.event_overhead = device_.event_overhead();
  each.point.series_environments = each.run.clocks.series();
  each.evidence.headline_timing = each.point.headline_timing();
  each.evidence.headline = each.point.headline();
  each.evidence.rotating = each.point.rotating_summary;
}

/// Samples that were all discarded are none, and a technique that was to speak for the point leaves it without a time.
void Engine::take_in(Attempt& each, Timing timing, std::vector<double> samples) {
  const SeriesEnvironment& series = each.run.clocks.series().back();
  if (!series.discarded.empty()) {
    const std::string note = discarded_in_words(series, std::ssize(samples), each.point.throttle_rule());
    each.point.timing_notes.push_back({timing, note});
    if (samples.empty() && !each.point.headline_timing() && !each.evidence.all_discarded) {
      each.evidence.all_discarded = fmt::format("{}: {}", name_of(timing), note);
    }
  }
  if (samples.empty()) return;
  each.point.summary(timing) = summarize(samples);
  each.point.samples(timing) = share(std::move(samples));
}

std::vector<double> Engine::sample(Attempt& each, Timing timing, const Enqueue& enqueue) {
  const Method& method = each.request.method;
  switch (timing) {
    case Timing::cold:
      break;
    case Timing::rotating:
      return rotate(each);
    case Timing::hot:
      return sample_hot(each.run, enqueue, method);
    case Timing::graph:
      return sample_graph(each.run, enqueue, method);
    case Timing::wall:
      return sample_wall(each.run, enqueue, method);
  }
  return sample_cold(each.run, enqueue, method, Phase::cold);
}

/// Apart from the times, which being watched would lengthen.
void Engine::profile(Attempt& each) {
  if (!each.request.method.counters) return;
  each.observer.phase(Phase::counters);
  const auto range = each.range(domain_, Phase::counters);
  each.point.profile = take_profile(each.run, each.bound.work);
}

/// Copies are outputs of their own: they are judged before they go.
std::vector<double> Engine::rotate(Attempt& each) {
  const Rotation rotation(each.run, problems_, *each.prepared, each.bound, each.evaluated);
  std::vector<double> samples = sample_rotating(each.run, rotation, each.request.method);
  if (is_wrong(*each.evidence.first)) return samples;
  const auto range = each.range(domain_, Phase::verify);
  each.evidence.copies = rotation.verify(each.run, map_size(each.request.problem));
  if (is_wrong(*each.evidence.copies)) each.point.error = each.evidence.copies->report;
  return samples;
}

/// A kernel may be right once and wrong later, see measure/recheck.h.
void Engine::check_again(Attempt& each, ProgressOfPlays* progress) {
  const Evidence& evidence = each.evidence;
  if (!evidence.findings.empty() || is_wrong(*evidence.first)) return;
  if (evidence.copies && is_wrong(*evidence.copies)) return;
  const auto range = each.range(domain_, Phase::verify);
  const device::MapSize map = map_size(each.request.problem);
  each.evidence.timed = each.timed;
  if (each.timed) each.evidence.later = check_last_run(each.run, *each.prepared, each.bound, map);
  const bool right = !evidence.later || !is_wrong(evidence.later->found);
  if (right && each.request.method.recheck) {
    each.evidence.later = recheck(
        each.run, problems_, *each.prepared, each.bound, [&] { return load(each); }, map, progress);
  }
  if (evidence.later && is_wrong(evidence.later->found)) each.point.error = evidence.later->found.report;
}

void Engine::forget_damaged(Attempt& each) {
  const auto damaged = [](const Verification& found) {
    return !found.changed_inputs.empty() || !found.report.damaged_guards.empty();
  };
  const Evidence& evidence = each.evidence;
  const bool intact =
      !(evidence.first && damaged(*evidence.first)) && !(evidence.later && damaged(evidence.later->found));
  if (!each.spoiled_memory && intact) return;
  each.prepared = nullptr;
  problems_.forget(each.request.problem);
}

const std::optional<Ceiling>& Engine::ceiling(Run& run) {
  if (ceiling_tries_ >= kMostCeilingTries) return ceiling_;
  const trace::Range range(domain_, name_of(Phase::ceiling), name_of(Phase::ceiling));
  ClockWatch clocks;  // the ceiling's own: a point is not throttled by what happened before it
  clocks.expect(run.clocks.expected_mhz());
  Run own{run.device, run.observer, run.stop, clocks};
  const CeilingFound found = measure_ceiling(own);
  ceiling_ = found.ceiling;
  ceiling_tries_ = found.held_back ? ceiling_tries_ + 1 : kMostCeilingTries;
  if (ceiling_) run.observer.ceiling(*ceiling_);
  return ceiling_;
}

void Engine::use_recorded_ceilings(const Environment& environment, Observer& observer) {
  if (!ceiling_) return;
  for (const KnownCeilings& recorded : std::exchange(recorded_ceilings_, {})) {
    if (const auto why = why_outdated(recorded, environment, *ceiling_)) {
      observer.note(LogLevel::info, fmt::format("{}: the session's ceilings of {} sizes are measured anew: {}",
                                                recorded.device, recorded.sizes.size(), *why));
      continue;
    }
    size_ceilings_.know(recorded.sizes);
  }
}

std::vector<SizeCeiling> Engine::size_ceilings(Attempt& each) {
  const trace::Range range(domain_, name_of(Phase::ceiling), name_of(Phase::ceiling));
  return size_ceilings_.of(each.run, each.point.bytes, each.request.method);
}

}  // namespace knobscope::measure
