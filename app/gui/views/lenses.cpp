#include "gui/views/lenses.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

const std::array kLenses = {
    LensFacts{Lens::lines, "lines", "lines", "Speed of each ticked variant over a knob, the row length or the offset."},
    LensFacts{Lens::heat, "heat-map", "heat map",
              "Any two of knob, row length, rows and type: the winner of each cell, or the selected variant. A "
              "click on an empty cell measures it."},
    LensFacts{Lens::error, "error", "error",
              "How far off each ticked variant is over a knob, the row length or the offset, with the tolerance "
              "and, over the offset, what rounding in f32 costs."},
    LensFacts{Lens::trade, "time-error", "time × error",
              "Every choice of variant and knobs on this problem: how long it takes and how far off it is. The "
              "line joins the right ones that no other right one beats in both."},
    LensFacts{Lens::roofline, "roofline", "roofline",
              "Operations a second over operations a byte of traffic (counted, where it was, else as modelled), both "
              "by powers: what copies, reads and "
              "writes of this size reach, and the FP32 peak (multiprocessors × lanes × 2 × clock, in theory), are the "
              "roofs. Below the slant a kernel waits for memory."},
    LensFacts{
        Lens::compare, "compare", "compare",
        "The ratio of each point's time to the baseline's, or to that of the same choice in an older session that "
        "was dropped here: sorted, with its 95\u2009% interval."},
};

}  // namespace

std::span<const LensFacts> lenses() { return kLenses; }

const LensFacts* lens_named(std::string_view id) {
  const auto found = std::ranges::find(kLenses, id, &LensFacts::id);
  return found == kLenses.end() ? nullptr : &*found;
}

const LensFacts& facts_of(Lens lens) { return *std::ranges::find(kLenses, lens, &LensFacts::lens); }

void lens_tabs(ViewContext& context) {
  std::vector<std::string> labels;
  std::vector<std::string> tips;
  for (const LensFacts& facts : lenses()) {
    labels.push_back(facts.title);
    tips.push_back(fmt::format("Key {}. {}", labels.size(), facts.tip));
  }
  const auto at = std::ranges::find(kLenses, context.state.lens, &LensFacts::lens);
  int chosen = static_cast<int>(at - kLenses.begin());
  SegmentedLook look;
  look.room = std::min(segmented_width(context.theme, labels), ImGui::GetContentRegionAvail().x * 0.5F);
  look.tips = tips;
  if (segmented(context.theme, "lens", labels, chosen, look)) {
    context.state.lens = lenses()[static_cast<std::size_t>(chosen)].lens;
  }
  ImGui::SameLine(0.0F, context.theme.px(12.0F));
}

void empty_plot(const ViewContext& context) {
  const Snapshot& snapshot = context.snapshot;
  if (snapshot.worker == WorkerState::starting && snapshot.devices.empty()) {
    empty_state(context.theme, "Starting", "The built-in exploration begins as soon as the worker knows the devices.");
  } else if (context.state.ticked.empty()) {
    empty_state(context.theme, "No variant is ticked", "Tick one in Variants, and it is measured at once.");
  } else if (snapshot.worker == WorkerState::gone) {
    empty_state(context.theme, "No worker", snapshot.worker_message);
  } else if (snapshot.live) {
    empty_state(context.theme, "Measuring the first point", std::string(name_of(snapshot.live->phase)) + " …");
  } else if (snapshot.paused) {
    empty_state(context.theme, "Paused", "Press Space to go on.");
  } else if (snapshot.devices.empty()) {
    empty_state(context.theme, "Looking for devices", "A worker process is starting.");
  } else {
    empty_state(context.theme, "Nothing measured for these settings yet", "Press R to measure.");
  }
}

}  // namespace knobscope::gui
