#pragma once
// What stands in exported JSON for numbers and texts that may be missing.

#include <cmath>
#include <optional>
#include <string>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "core/units.h"

namespace knobscope::session {

/// Fields stay in the order they are documented in.
using Json = nlohmann::ordered_json;

/// JSON has no NaN and no infinity; what cannot be said is null.
inline Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

inline Json text(const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); }

template <class T>
Json number(const std::optional<T>& value) {
  if (!value) return nullptr;
  if constexpr (std::is_same_v<T, Bytes>) {
    return value->count;
  } else if constexpr (std::is_same_v<T, BytesPerSecond>) {
    return number(value->value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return number(*value);
  } else {
    return *value;
  }
}

}  // namespace knobscope::session
