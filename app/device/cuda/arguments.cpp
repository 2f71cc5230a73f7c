#include "device/cuda/arguments.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>

#include <cxxabi.h>
#include <fmt/format.h>

namespace knobscope::device::cuda {
namespace {

std::string demangled(std::string_view mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(std::string(mangled).c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && text != nullptr ? std::string(text.get()) : std::string();
}

ParameterType type_of(std::string_view text) {
  if (text.ends_with('*')) return ParameterType::pointer;
  if (text == "float" || text == "double") return ParameterType::real;
  constexpr std::array<std::string_view, 12> kIntegers = {
      "bool", "char",         "signed char", "unsigned char", "short",     "unsigned short",
      "int",  "unsigned int", "long",        "unsigned long", "long long", "unsigned long long"};
  for (const std::string_view integer : kIntegers) {
    if (text == integer) return ParameterType::integer;
  }
  return ParameterType::unknown;
}

std::string title(const Argument& argument, std::string_view kernel, std::size_t position) {
  return fmt::format("argument {} of {} (\"{}\")", position + 1, kernel, argument.text);
}

std::uint64_t integer_bits(std::int64_t value, const Argument& argument, const Parameter& parameter,
                           std::string_view kernel, std::size_t position) {
  const auto bits = static_cast<std::uint64_t>(value);
  if (parameter.size == 8) return bits;
  // Signed and unsigned parameters look alike, so both ranges pass.
  const int width = static_cast<int>(8 * parameter.size);
  const std::int64_t lowest = -(std::int64_t{1} << (width - 1));
  const std::int64_t highest = (std::int64_t{1} << width) - 1;
  if (value < lowest || value > highest) {
    throw DeviceError(
        fmt::format("{} is {}, which does not fit the parameter's {} bits: declare it as long long, or "
                    "add a requirement that keeps such shapes away",
                    title(argument, kernel, position), value, width));
  }
  return bits & static_cast<std::uint64_t>(highest);
}

std::uint64_t real_bits(double value, const Parameter& parameter) {
  if (parameter.size == 8) return std::bit_cast<std::uint64_t>(value);
  return std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

}  // namespace

std::vector<ParameterType> parameter_types(std::string_view mangled_name) {
  if (!mangled_name.starts_with("_Z")) return {};  // short C names would demangle as types
  const std::string text = demangled(mangled_name);
  if (text.empty() || text.back() != ')') return {};
  // From the end, for the name before the list may hold parentheses of its own.
  std::vector<ParameterType> types;
  std::size_t end = text.size() - 1;  // one past the parameter being read
  int depth = 0;
  for (std::size_t at = text.size() - 1; at-- > 0;) {
    const char c = text[at];
    if (c == ')' || c == '>' || c == ']') ++depth;
    const bool outside = depth == 0;
    if ((c == '(' || c == '<' || c == '[') && !outside) --depth;
    if (!outside || (c != ',' && c != '(')) continue;
    std::string_view one = std::string_view(text).substr(at + 1, end - at - 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (!one.empty()) types.insert(types.begin(), type_of(one));
    end = at;
    if (c == '(') return types;
  }
  return {};
}

std::uint64_t bind_argument(const Argument& argument, const Parameter& parameter, std::string_view kernel,
                            std::size_t position) {
  const bool is_pointer = argument.kind == Argument::Kind::pointer;
  const bool wants_pointer = parameter.type == ParameterType::pointer;
  const bool wants_number = parameter.type == ParameterType::integer || parameter.type == ParameterType::real;
  if (is_pointer ? wants_number || parameter.size != sizeof(void*) : wants_pointer) {
    throw DeviceError(
        fmt::format("{} is {}, but the kernel's parameter is {}: compare the order of the launch's "
                    "arguments with the kernel's signature",
                    title(argument, kernel, position), is_pointer ? "a buffer" : "a number",
                    wants_pointer ? "a pointer" : "a number"));
  }
  if (is_pointer) return std::bit_cast<std::uint64_t>(argument.pointer);

  const bool is_real = argument.kind == Argument::Kind::real;
  const bool as_real = parameter.type == ParameterType::real || (parameter.type == ParameterType::unknown && is_real);
  const bool width_fits =
      as_real ? parameter.size == 4 || parameter.size == 8
              : parameter.size == 1 || parameter.size == 2 || parameter.size == 4 || parameter.size == 8;
  if (!width_fits) {
    throw DeviceError(
        fmt::format("{} is a number, but the kernel's parameter has {} bytes: kernels take pointers, "
                    "integers, float and double",
                    title(argument, kernel, position), parameter.size));
  }
  if (as_real) return real_bits(is_real ? argument.real : static_cast<double>(argument.integer), parameter);
  if (!is_real) return integer_bits(argument.integer, argument, parameter, kernel, position);
  // 2^63 itself is no std::int64_t, so the bound is exclusive.
  constexpr double kBound = 9223372036854775808.0;
  if (std::nearbyint(argument.real) != argument.real || argument.real < -kBound || argument.real >= kBound) {
    throw DeviceError(
        fmt::format("{} is {}, but the kernel's parameter is an integer: round it in the expression, or "
                    "declare the parameter as float",
                    title(argument, kernel, position), argument.real));
  }
  return integer_bits(static_cast<std::int64_t>(argument.real), argument, parameter, kernel, position);
}

std::vector<std::uint64_t> bind_arguments(const std::vector<Argument>& arguments,
                                          const std::vector<Parameter>& parameters, std::string_view kernel) {
  if (arguments.size() != parameters.size()) {
    throw DeviceError(
        fmt::format("{} takes {} parameters, but its launch gives {} arguments: list one argument for "
                    "each parameter, in the order of the signature",
                    kernel, parameters.size(), arguments.size()));
  }
  std::vector<std::uint64_t> values;
  values.reserve(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    values.push_back(bind_argument(arguments[i], parameters[i], kernel, i));
  }
  return values;
}

}  // namespace knobscope::device::cuda
