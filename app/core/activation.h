#pragma once
// A function that is applied to every element of a LayerNorm's output, as part of the same problem.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knobscope {

enum class Activation : std::uint8_t {
  none,
  relu,  ///< max(y, 0)
  gelu,  ///< y * (1 + erf(y / sqrt(2))) / 2: the exact form, Hendrycks and Gimpel, arXiv:1606.08415
};

inline constexpr std::array kActivations = {Activation::none, Activation::relu, Activation::gelu};

/// "none", "relu" or "gelu".
constexpr std::string_view name_of(Activation activation) {
  switch (activation) {
    case Activation::none:
      return "none";
    case Activation::relu:
      return "relu";
    case Activation::gelu:
      return "gelu";
  }
  return "?";
}

constexpr std::optional<Activation> activation_named(std::string_view name) {
  for (const Activation activation : kActivations) {
    if (name_of(activation) == name) return activation;
  }
  return std::nullopt;
}

}  // namespace knobscope
