#include "session/plan_text.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/nearest.h"

namespace knobscope::session {
namespace {

template <class Values, class T, class Named>
Read<T> read_word(std::string_view text, const char* what, const Values& all, Named named) {
  if (const std::optional<T> value = named(text)) return *value;
  std::vector<std::string> words;
  for (const T value : all) words.emplace_back(name_of(value));
  return TextFault{fmt::format("there is no {} '{}'; choose one of {}.{}", what, text, fmt::join(words, ", "),
                               did_you_mean(text, words))};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> read_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "256", "32..1024" or "all"
std::optional<std::variant<std::int64_t, KnobRange>> read_part(std::string_view text) {
  using Limits = std::numeric_limits<std::int64_t>;
  if (text == "all") return KnobRange{Limits::min(), Limits::max()};
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    if (const auto value = read_integer(text)) return *value;
    return std::nullopt;
  }
  const auto low = read_integer(trimmed(text.substr(0, dots)));
  const auto high = read_integer(trimmed(text.substr(dots + 2)));
  if (!low || !high || *low > *high) return std::nullopt;
  return KnobRange{*low, *high};
}

}  // namespace

Read<Operation> read_operation(std::string_view text) {
  return read_word<decltype(kOperations), Operation>(text, "operation", kOperations, operation_named);
}

Read<StoppingCriterion> read_stopping_criterion(std::string_view text) {
  return read_word<decltype(kStoppingCriteria), StoppingCriterion>(text, "stopping criterion", kStoppingCriteria,
                                                                   stopping_criterion_named);
}

Read<Layout> read_layout(std::string_view text) {
  return read_word<decltype(kLayouts), Layout>(text, "layout", kLayouts, layout_named);
}

Read<Activation> read_activation(std::string_view text) {
  return read_word<decltype(kActivations), Activation>(text, "activation", kActivations, activation_named);
}

Read<Timing> read_timing(std::string_view text) {
  return read_word<decltype(kTimings), Timing>(text, "way to time", kTimings, timing_named);
}

Read<ElementType> read_element_type(std::string_view text) {
  return read_word<decltype(kElementTypes), ElementType>(text, "element type", kElementTypes, element_type_named);
}

Read<DistributionKind> read_distribution_kind(std::string_view text) {
  return read_word<decltype(kDistributionKinds), DistributionKind>(text, "distribution", kDistributionKinds,
                                                                   distribution_named);
}

Read<std::vector<std::int64_t>> read_shape(std::string_view text) {
  if (auto shape = parse_shape(text)) return *shape;
  return TextFault{
      fmt::format("'{}' is not a shape; write positive numbers with x between, such as 16x64x256x256", text)};
}

Read<std::uint64_t> read_seed(std::string_view text) {
  std::string_view digits = text;
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return TextFault{fmt::format("'{}' is not a seed; write a whole number from 0 to 18446744073709551615", text)};
  }
  return value;
}

Read<KnobChoice> read_knob_choice(std::string_view text) {
  const auto fault = [text](std::string_view why) {
    return TextFault{fmt::format(
        "'{}' {}; write name=value, such as block=256, block=64,128, block=32..1024 or block=all", text, why)};
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return fault("names no value");
  KnobChoice choice;
  choice.name = trimmed(text.substr(0, equals));
  if (choice.name.empty()) return fault("names no knob");
  std::string_view values = trimmed(text.substr(equals + 1));
  if (values.starts_with('[') != values.ends_with(']')) return fault("has a bracket without its other half");
  if (values.starts_with('[')) values = trimmed(values.substr(1, values.size() - 2));
  if (values.empty()) return fault("names no value");
  while (true) {
    const std::size_t comma = values.find(',');
    const auto part = read_part(trimmed(values.substr(0, comma)));
    if (!part) return fault("has a value that is no whole number, no range and not 'all'");
    choice.parts.push_back(*part);
    if (comma == std::string_view::npos) return choice;
    values.remove_prefix(comma + 1);
  }
}

Read<std::vector<std::int64_t>> resolve(const KnobChoice& choice, const std::vector<const Variant*>& variants) {
  std::set<std::int64_t> allowed;
  for (const Variant* variant : variants) {
    for (const Knob& knob : variant->knobs) {
      if (knob.name == choice.name) allowed.insert(knob.values.begin(), knob.values.end());
    }
  }
  std::vector<std::int64_t> values;
  const auto add = [&values](std::int64_t value) {
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  };
  for (const auto& part : choice.parts) {
    if (const auto* single = std::get_if<std::int64_t>(&part)) {
      add(*single);
      continue;
    }
    const KnobRange range = std::get<KnobRange>(part);
    const auto first = allowed.lower_bound(range.low);
    const auto last = allowed.upper_bound(range.high);
    // A knob nobody has is left to the plan's expansion, which says so with the nearest name.
    if (first == last && !allowed.empty()) {
      return TextFault{fmt::format("no chosen variant allows a value of {} from {} to {}; allowed are {}", choice.name,
                                   range.low, range.high, fmt::join(allowed, ", "))};
    }
    if (allowed.empty()) add(range.low);
    std::for_each(first, last, add);
  }
  return values;
}

}  // namespace knobscope::session
