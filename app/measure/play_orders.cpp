#include "measure/play_orders.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <set>

#include <fmt/format.h>

#include "device/numerics/element.h"
#include "measure/verdict.h"
#include "measure/verify.h"

namespace knobscope::measure {
namespace {

using device::Play;

constexpr std::size_t kOtherOrders = 2;

/// "backwards", as in "between forwards and …".
std::string words_of(const Play& play) {
  switch (play.order) {
    case Play::Order::forwards:
      return "forwards";
    case Play::Order::backwards:
      return "backwards";
    case Play::Order::shuffled:
      return fmt::format("shuffled by seed {}", play.seed);
  }
  return "?";
}

/// What an output held, and its hash.
struct Kept {
  std::vector<std::byte> bytes;
  std::uint64_t hash = 0;
};

std::vector<std::byte> content_of(Run& run, const BoundOutput& output) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(output.buffer->size()));
  run.device.read_back(*output.buffer, 0, bytes);
  return bytes;
}

device::numerics::Element element_of(ElementType type) { return static_cast<device::numerics::Element>(type); }

struct Difference {
  std::int64_t elements = 0;
  std::int64_t differing = 0;
  std::int64_t first = 0;
};

/// Elements whose bits differ. Both hold the same number of bytes.
Difference difference(const std::vector<std::byte>& a, const std::vector<std::byte>& b, ElementType type) {
  const auto size = static_cast<std::size_t>(size_of(type));
  Difference found;
  found.elements = static_cast<std::int64_t>(a.size() / size);
  for (std::int64_t at = 0; at < found.elements; ++at) {
    const std::size_t offset = static_cast<std::size_t>(at) * size;
    if (std::memcmp(&a[offset], &b[offset], size) == 0) continue;
    if (found.differing++ == 0) found.first = at;
  }
  return found;
}

/// Whether outputs say anything of the order: a block that was ended early leaves them unwritten in any order, and what
/// memory held that nobody wrote is nobody's order.
bool says_something(const std::vector<Finding>& findings) {
  return std::ranges::all_of(findings, [](const Finding& finding) { return finding.kind == FindingKind::race; });
}

Finding order_finding(const Variant& variant, std::string message) {
  Finding finding;
  finding.kind = FindingKind::order_dependent;
  finding.message = std::move(message);
  if (variant.launches.size() == 1) finding.launch = variant.launches.front().entry;
  finding.at.file = variant.id;
  return finding;
}

/// Plays one bound variant in one order after the other.
class Plays {
 public:
  Plays(Run& run, const PreparedProblem& problem, BoundVariant& bound, const Variant& variant, device::MapSize map,
        std::vector<Finding>& findings)
      : run_(run), problem_(problem), bound_(bound), variant_(variant), map_(map), findings_(findings) {}

  /// Returns what is to be said of it by itself; its findings are merged already.
  Verification play(const Play& play, bool& outputs_tell) {
    bound_.work.play = play;
    poison_extras(run_, bound_, problem_.problem.type);
    Verification found = verify(run_, problem_, bound_, map_);
    std::vector<Finding> met = run_.device.take_findings();
    outputs_tell = says_something(met);
    merge_findings(findings_, std::move(met));
    return found;
  }

  void keep_outputs() {
    for (const BoundOutput& output : bound_.outputs) {
      kept_.push_back({content_of(run_, output), run_.device.hash(*output.buffer)});
    }
  }

