#pragma once
// The variants in story order: tick those to explore, select the one to look at.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gui/views/kept.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// What a variant has reached on the problem that is set, over all its knobs.
struct VariantStanding {
  std::optional<double> copy_fraction;  ///< of its best point
  std::optional<BytesPerSecond> rate;   ///< of its best point
  std::optional<Verdict> trouble;       ///< nothing while its points pass; the gravest one otherwise
  std::string reason;                   ///< of the trouble
  std::int64_t points = 0;
};

/// A wrong point counts always; failed and unfit ones only when no point of the variant ran. Pure.
VariantStanding standing_of(const std::vector<PointPtr>& points, const std::string& variant);

/// The neighbour of `current` in the list, `step` places on, kept inside it; the first when `current` is not in it.
std::string neighbour_of(const std::vector<std::string>& variants, const std::string& current, int step);

/// Ids of what the list shows, in its order: the catalog's variants for the operation and device, then those that only
/// recorded points know.
std::vector<std::string> listed_variants(const Snapshot& snapshot, const ViewState& state,
                                         const PointIndex* index = nullptr);

/// Those of them that the filter lets through.
std::vector<std::string> shown_variants(const Snapshot& snapshot, const ViewState& state,
                                        const PointIndex* index = nullptr);

/// What stands before a variant's title: the number its file's name begins with, as written ("00"); empty without one.
std::string_view number_of(std::string_view id);

/// Whether every word of `filter` occurs in `text`, whatever the case. Pure.
bool matches_words(std::string_view text, std::string_view filter);

/// Makes a variant the one that every panel looks at.
void select_variant(const Snapshot& snapshot, ViewState& state, const std::string& id);

class VariantsView final : public View {
 public:
  const char* title() const override { return "Variants"; }
  void draw(ViewContext& context) override;
  void list_actions(ViewContext& context, ActionList& actions) override;

 private:
  void draw_filter(ViewContext& context, std::size_t shown, std::size_t all);

  using Standings = std::map<std::string, VariantStanding>;  ///< by Variant::id

  Kept<Standings> standings_;
  bool filter_wanted_ = false;  ///< the next draw() gives it the keyboard
  std::string in_view_;         ///< the selected variant that was last scrolled to
};

}  // namespace knobscope::gui
