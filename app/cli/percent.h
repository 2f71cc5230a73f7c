#pragma once
// Shares as people write them.

#include <optional>
#include <string_view>

namespace knobscope::cli {

enum class BareNumber {
  is_percent,  ///< "0.5" is 0.005, as "0.5%" is
  is_share,    ///< "0.02" is 0.02, as "2%" is
};

/// Above 0 and below 1; nothing when the text is no such share.
std::optional<double> read_share(std::string_view text, BareNumber bare);

}  // namespace knobscope::cli
