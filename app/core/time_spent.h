#pragma once
// On what a point's wall time goes: its kernel, and everything else.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knobscope {

/// What is done for a point, in the order of a point that has all of it.
enum class Expense : std::uint8_t {
  between,    ///< what the worker does not account for: the protocol, the client, from one result to the next
  open,       ///< the device is opened, once a worker
  compile,    ///< the compiler; nothing when the code comes from the cache
  load,       ///< evaluating the launch plan, finding the code in the cache, loading it
  ceilings,   ///< the device's ceilings, once, and copies as large as the point, once a size
  fill,       ///< inputs: allocated, filled, hashed; once a problem
  reference,  ///< once a problem
  allocate,   ///< the variant's outputs and extra buffers, taken and given back
  verify,     ///< the run that is checked and the checks
  warm_up,    ///< runs that are not counted
  samples,    ///< what the samples add up to: the kernel
  timing,     ///< what else it costs to take them: flush, launch, events, wait, stopping rule
  counters,   ///< what the profiler counts, where it was asked to
  other,      ///< summaries, environment, verdict
};

inline constexpr std::array kExpenses = {Expense::between,  Expense::open,    Expense::compile,   Expense::load,
                                         Expense::ceilings, Expense::fill,    Expense::reference, Expense::allocate,
                                         Expense::verify,   Expense::warm_up, Expense::samples,   Expense::timing,
                                         Expense::counters, Expense::other};

/// The word in files and on screen.
constexpr std::string_view name_of(Expense expense) {
  switch (expense) {
    case Expense::between:
      return "between";
    case Expense::open:
      return "open";
    case Expense::compile:
      return "compile";
    case Expense::load:
      return "load";
    case Expense::ceilings:
      return "ceilings";
    case Expense::fill:
      return "fill";
    case Expense::reference:
      return "reference";
    case Expense::allocate:
      return "allocate";
    case Expense::verify:
      return "verify";
    case Expense::warm_up:
      return "warm-up";
    case Expense::samples:
      return "samples";
    case Expense::timing:
      return "timing";
    case Expense::counters:
      return "counters";
    case Expense::other:
      return "other";
  }
  return "?";
}

constexpr std::optional<Expense> expense_named(std::string_view name) {
  for (const Expense expense : kExpenses) {
    if (name_of(expense) == name) return expense;
  }
  return std::nullopt;
}

/// Seconds of wall time by expense; they add up to what the point took.
struct TimeSpent {
  std::array<double, kExpenses.size()> seconds{};

  double& operator[](Expense expense) { return seconds.at(static_cast<std::size_t>(expense)); }
  double operator[](Expense expense) const { return seconds.at(static_cast<std::size_t>(expense)); }
  double total() const {
    double sum = 0.0;
    for (const double each : seconds) sum += each;
    return sum;
  }
  TimeSpent& operator+=(const TimeSpent& more) {
    for (const Expense expense : kExpenses) (*this)[expense] += more[expense];
    return *this;
  }
  bool operator==(const TimeSpent&) const = default;
};

}  // namespace knobscope
