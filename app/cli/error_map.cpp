// Where in an output the error is, from all of it down to single elements.

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/error_map_text.h"
#include "cli/one_point.h"
#include "cli/output.h"
#include "cli/ready_client.h"
#include "session/export_error_region.h"

namespace knobscope::cli {
namespace {

constexpr double kLook_s = 0.05;
/// Rows and columns on each side of an element that is gone to.
constexpr std::int64_t kNeighbours = 4;

std::optional<std::int64_t> read_index(std::string_view text) {
  std::int64_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// "0:64": the first index, and how many.
std::optional<std::pair<std::int64_t, std::int64_t>> read_range(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto from = read_index(text.substr(0, colon));
  const auto to = read_index(text.substr(colon + 1));
  if (!from || !to || *to <= *from) return std::nullopt;
  return std::pair{*from, *to - *from};
}

/// "0,5,:,:"
std::optional<Slice> read_slice(std::string_view text) {
  Slice slice;
  std::vector<int> shown;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    const auto index = part == ":" ? std::optional<std::int64_t>(0) : read_index(part);
    if (!index) return std::nullopt;
    if (part == ":") shown.push_back(static_cast<int>(slice.at.size()));
    slice.at.push_back(*index);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (shown.size() != 2) return std::nullopt;
  slice.row_dim = shown[0];
  slice.column_dim = shown[1];
  return slice;
}

/// What the flags say about the area; the point is still to come.
std::variant<ErrorRequest, UsageFault> draft_request(const ErrorMapArguments& arguments) {
  ErrorRequest request;
  request.output = arguments.output;
  if (arguments.measure) {
    const auto measure = error_measure_named(*arguments.measure);
    if (!measure) {
      return UsageFault{fmt::format("--measure: '{}' is not known; choose abs, tolerance or ulp", *arguments.measure)};
    }
    request.measure = *measure;
  }
  if (arguments.slice) {
    request.slice = read_slice(*arguments.slice);
    if (!request.slice) {
      return UsageFault{
          fmt::format("--slice: '{}' is no slice; write an index for each dimension and : for two, such as 0,5,:,:",
                      *arguments.slice)};
    }
  }
  struct Range {
    const char* flag;
    const std::optional<std::string>& text;
    std::int64_t& from;
    std::int64_t& count;
  };
  for (const Range& range : {Range{"--rows", arguments.rows, request.area.row, request.area.rows},
                             Range{"--columns", arguments.columns, request.area.column, request.area.columns}}) {
    if (!range.text) continue;
    const auto read = read_range(*range.text);
    if (!read) {
      return UsageFault{
          fmt::format("{}: '{}' is no range; write such as 0:64, which is 0 to 63", range.flag, *range.text)};
    }
    range.from = read->first;
    range.count = read->second;
  }
  if (arguments.grid) {
    const auto grid = parse_shape(*arguments.grid);
    if (!grid || grid->size() != 2 || grid->at(0) > kMostTiles || grid->at(1) > kMostTiles) {
      return UsageFault{fmt::format("--grid: '{}' is not possible; write such as 64x96, with at most {} on each side",
                                    *arguments.grid, kMostTiles)};
    }
    request.tile_rows = static_cast<int>(grid->at(0));
    request.tile_columns = static_cast<int>(grid->at(1));
  }
  return request;
}

/// What is wrong with the slice before anything is run.
std::optional<std::string> find_fault(const ErrorRequest& request) {
  const std::vector<const TensorInfo*> outputs = outputs_of(request.point.problem.operation);
  std::string known;
  for (const TensorInfo* output : outputs) {
    known += (known.empty() ? "" : ", ") + std::string(output->name);
    if (!request.output.empty() && output->name != request.output) continue;
    const auto view = view_of(request.point.problem, *output, request.slice);
    const auto* fault = std::get_if<std::string>(&view);
    return fault != nullptr ? std::optional("--slice: " + *fault) : std::nullopt;
  }
  return fmt::format("--output: {} has no output {}; choose from {}", name_of(request.point.problem.operation),
                     request.output, known);
}

/// Asks and waits; null after Ctrl+C or when the worker is gone for good.
ErrorRegionPtr look(worker::Client& client, Interrupt& interrupt, const ErrorRequest& request, int& signal) {
  const ErrorRegionPtr before = client.snapshot()->error_regions[0];
  const auto answered = [&](const Snapshot& snapshot) { return snapshot.error_regions[0] != before; };
  client.post(worker::LookAtErrors{request});
  while (!client.wait(answered, kLook_s)) {
    signal = interrupt.take();
    if (signal != 0) return nullptr;
  }
  return client.snapshot()->error_regions[0];
}

/// The area around the element that is the first bad one of `seen`; nothing without one.
std::optional<Area> around_first_bad(const ErrorRegion& seen) {
  if (!seen.error.first_bad) return std::nullopt;
  const auto place = find_in(seen.view, *seen.error.first_bad);
  if (!place) return std::nullopt;
  Area area;
  area.row = std::max<std::int64_t>(place->first - kNeighbours, 0);
  area.column = std::max<std::int64_t>(place->second - kNeighbours, 0);
  area.rows = place->first + kNeighbours + 1 - area.row;
  area.columns = place->second + kNeighbours + 1 - area.column;
  return area;
}

int write_region(const ErrorMapArguments& arguments, const ErrorRegion& region) {
  if (arguments.json && !write_text(*arguments.json, session::error_region_to_json(region))) return kExitUsage;
  if (arguments.csv && !write_text(*arguments.csv, session::error_region_to_csv(region))) return kExitUsage;
  const bool out_is_taken = arguments.json == "-" || arguments.csv == "-";
  fmt::print(out_is_taken ? stderr : stdout, "{}", error_region_text(region));
  if (region.error.failing == 0) return kExitOk;
  return complain(fmt::format("{} of {} elements are past tolerance", region.error.failing, region.error.elements),
                  kExitBadResult);
}

}  // namespace

int error_map(const ErrorMapArguments& arguments, const Places& places) {
  auto drafted = draft_request(arguments);
  if (const auto* fault = std::get_if<UsageFault>(&drafted)) return complain(fault->message, kExitUsage);
  auto& request = std::get<ErrorRequest>(drafted);
  const auto plan = draft_plan(with_variant(arguments.plan, arguments.variant), false);
  if (const auto* fault = std::get_if<UsageFault>(&plan)) return complain(fault->message, kExitUsage);
  const OutputArguments output{arguments.json, arguments.csv, std::nullopt};
  if (const std::string fault = find_unwritable(output); !fault.empty()) return complain(fault, kExitUsage);

  Interrupt interrupt;  // before the client's thread starts
  worker::Client client(client_options(places));
  const Readiness readiness = wait_until_ready(client, interrupt);
  if (readiness != Readiness::ready) return complain_not_ready(client, readiness);
  const SnapshotPtr snapshot = client.snapshot();
  const auto point = one_point(std::get<PlanDraft>(plan), snapshot->devices, *snapshot->catalog);
  if (const auto* fault = std::get_if<UsageFault>(&point)) return complain(fault->message, kExitUsage);
  request.point = std::get<PointRequest>(point);
  if (const auto fault = find_fault(request)) return complain(*fault, kExitUsage);

  int signal = 0;
  ErrorRegionPtr region = look(client, interrupt, request, signal);
  if (region && region->fault.empty() && arguments.first_bad) {
    const auto area = around_first_bad(*region);
    if (!area) fmt::print(stderr, "knobscope: there is no bad element here; this is all of it\n");
    if (area) {
      request.area = *area;
      region = look(client, interrupt, request, signal);
    }
  }
  if (!region) return complain("stopped before there was an answer", 128 + signal);
  if (!region->fault.empty()) return complain(region->fault, kExitBadResult);
  return write_region(arguments, *region);
}

}  // namespace knobscope::cli
