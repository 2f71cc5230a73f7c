#include "core/variant.h"

#include <algorithm>

#include "core/nearest.h"

namespace knobscope {

const Variant* Catalog::find(std::string_view id) const {
  const auto found = std::ranges::find(variants, id, &Variant::id);
  return found == variants.end() ? nullptr : &*found;
}

KnobValues default_knobs(const Variant& variant) {
  KnobValues knobs;
  for (const Knob& knob : variant.knobs) knobs.emplace(knob.name, knob.initial);
  return knobs;
}

std::optional<std::string> find_fault(const Variant& variant, const KnobValues& knobs) {
  std::vector<std::string> names;
  for (const Knob& knob : variant.knobs) names.push_back(knob.name);
  for (const auto& [name, value] : knobs) {
    const auto knob = std::ranges::find(variant.knobs, name, &Knob::name);
    if (knob == variant.knobs.end()) {
      return "Variant " + variant.name + " has no knob '" + name + "'." + did_you_mean(name, names);
    }
    if (std::ranges::find(knob->values, value) == knob->values.end()) {
      std::string allowed;
      for (const std::int64_t each : knob->values) {
        allowed += (allowed.empty() ? "" : ", ") + std::to_string(each);
      }
      return "Variant " + variant.name + " does not allow " + name + "=" + std::to_string(value) + ": choose one of " +
             allowed + ".";
    }
  }
  for (const std::string& name : names) {
    if (!knobs.contains(name)) return "Variant " + variant.name + " needs a value for knob '" + name + "'.";
  }
  return std::nullopt;
}

}  // namespace knobscope
