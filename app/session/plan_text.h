#pragma once
// The words of a plan: what a file and a flag write for a value, read in one place so that both mean the same.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/plan.h"

namespace knobscope::session {

/// Why a text is not a value, in one sentence that says what to write instead.
struct TextFault {
  std::string message;
};

template <class T>
using Read = std::variant<T, TextFault>;

Read<Operation> read_operation(std::string_view text);
Read<ElementType> read_element_type(std::string_view text);
Read<Layout> read_layout(std::string_view text);
Read<Activation> read_activation(std::string_view text);
Read<Timing> read_timing(std::string_view text);
Read<DistributionKind> read_distribution_kind(std::string_view text);
Read<StoppingCriterion> read_stopping_criterion(std::string_view text);
/// "16x64x256x256"
Read<std::vector<std::int64_t>> read_shape(std::string_view text);
/// Decimal or 0x…, 0 to 2^64 - 1.
Read<std::uint64_t> read_seed(std::string_view text);

/// All allowed values from `low` to `high`, both included.
struct KnobRange {
  std::int64_t low = 0;
  std::int64_t high = 0;
  bool operator==(const KnobRange&) const = default;
};

/// One knob as a flag or a file gives it: single values and ranges.
struct KnobChoice {
  std::string name;
  std::vector<std::variant<std::int64_t, KnobRange>> parts;
  bool operator==(const KnobChoice&) const = default;
};

/// "block=256", "block=64,128", "block=[64, 128]", "block=32..1024", "block=all", and mixtures:
/// "block=96,128..512".
Read<KnobChoice> read_knob_choice(std::string_view text);

/// The values meant: single values as they are, ranges filled from what `variants` allow, in the order written,
/// each once. A fault when a range holds no allowed value of any of them.
Read<std::vector<std::int64_t>> resolve(const KnobChoice& choice, const std::vector<const Variant*>& variants);

}  // namespace knobscope::session
