#include "catalog/expression.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <muParserBase.h>

#include "core/nearest.h"

namespace knobscope::catalog {
namespace {

constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr double kLargestExact = 9007199254740992.0;  // 2^53
constexpr std::size_t kLongestExpression = 1000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_integer(double value) { return std::isfinite(value) && std::floor(value) == value; }

// What muParser calls. Undefined results are NaN; the caller turns that into a sentence.

double ceil_div(double a, double b) {
  if (b == 0.0) return kNotANumber;
  // By the remainder, which fmod gives exactly; the rounded quotient of large integers can hide it.
  const double remainder = std::fmod(a, b);
  const double quotient = (a - remainder) / b;
  return remainder != 0.0 && (remainder < 0.0) == (b < 0.0) ? quotient + 1.0 : quotient;
}
double round_up(double a, double multiple) { return ceil_div(a, multiple) * multiple; }
double remainder_of(double a, double b) {
  return is_integer(a) && is_integer(b) && b != 0.0 ? std::fmod(a, b) : kNotANumber;
}
/// The smallest e >= 0 with 2^e >= a, exactly.
double log2_ceil(double a) {
  if (!std::isfinite(a) || a <= 0.0) return kNotANumber;
  int exponent = 0;
  const double fraction = std::frexp(a, &exponent);  // a = fraction * 2^exponent, fraction in [1/2, 1)
  return std::max(0, fraction == 0.5 ? exponent - 1 : exponent);
}
double pow2_ceil(double a) {
  if (!std::isfinite(a)) return kNotANumber;
  return a <= 1.0 ? 1.0 : std::exp2(log2_ceil(a));
}
double smallest(const double* values, int count) { return *std::min_element(values, values + count); }
double largest(const double* values, int count) { return *std::max_element(values, values + count); }
double magnitude(double a) { return std::abs(a); }
double rounded_down(double a) { return std::floor(a); }
double rounded_up(double a) { return std::ceil(a); }
double negated(double a) { return -a; }
double unchanged(double a) { return a; }
double inverted(double a) { return a == 0.0 ? 1.0 : 0.0; }

/// Reads a literal without the locale, which a host program may have changed.
int read_number(const char* text, int* position, double* value) {
  const std::string_view rest(text);
  if (rest.empty() || !(is_digit(rest[0]) || rest[0] == '.')) return 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), *value);
  if (error != std::errc()) return 0;
  *position += static_cast<int>(end - rest.data());
  return 1;
}

/// muParser with our functions only, and no assignment, strings or constants of its own.
class Parser final : public mu::ParserBase {
 public:
  Parser() {
    AddValIdent(read_number);
    set_up();
  }

 protected:
  void InitCharSets() override {
    DefineNameChars("0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    DefineOprtChars("+-*^/?<>=!%&|");
    DefineInfixOprtChars("+-!");
  }
  void InitFun() override {
    DefineFun("ceil_div", ceil_div);
    DefineFun("round_up", round_up);
    DefineFun("min", smallest);
    DefineFun("max", largest);
    DefineFun("pow2_ceil", pow2_ceil);
    DefineFun("log2_ceil", log2_ceil);
    DefineFun("abs", magnitude);
    DefineFun("floor", rounded_down);
    DefineFun("ceil", rounded_up);
  }
  void InitConst() override {}
  void InitOprt() override {
    DefineInfixOprt("-", negated);
    DefineInfixOprt("+", unchanged);
    DefineInfixOprt("!", inverted);
    DefineOprt("%", remainder_of, mu::prMUL_DIV, mu::oaLEFT, true);
  }

 private:
  void set_up() {
    InitCharSets();
    InitFun();
    InitConst();
    InitOprt();
  }
};

std::string quote(const std::string& expression) {
  return expression.size() <= 80 ? "'" + expression + "'" : "'" + expression.substr(0, 77) + "...'";
}

/// A name, a literal, or anything else, one character at a time.
struct Token {
  enum class Kind { name, function, number, symbol } kind = Kind::symbol;
  std::string_view text;
};

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> tokens;
  std::size_t i = 0;
  const auto next_is_parenthesis = [text](std::size_t at) {
    while (at < text.size() && is_blank(text[at])) ++at;
    return at < text.size() && text[at] == '(';
  };
  while (i < text.size()) {
    const std::size_t begin = i;
    const char c = text[i];
    if (is_blank(c)) {
      ++i;
      continue;
    }
    if (starts_name(c)) {
      while (i < text.size() && continues_name(text[i])) ++i;
      tokens.push_back(
          {next_is_parenthesis(i) ? Token::Kind::function : Token::Kind::name, text.substr(begin, i - begin)});
    } else if (is_digit(c) || c == '.') {
      double value = 0.0;
      const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), value);
      i = error == std::errc::invalid_argument ? i + 1 : static_cast<std::size_t>(end - text.data());
      tokens.push_back({Token::Kind::number, text.substr(begin, i - begin)});
    } else {
      constexpr std::string_view pairs[] = {"==", "!=", "<=", ">=", "&&", "||"};
      const bool pair = std::ranges::find(pairs, text.substr(i, 2)) != std::end(pairs);
      i += pair ? 2 : 1;
      tokens.push_back({Token::Kind::symbol, text.substr(begin, i - begin)});
    }
  }
  return tokens;
}

