#pragma once
// The word that stands beside every number.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knobscope {

enum class Verdict : std::uint8_t {
  pass,       ///< right, and timed within the wanted spread (or not timed at all)
  wrong,      ///< an output misses the tolerance or is unwritten, memory around or under it was damaged, or the
              ///< emulated device has a finding
  noisy,      ///< right, but the spread stayed above the bound
  throttled,  ///< right, but the device slowed itself down in every sample: it has no time
  invalid,    ///< right, but faster than the memory can be: the measurement is not believed
  unfit,      ///< this shape, type or device does not meet the variant's requirements; nothing ran
  failed,     ///< did not compile, did not launch, crashed or hung
};

inline constexpr std::array kVerdicts = {Verdict::pass,    Verdict::wrong, Verdict::noisy, Verdict::throttled,
                                         Verdict::invalid, Verdict::unfit, Verdict::failed};

/// The word in files. `unfit` is shown as "does not fit".
constexpr std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::wrong:
      return "wrong";
    case Verdict::noisy:
      return "noisy";
    case Verdict::throttled:
      return "throttled";
    case Verdict::invalid:
      return "invalid";
    case Verdict::unfit:
      return "unfit";
    case Verdict::failed:
      return "failed";
  }
  return "?";
}

constexpr std::optional<Verdict> verdict_named(std::string_view name) {
  for (const Verdict verdict : kVerdicts) {
    if (name_of(verdict) == name) return verdict;
  }
  return std::nullopt;
}

}  // namespace knobscope
