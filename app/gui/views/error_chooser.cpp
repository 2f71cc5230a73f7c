#include "gui/views/error_chooser.h"

#include <algorithm>
#include <array>
#include <string>

#include <imgui.h>

#include "gui/views/action_list.h"
#include "gui/views/plot_scale.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

constexpr std::array kErrors = {Quantity::max_abs_error, Quantity::relative_l2_error};
using Texts = std::array<std::string, kErrors.size()>;

Texts titles() {
  Texts texts;
  std::ranges::transform(kErrors, texts.begin(), [](Quantity error) { return std::string(scale_of(error).title); });
  return texts;
}

}  // namespace

std::span<const Quantity> error_quantities() { return kErrors; }

void list_errors(const std::string& where, int chosen, ActionList& actions, const std::function<void(int)>& choose) {
  for (int i = 0; i < static_cast<int>(kErrors.size()); ++i) {
    const QuantityScale& scale = scale_of(kErrors[static_cast<std::size_t>(i)]);
    actions.add(
        where + ", " + scale.title, [choose, i] { choose(i); }, chosen == i);
  }
}

float error_chooser_width(const Theme& theme) { return segmented_width(theme, titles()); }

Quantity error_chooser(const ViewContext& context, const char* id, int& chosen) {
  Texts tips;
  std::ranges::transform(kErrors, tips.begin(), [](Quantity error) { return std::string(scale_of(error).tip); });
  const float beside = ImGui::GetContentRegionMax().x - error_chooser_width(context.theme);
  ImGui::SameLine(std::max(beside, ImGui::GetCursorPosX()));
  SegmentedLook look;
  look.tips = tips;
  segmented(context.theme, id, titles(), chosen, look);
  return kErrors[static_cast<std::size_t>(chosen)];
}

}  // namespace knobscope::gui
