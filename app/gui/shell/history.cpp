#include "gui/shell/history.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace knobscope::gui {
namespace {

constexpr std::size_t kMostSteps = 200;
/// A wheel that turns on, or a key held down, is one step.
constexpr double kMoment_s = 0.6;

std::string shape_text(const std::vector<std::int64_t>& shape) { return fmt::format("{}", fmt::join(shape, "×")); }

Change changed(std::string subject, const std::string& from, const std::string& to) {
  std::string text = fmt::format("{} {} → {}", subject, from, to);
  return {std::move(subject), std::move(text)};
}

/// A file's name without its folder.
std::string file_of(const std::string& id) { return id.substr(id.find('/') + 1); }

std::string value_text(const KnobValues& knobs, const std::string& name) {
  const auto found = knobs.find(name);
  return found == knobs.end() ? "default" : fmt::format("{}", found->second);
}

Change change_of_plan(const Plan& from, const Plan& to) {
  if (from.device != to.device) return changed("device", from.device, to.device);
  if (from.operation != to.operation) {
    return changed("operation", std::string(info_of(from.operation).title), std::string(info_of(to.operation).title));
  }
  if (from.shapes != to.shapes) return changed("shape", shape_text(from.shapes.front()), shape_text(to.shapes.front()));
  if (from.normalized_dims != to.normalized_dims) {
    return changed("normalised dimensions", fmt::format("{}", from.normalized_dims),
                   fmt::format("{}", to.normalized_dims));
  }
  if (from.types != to.types) {
    return changed("element type", std::string(name_of(from.types.front())), std::string(name_of(to.types.front())));
  }
  if (from.layout != to.layout) {
    return changed("layout", std::string(name_of(from.layout)), std::string(name_of(to.layout)));
  }
  if (from.activation != to.activation) {
    return changed("activation", std::string(name_of(from.activation)), std::string(name_of(to.activation)));
  }
  const Distribution& before = from.distributions.front();
  const Distribution& after = to.distributions.front();
  if (before.kind != after.kind) {
    return changed("input", std::string(name_of(before.kind)), std::string(name_of(after.kind)));
  }
  if (before.offset != after.offset) {
    return changed("offset", fmt::format("{}", before.offset), fmt::format("{}", after.offset));
  }
  if (from.seed != to.seed) return changed("seed", fmt::format("{}", from.seed), fmt::format("{}", to.seed));
  if (from.method != to.method) return {"method", "how it is measured"};
  return {"plan", "the plan"};
}

}  // namespace

Choice choice_of(const ViewState& state) {
  return {state.plan, state.knobs, state.x_axis, state.selected_variant, state.ticked};
}

void apply(const Choice& choice, ViewState& state) {
  state.plan = choice.plan;
  state.knobs = choice.knobs;
  state.x_axis = choice.x_axis;
  state.selected_variant = choice.selected_variant;
  state.ticked = choice.ticked;
  state.selected_point.reset();
}

Change change_between(const Choice& from, const Choice& to) {
  if (from.plan != to.plan) return change_of_plan(from.plan, to.plan);
  if (from.selected_variant != to.selected_variant) {
    return changed("variant", file_of(from.selected_variant), file_of(to.selected_variant));
  }
  for (const KnobValues* knobs : {&to.knobs, &from.knobs}) {
    for (const auto& [name, value] : *knobs) {
      const std::string before = value_text(from.knobs, name);
      const std::string after = value_text(to.knobs, name);
      if (before != after) return changed(name, before, after);
    }
  }
  if (from.x_axis != to.x_axis) return changed("x axis", from.x_axis, to.x_axis);
  for (const std::string& id : to.ticked) {
    if (!from.ticked.contains(id)) return {"explored " + id, "explore " + file_of(id)};
  }
  for (const std::string& id : from.ticked) {
    if (!to.ticked.contains(id)) return {"explored " + id, "leave out " + file_of(id)};
  }
  return {};
}

void History::begin(Choice now) {
  undo_.clear();
  redo_.clear();
  subject_.clear();
  now_ = std::move(now);
}

void History::absorb(const Choice& before, Choice now) {
  if (before == now_) now_ = std::move(now);
}

void History::look(const Choice& now, bool held, double time_s) {
  if (held || now == now_) return;
  const std::string subject = change_between(now_, now).subject;
  const bool goes_on = subject == subject_ && time_s - changed_s_ < kMoment_s && !undo_.empty() && redo_.empty();
  if (!goes_on) undo_.push_back(std::move(now_));
  if (undo_.size() > kMostSteps) undo_.pop_front();
  redo_.clear();
  now_ = now;
  subject_ = subject;
  changed_s_ = time_s;
}

std::optional<Choice> History::undo() {
  if (undo_.empty()) return std::nullopt;
  redo_.push_back(std::exchange(now_, std::move(undo_.back())));
  undo_.pop_back();
  subject_.clear();
  return now_;
}

std::optional<Choice> History::redo() {
  if (redo_.empty()) return std::nullopt;
  undo_.push_back(std::exchange(now_, std::move(redo_.back())));
  redo_.pop_back();
  subject_.clear();
  return now_;
}

}  // namespace knobscope::gui