  /// Says of each output once that it changes with the order.
  void compare_with_kept(const Play& play) {
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const BoundOutput& output = bound_.outputs[i];
      if (changing_.contains(i) || run_.device.hash(*output.buffer) == kept_[i].hash) continue;
      const std::vector<std::byte> now = content_of(run_, output);
      const Difference found = difference(kept_[i].bytes, now, output.type);
      if (found.differing == 0) continue;
      changing_.insert(i);
      const auto value = [&](const std::vector<std::byte>& bytes) {
        return static_cast<double>(device::numerics::load(bytes.data(), element_of(output.type), found.first));
      };
      const auto [before, after] = tell_apart(value(kept_[i].bytes), value(now));
      findings_.push_back(order_finding(
          variant_,
          fmt::format("{} changes with the order in which threads and blocks run: {} of {} elements differ between "
                      "forwards and {}, although the file says deterministic; first at {}: {} and {}",
                      output.tensor->name, format_count(found.differing), format_count(found.elements), words_of(play),
                      place_in_words(problem_.problem, *output.tensor, found.first), before, after)));
    }
  }

  void say_worse(const Play& play, const Verification& found) {
    findings_.push_back(
        order_finding(variant_, fmt::format("right when threads and blocks run forwards, but {} {}", words_of(play),
                                            find_wrong(problem_.problem, found).value_or("the outputs are wrong"))));
  }

 private:
  Run& run_;
  const PreparedProblem& problem_;
  BoundVariant& bound_;
  const Variant& variant_;
  device::MapSize map_;
  std::vector<Finding>& findings_;
  std::vector<Kept> kept_;
  std::set<std::size_t> changing_;
};

bool spoiled_memory(const Verification& found) {
  return !found.changed_inputs.empty() || !found.report.damaged_guards.empty();
}

bool same_place(const Finding& a, const Finding& b) {
  if (a.kind != b.kind || a.launch != b.launch) return false;
  // Without a place, the sentence is all there is to know it by.
  if (a.at.line == 0 && a.message != b.message) return false;
  if (a.at == b.at && a.within == b.within && a.other_at == b.other_at) return true;
  // Played backwards, the later access of a race comes first.
  return a.kind == FindingKind::race && a.at == b.other_at && a.other_at == b.at;
}

}  // namespace

void merge_findings(std::vector<Finding>& all, std::vector<Finding> more) {
  for (Finding& finding : more) {
    const auto known = std::ranges::find_if(all, [&](const Finding& each) { return same_place(each, finding); });
    if (known != all.end()) {
      known->count += finding.count;
    } else {
      all.push_back(std::move(finding));
    }
  }
}

std::size_t count_plays(const Method& method) { return method.thorough ? 1 + kOtherOrders : 1; }

Played play_orders(Run& run, const PreparedProblem& problem, BoundVariant& bound, const Variant& variant,
                   const Method& method, device::MapSize map, std::vector<Finding>& findings,
                   ProgressOfPlays& progress) {
  const std::uint64_t seed = problem.problem.seed != 0 ? problem.problem.seed : 1;
  // What nothing orders is nobody's whichever comes first, so races are watched once: it takes half of the time.
  const std::array<Play, kOtherOrders> others = {Play{Play::Order::backwards, seed, false},
                                                 Play{Play::Order::shuffled, seed, false}};
  Plays each(run, problem, bound, variant, map, findings);

  Played played;
  bool first_tells = false;
  played.forwards = each.play(Play{Play::Order::forwards, seed, method.thorough}, first_tells);
  played.spoiled_memory = spoiled_memory(played.forwards);
  // With inputs of its own making, a kernel's later outputs say nothing.
  if (!method.thorough || played.spoiled_memory) return played;
  if (first_tells && variant.deterministic) each.keep_outputs();

  for (std::size_t i = 0; i < others.size() && !played.spoiled_memory; ++i) {
    progress.next();
    bool tells = false;
    Verification found = each.play(others[i], tells);
    played.spoiled_memory = spoiled_memory(found);
    if (!first_tells || !tells) continue;
    const bool is_worse = is_wrong(found) && !is_wrong(played.forwards);
    if (is_worse && !played.worse) {
      each.say_worse(others[i], found);
      played.worse = std::move(found);
    } else if (!is_worse) {
      each.compare_with_kept(others[i]);
    }
  }
  return played;
}

}  // namespace knobscope::measure
