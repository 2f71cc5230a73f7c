#pragma once
// The word that stands beside a number, and the sentence behind it. Pure functions.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/point.h"
#include "measure/verification.h"

namespace knobscope::measure {

/// Everything a verdict rests on.
struct Evidence {
  std::optional<std::string> failure;  ///< it did not compile, launch or finish, and why
  std::optional<std::string> misfit;   ///< it does not fit this problem or device, and why
  Problem problem;
  Method method;
  std::optional<Verification> first;   ///< of the single run before timing
  std::vector<Finding> findings;       ///< of the emulated device
  std::optional<LaterCheck> later;     ///< the first later check that found something, else the last one made
  bool timed = false;                  ///< before those checks
  std::optional<Verification> copies;  ///< of the buffers that it rotated through
  std::optional<Timing> headline_timing;
  std::optional<Summary> headline;  ///< of the point, by that technique
  std::optional<Summary> rotating;  ///< reads memory, too, and is judged by it even where it is not the headline
  Bytes bytes;                      ///< compulsory
  Bytes last_level_cache;
  std::optional<BytesPerSecond> peak;  ///< of the device's memory
  std::optional<Ceiling> ceiling;
  std::vector<SizeCeiling> size_ceilings;
  std::optional<std::string> all_discarded;  ///< the technique that was to speak for the point has no sample, and why
};

struct Judgement {
  Verdict verdict = Verdict::failed;
  std::string reason;  ///< one sentence; empty for a plain pass
};

/// failed and unfit come before wrong, then invalid, throttled, noisy, pass. What is wrong is told by the first finding
/// where there is one: it is the cause of what the outputs show.
Judgement judge(const Evidence& evidence);

/// The most telling thing that is wrong; nothing when all is right.
std::optional<std::string> find_wrong(const Problem& problem, const Verification& found);

/// "kernel.cu:57: race: writes … (block 4, thread 37); and 2 more findings"; nothing when there are none.
std::optional<std::string> find_wrong(const std::vector<Finding>& findings);

/// Where element `flat` of a tensor lies, in the words of its operation: "[row 1, column 2]".
std::string place_in_words(const Problem& problem, const TensorInfo& tensor, std::int64_t flat);

/// Two values with as many digits as it takes to tell them apart.
std::pair<std::string, std::string> tell_apart(double a, double b);

/// "33 554 432"
std::string format_count(std::int64_t count);

}  // namespace knobscope::measure
