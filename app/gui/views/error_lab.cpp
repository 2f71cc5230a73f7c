#include "gui/views/error_lab.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gui/views/exploration.h"
#include "gui/views/view.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

/// Closer than this there is nothing more to see.
constexpr double kFewest = 3.0;

bool same_tensor(const Problem& a, const Problem& b) {
  return a.operation == b.operation && a.shape == b.shape && a.normalized_dims == b.normalized_dims &&
         a.layout == b.layout;
}

double settled_extent(double wanted, std::int64_t extent) {
  const auto all = static_cast<double>(extent);
  return std::clamp(wanted <= 0.0 ? all : wanted, std::min(kFewest, all), all);
}

double settled_begin(double begin, double length, std::int64_t extent) {
  return std::clamp(begin, 0.0, std::max(static_cast<double>(extent) - length, 0.0));
}

}  // namespace

void follow(ErrorLab& lab, const Problem& problem) {
  const std::vector<const TensorInfo*> outputs = outputs_of(problem.operation);
  const bool has_output = lab.output.empty() || std::ranges::any_of(outputs, [&](const TensorInfo* output) {
                            return output->name == lab.output;
                          });
  if (!has_output) lab.output.clear();
  if (lab.of && same_tensor(*lab.of, problem)) return;
  lab.of = problem;
  lab.slice.reset();
  lab.window = {};
  lab.marked.reset();
}

const TensorInfo& output_in(const ErrorLab& lab, const Problem& problem) {
  const std::vector<const TensorInfo*> outputs = outputs_of(problem.operation);
  const auto named = std::ranges::find_if(outputs, [&](const TensorInfo* each) { return each->name == lab.output; });
  return named == outputs.end() ? *outputs.front() : **named;
}

TensorView view_in(const ErrorLab& lab, const Problem& problem) {
  const TensorInfo& output = output_in(lab, problem);
  auto view = view_of(problem, output, lab.slice);
  // Another output may have no such slice.
  if (!std::holds_alternative<TensorView>(view)) view = view_of(problem, output, std::nullopt);
  return std::get<TensorView>(view);
}

ErrorWindow settled(ErrorWindow window, const TensorView& view) {
  window.rows = settled_extent(window.rows, view.rows);
  window.columns = settled_extent(window.columns, view.columns);
  window.row = settled_begin(window.row, window.rows, view.rows);
  window.column = settled_begin(window.column, window.columns, view.columns);
  return window;
}

ErrorWindow zoomed(const ErrorWindow& window, const TensorView& view, double factor, double row, double column) {
  const ErrorWindow now = settled(window, view);
  ErrorWindow next = settled({0.0, 0.0, now.rows * factor, now.columns * factor}, view);
  next.row = row - (row - now.row) * next.rows / now.rows;
  next.column = column - (column - now.column) * next.columns / now.columns;
  return settled(next, view);
}

ErrorWindow moved(const ErrorWindow& window, const TensorView& view, double rows, double columns) {
  ErrorWindow next = settled(window, view);
  next.row += rows;
  next.column += columns;
  return settled(next, view);
}

Area area_of(const ErrorWindow& window, const TensorView& view) {
  const ErrorWindow now = settled(window, view);
  Area area;
  area.row = static_cast<std::int64_t>(std::floor(now.row));
  area.column = static_cast<std::int64_t>(std::floor(now.column));
  area.rows = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(now.row + now.rows)) - area.row, 1,
                                       view.rows - area.row);
  area.columns = std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil(now.column + now.columns)) - area.column,
                                          1, view.columns - area.column);
  return area;
}

void go_to(ErrorLab& lab, const Problem& problem, std::int64_t index, double rows, double columns) {
  if (lab.slice) lab.slice->at = place_of(dims_of(problem, output_in(lab, problem)), index);
  const TensorView view = view_in(lab, problem);
  const auto place = find_in(view, index);
  if (!place) return;
  lab.marked = index;
  lab.closely = true;
  const auto begin = [](std::int64_t at, double length) { return static_cast<double>(at) + 0.5 - length / 2.0; };
  lab.window = settled({begin(place->first, rows), begin(place->second, columns), rows, columns}, view);
}

std::optional<std::string> why_not_closely(const Snapshot& snapshot, const ViewState& state, const Point& point) {
  if (state.recorded) return "recorded tiles; zooming needs the device";
  if (snapshot.device(point.request.device) == nullptr) {
    return fmt::format("zooming needs the device {}, which is not here", point.request.device);
  }
  if (snapshot.catalog->find(point.request.variant) == nullptr) {
    return fmt::format("zooming needs the kernel file {}, which is not there any more", point.request.variant);
  }
  return std::nullopt;
}

ErrorRequest request_for(const ErrorLab& lab, const Point& point, int slot, int rows, int columns) {
  const Problem& problem = point.request.problem;
  const TensorInfo& output = output_in(lab, problem);
  ErrorRequest request;
  request.slot = slot;
  request.point = point.request;
  request.output = output.name;
  if (std::holds_alternative<TensorView>(view_of(problem, output, lab.slice))) request.slice = lab.slice;
  request.area = area_of(lab.window, view_in(lab, problem));
  request.measure = lab.measure;
  request.tile_rows = std::clamp(rows, 1, 128);
  request.tile_columns = std::clamp(columns, 1, 256);
  return request;
}

void ask(ErrorLab& lab, const Snapshot& snapshot, worker::CommandSink& commands, ErrorRequest request) {
  const auto slot = static_cast<std::size_t>(request.slot);
  const Variant* variant = snapshot.catalog->find(request.point.variant);
  const std::string source = variant == nullptr ? std::string() : variant->source_hash;
  if (lab.asked[slot] && lab.asked[slot]->same_question(request) && lab.asked_source[slot] == source) return;
  lab.asked[slot] = request;
  lab.asked_source[slot] = source;
  commands.post(worker::LookAtErrors{std::move(request)});
}

ErrorRegionPtr answer_to(const Snapshot& snapshot, const ErrorRequest& request) {
  const ErrorRegionPtr& answer = snapshot.error_regions[static_cast<std::size_t>(request.slot)];
  if (!answer) return nullptr;
  const ErrorRequest& answered = answer->request;
  const bool same = answered.same_run(request) && answered.output == request.output &&
                    answered.slice == request.slice && answered.measure == request.measure;
  return same ? answer : nullptr;
}

std::vector<PointPtr> points_beside(const Snapshot& snapshot, const ViewState& state, const Point& point) {
  std::vector<PointPtr> found;
  for (const PointPtr& each : *snapshot.points) {
    const PointRequest& request = each->request;
    if (request.variant == point.request.variant || request.device != point.request.device) continue;
    if (request.problem != point.request.problem || !each->error || each->error->outputs.empty()) continue;
    const auto known =
        std::ranges::find_if(found, [&](const PointPtr& other) { return other->request.variant == request.variant; });
    if (known == found.end()) {
      found.push_back(each);
      continue;
    }
    const Variant* variant = snapshot.catalog->find(request.variant);
    const bool is_set = variant != nullptr && request.knobs == knobs_for(*variant, state.knobs);
    const bool was_set = variant != nullptr && (*known)->request.knobs == knobs_for(*variant, state.knobs);
    if (is_set || !was_set) *known = each;
  }
  return found;
}

const OutputError* stored_error(const ErrorLab& lab, const Point& point) {
  if (!point.error) return nullptr;
  const std::string_view output = output_in(lab, point.request.problem).name;
  const auto found = std::ranges::find(point.error->outputs, output, &OutputError::output);
  return found == point.error->outputs.end() ? nullptr : &*found;
}

}  // namespace knobscope::gui
