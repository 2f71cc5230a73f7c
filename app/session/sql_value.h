#pragma once
// How each type of a point is stored in a column. A NaN is stored as NULL, because SQLite has none; a column of a
// plain double that is NULL reads as NaN again.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/device_facts.h"
#include "core/distribution.h"
#include "core/element_type.h"
#include "core/finding.h"
#include "core/knobs.h"
#include "core/launch_facts.h"
#include "core/operation.h"
#include "core/time_spent.h"
#include "core/timing.h"
#include "core/units.h"
#include "core/verdict.h"
#include "core/window_state.h"
#include "session/ceilings_json.h"
#include "session/database.h"
#include "session/session.h"
#include "session/time_spent_json.h"

namespace knobscope::session {

template <class T>
struct Sql;

template <>
struct Sql<std::int64_t> {
  static constexpr const char* type = "INTEGER NOT NULL";
  static void bind(Statement& to, int index, std::int64_t value) { to.bind(index, value); }
  static std::int64_t read(const Statement& from, int index) { return from.integer(index); }
};

template <>
struct Sql<int> {
  static constexpr const char* type = "INTEGER NOT NULL";
  static void bind(Statement& to, int index, int value) { to.bind(index, static_cast<std::int64_t>(value)); }
  static int read(const Statement& from, int index) {
    const std::int64_t value = from.integer(index);
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
      throw SessionError("the session file is damaged: a number is out of range");
    }
    return static_cast<int>(value);
  }
};

/// All 64 bits are kept; numbers of 2^63 and more show as negative in SQL.
template <>
struct Sql<std::uint64_t> {
  static constexpr const char* type = "INTEGER NOT NULL";
  static void bind(Statement& to, int index, std::uint64_t value) {
    to.bind(index, std::bit_cast<std::int64_t>(value));
  }
  static std::uint64_t read(const Statement& from, int index) {
    return std::bit_cast<std::uint64_t>(from.integer(index));
  }
};

template <>
struct Sql<bool> {
  static constexpr const char* type = "INTEGER NOT NULL";
  static void bind(Statement& to, int index, bool value) { to.bind(index, static_cast<std::int64_t>(value)); }
  static bool read(const Statement& from, int index) { return from.integer(index) != 0; }
};

template <>
struct Sql<double> {
  static constexpr const char* type = "REAL";
  static void bind(Statement& to, int index, double value) {
    if (std::isnan(value)) {
      to.bind_null(index);
    } else {
      to.bind(index, value);
    }
  }
  static double read(const Statement& from, int index) {
    return from.is_null(index) ? std::numeric_limits<double>::quiet_NaN() : from.real(index);
  }
};

template <>
struct Sql<std::string> {
  static constexpr const char* type = "TEXT NOT NULL";
  static void bind(Statement& to, int index, const std::string& value) { to.bind(index, std::string_view(value)); }
  static std::string read(const Statement& from, int index) { return from.text(index); }
};

template <>
struct Sql<Bytes> {
  static constexpr const char* type = "INTEGER NOT NULL";
  static void bind(Statement& to, int index, Bytes value) { to.bind(index, value.count); }
  static Bytes read(const Statement& from, int index) { return {from.integer(index)}; }
};

template <>
struct Sql<BytesPerSecond> {
  static constexpr const char* type = "REAL";
  static void bind(Statement& to, int index, BytesPerSecond value) { Sql<double>::bind(to, index, value.value); }
  static BytesPerSecond read(const Statement& from, int index) { return {Sql<double>::read(from, index)}; }
};

template <>
struct Sql<Nanoseconds> {
  static constexpr const char* type = "REAL";
  static void bind(Statement& to, int index, Nanoseconds value) { Sql<double>::bind(to, index, value.count()); }
  static Nanoseconds read(const Statement& from, int index) { return Nanoseconds(Sql<double>::read(from, index)); }
};

/// Nullable columns: NULL is "not measured".
template <class T>
struct Sql<std::optional<T>> {
  static constexpr bool is_real =
      std::is_same_v<T, double> || std::is_same_v<T, BytesPerSecond> || std::is_same_v<T, Nanoseconds>;
  static constexpr bool is_text = std::is_same_v<T, std::string> || std::is_same_v<T, std::vector<std::int64_t>> ||
                                  std::is_same_v<T, std::vector<std::string>> || std::is_same_v<T, TimeSpent> ||
                                  std::is_enum_v<T>;
  static constexpr const char* type = is_real ? "REAL" : is_text ? "TEXT" : "INTEGER";
  static void bind(Statement& to, int index, const std::optional<T>& value) {
    if (value) {
      Sql<T>::bind(to, index, *value);
    } else {
      to.bind_null(index);
    }
  }
  static std::optional<T> read(const Statement& from, int index) {
    if (from.is_null(index)) return std::nullopt;
    return Sql<T>::read(from, index);
  }
};

