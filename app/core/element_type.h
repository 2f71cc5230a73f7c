#pragma once
// The element types a tensor may have, and what the rest of the program must know about each.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knobscope {

enum class ElementType : std::uint8_t { f32, f16, bf16 };

inline constexpr std::array kElementTypes = {ElementType::f32, ElementType::f16, ElementType::bf16};

/// Bytes of one element.
constexpr std::int64_t size_of(ElementType type) { return type == ElementType::f32 ? 4 : 2; }

/// "f32", "f16" or "bf16".
constexpr std::string_view name_of(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return "f32";
    case ElementType::f16:
      return "f16";
    case ElementType::bf16:
      return "bf16";
  }
  return "?";
}

constexpr std::optional<ElementType> element_type_named(std::string_view name) {
  for (const ElementType type : kElementTypes) {
    if (name_of(type) == name) return type;
  }
  return std::nullopt;
}

/// |actual - expected| <= absolute + relative * |expected| passes.
struct Tolerance {
  double relative = 0.0;
  double absolute = 0.0;
};

/// The default tolerances of torch.testing.assert_close for the type
/// (documentation of PyTorch 2.11, torch.testing).
constexpr Tolerance tolerance_of(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return {1.3e-6, 1e-5};
    case ElementType::f16:
      return {1e-3, 1e-5};
    case ElementType::bf16:
      return {1.6e-2, 1e-5};
  }
  return {};
}

}  // namespace knobscope
