#pragma once
// 16-bit floating-point numbers as bit patterns, for the CPU. Not one of these functions branches: a compiler can turn
// a loop over them into vector instructions, on processors with and without instructions for such conversions.

#include <bit>
#include <cstdint>

namespace knobscope {

/// bfloat16 is the upper half of a float.
inline float float_of_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

inline std::uint16_t bfloat16_of_float(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  // Just under half a unit of what stays, plus the last bit that stays: a tie goes up only from an odd number.
  const std::uint32_t rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
  const std::uint32_t quiet_nan = (bits >> 16) | 0x40u;
  return static_cast<std::uint16_t>((bits & 0x7FFFFFFFu) > 0x7F800000u ? quiet_nan : rounded);
}

inline float float_of_half(std::uint16_t bits) {
  const std::uint32_t magnitude = bits & 0x7FFFu;
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  // In place as a float, the number is too small by the difference of the two exponent biases, 127 - 15. One
  // multiplication puts that right, for subnormal numbers as well.
  const float scaled = std::bit_cast<float>(magnitude << 13) * 0x1p112F;
  const std::uint32_t infinite = magnitude >= 0x7C00u ? 0x7F800000u : 0u;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(scaled) | infinite | sign);
}

inline std::uint16_t half_of_float(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  // Normal numbers: round off 13 bits, then move the exponent's bias from 127 to 15. A carry out of the mantissa
  // raises the exponent, as it should; what ends above the largest half is infinity.
  const std::uint32_t rounded = ((magnitude + 0xFFFu + ((magnitude >> 13) & 1u)) >> 13) - (112u << 10);
  const std::uint32_t normal = rounded < 0x7C00u ? rounded : 0x7C00u;
  // Below 2^-14 halves are multiples of 2^-24, and so are floats between 0.5 and 1: adding 0.5 does the rounding.
  const float raised = std::bit_cast<float>(magnitude) + 0.5F;
  const std::uint32_t subnormal = std::bit_cast<std::uint32_t>(raised) - std::bit_cast<std::uint32_t>(0.5F);
  const std::uint32_t finite = magnitude < 0x38800000u ? subnormal : normal;
  const std::uint32_t result = magnitude > 0x7F800000u ? 0x7E00u : finite;
  return static_cast<std::uint16_t>(result | ((bits >> 16) & 0x8000u));
}

}  // namespace knobscope
