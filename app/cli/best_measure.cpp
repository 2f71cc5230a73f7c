#include "cli/best_measure.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "cli/collecting.h"
#include "cli/knob_search.h"
#include "cli/output.h"
#include "cli/ready_client.h"
#include "cli/resumed_session.h"
#include "cli/terminal.h"
#include "session/session.h"

namespace knobscope::cli {
namespace {

/// While searching, a rank is enough: what is close is measured again at length.
constexpr double kSearchLimit_s = 0.1;
constexpr std::size_t kMostMeasuredAgain = 8;
constexpr double kNearlyAsFast = 1.05;
/// The part of the budget that the search may take; the rest is for measuring its best again.
constexpr double kSearchShare = 0.75;

using Clock = std::chrono::steady_clock;

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

bool is_usable(const Point& point) {
  return (point.verdict == Verdict::pass || point.verdict == Verdict::noisy) && point.headline();
}

/// One search, once the worker is there.
class Search {
 public:
  Search(Plan plan, DeviceFacts device, const FitRules& rules, worker::Client& client, Collector& collector,
         Interrupt& interrupt, double budget_s)
      : plan_(std::move(plan)),
        device_(std::move(device)),
        rules_(rules),
        client_(client),
        collector_(collector),
        interrupt_(interrupt),
        progress_(inspect_terminal().error_is_terminal, inspect_terminal().width),
        search_end_(Clock::now() + seconds(budget_s * kSearchShare)),
        end_(Clock::now() + seconds(budget_s)) {}

  /// `variants` are not null.
  void run(const Problem& problem, const std::vector<const Variant*>& variants, MeasuredShape& result) {
    KnobSearch search(variants, [&](const Variant& variant, const KnobValues& knobs) {
      return !rules_.find_misfit(variant, problem, knobs, device_);
    });
    Method brief = plan_.method;
    brief.set_timings({Timing::cold});
    if (brief.cold_stopping != StoppingCriterion::rse) {
      brief.cold_stopping = StoppingCriterion::rse;
      set_defaults_of(StoppingCriterion::rse, brief);
    }
    brief.min_time_s = 0.0;
    brief.time_limit_s = std::min(brief.time_limit_s, kSearchLimit_s);
    while (goes_on()) {
      std::vector<PointRequest> wanted;
      for (const KnobSearch::Candidate& candidate : search.next()) {
        wanted.push_back({0, device_.id, problem, candidate.variant->id, candidate.knobs, brief});
      }
      if (wanted.empty()) break;
      for (const PointPtr& point : measure(std::move(wanted), search_end_)) {
        const auto variant = std::ranges::find(variants, point->request.variant, &Variant::id);
        if (variant == variants.end()) continue;
        search.tell({*variant, point->request.knobs},
                    is_usable(*point) ? std::optional(point->headline()->median) : std::nullopt);
      }
    }
    const bool search_ended = !course_.out_of_time;
    measure_again();
    result.points = collector_.points();
    for (const Variant* variant : search.unfit()) {
      result.notes.push_back(variant->name + " does not fit this shape with any knobs");
    }
    if (!search_ended) result.notes.push_back("the budget ended before the search did; --budget gives it longer");
    if (course_.signal != 0) result.exit_code = 128 + course_.signal;
  }

  const Course& course() const { return course_; }

 private:
  bool goes_on() const {
    return course_.signal == 0 && !course_.worker_gone && !course_.out_of_time && collector_.fault().empty();
  }

  /// The points that came of it: fewer than wanted when it was ended.
  std::vector<PointPtr> measure(std::vector<PointRequest> wanted, Clock::time_point end) {
    const std::int64_t before = collector_.count();
    const std::int64_t total = before + static_cast<std::int64_t>(wanted.size());
    client_.post(worker::MeasurePoints{std::move(wanted), ""});
    course_ = wait_for_points(client_, collector_, total, interrupt_, progress_, end);
    std::vector<PointPtr> points = collector_.points();
    points.erase(points.begin(), points.begin() + static_cast<std::ptrdiff_t>(before));
    return points;
  }

