#pragma once
// The ceilings of a size as JSON, in session files and in exports: rates in bytes per second, null where unmeasured.

#include <nlohmann/json.hpp>

#include "core/ceiling.h"
#include "session/session.h"

namespace knobscope::session {

/// Json: nlohmann::json or nlohmann::ordered_json.
template <class Json>
Json ceilings_json(const std::vector<SizeCeiling>& ceilings) {
  const auto rate = [](const std::optional<BytesPerSecond>& known) {
    return known ? Json(known->value) : Json(nullptr);
  };
  Json list = Json::array();
  for (const SizeCeiling& each : ceilings) {
    Json object;
    object["timing"] = name_of(each.timing);
    object["bytes"] = each.bytes.count;
    object["memcpy"] = each.memcpy.value;
    object["copy"] = each.copy.value;
    object["read"] = rate(each.read);
    object["write"] = rate(each.write);
    list.push_back(std::move(object));
  }
  return list;
}

/// Throws SessionError for anything that ceilings_json() does not write.
inline std::vector<SizeCeiling> ceilings_of(const nlohmann::json& list) {
  try {
    std::vector<SizeCeiling> ceilings;
    for (const nlohmann::json& object : list) {
      const auto rate = [&object](const char* name) -> std::optional<BytesPerSecond> {
        const nlohmann::json& value = object.at(name);
        if (value.is_null()) return std::nullopt;
        return BytesPerSecond{value.get<double>()};
      };
      const auto timing = timing_named(object.at("timing").get<std::string>());
      if (!timing) throw SessionError("the session file is damaged: no technique is called as a ceiling says");
      ceilings.push_back({*timing,
                          {object.at("bytes").get<std::int64_t>()},
                          {object.at("memcpy").get<double>()},
                          {object.at("copy").get<double>()},
                          rate("read"),
                          rate("write")});
    }
    return ceilings;
  } catch (const nlohmann::json::exception&) {
    throw SessionError("the session file is damaged: ceilings cannot be read");
  }
}

}  // namespace knobscope::session
