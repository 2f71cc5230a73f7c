#include "core/environment_words.h"

#include <cmath>
#include <string_view>

namespace knobscope {
namespace {

void append(std::string& to, std::string_view between, std::string_view what) {
  if (!to.empty()) to += between;
  to += what;
}

/// Rounded, with `space` between thousands. Precondition: below a million.
std::string whole(double value, const std::string& space) {
  const long long rounded = std::llround(value);
  const std::string text = std::to_string(rounded);
  if (rounded < 1000) return text;
  return text.substr(0, text.size() - 3) + space + text.substr(text.size() - 3);
}

}  // namespace

std::optional<std::string> sharing_in_words(const Environment& environment) {
  std::string words;
  if (const int others = environment.other_processes.value_or(0); others > 0) {
    words = others == 1 ? "1 other process uses the GPU" : std::to_string(others) + " other processes use the GPU";
  }
  if (environment.mig.value_or(false)) append(words, "; ", "a part of a GPU (MIG)");
  return words.empty() ? std::nullopt : std::optional(words);
}

std::string settings_in_words(const Environment& environment) {
  std::string words;
  if (environment.ecc) words = *environment.ecc ? "ECC on" : "ECC off";
  if (environment.mig) append(words, " · ", *environment.mig ? "MIG on" : "MIG off");
  if (const auto others = environment.other_processes) {
    append(words, " · ",
           *others == 0   ? "no other process"
           : *others == 1 ? "1 other process"
                          : std::to_string(*others) + " other processes");
  }
  return words;
}

std::string clocks_in_words(const Environment& environment, const std::string& space) {
  std::string words;
  if (environment.sm_clock_mhz) words = whole(*environment.sm_clock_mhz, space) + " MHz";
  if (environment.memory_clock_mhz)
    append(words, " · ", "memory " + whole(*environment.memory_clock_mhz, space) + " MHz");
  if (environment.power_w) append(words, " · ", whole(*environment.power_w, space) + " W");
  if (environment.temperature_c) append(words, " · ", whole(*environment.temperature_c, space) + " °C");
  if (environment.throttle_reasons.value_or(0) != 0) {
    append(words, " · ", "throttle reasons: " + reasons_in_words(*environment.throttle_reasons));
  }
  return words;
}

}  // namespace knobscope
