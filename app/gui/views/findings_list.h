#pragma once
// What the emulated device found in a kernel: one card a finding, each leading to its line.

#include <optional>
#include <string>

#include "core/snapshot.h"
#include "gui/theme.h"

namespace knobscope::gui {

/// The words that stand wherever times would: the emulated device has none.
inline constexpr const char* kErrorsAreReal = "emulated: errors are real, times are not";

/// What a clean play has looked for: "bounds, initialisation, … were watched"; a quick one says what it did not.
std::string watched_sentence(bool thorough);

/// "line 57" in the kernel's own file `id`, "include/knobscope/reduce.h:31" in another; empty when not known. Pure.
std::string place_text(const SourcePlace& place, const std::string& id);

/// The lines below a finding's sentence, as far as they are known: who did it and where ("block 4, thread 37"), the
/// header's line, and the other party of a race. Pure.
struct FindingDetails {
  std::string who;
  std::string within;
  std::string other;
};
FindingDetails details_of(const Finding& finding, const std::string& id);

/// What the list is about.
struct FindingsOf {
  std::string variant;                    ///< Variant::id
  PointPtr point;                         ///< of the source as it is now; null while it has not been played
  std::shared_ptr<const LivePoint> live;  ///< when it is this variant that is being played; else null
  bool thorough = true;
};

class FindingsList {
 public:
  /// Title row (click: fold) and cards, at most `most_height` device pixels high in all; scrolls where there are more.
  /// Returns a line of the kernel's file to show, in the frame where a card or its other party was clicked.
  std::optional<int> draw(const Theme& theme, const FindingsOf& of, float most_height);
  /// Height that draw() would like to have.
  float wanted_height(const Theme& theme, const FindingsOf& of, float width) const;
  bool is_folded() const { return folded_; }
  /// Folds it, or unfolds it.
  void fold() { folded_ = !folded_; }

 private:
  bool folded_ = false;
  std::optional<std::size_t> chosen_;
  PointPtr chosen_of_;  ///< the point whose card was clicked
};

}  // namespace knobscope::gui