  /// What is nearly as fast as the fastest, with the whole method: a short look may have been noisy.
  void measure_again() {
    if (course_.signal != 0 || course_.worker_gone || !collector_.fault().empty()) return;
    std::vector<PointPtr> points = collector_.points();
    std::erase_if(points, [](const PointPtr& point) { return !is_usable(*point); });
    std::ranges::stable_sort(points, {}, [](const PointPtr& point) { return point->headline()->median; });
    Method whole = plan_.method;
    whole.set_timings({Timing::cold});
    std::vector<PointRequest> wanted;
    for (const PointPtr& point : points) {
      const bool near = point->headline()->median <= points.front()->headline()->median * kNearlyAsFast;
      if (!near || wanted.size() == kMostMeasuredAgain) break;
      wanted.push_back(point->request);
      wanted.back().id = 0;
      wanted.back().method = whole;
    }
    if (!wanted.empty()) measure(std::move(wanted), end_);
  }

  Plan plan_;
  DeviceFacts device_;
  const FitRules& rules_;
  worker::Client& client_;
  Collector& collector_;
  Interrupt& interrupt_;
  ProgressLine progress_;
  Clock::time_point search_end_;
  Clock::time_point end_;
  Course course_;
};

std::variant<MeasuredShape, int> search_ready(const BestArguments& arguments, const PlanDraft& draft,
                                              const FitRules& rules, worker::Client& client, session::Writer* writer,
                                              Collector& collector, Interrupt& interrupt) {
  const SnapshotPtr snapshot = client.snapshot();
  const auto device = choose_device(draft.plan.device, snapshot->devices);
  if (const auto* fault = std::get_if<UsageFault>(&device)) return complain(fault->message, kExitUsage);
  MeasuredShape result;
  result.device = std::get<DeviceFacts>(device);
  result.devices = snapshot->devices;
  if (!is_timed(result.device.kind)) {
    return complain("--device: the emulated device has no times to choose by; name cuda or cpu", kExitUsage);
  }
  const auto completed = complete_plan(draft, result.device, *snapshot->catalog);
  if (const auto* fault = std::get_if<UsageFault>(&completed)) return complain(fault->message, kExitUsage);
  const auto& plan = std::get<Plan>(completed);
  // One point a variant: the expansion says what is wrong with the plan.
  const Expansion expansion = expand(plan, *snapshot->catalog, result.device);
  for (const std::string& fault : expansion.faults) complain(fault, kExitUsage);
  if (!expansion.faults.empty()) return kExitUsage;
  std::vector<const Variant*> variants;
  for (const PointRequest& point : expansion.points) variants.push_back(snapshot->catalog->find(point.variant));
  if (variants.empty()) return complain("there is nothing to measure; name a variant and a shape", kExitUsage);
  result.problem = expansion.points.front().problem;
  if (writer != nullptr) {
    for (const DeviceFacts& known : snapshot->devices) writer->add(known);
    writer->add(plan);
  }
  Search search(plan, result.device, rules, client, collector, interrupt, arguments.budget_s);
  search.run(result.problem, variants, result);
  if (search.course().worker_gone || !collector.fault().empty()) {
    return complain_of_course(search.course(), collector, collector.count(), client).value_or(kExitBadResult);
  }
  return result;
}

}  // namespace

std::variant<MeasuredShape, int> measure_shape(const BestArguments& arguments, const PlanDraft& draft,
                                               const Places& places, const FitRules& rules) {
  Interrupt interrupt;  // before the client's thread starts
  std::optional<session::Writer> writer;
  if (!arguments.sessions.empty()) writer.emplace(arguments.sessions.front());
  Collector collector(writer ? &*writer : nullptr);
  worker::ClientOptions options = client_options(places);
  if (writer) {
    options.first_point_id = writer->next_point_id();
    options.known_ceilings = ceilings_of_session(arguments.sessions.front());
  }
  options.on_point = [&collector](const PointPtr& point) { collector.add(point); };
  worker::Client client(std::move(options));
  const Readiness readiness = wait_until_ready(client, interrupt);
  if (readiness != Readiness::ready) return complain_not_ready(client, readiness);
  return search_ready(arguments, draft, rules, client, writer ? &*writer : nullptr, collector, interrupt);
}

}  // namespace knobscope::cli
