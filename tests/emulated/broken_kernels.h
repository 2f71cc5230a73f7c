#pragma once
// The broken kernels of tests/emulated/kernels and what broken.toml expects of each.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/finding.h"
#include "core/problem.h"
#include "core/variant.h"

namespace knobscope::emulated_tests {

inline constexpr const char* kBrokenKernels = KNOBSCOPE_SOURCE_DIR "/tests/emulated/kernels";
inline constexpr const char* kBrokenTable = KNOBSCOPE_SOURCE_DIR "/tests/emulated/broken.toml";

/// One entry of broken.toml, which says what the fields mean.
struct Broken {
  std::string file;
  Problem problem;
  KnobValues knobs;
  std::set<FindingKind> kinds;
  std::set<FindingKind> besides;
  bool quick = false;
  std::string refused;
  std::vector<std::pair<std::string, std::string>> repairs;

  /// "missing_barrier": the file without folder, number and ending.
  std::string name() const;
};

/// Throws std::runtime_error with the entry's line when the table does not say what it should.
std::vector<Broken> read_broken();

/// The numbers of the lines that end in a comment that begins with BUG or SEEN, of the file's text.
std::set<int> marked_lines(const std::string& source);

/// The kernel with its repairs made. Throws std::runtime_error when a text to replace is not there exactly once, or the
/// repaired file's front matter is bad.
Variant repaired(const Variant& variant, const Broken& broken);

}  // namespace knobscope::emulated_tests
