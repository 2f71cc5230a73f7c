#include "catalog/cpp_expression.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>

#include <fmt/format.h>

namespace knobscope::catalog {
namespace {

/// Deeper nesting is refused: nobody writes it, and the stack is finite.
constexpr int kDeepest = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

std::string literal(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return value < 0.0 ? "(" + text + ")" : text;
}

/// Thrown and caught in this file only.
struct NotSayable {};

/// One function a level of precedence, from the loosest to the tightest; each returns the C++ of what it has read.
class Translation {
 public:
  Translation(std::string_view text, const NameValues& known, const std::vector<std::string>& free_names)
      : rest_(text), known_(known), free_names_(free_names) {}

  std::string whole() {
    std::string text = either();
    skip_blanks();
    if (!rest_.empty()) throw NotSayable{};
    return text;
  }

 private:
  void skip_blanks() {
    const std::size_t begin = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(begin, rest_.size()));
  }

  /// The first of `symbols` that comes next, read; empty when none does.
  std::string_view take(std::initializer_list<std::string_view> symbols) {
    skip_blanks();
    for (const std::string_view symbol : symbols) {
      if (!rest_.starts_with(symbol)) continue;
      rest_.remove_prefix(symbol.size());
      return symbol;
    }
    return {};
  }

  void need(std::string_view symbol) {
    if (take({symbol}).empty()) throw NotSayable{};
  }

  /// Operands of the next level between operators of this one, all of which group to the left.
  template <class Next>
  std::string chain(std::initializer_list<std::string_view> operators, Next&& next) {
    std::string text = next();
    for (std::string_view symbol = take(operators); !symbol.empty(); symbol = take(operators)) {
      text += fmt::format(" {} {}", symbol, next());
    }
    return text;
  }

  std::string either() {
    return chain({"||"}, [this] { return both(); });
  }

  std::string both() {
    // In parentheses, because compilers warn of && beside || without.
    std::string text = comparison();
    bool several = false;
    while (!take({"&&"}).empty()) {
      text += " && " + comparison();
      several = true;
    }
    return several ? "(" + text + ")" : text;
  }

  std::string comparison() {
    const std::initializer_list<std::string_view> operators = {"<=", ">=", "==", "!=", "<", ">"};
    std::string text = sum();
    const std::string_view symbol = take(operators);
    if (symbol.empty()) return text;
    text += fmt::format(" {} {}", symbol, sum());
    if (!take(operators).empty()) throw NotSayable{};
    return text;
  }

  std::string sum() {
    return chain({"+", "-"}, [this] { return product(); });
  }

  std::string product() {
    std::string text = operand();
    for (std::string_view symbol = take({"*", "/", "%"}); !symbol.empty(); symbol = take({"*", "/", "%"})) {
      // C++ has no % for doubles.
      text = symbol == "%" ? fmt::format("remainder_of({}, {})", text, operand())
                           : fmt::format("{} {} {}", text, symbol, operand());
    }
    return text;
  }

  std::string operand() {
    skip_blanks();
    if (rest_.starts_with("!=")) throw NotSayable{};
    const std::string_view sign = take({"-", "+", "!"});
    if (sign.empty()) return primary();
    const Nesting nesting(*this);
    return sign == "+" ? operand() : fmt::format("{}({})", sign, operand());
  }

  std::string primary() {
    skip_blanks();
    if (rest_.empty()) throw NotSayable{};
    if (is_digit(rest_[0]) || rest_[0] == '.') return number();
    if (starts_name(rest_[0])) return name_or_call();
    const Nesting nesting(*this);
    need("(");
    std::string text = either();
    need(")");
    return "(" + text + ")";
  }

  std::string number() {
    double value = 0.0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) throw NotSayable{};
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return literal(value);
  }

  std::string name_or_call() {
    const auto end = std::ranges::find_if(rest_, [](char c) { return !starts_name(c) && !is_digit(c); });
    const std::string name(rest_.begin(), end);
    rest_.remove_prefix(name.size());
    if (take({"("}).empty()) {
      if (std::ranges::find(free_names_, name) != free_names_.end()) return name;
      const auto known = known_.find(name);
      if (known == known_.end() || !std::isfinite(known->second)) throw NotSayable{};
      return literal(known->second);
    }
    if (std::ranges::find(function_names(), name) == function_names().end()) throw NotSayable{};
    const Nesting nesting(*this);
    std::string text = name + "(" + either();
    while (!take({","}).empty()) text += ", " + either();
    need(")");
    return text + ")";
  }

  /// Counts how deep the reading is while it lives.
  struct Nesting {
    explicit Nesting(Translation& translation) : depth(translation.depth_) {
      if (++depth > kDeepest) throw NotSayable{};
    }
    ~Nesting() { --depth; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    int& depth;
  };

  std::string_view rest_;
  const NameValues& known_;
  const std::vector<std::string>& free_names_;
  int depth_ = 0;
};

}  // namespace

std::optional<std::string> to_cpp(std::string_view expression, const NameValues& known,
                                  const std::vector<std::string>& free_names) {
  try {
    return Translation(expression, known, free_names).whole();
  } catch (const NotSayable&) {
    return std::nullopt;
  }
}

}  // namespace knobscope::catalog
