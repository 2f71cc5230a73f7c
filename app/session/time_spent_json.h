#pragma once
// Where a point's wall time went as JSON, in session files and in exports: seconds by the expense's word.

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/time_spent.h"
#include "session/session.h"

namespace knobscope::session {

/// Json: nlohmann::json or nlohmann::ordered_json. All expenses, in their order; null where it is not a number.
template <class Json>
Json spent_json(const TimeSpent& spent) {
  Json object = Json::object();
  for (const Expense expense : kExpenses) {
    const double seconds = spent[expense];
    object[std::string(name_of(expense))] = std::isfinite(seconds) ? Json(seconds) : Json(nullptr);
  }
  return object;
}

/// An expense that is missing cost nothing. Throws SessionError for what is no number, and for a word that is none.
inline TimeSpent spent_of(const nlohmann::json& object) {
  if (!object.is_object()) throw SessionError("the session file is damaged: where time went cannot be read");
  TimeSpent spent;
  for (const auto& [word, seconds] : object.items()) {
    const std::optional<Expense> expense = expense_named(word);
    if (!expense || !(seconds.is_number() || seconds.is_null())) {
      throw SessionError("the session file is damaged: where time went cannot be read");
    }
    if (seconds.is_number()) spent[*expense] = seconds.get<double>();
  }
  return spent;
}

}  // namespace knobscope::session
