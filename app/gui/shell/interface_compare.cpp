// Comparing: the selected point and the baseline timed in turns, asked for by a key or the palette and answered in the
// band; and an older session for the compare lens.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/in_turns.h"
#include "gui/shell/interface.h"
#include "gui/views/series.h"
#include "gui/widgets/format_number.h"
#include "session/session.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

/// Longer than a point of a plot, which many others stand beside.
constexpr double kLimit_s = 1.0;

constexpr const char* kHowTo =
    "Two points of one problem are timed in turns: select one and press B, select another one and press T.";

std::string name_of_choice(const Point& point) {
  const std::string knobs = format_knobs(point.request.knobs);
  return point.variant_name + (knobs.empty() ? "" : " " + knobs);
}

/// "float4 block=512 against welford block=256, in turns: 0.763 times as long (0.760 to 0.766): FASTER".
std::string sentence_of(const ComparedPoint& pair) {
  std::string text = fmt::format("{} against {}, in turns: ", name_of_choice(*pair.next), name_of_choice(*pair.base));
  if (const auto& ratio = pair.comparison.ratio) {
    text += fmt::format("{} times as long (95\u2009%: {} to {}): ", format_value(ratio->estimate, 4),
                        format_value(ratio->low, 4), format_value(ratio->high, 4));
  }
  text += pair.word();
  if (!pair.reason.empty()) text += ", " + pair.reason;
  return text + ".";
}

}  // namespace

std::optional<PointRequest> Interface::pair_to_time(const Snapshot& snapshot) const {
  if (state_.recorded || !state_.baseline_point) return std::nullopt;
  const PointPtr base = find_point(snapshot, *state_.baseline_point, &index_);
  const PointPtr next = focused_point(snapshot, state_, &index_);
  if (!base || !next || base->is_baseline() || next->is_baseline()) return std::nullopt;
  const PointRequest& a = base->request;
  const PointRequest& b = next->request;
  if (a.device != b.device || !(a.problem == b.problem)) return std::nullopt;
  if (a.variant == b.variant && a.knobs == b.knobs) return std::nullopt;
  PointRequest request = a;
  request.id = 0;
  request.method = state_.plan.method;
  request.method.set_timings({Timing::cold});
  request.method.time_limit_s = std::max(request.method.time_limit_s, kLimit_s);
  request.against = Against{b.variant, b.knobs};
  return request;
}

void Interface::time_in_turns(const Snapshot& snapshot) {
  std::optional<PointRequest> request = pair_to_time(snapshot);
  if (!request) {
    notify(theme_.noisy, kHowTo);
    return;
  }
  commands_.post(worker::MeasurePoints{{std::move(*request)}, ""});
}

bool Interface::compare_with(const std::filesystem::path& file) {
  try {
    compare_with(file, session::load(file));
    return true;
  } catch (const session::SessionError& error) {
    notify(theme_.wrong, error.what());
    return false;
  }
}

void Interface::compare_with(const std::filesystem::path& file, session::Recorded recorded) {
  state_.base_session = std::make_shared<const std::vector<PointPtr>>(std::move(recorded.points));
  state_.base_name = file.filename().string();
}

void Interface::tell_of_pairs(const Snapshot& snapshot) {
  const std::vector<PointPtr>& points = *snapshot.points;
  const std::size_t before = std::exchange(points_seen_, points.size());
  if (state_.recorded) return;
  for (std::size_t i = before; i < points.size(); ++i) {
    if (!points[i]->rival) continue;
    const ComparedPoint pair = compare_in_turns(points[i]);
    const knobscope::Change change = pair.comparison.change;
    notify(change == knobscope::Change::undecided ? theme_.noisy : theme_.pass, sentence_of(pair));
  }
}

}  // namespace knobscope::gui
