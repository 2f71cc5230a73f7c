#pragma once
// What can be done, as the command palette lists it; panels list what is theirs beside the controls that do the same.

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace knobscope::gui {

struct PaletteEntry {
  std::string title;          ///< "Element type: bf16"
  std::string key;            ///< that does the same; empty without one
  bool chosen = false;        ///< it is so already
  std::function<void()> act;  ///< empty: it cannot be done now
};

/// The deed where it is possible; else none, and the entry is shown disabled.
inline std::function<void()> when(bool possible, std::function<void()> act) {
  return possible ? std::move(act) : std::function<void()>{};
}

/// Entries of one subject, "Sweep: save its plan". What they do is done in the frame in which they were listed, so it
/// may refer to what that frame has.
class ActionList {
 public:
  ActionList(std::vector<PaletteEntry>& entries, std::string_view subject) : entries_(entries), subject_(subject) {}

  void add(std::string_view what, std::function<void()> act, bool chosen = false, std::string_view key = {}) {
    entries_.push_back({subject_ + ": " + std::string(what), std::string(key), chosen, std::move(act)});
  }

 private:
  std::vector<PaletteEntry>& entries_;
  std::string subject_;
};

}  // namespace knobscope::gui
