#include "core/sample_environment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/statistics.h"

namespace knobscope {
namespace {

struct ReasonBit {
  std::uint64_t bit;
  std::string_view words;
};
// nvmlClocksEventReason…
constexpr std::array kReasonBits = {
    ReasonBit{0x40, "hardware thermal slowdown"},
    ReasonBit{0x80, "hardware power brake"},
    ReasonBit{0x20, "software thermal slowdown"},
    ReasonBit{0x08, "hardware slowdown"},
    ReasonBit{0x04, "power cap"},
    ReasonBit{0x02, "application clocks"},
    ReasonBit{0x10, "sync boost"},
    ReasonBit{0x100, "display clocks"},
    ReasonBit{0x01, "idle"},
};

std::string words_of(std::uint64_t reasons) {
  std::string words;
  for (const ReasonBit& each : kReasonBits) {
    if ((reasons & each.bit) == 0) continue;
    words += (words.empty() ? "" : ", ") + std::string(each.words);
  }
  return words;
}

std::string whole(double value) { return std::to_string(std::llround(value)); }

/// To a tenth, which most shares have none of.
std::string percent(double share) {
  const long long tenths = std::llround(share * 1000.0);
  return std::to_string(tenths / 10) + (tenths % 10 == 0 ? "" : "." + std::to_string(tenths % 10));
}

/// "912 MHz" or "912 to 1400 MHz".
std::string range_of(double low, double high) {
  return whole(low) == whole(high) ? whole(low) + " MHz" : whole(low) + " to " + whole(high) + " MHz";
}

/// A round percentage that would have let the lowest clock through.
int threshold_for(double lowest, double expected) {
  return std::clamp(static_cast<int>(std::floor(lowest / expected * 20.0)) * 5, 0, 100);
}

}  // namespace

std::optional<double> SeriesEnvironment::sm_clock_mhz() const {
  std::vector<double> known;
  std::ranges::copy_if(sm_clocks_mhz, std::back_inserter(known), [](double clock) { return std::isfinite(clock); });
  return quantile(known, 0.5);
}

std::optional<double> ThrottleRule::least_mhz() const {
  if (!expected_mhz || !(threshold > 0.0)) return std::nullopt;
  return *expected_mhz * threshold;
}

std::optional<std::string> throttling_in_words(std::uint64_t reasons) {
  std::string words = words_of(reasons & kThrottlingReasons);
  if (words.empty()) return std::nullopt;
  return words;
}

std::string reasons_in_words(std::uint64_t reasons) {
  std::string words = words_of(reasons);
  return words.empty() ? "none" : words;
}

std::string discarded_in_words(const SeriesEnvironment& series, std::int64_t accepted, const ThrottleRule& rule) {
  const auto count = static_cast<std::int64_t>(series.discarded.size());
  std::uint64_t reasons = 0;
  std::optional<double> low;
  std::optional<double> high;
  const std::optional<double> least = rule.least_mhz();
  for (const DiscardedSample& sample : series.discarded) {
    reasons |= sample.throttle_reasons;
    if (!sample.sm_clock_mhz || !least || *sample.sm_clock_mhz >= *least) continue;
    low = std::min(low.value_or(*sample.sm_clock_mhz), *sample.sm_clock_mhz);
    high = std::max(high.value_or(*sample.sm_clock_mhz), *sample.sm_clock_mhz);
  }
  const std::string of = std::to_string(count + accepted);
  std::string sentence = accepted > 0 ? std::to_string(count) + " of " + of + " samples were discarded: "
                         : count == 1 ? "the only sample was discarded: "
                                      : "none of " + of + " samples was accepted: ";
  if (low) {
    sentence += "the SM clock was " + range_of(*low, *high) + ", below " + percent(rule.threshold) + " % of the " +
                whole(*rule.expected_mhz) + " MHz it should run at";
  }
  if (const auto words = throttling_in_words(reasons)) {
    sentence += (low ? ", and the device reported " : "the device reported ") + *words;
  }
  if (accepted > 0) return sentence;
  if (reasons != 0) {
    return sentence + "; it is too hot or short of power: see to its cooling and supply, wait, and measure again";
  }
  if (!low) return sentence;
  return sentence + "; wait until nothing holds the clock down (heat, a power cap, a lock of the clocks) and measure " +
         "again, or accept such clocks with --throttle-threshold " +
         std::to_string(threshold_for(*low, *rule.expected_mhz));
}

}  // namespace knobscope