/// What is wrong with a symbol, or nothing.
std::string symbol_fault(std::string_view symbol) {
  if (symbol == "=") return "a single '=' does not compare; write '=='";
  if (symbol == "&") return "a single '&' is no operator; write '&&'";
  if (symbol == "|") return "a single '|' is no operator; write '||'";
  constexpr std::string_view known = "+-*/%^()<>!?:,";
  if (symbol.size() == 2 || known.find(symbol) != std::string_view::npos) return {};
  const bool printable = symbol[0] > ' ' && symbol[0] < '\x7f';
  return (printable ? "the character '" + std::string(symbol) + "'" : std::string("a character")) +
         " has no meaning in an expression";
}

/// One name or number, one call, or all of it in parentheses: no operator beside it reaches inside.
bool holds_together(const std::vector<Token>& tokens) {
  if (tokens.size() < 2) return true;
  int depth = 0;
  for (std::size_t i = tokens.front().kind == Token::Kind::function ? 1 : 0; i < tokens.size(); ++i) {
    if (tokens[i].text == "(") ++depth;
    if (tokens[i].text == ")") --depth;
    if (depth == 0) return i + 1 == tokens.size();
  }
  return false;
}

}  // namespace

const std::vector<std::string>& function_names() {
  static const std::vector<std::string> names = {"ceil_div",  "round_up", "min",   "max", "pow2_ceil",
                                                 "log2_ceil", "abs",      "floor", "ceil"};
  return names;
}

std::vector<std::string> names_in(std::string_view expression) {
  std::vector<std::string> names;
  for (const Token& token : tokens_of(expression)) {
    if (token.kind == Token::Kind::name && std::ranges::find(names, token.text) == names.end()) {
      names.emplace_back(token.text);
    }
  }
  return names;
}

std::string expanded(std::string_view expression, const std::map<std::string, std::string, std::less<>>& definitions) {
  const std::vector<Token> tokens = tokens_of(expression);
  std::string text;
  const char* copied = expression.data();
  for (const Token& token : tokens) {
    const auto found = token.kind == Token::Kind::name ? definitions.find(token.text) : definitions.end();
    if (found == definitions.end()) continue;
    text.append(copied, token.text.data());
    copied = token.text.data() + token.text.size();
    const bool alone = tokens.size() == 1 || holds_together(tokens_of(found->second));
    text += alone ? found->second : "(" + found->second + ")";
  }
  return text.append(copied, expression.data() + expression.size());
}

bool is_real(std::string_view expression) {
  return std::ranges::any_of(tokens_of(expression), [](const Token& token) {
    if (token.kind == Token::Kind::name) return token.text == "epsilon" || token.text == "momentum";
    return token.kind == Token::Kind::number && token.text.find_first_of(".eE") != std::string_view::npos;
  });
}

struct Evaluator::Impl {
  NameValues names;
  Parser parser;

