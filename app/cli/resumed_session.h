#pragma once
// What a session that is added to spares those who add: ceilings of sizes that it holds already.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/known_ceilings.h"

namespace knobscope::cli {

/// Of an existing session; none where it holds none. Throws session::SessionError.
std::vector<KnownCeilings> ceilings_of_session(const std::filesystem::path& file);

/// Which of them the new points were held against, and why not where none of a device's was: lines for a person, empty
/// where there is nothing to say.
std::string resumed_text(std::span<const KnownCeilings> known, std::span<const PointPtr> points,
                         const std::filesystem::path& file);

}  // namespace knobscope::cli
