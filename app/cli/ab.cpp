// Two variants, or two settings of one, timed in turns.

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "cli/collecting.h"
#include "cli/commands.h"
#include "cli/one_point.h"
#include "cli/output.h"
#include "cli/percent.h"
#include "cli/plan_from_arguments.h"
#include "cli/progress.h"
#include "cli/ready_client.h"
#include "cli/resumed_session.h"
#include "cli/write_comparison.h"
#include "core/in_turns.h"
#include "session/session.h"

namespace knobscope::cli {
namespace {

struct Side {
  std::vector<PointRequest> points;  ///< one a problem
  std::string name;                  ///< "float4 block=256"
};

std::variant<Side, UsageFault> side_of(const char* which, const PlanDraft& draft, const DeviceFacts& facts,
                                       const Catalog& catalog) {
  const auto completed = complete_plan(draft, facts, catalog);
  if (const auto* fault = std::get_if<UsageFault>(&completed)) {
    return UsageFault{fmt::format("{}: {}", which, fault->message)};
  }
  const Expansion expansion = expand(std::get<Plan>(completed), catalog, facts);
  if (!expansion.faults.empty()) return UsageFault{fmt::format("{}: {}", which, expansion.faults.front())};
  if (expansion.points.empty()) return UsageFault{fmt::format("{}: there is nothing to measure; name a shape", which)};
  Side side;
  for (const PointRequest& point : expansion.points) {
    if (!side.points.empty() && side.points.back().problem == point.problem) {
      std::string knobs = format_knobs(point.knobs);
      std::ranges::replace(knobs, ' ', ',');
      return UsageFault{fmt::format("{}: it stands for several settings of knobs; name one value for each, as in {}:{}",
                                    which, draft.plan.variants.front(), knobs)};
    }
    side.points.push_back(point);
  }
  const PointRequest& first = side.points.front();
  const Variant* variant = catalog.find(first.variant);
  const std::string knobs = format_knobs(first.knobs);
  side.name = (variant != nullptr ? variant->name : first.variant) + (knobs.empty() ? "" : " " + knobs);
  return side;
}

/// What is wrong with the pairs: kExitBadResult, kExitRegression or kExitOk.
int judge_pairs(const ComparedSessions& compared, bool fail_on_regression) {
  std::int64_t bad = 0;
  for (const ComparedPoint& pair : compared.points) {
    for (const Point* point : {pair.base.get(), pair.next.get()}) {
      const Verdict verdict = point->verdict;
      if (verdict != Verdict::pass && verdict != Verdict::noisy && verdict != Verdict::throttled) {
        ++bad;
        break;
      }
    }
  }
  if (bad > 0) {
    return complain(fmt::format("one of the two is not right in {} of {} pairs", bad, compared.points.size()),
                    kExitBadResult);
  }
  const std::int64_t slower = compared.count(Change::slower);
  if (!fail_on_regression || slower == 0) return kExitOk;
  return complain(fmt::format("B is slower in {} of {} pairs", slower, compared.points.size()), kExitRegression);
}

struct Drafts {
  PlanDraft base;
  PlanDraft next;
  double threshold = kSameInTurns;
};

int compare_ready(const AbArguments& arguments, const Drafts& drafts, worker::Client& client, session::Writer* writer,
                  Collector& collector, Interrupt& interrupt, const Terminal& terminal) {
  const SnapshotPtr snapshot = client.snapshot();
  const auto device = choose_device(drafts.base.plan.device, snapshot->devices);
  if (const auto* fault = std::get_if<UsageFault>(&device)) return complain(fault->message, kExitUsage);
  const auto& facts = std::get<DeviceFacts>(device);
  const auto base = side_of("A", drafts.base, facts, *snapshot->catalog);
  if (const auto* fault = std::get_if<UsageFault>(&base)) return complain(fault->message, kExitUsage);
  const auto next = side_of("B", drafts.next, facts, *snapshot->catalog);
  if (const auto* fault = std::get_if<UsageFault>(&next)) return complain(fault->message, kExitUsage);

  std::vector<PointRequest> pairs = std::get<Side>(base).points;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const PointRequest& other = std::get<Side>(next).points.at(i);
    pairs[i].against = Against{other.variant, other.knobs};
  }
  if (writer != nullptr) {
    for (const DeviceFacts& known : snapshot->devices) writer->add(known);
  }
  const auto total = static_cast<std::int64_t>(pairs.size());
  ProgressLine progress(terminal.error_is_terminal, terminal.width);
  client.post(worker::MeasurePoints{std::move(pairs), ""});
  const Course course = wait_for_points(client, collector, total, interrupt, progress);

  const std::vector<PointPtr> points = collector.points();
  const ComparedSessions compared = compare_in_turns(points, drafts.threshold);
  bool written = true;
  if (!compared.points.empty()) {
    const session::ComparedNames names{std::get<Side>(base).name, std::get<Side>(next).name};
    written = write_comparison(compared, names, arguments.output);
  }
  if (const auto code = complain_of_course(course, collector, total, client)) return *code;
  const int verdict = judge_pairs(compared, arguments.fail_on_regression);
  return written ? verdict : kExitUsage;
}

}  // namespace

int ab(const AbArguments& arguments, const Places& places) {
  Drafts drafts;
  if (arguments.threshold) {
    const auto share = read_share(*arguments.threshold, BareNumber::is_share);
    if (!share) {
      return complain(fmt::format("--threshold: '{}' is not possible; write such as 1% or 0.01", *arguments.threshold),
                      kExitUsage);
    }
    drafts.threshold = *share;
  }
  for (const bool is_base : {true, false}) {
    const auto drafted = draft_plan(with_variant(arguments.plan, is_base ? arguments.base : arguments.next), false);
    if (const auto* fault = std::get_if<UsageFault>(&drafted)) {
      return complain(fmt::format("{}: {}", is_base ? "A" : "B", fault->message), kExitUsage);
    }
    (is_base ? drafts.base : drafts.next) = std::get<PlanDraft>(drafted);
  }
  const Method& method = drafts.base.plan.method;
  if (method.times_any() && !method.times(Timing::cold) && !method.times(Timing::wall) &&
      !method.times(Timing::graph)) {
    return complain("--timing: hot and rotating runs cannot take turns; ask for cold, wall or graph", kExitUsage);
  }
  if (const std::string fault = find_unwritable(arguments.output); !fault.empty()) return complain(fault, kExitUsage);

  Interrupt interrupt;  // before the client's thread starts
  std::optional<session::Writer> writer;
  try {
    if (arguments.session) writer.emplace(*arguments.session);
    Collector collector(writer ? &*writer : nullptr);
    worker::ClientOptions options = client_options(places);
    if (writer) {
      options.first_point_id = writer->next_point_id();
      options.known_ceilings = ceilings_of_session(*arguments.session);
    }
    options.on_point = [&collector](const PointPtr& point) { collector.add(point); };
    worker::Client client(std::move(options));
    const Readiness readiness = wait_until_ready(client, interrupt);
    if (readiness != Readiness::ready) return complain_not_ready(client, readiness);
    return compare_ready(arguments, drafts, client, writer ? &*writer : nullptr, collector, interrupt,
                         inspect_terminal());
  } catch (const session::SessionError& error) {
    return complain(error.what(), kExitUsage);
  }
}

}  // namespace knobscope::cli
