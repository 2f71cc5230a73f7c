#pragma once
// Between plain data and JSON values: each struct names its fields once, for both directions (fields.h). Only the
// protocol includes this.

#include <array>
#include <bit>
#include <concepts>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/snapshot.h"

namespace knobscope::worker::wire {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little, "series travel as little-endian bytes");

/// A value is missing or not what it should be. `what()` names the place: "point.request.shape: not a list".
struct WireError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// `text` with every byte that is not part of valid UTF-8 replaced by U+FFFD.
std::string valid_utf8(const std::string& text);

/// Words of the enumerations, both ways.
template <typename E>
struct Words;

class Writer {
 public:
  template <typename T>
  using Ref = const T&;
  static constexpr bool reads = false;

  template <typename T>
  void operator()(const char* name, const T& value) {
    json_[name] = write(value);
  }
  Json take() { return std::move(json_); }

  static Json write(bool value) { return value; }
  static Json write(const std::string& text) { return valid_utf8(text); }
  template <typename T>
  requires(std::integral<T> || std::floating_point<T>) && (!std::same_as<T, bool>)static Json write(T value) {
    return value;
  }
  template <typename E>
  requires std::is_enum_v<E>
  static Json write(E value) { return std::string(Words<E>::of(value)); }
  static Json write(Bytes bytes) { return bytes.count; }
  static Json write(BytesPerSecond rate) { return rate.value; }
  static Json write(Nanoseconds time) { return time.count(); }
  template <typename T>
  static Json write(const std::optional<T>& value) {
    return value ? write(*value) : Json(nullptr);
  }
  template <typename T>
  static Json write(const std::shared_ptr<const T>& value) {
    return value ? write(*value) : Json(nullptr);
  }
  static Json write(const std::vector<double>& series) { return write_series(series); }
  static Json write(const std::vector<float>& series) { return write_series(series); }
  template <typename T>
  static Json write(const std::vector<T>& list) {
    Json::array_t array;
    array.reserve(list.size());
    for (const T& each : list) array.push_back(write(each));
    return array;
  }
  template <typename T>
  static Json write(const std::array<T, 3>& three) {
    return write(std::vector<T>(three.begin(), three.end()));
  }
  static Json write(const KnobValues& knobs) {
    Json::object_t object;
    for (const auto& [name, value] : knobs) object[valid_utf8(name)] = value;
    return object;
  }
  template <typename T>
  requires std::is_class_v<T>
  static Json write(const T& value) {
    Writer writer;
    fields(writer, value);
    return writer.take();
  }

 private:
  template <typename T>
  static Json write_series(const std::vector<T>& series) {
    std::vector<std::uint8_t> bytes(series.size() * sizeof(T));
    if (!series.empty()) std::memcpy(bytes.data(), series.data(), bytes.size());
    return Json::binary(std::move(bytes));
  }

  Json json_ = Json::object();
};

class Reader {
 public:
  template <typename T>
  using Ref = T&;
  static constexpr bool reads = true;

  explicit Reader(const Json& json) : json_(json) {
    if (!json.is_object()) throw WireError(": not an object");
  }

  template <typename T>
  void operator()(const char* name, T& value) {
    const auto found = json_.find(name);
    if (found == json_.end()) throw WireError(std::string(".") + name + ": missing");
    try {
      read(*found, value);
    } catch (const WireError& error) {
      throw WireError(std::string(".") + name + error.what());
    }
  }

  static void read(const Json& json, bool& value) {
    if (!json.is_boolean()) throw WireError(": not true or false");
    value = json.get<bool>();
  }
  static void read(const Json& json, std::string& value) {
    if (!json.is_string()) throw WireError(": not a text");
    value = json.get_ref<const std::string&>();
  }
  template <typename T>
  requires std::integral<T> &&(!std::same_as<T, bool>)static void read(const Json& json, T& value) {
    if (json.is_number_unsigned()) {
      const auto wide = json.get<std::uint64_t>();
      if (wide > static_cast<std::uint64_t>(std::numeric_limits<T>::max())) throw WireError(": too large");
      value = static_cast<T>(wide);
    } else if (json.is_number_integer()) {
      const auto wide = json.get<std::int64_t>();
      if (wide < 0 && std::unsigned_integral<T>) throw WireError(": negative");
      if (wide < static_cast<std::int64_t>(std::numeric_limits<T>::min())) throw WireError(": too small");
      value = static_cast<T>(wide);
    } else {
      throw WireError(": not an integer");
    }
  }
  template <std::floating_point T>
  static void read(const Json& json, T& value) {
    if (!json.is_number()) throw WireError(": not a number");
    value = json.get<T>();
  }
  template <typename E>
  requires std::is_enum_v<E>
  static void read(const Json& json, E& value) {
    std::string word;
    read(json, word);
    const std::optional<E> named = Words<E>::named(word);
    if (!named) throw WireError(": '" + word + "' is not known");
    value = *named;
  }
  static void read(const Json& json, Bytes& bytes) { read(json, bytes.count); }
  static void read(const Json& json, BytesPerSecond& rate) { read(json, rate.value); }
  static void read(const Json& json, Nanoseconds& time) {
    double count = 0.0;
    read(json, count);
    time = Nanoseconds(count);
  }
  template <typename T>
  static void read(const Json& json, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) read(json, value.emplace());
  }
  template <typename T>
  static void read(const Json& json, std::shared_ptr<const T>& value) {
    value.reset();
    if (json.is_null()) return;
    auto made = std::make_shared<T>();
    read(json, *made);
    value = std::move(made);
  }
  static void read(const Json& json, std::vector<double>& series) { read_series(json, series); }
  static void read(const Json& json, std::vector<float>& series) { read_series(json, series); }
  template <typename T>
  static void read(const Json& json, std::vector<T>& list) {
    if (!json.is_array()) throw WireError(": not a list");
    list.clear();
    list.reserve(json.size());
    for (const Json& each : json) {
      try {
        read(each, list.emplace_back());
      } catch (const WireError& error) {
        throw WireError("[" + std::to_string(list.size() - 1) + "]" + error.what());
      }
    }
  }
  template <typename T>
  static void read(const Json& json, std::array<T, 3>& three) {
    std::vector<T> list;
    read(json, list);
    if (list.size() != three.size()) throw WireError(": not three values");
    std::move(list.begin(), list.end(), three.begin());
  }
  static void read(const Json& json, KnobValues& knobs) {
    if (!json.is_object()) throw WireError(": not an object");
    knobs.clear();
    for (const auto& [name, value] : json.items()) read(value, knobs[name]);
  }
  template <typename T>
  requires std::is_class_v<T>
  static void read(const Json& json, T& value) {
    Reader reader(json);
    fields(reader, value);
  }

 private:
  template <typename T>
  static void read_series(const Json& json, std::vector<T>& series) {
    if (!json.is_binary()) throw WireError(": not a series");
    const auto& bytes = json.get_binary();
    if (bytes.size() % sizeof(T) != 0) throw WireError(": a series that ends within a number");
    series.resize(bytes.size() / sizeof(T));
    if (!series.empty()) std::memcpy(series.data(), bytes.data(), bytes.size());
  }

  const Json& json_;
};

}  // namespace knobscope::worker::wire
