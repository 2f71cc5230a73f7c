#pragma once
// A session file opened for reading: what to show of it, and whose hardware it is.

#include <cstdint>
#include <filesystem>
#include <string>

#include "gui/views/view.h"
#include "session/session.h"

namespace knobscope::gui {

/// One line for the band above the panels: the file, the hardware and software it was measured with, and when.
std::string provenance_of(const std::filesystem::path& file, const session::Recorded& recorded);

/// The view state that shows a recording: the problem most of its points are about, all its variants ticked, the knobs
/// of its fastest right point, which is selected. `recorded` is set. Precondition: recorded.points is not empty.
ViewState state_for(const session::Recorded& recorded, const std::filesystem::path& file);

/// What a file is that was dropped on the window, and what to say if it cannot be opened.
enum class DroppedKind : std::uint8_t { session, kernel, other };
DroppedKind kind_of_dropped(const std::filesystem::path& file);

}  // namespace knobscope::gui
