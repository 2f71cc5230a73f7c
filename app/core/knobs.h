#pragma once
// Tuning knobs: named integers, fixed at compile time of the kernel.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace knobscope {

/// Values by knob name, in name order so that equal choices compare and hash equal.
using KnobValues = std::map<std::string, std::int64_t, std::less<>>;

/// A knob as a kernel file declares it.
struct Knob {
  std::string name;
  std::vector<std::int64_t> values;  ///< allowed values in the order to show them; never empty
  std::int64_t initial = 0;          ///< the default; one of `values`
  std::string help;
  bool operator==(const Knob&) const = default;
};

/// "block=256 unroll=4"
std::string format_knobs(const KnobValues& knobs);

}  // namespace knobscope
