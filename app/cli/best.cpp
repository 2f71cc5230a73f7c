#include <algorithm>
#include <ctime>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/best_measure.h"
#include "cli/best_text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "session/session.h"

namespace knobscope::cli {
namespace {

/// What there is to choose from.
struct Data {
  std::vector<PointPtr> points;
  std::vector<DeviceFacts> devices;
  std::map<const Point*, std::string> origins;
};

void add_session(const std::filesystem::path& file, Data& data) {
  session::Recorded recorded = session::load(file);
  for (DeviceFacts& device : recorded.devices) {
    // The same device by an older driver: the newest facts are as good as any.
    if (std::ranges::find(data.devices, device) == data.devices.end()) data.devices.push_back(std::move(device));
  }
  for (PointPtr& point : recorded.points) {
    data.origins.emplace(point.get(), file.string());
    data.points.push_back(std::move(point));
  }
}

/// The recorded sessions that come with the program, by name.
std::vector<std::filesystem::path> shipped_sessions(const Places& places) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(places.root / "assets" / "sessions", none)) {
    if (entry.path().extension() == ".session") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  // Shorter, and what the user would type.
  for (std::filesystem::path& file : files) {
    const std::filesystem::path near = std::filesystem::proximate(file, none);
    if (!none && near.native().size() < file.native().size()) file = near;
  }
  return files;
}

using NamedDevice = std::pair<std::string, std::string>;  ///< id and name

/// The devices that points were timed on, in the order met.
std::vector<NamedDevice> timed_devices(const std::vector<PointPtr>& points) {
  std::vector<NamedDevice> devices;
  for (const PointPtr& point : points) {
    NamedDevice device = {point->request.device, point->environment.device_name};
    if (point->is_emulated() || point->is_baseline() || !point->headline()) continue;
    if (std::ranges::find(devices, device) == devices.end()) devices.push_back(std::move(device));
  }
  return devices;
}

std::variant<NamedDevice, UsageFault> choose_timed_device(const std::string& wanted,
                                                          const std::vector<NamedDevice>& devices) {
  const std::string id = wanted == "cuda" ? "cuda:0" : wanted;
  const auto is_gpu = [](const NamedDevice& device) { return device.first.starts_with("cuda"); };
  std::vector<std::string> known;
  for (const NamedDevice& device : devices) {
    if (!wanted.empty() && (device.first == id || device.second.find(wanted) != std::string::npos)) return device;
    known.push_back(fmt::format("{} ({})", device.first, device.second));
  }
  if (wanted.empty()) {
    const auto gpu = std::ranges::find_if(devices, is_gpu);
    return gpu != devices.end() ? *gpu : devices.front();
  }
  return UsageFault{fmt::format("--device: nothing was timed on '{}'; there is {}", wanted, fmt::join(known, ", "))};
}

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  return fmt::format("{:04}-{:02}-{:02}", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday);
}

/// One call, once there is data.
class Chooser {
 public:
  Chooser(const BestArguments& arguments, const Catalog& catalog, const FitRules& rules, Data data,
          std::vector<std::string> notes)
      : arguments_(arguments), catalog_(catalog), rules_(rules), data_(std::move(data)), notes_(std::move(notes)) {}

  /// `problem`: one shape, or with `all_shapes` any.
  int answer(const Problem& problem, bool all_shapes, const NamedDevice& device) {
    const std::vector<BestTable> tables = make_best_tables(data_.points);
    const BestKey key = key_of(problem, device.first, device.second);
    for (const NamedDevice& other : timed_devices(data_.points)) {
      if (other != device) notes_.push_back(fmt::format("also measured on {} ({})", other.second, other.first));
    }
    if (arguments_.header && !write_header(tables, key)) return kExitUsage;
    const auto table = std::ranges::find(tables, key, &BestTable::key);
    if (table == tables.end()) {
      for (const std::string& note : notes_) complain(note, kExitBadResult);
      return complain(fmt::format("no right result of {} in {} was timed on {}{}", name_of(key.operation),
                                  name_of(key.type), device.second, arguments_.measure ? "" : "; try --measure"),
                      kExitBadResult);
    }
    if (all_shapes) {
      const bool written = write_files(*table, nullptr);
      return print(best_table_text(*table, notes_)) && written ? kExitOk : kExitUsage;
    }
    session::BestAnswer answer;
    answer.asked = problem;
    answer.choice = choose_best(*table, problem, misfit_finder(catalog_, data_.devices, rules_));
    if (answer.choice.entry != nullptr) {
      const Point& winner = answer.choice.entry->winner();
      answer.wrong = wrong_elsewhere(data_.points, winner);
      const Variant* variant = variant_of(winner, catalog_);
      answer.changed = variant == nullptr || variant->source_hash != winner.source_hash;
    }
    const auto find_origin = [this](const Point& point) {
      const auto found = data_.origins.find(&point);
      return found == data_.origins.end() ? std::string("just now") : found->second;
    };
    const bool written = write_files(*table, &answer);
    if (!print(best_text(*table, answer, find_origin, notes_)) || !written) return kExitUsage;
    return answer.choice.entry != nullptr ? kExitOk : kExitBadResult;
  }

 private:
  /// What flags name must match; what they leave open is all in the header.
  bool wanted_in_header(const BestKey& candidate, const BestKey& key) const {
    const PlanArguments& flags = arguments_.plan;
    return candidate.device == key.device && candidate.device_name == key.device_name &&
           candidate.distribution == key.distribution && (!flags.operation || candidate.operation == key.operation) &&
           (flags.types.empty() || candidate.type == key.type) && (!flags.layout || candidate.layout == key.layout) &&
           (!flags.activation || candidate.activation == key.activation);
  }

