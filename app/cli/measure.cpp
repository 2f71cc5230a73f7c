#include <chrono>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

#include "cli/collecting.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/plan_from_arguments.h"
#include "cli/planned_points.h"
#include "cli/progress.h"
#include "cli/ready_client.h"
#include "cli/resumed_session.h"
#include "cli/time_spent_text.h"
#include "core/sweep_estimate.h"
#include "core/visit_order.h"
#include "session/plan_file.h"
#include "session/session.h"

namespace knobscope::cli {
namespace {

std::string point_line(const PointRequest& request, const Catalog& catalog) {
  const Variant* variant = catalog.find(request.variant);
  const Problem& problem = request.problem;
  return fmt::format("{} {} {} {} {} {} {}", request.device, name_of(problem.operation), format_shape(problem.shape),
                     name_of(problem.type), name_of(problem.distribution.kind),
                     variant != nullptr ? variant->name : request.variant, format_knobs(request.knobs));
}

/// What a dry run says. `recorded` are the points of the session, which tell how long a point takes.
int print_points(const std::vector<PointRequest>& ordered, const PlannedPoints& planned,
                 const std::vector<PointPtr>& recorded, const Catalog& catalog, bool out_is_taken) {
  std::string text;
  for (const PointRequest& point : ordered) text += point_line(point, catalog) + "\n";
  text += fmt::format("{} points.\n", ordered.size());
  if (!planned.known().empty()) text += fmt::format("{} more are in the session already.\n", planned.known().size());
  text += fmt::format("Time: {}.\n", words_of(estimate_sweep(ordered, recorded)));
  fmt::print(out_is_taken ? stderr : stdout, "{}", text);
  return kExitOk;
}

/// What the session file has; nothing while there is no such file.
std::vector<PointPtr> recorded_points(const MeasureArguments& arguments) {
  if (!arguments.session || !std::filesystem::exists(*arguments.session)) return {};
  return session::load(*arguments.session).points;
}

/// Kernel files with mistakes would otherwise be missing without a word.
void warn_of_faults(const Catalog& catalog, Operation operation) {
  for (const CatalogFault& fault : catalog.faults) {
    const bool elsewhere =
        fault.file.find('/') != std::string::npos && !fault.file.starts_with(std::string(name_of(operation)) + "/");
    const std::string place = fault.line > 0 ? fmt::format("{}:{}", fault.file, fault.line) : fault.file;
    if (!elsewhere) fmt::print(stderr, "knobscope: {}: {}\n", place, fault.message);
  }
}

int measure_ready(const MeasureArguments& arguments, const PlanDraft& draft, worker::Client& client,
                  session::Writer* writer, Collector& collector, Interrupt& interrupt, const Terminal& terminal) {
  const SnapshotPtr snapshot = client.snapshot();
  const Catalog& catalog = *snapshot->catalog;
  const auto device = choose_device(draft.plan.device, snapshot->devices);
  if (const auto* fault = std::get_if<UsageFault>(&device)) return complain(fault->message, kExitUsage);
  const auto& facts = std::get<DeviceFacts>(device);
  const auto completed = complete_plan(draft, facts, catalog);
  if (const auto* fault = std::get_if<UsageFault>(&completed)) return complain(fault->message, kExitUsage);
  const auto& plan = std::get<Plan>(completed);
  warn_of_faults(catalog, plan.operation);

  Expansion expansion = expand(plan, catalog, facts);
  if (!expansion.faults.empty()) {
    for (const std::string& fault : expansion.faults) complain(fault, kExitUsage);
    return kExitUsage;
  }
  if (expansion.points.empty()) return complain("the plan has no points; name a variant and a shape", kExitUsage);
  if (arguments.write_plan && !write_text(arguments.write_plan->string(), session::write_plan(plan))) {
    return kExitUsage;
  }
  const bool out_is_taken = arguments.write_plan == std::filesystem::path("-");
  std::vector<PointPtr> recorded;
  if (arguments.resume || arguments.dry_run) recorded = recorded_points(arguments);
  const PlannedPoints planned(std::move(expansion.points), arguments.resume ? recorded : std::vector<PointPtr>(),
                              catalog, writer != nullptr ? writer->next_point_id() : 1);
  std::vector<PointRequest> ordered = arguments.sweep ? coarse_to_fine(planned.missing()) : planned.missing();
  if (arguments.dry_run) return print_points(ordered, planned, recorded, catalog, out_is_taken);
  if (!planned.known().empty()) {
    fmt::print(stderr, "{} of {} points are in {} already\n", planned.known().size(), planned.total(),
               arguments.session->string());
  }
  if (writer != nullptr) {
    for (const DeviceFacts& known : snapshot->devices) writer->add(known);
    writer->add(plan);
  }

  const auto total = static_cast<std::int64_t>(ordered.size());
  ProgressLine progress(terminal.error_is_terminal, terminal.width);
  const auto begin = std::chrono::steady_clock::now();
  client.post(worker::MeasurePoints{std::move(ordered), ""});
  const Course course = wait_for_points(client, collector, total, interrupt, progress);

  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  const std::vector<PointPtr> points = planned.in_order(collector.points());
  const bool written = write_results(points, snapshot->devices, arguments.output, terminal);
  if (arguments.phases) fmt::print(stderr, "{}", time_spent_text(points, wall.count(), collector.writing_s()));
  const int verdict = judge(points);
  if (const auto code = complain_of_course(course, collector, total, client)) return *code;
  return written ? verdict : kExitUsage;
}

}  // namespace

int measure(const MeasureArguments& arguments, const Places& places) {
  const auto drafted = draft_plan(arguments.plan, arguments.sweep);
  if (const auto* fault = std::get_if<UsageFault>(&drafted)) return complain(fault->message, kExitUsage);
  const auto& draft = std::get<PlanDraft>(drafted);
  if (const std::string fault = find_unwritable(arguments.output); !fault.empty()) return complain(fault, kExitUsage);

  Interrupt interrupt;  // before the client's thread starts
  std::optional<session::Writer> writer;
  try {
    if (arguments.session && !arguments.dry_run) writer.emplace(*arguments.session);
    Collector collector(writer ? &*writer : nullptr);
    worker::ClientOptions options = client_options(places);
    if (writer) {
      options.first_point_id = writer->next_point_id();
      options.known_ceilings = ceilings_of_session(*arguments.session);
    }
    const std::vector<KnownCeilings> known = options.known_ceilings;
    options.on_point = [&collector](const PointPtr& point) { collector.add(point); };
    worker::Client client(std::move(options));
    const Readiness readiness = wait_until_ready(client, interrupt);
    if (readiness != Readiness::ready) return complain_not_ready(client, readiness);
    const int code =
        measure_ready(arguments, draft, client, writer ? &*writer : nullptr, collector, interrupt, inspect_terminal());
    if (writer) fmt::print(stderr, "{}", resumed_text(known, collector.points(), *arguments.session));
    return code;
  } catch (const session::SessionError& error) {
    return complain(error.what(), kExitUsage);
  }
}

}  // namespace knobscope::cli