  explicit Impl(NameValues values) : names(std::move(values)) {
    // Names are bound when an expression first mentions them; most never are.
    parser.SetVarFactory(
        [](const char* name, void* self) -> double* {
          auto& known = static_cast<Impl*>(self)->names;
          const auto found = known.find(std::string_view(name));
          if (found == known.end()) throw mu::ParserError("unknown name");
          return &found->second;
        },
        this);
  }

  /// Everything muParser would say less clearly, or accept though it means nothing.
  std::string find_fault(const std::string& expression) const {
    if (expression.size() > kLongestExpression) {
      return fmt::format("The expression {} is longer than {} characters: shorten it.", quote(expression),
                         kLongestExpression);
    }
    const std::vector<Token> tokens = tokens_of(expression);
    if (tokens.empty()) return "An expression is empty: write a number, a name or a formula.";
    for (const Token& token : tokens) {
      if (token.kind == Token::Kind::symbol) {
        const std::string fault = symbol_fault(token.text);
        if (!fault.empty()) return fmt::format("In {} {}.", quote(expression), fault);
      } else if (token.kind == Token::Kind::name && !names.contains(token.text)) {
        if (std::ranges::find(function_names(), token.text) != function_names().end()) {
          return fmt::format("In {} the function '{}' has no arguments: write {}(...).", quote(expression), token.text,
                             token.text);
        }
        std::vector<std::string> known;
        for (const auto& [name, value] : names) known.push_back(name);
        const std::string hint = did_you_mean(token.text, known);
        return fmt::format("Unknown name '{}' in {}.{}", token.text, quote(expression),
                           hint.empty() ? fmt::format(" Known are: {}.", fmt::join(known, ", ")) : hint);
      } else if (token.kind == Token::Kind::function &&
                 std::ranges::find(function_names(), token.text) == function_names().end()) {
        const std::string hint = did_you_mean(token.text, function_names());
        return fmt::format("Unknown function '{}' in {}.{}", token.text, quote(expression),
                           hint.empty() ? fmt::format(" Known are: {}.", fmt::join(function_names(), ", ")) : hint);
      }
    }
    return {};
  }

  std::variant<double, ExpressionFault> evaluate(const std::string& expression) {
    std::string fault = find_fault(expression);
    if (!fault.empty()) return ExpressionFault{std::move(fault)};
    try {
      parser.SetExpr(expression);
      const double value = parser.Eval();
      if (parser.GetNumResults() != 1) {
        return ExpressionFault{
            fmt::format("{} gives several values: write one formula without commas.", quote(expression))};
      }
      return value;
    } catch (const mu::ParserError& error) {
      return ExpressionFault{fmt::format("{} is not a formula: {}", quote(expression), error.GetMsg())};
    }
  }
};

Evaluator::Evaluator(NameValues names) : impl_(std::make_unique<Impl>(std::move(names))) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

void Evaluator::define(const std::string& name, double value) { impl_->names.insert_or_assign(name, value); }

std::string Evaluator::find_fault(const std::string& expression) const {
  const auto result = impl_->evaluate(expression);
  const auto* fault = std::get_if<ExpressionFault>(&result);
  return fault == nullptr ? std::string() : fault->message;
}

std::variant<double, ExpressionFault> Evaluator::real(const std::string& expression) const {
  auto result = impl_->evaluate(expression);
  const double* value = std::get_if<double>(&result);
  if (value != nullptr && !std::isfinite(*value)) {
    return ExpressionFault{
        fmt::format("{} has no value here: it divides by zero, takes the remainder of a fraction, or is too large.",
                    quote(expression))};
  }
  return result;
}

std::variant<std::int64_t, ExpressionFault> Evaluator::integer(const std::string& expression) const {
  const auto result = real(expression);
  if (const auto* fault = std::get_if<ExpressionFault>(&result)) return *fault;
  const double value = std::get<double>(result);
  if (std::abs(value) > kLargestExact) {
    return ExpressionFault{
        fmt::format("{} is {}, more than the 2^53 that can be counted exactly.", quote(expression), value)};
  }
  if (std::floor(value) != value) {
    return ExpressionFault{
        fmt::format("{} is {} and must be an integer: use ceil_div, floor or ceil.", quote(expression), value)};
  }
  return static_cast<std::int64_t>(value);
}

}  // namespace knobscope::catalog