  bool write_header(const std::vector<BestTable>& all, const BestKey& key) const {
    std::vector<BestTable> tables;
    std::ranges::copy_if(all, std::back_inserter(tables),
                         [&](const BestTable& table) { return wanted_in_header(table.key, key); });
    if (tables.empty()) {
      complain("--header: nothing that was measured is wanted in it", kExitUsage);
      return false;
    }
    const auto find_conditions =
        [this](const Point& winner,
               const std::vector<std::string>& free_names) -> std::optional<std::vector<std::string>> {
      const Variant* variant = variant_of(winner, catalog_);
      const DeviceFacts* device = device_of(winner, data_.devices);
      if (variant == nullptr || device == nullptr) return std::nullopt;
      return rules_.shape_conditions(*variant, winner.request.problem, winner.request.knobs, *device, free_names);
    };
    return write_text(*arguments_.header, session::best_to_header(tables, find_conditions, today()));
  }

  bool write_files(const BestTable& table, const session::BestAnswer* answer) const {
    bool good = true;
    if (arguments_.json) good = write_text(*arguments_.json, session::best_to_json(table, answer)) && good;
    if (arguments_.csv) good = write_text(*arguments_.csv, session::best_to_csv(table)) && good;
    return good;
  }

  /// To standard error when a result goes to standard output.
  bool print(const std::string& text) const {
    if (arguments_.json != "-" && arguments_.csv != "-" && arguments_.header != "-") return write_text("-", text);
    fmt::print(stderr, "{}", text);
    return true;
  }

  const BestArguments& arguments_;
  const Catalog& catalog_;
  const FitRules& rules_;
  Data data_;
  std::vector<std::string> notes_;
};

int choose_recorded(const BestArguments& arguments, const PlanDraft& draft, const Places& places,
                    const Catalog& catalog, const FitRules& rules) {
  const std::vector<std::filesystem::path> files =
      arguments.sessions.empty() ? shipped_sessions(places) : arguments.sessions;
  if (files.empty()) return complain("there is no session to choose from; name one, or give --measure", kExitUsage);
  Data data;
  for (const std::filesystem::path& file : files) add_session(file, data);
  const std::vector<NamedDevice> devices = timed_devices(data.points);
  if (devices.empty()) {
    return complain("nothing in these sessions was timed; name another, or give --measure", kExitBadResult);
  }
  const auto device = choose_timed_device(draft.plan.device, devices);
  if (const auto* fault = std::get_if<UsageFault>(&device)) return complain(fault->message, kExitUsage);

  Problem problem;
  problem.operation = draft.plan.operation;
  problem.type = draft.plan.types.front();
  problem.distribution = draft.plan.distributions.front();
  problem.normalized_dims = draft.plan.normalized_dims;
  problem.layout = family_of(problem.operation) == Family::batchnorm ? draft.plan.layout : Layout::nchw;
  problem.activation = problem.operation == Operation::layernorm_forward ? draft.plan.activation : Activation::none;
  if (!draft.default_shape) {
    problem.shape = draft.plan.shapes.front();
    if (const auto fault = find_fault(problem)) return complain(*fault, kExitUsage);
  }
  return Chooser(arguments, catalog, rules, std::move(data), {})
      .answer(problem, draft.default_shape, std::get<NamedDevice>(device));
}

int choose_measured(const BestArguments& arguments, const PlanDraft& draft, const Places& places,
                    const Catalog& catalog, const FitRules& rules) {
  Data data;
  std::error_code ignored;
  for (const std::filesystem::path& file : arguments.sessions) {
    if (&file != &arguments.sessions.front() || std::filesystem::exists(file, ignored)) add_session(file, data);
  }
  auto measured = measure_shape(arguments, draft, places, rules);
  if (const int* exit_code = std::get_if<int>(&measured)) return *exit_code;
  auto& shape = std::get<MeasuredShape>(measured);
  data.points.insert(data.points.end(), shape.points.begin(), shape.points.end());
  for (DeviceFacts& device : shape.devices) {
    if (std::ranges::find(data.devices, device) == data.devices.end()) data.devices.push_back(std::move(device));
  }
  const int exit_code = Chooser(arguments, catalog, rules, std::move(data), std::move(shape.notes))
                            .answer(shape.problem, false, {shape.device.id, shape.device.name});
  return shape.exit_code != 0 ? shape.exit_code : exit_code;
}

}  // namespace

int best(const BestArguments& arguments, const Places& places, const Catalog& catalog, const FitRules& rules) {
  const auto drafted = draft_plan(arguments.plan, false);
  if (const auto* fault = std::get_if<UsageFault>(&drafted)) return complain(fault->message, kExitUsage);
  const auto& draft = std::get<PlanDraft>(drafted);
  const OutputArguments output{arguments.json, arguments.csv, arguments.header};
  if (const std::string fault = find_unwritable(output); !fault.empty()) return complain(fault, kExitUsage);
  try {
    return arguments.measure ? choose_measured(arguments, draft, places, catalog, rules)
                             : choose_recorded(arguments, draft, places, catalog, rules);
  } catch (const session::SessionError& error) {
    return complain(error.what(), kExitUsage);
  }
}

}  // namespace knobscope::cli
