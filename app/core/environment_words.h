#pragma once
// What a point was measured among, in words.

#include <optional>
#include <string>

#include "core/point.h"

namespace knobscope {

/// "2 other processes use the GPU", "a part of a GPU (MIG)", both with "; " between them: whoever shares the device
/// shares its memory and clocks. Nothing when it is not shared, or does not tell.
std::optional<std::string> sharing_in_words(const Environment& environment);

/// "ECC on · MIG off · no other process", with what is known of it; empty when nothing is.
std::string settings_in_words(const Environment& environment);

/// "1 980 MHz · memory 3 201 MHz · 412 W · 51 °C · throttle reasons: power cap" by the last reading and all throttle
/// reasons of a point, with `space` between thousands; empty when the device told nothing.
std::string clocks_in_words(const Environment& environment, const std::string& space);

}  // namespace knobscope
