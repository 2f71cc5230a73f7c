#pragma once
// "Did you mean …": the known name closest to one that is not known.

#include <span>
#include <string>
#include <string_view>

namespace knobscope {

/// The candidate with the smallest edit distance to `name`, if it is close enough to be a likely slip (at most a
/// third of the longer name's characters, at least one). Empty when none is. Ties go to the first candidate.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// " Did you mean 'columns'?" or nothing: to be put behind a sentence.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace knobscope
