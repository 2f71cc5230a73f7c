#include "cli/knob_search.h"

#include <algorithm>

namespace knobscope::cli {
namespace {

/// Combinations looked through for one that fits: far more than any file of the library has values in two knobs.
constexpr std::size_t kMostTries = 20'000;

/// Less is noise, and not worth another round.
constexpr double kWorthwhile = 0.995;

/// The default knobs, or else those that fit with the fewest knobs moved; nothing when none do.
std::optional<KnobValues> first_that_fits(const Variant& variant, const KnobSearch::Fits& fits) {
  const KnobValues defaults = default_knobs(variant);
  if (fits(variant, defaults)) return defaults;
  for (const Knob& knob : variant.knobs) {
    for (const std::int64_t value : knob.values) {
      KnobValues moved = defaults;
      moved[knob.name] = value;
      if (fits(variant, moved)) return moved;
    }
  }
  std::size_t combinations = 1;
  for (const Knob& knob : variant.knobs) combinations = std::min(combinations * knob.values.size(), kMostTries);
  for (std::size_t number = 0; number < combinations; ++number) {
    KnobValues knobs;
    std::size_t rest = number;
    for (const Knob& knob : variant.knobs) {
      knobs[knob.name] = knob.values[rest % knob.values.size()];
      rest /= knob.values.size();
    }
    if (fits(variant, knobs)) return knobs;
  }
  return std::nullopt;
}

}  // namespace

KnobSearch::KnobSearch(const std::vector<const Variant*>& variants, Fits fits, std::size_t finalists)
    : fits_(std::move(fits)), finalists_(finalists) {
  for (const Variant* variant : variants) {
    if (auto knobs = first_that_fits(*variant, fits_)) {
      first_.push_back({variant, std::move(*knobs)});
    } else {
      unfit_.push_back(variant);
    }
  }
}

void KnobSearch::tell(const Candidate& candidate, std::optional<Nanoseconds> median) {
  known_[{candidate.variant, candidate.knobs}] = median;
}

std::vector<KnobSearch::Candidate> KnobSearch::next() {
  if (!asked_) {
    asked_ = true;
    for (const Candidate& candidate : first_) known_[{candidate.variant, candidate.knobs}] = std::nullopt;
    return first_;
  }
  if (descents_.empty()) choose_finalists();
  std::vector<Candidate> wanted;
  for (Descent& descent : descents_) {
    improve(descent);
    // A knob whose values are all known costs nothing: on to the next, until something is new or all have been turned.
    std::vector<Candidate> fresh;
    while (fresh.empty() && descent.quiet < descent.best.variant->knobs.size()) {
      fresh = turn(descent);
      if (fresh.empty()) improve(descent);
    }
    wanted.insert(wanted.end(), fresh.begin(), fresh.end());
  }
  return wanted;
}

void KnobSearch::choose_finalists() {
  for (const Candidate& candidate : first_) {
    const auto median = known_[{candidate.variant, candidate.knobs}];
    if (median) descents_.push_back({candidate, *median, 0, 0});
  }
  std::ranges::stable_sort(descents_, {}, &Descent::median);
  if (descents_.size() > finalists_)
    descents_.erase(descents_.begin() + static_cast<std::ptrdiff_t>(finalists_), descents_.end());
}

/// Moves to the fastest that is known of the variant.
void KnobSearch::improve(Descent& descent) const {
  const Nanoseconds before = descent.median;
  for (const auto& [key, median] : known_) {
    if (key.first != descent.best.variant || !median || *median >= descent.median) continue;
    descent.best.knobs = key.second;
    descent.median = *median;
  }
  if (descent.median < before * kWorthwhile) descent.quiet = 0;
}

/// What is not known yet of one knob's values.
std::vector<KnobSearch::Candidate> KnobSearch::turn(Descent& descent) {
  const Variant& variant = *descent.best.variant;
  const Knob& knob = variant.knobs[descent.knob];
  descent.knob = (descent.knob + 1) % variant.knobs.size();
  ++descent.quiet;
  std::vector<Candidate> fresh;
  for (const std::int64_t value : knob.values) {
    Candidate candidate = descent.best;
    candidate.knobs[knob.name] = value;
    const Key key = {candidate.variant, candidate.knobs};
    if (known_.contains(key) || !fits_(variant, candidate.knobs)) continue;
    known_[key] = std::nullopt;
    fresh.push_back(std::move(candidate));
  }
  return fresh;
}

}  // namespace knobscope::cli
