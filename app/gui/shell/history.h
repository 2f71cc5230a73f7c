#pragma once
// Undo and redo of what is set: problem, variant, knobs, axis and ticks. Never of what was measured.

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/plan.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// What a person chooses, as far as it can be taken back.
struct Choice {
  Plan plan;
  KnobValues knobs;
  std::string x_axis;
  std::string selected_variant;
  std::set<std::string> ticked;
  bool operator==(const Choice&) const = default;
};

Choice choice_of(const ViewState& state);
/// Sets it; what belongs to the former choice, such as the selected point, goes.
void apply(const Choice& choice, ViewState& state);

struct Change {
  std::string subject;  ///< what was changed: "block", "element type"; of several changes the first
  std::string text;     ///< "block 256 → 512"
};

/// What differs, in the words of the panels; empty when nothing does. Pure.
Change change_between(const Choice& from, const Choice& to);

class History {
 public:
  /// Forgets all steps: this is where things begin.
  void begin(Choice now);
  /// What changed without anybody choosing it (a variant appeared, say): no step, unless it is part of one.
  void absorb(const Choice& before, Choice now);
  /// Looks at what is set once a frame, after the panels. While a knob or slider is `held`, and while the same thing
  /// changes again within a moment, it stays one step. `time_s` is any clock.
  void look(const Choice& now, bool held, double time_s);
  /// The choice to go back (or forward again) to; nothing where there is none.
  std::optional<Choice> undo();
  std::optional<Choice> redo();
  /// What undo() would take back and redo() bring again: empty where there is nothing.
  std::string undo_text() const { return undo_.empty() ? "" : change_between(undo_.back(), now_).text; }
  std::string redo_text() const { return redo_.empty() ? "" : change_between(now_, redo_.back()).text; }

 private:
  std::deque<Choice> undo_;
  std::vector<Choice> redo_;
  Choice now_;
  std::string subject_;  ///< of the latest step
  double changed_s_ = -1e9;
};

}  // namespace knobscope::gui
