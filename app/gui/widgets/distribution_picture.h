#pragma once
// Input distributions as small pictures to choose from.

#include "core/distribution.h"
#include "gui/theme.h"

namespace knobscope::gui {

/// A row of pictures over the panel's width, each an item named after its distribution. True when `kind` changed.
bool distribution_pictures(const Theme& theme, const char* id, DistributionKind& kind);

}  // namespace knobscope::gui
