#pragma once
// Which points to measure to find the fastest variant and knobs for one shape: every variant once, then the knobs of
// the best few, one knob after another.

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/units.h"
#include "core/variant.h"

namespace knobscope::cli {

/// Asked and told in turns: measure what next() names, tell() what came of each, until next() is empty.
///
/// First every variant at its default knobs (or, where those do not fit, at the nearest that do). Then coordinate
/// descent over the knobs of the best few: of each, all values of one knob with the others at the best known so far,
/// round and round until a whole round brings nothing. That visits a small part of all combinations and can miss a best
/// that only two knobs together reach.
class KnobSearch {
 public:
  using Fits = std::function<bool(const Variant& variant, const KnobValues& knobs)>;
  struct Candidate {
    const Variant* variant = nullptr;
    KnobValues knobs;
    bool operator==(const Candidate&) const = default;
  };

  /// `variants` are not null and outlive the search.
  KnobSearch(const std::vector<const Variant*>& variants, Fits fits, std::size_t finalists = 3);

  std::vector<Candidate> next();
  /// Nothing: failed, wrong, or not measured.
  void tell(const Candidate& candidate, std::optional<Nanoseconds> median);
  /// Variants of which no knobs fit.
  const std::vector<const Variant*>& unfit() const { return unfit_; }

 private:
  /// One variant's descent.
  struct Descent {
    Candidate best;
    Nanoseconds median{};
    std::size_t knob = 0;   ///< to be turned next
    std::size_t quiet = 0;  ///< knobs turned in a row that brought nothing
  };
  using Key = std::pair<const Variant*, KnobValues>;

  void choose_finalists();
  void improve(Descent& descent) const;
  std::vector<Candidate> turn(Descent& descent);

  Fits fits_;
  std::size_t finalists_;
  std::vector<Candidate> first_;
  std::vector<Descent> descents_;
  std::map<Key, std::optional<Nanoseconds>> known_;  ///< asked for, and what came of it
  std::vector<const Variant*> unfit_;
  bool asked_ = false;
};

}  // namespace knobscope::cli
