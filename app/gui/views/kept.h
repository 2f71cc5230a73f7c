#pragma once
// What a plot shows follows from the snapshot and from what is set. It is worked out when one of these changes, not for
// every frame.

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gui/views/view.h"

namespace knobscope::gui {

/// All that plots follow from.
struct Inputs {
  std::shared_ptr<const std::vector<PointPtr>> points;
  std::shared_ptr<const Catalog> catalog;
  std::shared_ptr<const std::vector<PointPtr>> base_session;
  std::vector<Ceiling> ceilings;
  std::size_t devices = 0;
  std::size_t baselines = 0;
  Plan plan;
  KnobValues knobs;
  std::string x_axis;
  AxisForm x_form = AxisForm::log2;
  Quantity quantity = Quantity::bytes_per_second;
  std::string heat_x;
  std::string heat_y;
  bool heat_winner = true;
  std::set<std::string> ticked;
  std::string selected_variant;
  std::optional<std::int64_t> baseline_point;
  bool recorded = false;
  bool operator==(const Inputs&) const = default;
};

inline Inputs inputs_of(const ViewContext& context) {
  const Snapshot& snapshot = context.snapshot;
  const ViewState& state = context.state;
  return {
      snapshot.points,          snapshot.catalog,     state.base_session, snapshot.ceilings, snapshot.devices.size(),
      context.baselines.size(), state.plan,           state.knobs,        state.x_axis,      state.x_form,
      state.quantity,           state.heat_x,         state.heat_y,       state.heat_winner, state.ticked,
      state.selected_variant,   state.baseline_point, state.recorded};
}

/// The same where any knobs will do: another point of the same problem changes nothing.
inline Inputs inputs_of_all_knobs(const ViewContext& context) {
  Inputs inputs = inputs_of(context);
  inputs.knobs.clear();
  inputs.selected_variant.clear();
  inputs.x_axis.clear();
  return inputs;
}

/// A value and the inputs that it was made of.
template <class Value>
class Kept {
 public:
  /// The value for these inputs: the one that is kept, or a fresh one by make().
  template <class Make>
  const Value& of(Inputs now, Make&& make) {
    if (!inputs_ || !(*inputs_ == now)) {
      value_ = std::forward<Make>(make)();
      inputs_ = std::move(now);
    }
    return value_;
  }

 private:
  std::optional<Inputs> inputs_;
  Value value_;
};

}  // namespace knobscope::gui
