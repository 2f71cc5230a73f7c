#pragma once
// The small language of launch and size expressions: numbers, names, + - * / % ^, comparisons, && || !, ?:, and
// ceil_div, round_up, min, max, pow2_ceil, log2_ceil, abs, floor, ceil. All arithmetic is in double, which is exact
// for integers up to 2^53; `/` is the real quotient (ceil_div and floor give integers), `%` the integer remainder.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace knobscope::catalog {

/// What the names of an expression stand for.
using NameValues = std::map<std::string, double, std::less<>>;

/// Why an expression cannot be read or has no usable value: a sentence that quotes it.
struct ExpressionFault {
  std::string message;
};

/// "ceil_div", "round_up", …
const std::vector<std::string>& function_names();

/// The names an expression mentions, functions left out, each once, in the order written. Works on broken text too.
std::vector<std::string> names_in(std::string_view expression);

/// `expression` with the text of each name that `definitions` has in its place, in parentheses where it needs them.
std::string expanded(std::string_view expression, const std::map<std::string, std::string, std::less<>>& definitions);

/// Whether an expression is written as a real number: it names `epsilon` or has a literal with a point or exponent.
bool is_real(std::string_view expression);

/// Evaluates expressions over one set of names. Building one is the expensive part (tens of microseconds), an
/// expression then takes a few. Not thread-safe; movable.
class Evaluator {
 public:
  explicit Evaluator(NameValues names);
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;

  /// One name more, for the expressions that follow.
  void define(const std::string& name, double value);

  /// Nothing wrong with syntax and names: an empty message. The values of the names do not matter.
  std::string find_fault(const std::string& expression) const;
  /// A finite number.
  std::variant<double, ExpressionFault> real(const std::string& expression) const;
  /// An integer of at most 2^53 in magnitude.
  std::variant<std::int64_t, ExpressionFault> integer(const std::string& expression) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace knobscope::catalog