/// Enumerations are stored by their word in files.
template <class T, auto Named>
struct SqlWord {
  static constexpr const char* type = "TEXT NOT NULL";
  static void bind(Statement& to, int index, T value) { to.bind(index, name_of(value)); }
  static T read(const Statement& from, int index) {
    const std::string word = from.text(index);
    const std::optional<T> value = Named(word);
    if (!value) throw SessionError("the session file is damaged: it holds the unknown word '" + word + "'");
    return *value;
  }
};

constexpr std::optional<DeviceKind> device_kind_named(std::string_view name) {
  for (const DeviceKind kind : {DeviceKind::cuda, DeviceKind::cpu, DeviceKind::emulated}) {
    if (name_of(kind) == name) return kind;
  }
  return std::nullopt;
}

template <>
struct Sql<FindingKind> : SqlWord<FindingKind, finding_kind_named> {};
template <>
struct Sql<OccupancyLimit> : SqlWord<OccupancyLimit, occupancy_limit_named> {};
template <>
struct Sql<StoppingCriterion> : SqlWord<StoppingCriterion, stopping_criterion_named> {};
template <>
struct Sql<Timing> : SqlWord<Timing, timing_named> {};
template <>
struct Sql<Verdict> : SqlWord<Verdict, verdict_named> {};
template <>
struct Sql<WindowState> : SqlWord<WindowState, window_state_named> {};
template <>
struct Sql<ElementType> : SqlWord<ElementType, element_type_named> {};
template <>
struct Sql<Layout> : SqlWord<Layout, layout_named> {};
template <>
struct Sql<Activation> : SqlWord<Activation, activation_named> {};
template <>
struct Sql<DistributionKind> : SqlWord<DistributionKind, distribution_named> {};
template <>
struct Sql<Operation> : SqlWord<Operation, operation_named> {};
template <>
struct Sql<DeviceKind> : SqlWord<DeviceKind, device_kind_named> {};

/// Lists and maps as JSON, which SQLite's own functions can read.
template <class T>
struct SqlJson {
  static constexpr const char* type = "TEXT NOT NULL";
  static void bind(Statement& to, int index, const T& value) {
    to.bind(index,
            std::string_view(nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
  }
  static T read(const Statement& from, int index) {
    const nlohmann::json value = nlohmann::json::parse(from.text(index), nullptr, /*allow_exceptions=*/false);
    try {
      return value.template get<T>();
    } catch (const nlohmann::json::exception&) {
      throw SessionError("the session file is damaged: a list cannot be read");
    }
  }
};

template <>
struct Sql<std::vector<std::int64_t>> : SqlJson<std::vector<std::int64_t>> {};
template <>
struct Sql<std::vector<std::string>> : SqlJson<std::vector<std::string>> {};

template <>
struct Sql<std::vector<SizeCeiling>> {
  static constexpr const char* type = "TEXT NOT NULL";
  static void bind(Statement& to, int index, const std::vector<SizeCeiling>& value) {
    to.bind(index, std::string_view(ceilings_json<nlohmann::json>(value).dump()));
  }
  static std::vector<SizeCeiling> read(const Statement& from, int index) {
    return ceilings_of(nlohmann::json::parse(from.text(index), nullptr, /*allow_exceptions=*/false));
  }
};

template <>
struct Sql<TimeSpent> {
  static constexpr const char* type = "TEXT NOT NULL";
  static void bind(Statement& to, int index, const TimeSpent& value) {
    to.bind(index, std::string_view(spent_json<nlohmann::json>(value).dump()));
  }
  static TimeSpent read(const Statement& from, int index) {
    return spent_of(nlohmann::json::parse(from.text(index), nullptr, /*allow_exceptions=*/false));
  }
};

template <>
struct Sql<KnobValues> {
  static constexpr const char* type = "TEXT NOT NULL";
  static void bind(Statement& to, int index, const KnobValues& value) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [name, number] : value) object[name] = number;
    to.bind(index, std::string_view(object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
  }
  static KnobValues read(const Statement& from, int index) {
    const nlohmann::json object = nlohmann::json::parse(from.text(index), nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) throw SessionError("the session file is damaged: knobs cannot be read");
    KnobValues values;
    for (const auto& [name, number] : object.items()) {
      if (!number.is_number_integer()) throw SessionError("the session file is damaged: a knob is not a number");
      values[name] = number.get<std::int64_t>();
    }
    return values;
  }
};

}  // namespace knobscope::session
