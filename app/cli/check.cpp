#include <algorithm>
#include <optional>
#include <sstream>

#include <fmt/format.h>

#include "cli/check_plan.h"
#include "cli/check_text.h"
#include "cli/collecting.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/ready_client.h"
#include "core/check_report.h"
#include "session/export.h"

namespace knobscope::cli {
namespace {

/// A fault's sentences, one a line.
int complain_of(const UsageFault& fault) {
  std::istringstream lines(fault.message);
  for (std::string line; std::getline(lines, line);) complain(line, kExitUsage);
  return kExitUsage;
}

/// With --all, a file that is no kernel file would otherwise be missing without a word. Whether there is one that this
/// device would have been given.
bool warn_of_faults(const Catalog& catalog, const DeviceFacts& device) {
  const std::string_view ending = device.kind == DeviceKind::cpu ? ".cpp" : ".cu";
  bool any = false;
  for (const CatalogFault& fault : catalog.faults) {
    if (!fault.file.ends_with(ending)) continue;
    any = true;
    complain(fmt::format("{}{}: {}", fault.file, fault.line > 0 ? fmt::format(":{}", fault.line) : "", fault.message),
             kExitUsage);
  }
  return any;
}

/// One check, once the worker is there.
class Check {
 public:
  Check(const CheckArguments& arguments, const PlanDraft& draft, const std::vector<GivenFile>& files,
        worker::Client& client, session::Writer* writer)
      : arguments_(arguments), draft_(draft), files_(files), client_(client), writer_(writer) {}

  int run(Collector& collector, Interrupt& interrupt) {
    const SnapshotPtr snapshot = client_.snapshot();
    const auto device = choose_device(draft_.plan.device, snapshot->devices);
    if (const auto* fault = std::get_if<UsageFault>(&device)) return complain_of(*fault);
    const auto& facts = std::get<DeviceFacts>(device);
    const auto chosen = choose_variants(arguments_, files_, draft_, facts, *snapshot->catalog);
    if (const auto* fault = std::get_if<UsageFault>(&chosen)) return complain_of(*fault);
    const auto& variants = std::get<std::vector<const Variant*>>(chosen);
    auto planned = plan_check(arguments_, draft_, variants, facts, *snapshot->catalog);
    if (const auto* fault = std::get_if<UsageFault>(&planned)) return complain_of(*fault);
    auto& plan = std::get<CheckPlan>(planned);
    for (const std::string& note : plan.notes) complain(note, kExitOk);
    const bool unreadable = arguments_.all && warn_of_faults(*snapshot->catalog, facts);
    if (writer_ != nullptr) {
      for (const DeviceFacts& known : snapshot->devices) writer_->add(known);
      for (const Plan& each : plan.plans) writer_->add(each);
    }

    const auto total = static_cast<std::int64_t>(plan.points.size());
    const Terminal terminal = inspect_terminal();
    ProgressLine progress(terminal.error_is_terminal, terminal.width);
    client_.post(worker::MeasurePoints{std::move(plan.points), ""});
    const Course course = wait_for_points(client_, collector, total, interrupt, progress);

    const std::vector<PointPtr> points = collector.points();
    const CheckReport report = make_check_report(points);
    const bool written = write(report, points, *snapshot, facts, terminal);
    if (const auto code = complain_of_course(course, collector, total, client_)) return *code;
    if (!written) return kExitUsage;
    // What was not played is not known to be right.
    if (!report.clean() || report.ran == 0) return kExitBadResult;
    return unreadable ? kExitUsage : kExitOk;
  }

 private:
  bool write(const CheckReport& report, const std::vector<PointPtr>& points, const Snapshot& snapshot,
             const DeviceFacts& device, const Terminal& terminal) const {
    bool good = true;
    if (arguments_.json) {
      good = write_text(*arguments_.json, session::check_to_json(points, snapshot.devices, report));
    }
    const bool out_is_taken = arguments_.json == "-";
    const bool color = terminal.color && (out_is_taken ? terminal.error_is_terminal : terminal.out_is_terminal);
    const auto shown_file = [this](const std::string& id) {
      const auto given = std::ranges::find(files_, id, &GivenFile::id);
      return given != files_.end() ? given->shown : id;
    };
    const std::string text = check_text(report, device, shown_file, color);
    if (!out_is_taken) return write_text("-", text) && good;
    fmt::print(stderr, "{}", text);
    return good;
  }

  const CheckArguments& arguments_;
  const PlanDraft& draft_;
  const std::vector<GivenFile>& files_;
  worker::Client& client_;
  session::Writer* writer_;
};

}  // namespace

int check(const CheckArguments& arguments, const Places& places) {
  auto drafted = draft_plan(arguments.plan, arguments.sweep);
  if (const auto* fault = std::get_if<UsageFault>(&drafted)) return complain_of(*fault);
  auto& draft = std::get<PlanDraft>(drafted);
  if (draft.plan.device.empty()) draft.plan.device = name_of(DeviceKind::emulated);
  const auto given = read_given_files(arguments.files, places.kernels);
  if (const auto* fault = std::get_if<UsageFault>(&given)) return complain_of(*fault);
  const auto& files = std::get<std::vector<GivenFile>>(given);
  OutputArguments output;
  output.json = arguments.json;
  if (const std::string fault = find_unwritable(output); !fault.empty()) return complain(fault, kExitUsage);

  Interrupt interrupt;  // before the client's thread starts
  std::optional<session::Writer> writer;
  try {
    if (arguments.session) writer.emplace(*arguments.session);
    Collector collector(writer ? &*writer : nullptr);
    worker::ClientOptions options = client_options(places);
    for (const GivenFile& file : files) {
      if (!file.inside) options.kernel_files.push_back(file.id);
    }
    if (writer) options.first_point_id = writer->next_point_id();
    options.on_point = [&collector](const PointPtr& point) { collector.add(point); };
    worker::Client client(std::move(options));
    const Readiness readiness = wait_until_ready(client, interrupt);
    if (readiness != Readiness::ready) return complain_not_ready(client, readiness);
    return Check(arguments, draft, files, client, writer ? &*writer : nullptr).run(collector, interrupt);
  } catch (const session::SessionError& error) {
    return complain(error.what(), kExitUsage);
  }
}

}  // namespace knobscope::cli
