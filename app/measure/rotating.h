#pragma once
// Rotating timing: runs back to back, each on the next of so many copies of the tensors that the cache has long lost a
// copy when its turn comes again. As in a network, and with no flush between runs that the kernel could lean on.

#include <vector>

#include "measure/bound_variant.h"
#include "measure/run.h"
#include "measure/verification.h"

namespace knobscope::measure {

/// More copies than this are not made: a problem that needs them takes its time from launches, not from memory.
inline constexpr std::int64_t kMostCopies = 512;

/// The variant's work on copies of its inputs, outputs and extra buffers. The first copy is the original.
class Rotation {
 public:
  /// All of them together hold at least kRotatingCaches times the last-level cache, and there are at least two. Throws
  /// Untimeable where that cannot be.
  Rotation(Run& run, PreparedProblems& memory, const PreparedProblem& problem, const BoundVariant& original,
           const catalog::EvaluatedVariant& variant);

  std::size_t size() const { return copies_.size() + 1; }
  const device::Work& work(std::size_t number) const {
    return number == 0 ? original_.work : copies_[number - 1].work();
  }

  /// Each copy but the original, poisoned, run once more and judged. The first that is wrong; the last where none is.
  Verification verify(Run& run, device::MapSize map) const;

 private:
  struct Copy {
    PreparedProblem problem;  ///< its inputs only
    BoundVariant bound;
    const device::Work& work() const { return bound.work; }
  };

  const PreparedProblem& problem_;
  const BoundVariant& original_;
  std::vector<Copy> copies_;
};

/// Batches of runs as sample_hot() takes them, each run on the next copy.
std::vector<double> sample_rotating(Run& run, const Rotation& rotation, const Method& method);

/// How many sets of `footprint` hold kRotatingCaches times the cache: at least two.
std::int64_t rotating_copies(Bytes footprint, Bytes last_level_cache);

}  // namespace knobscope::measure
