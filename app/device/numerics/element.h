#pragma once
// Element types as bits: exact conversions between f32 and f16 or bf16 (round to nearest, ties to even; subnormals, NaN
// and overflow to infinity included), typed loads and stores, units in the last place, and poison.

#include "platform.h"

namespace knobscope::device::numerics {

/// Same numbers as knobscope::ElementType.
enum class Element : int { f32 = 0, f16 = 1, bf16 = 2 };

KNOBSCOPE_HD i64 element_bytes(Element type) { return type == Element::f32 ? 4 : 2; }

KNOBSCOPE_HD u16 f16_bits_of(float value) {
  const u32 bits = bits_of(value);
  const u32 sign = (bits >> 16) & 0x8000u;
  const u32 absolute = bits & 0x7FFFFFFFu;
  if (absolute > 0x7F800000u) {  // NaN: keep the top of the payload and make it quiet
    return static_cast<u16>(sign | 0x7E00u | ((absolute >> 13) & 0x01FFu));
  }
  if (absolute >= 0x477FF000u) return static_cast<u16>(sign | 0x7C00u);  // 65520 and above round to infinity
  if (absolute < 0x38800000u) {                                          // below 2^-14: subnormal or zero
    if (absolute <= 0x33000000u) return static_cast<u16>(sign);          // up to 2^-25 (a tie, to even) rounds to zero
    const u32 shift = 126u - (absolute >> 23);                           // mantissa bits that fall off, 14 to 24
    const u32 mantissa = (absolute & 0x007FFFFFu) | 0x00800000u;
    const u32 half = 1u << (shift - 1u);
    const u32 rest = mantissa & ((1u << shift) - 1u);
    u32 result = mantissa >> shift;
    if (rest > half || (rest == half && (result & 1u) != 0u)) ++result;
    return static_cast<u16>(sign | result);
  }
  const u32 rounded = absolute + 0x0FFFu + ((absolute >> 13) & 1u);
  return static_cast<u16>(sign | ((rounded >> 13) - 0x1C000u));
}

KNOBSCOPE_HD float f32_of_f16(u16 half) {
  const u32 sign = (static_cast<u32>(half) & 0x8000u) << 16;
  const u32 absolute = half & 0x7FFFu;
  if (absolute >= 0x7C00u) return float_of(sign | 0x7F800000u | ((absolute & 0x03FFu) << 13));
  if (absolute >= 0x0400u) return float_of(sign | ((absolute << 13) + 0x38000000u));
  const float value = static_cast<float>(absolute) * 5.9604644775390625e-8F;  // subnormal: exact multiple of 2^-24
  return float_of(sign | bits_of(value));
}

KNOBSCOPE_HD u16 bf16_bits_of(float value) {
  const u32 bits = bits_of(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<u16>((bits >> 16) | 0x0040u);
  return static_cast<u16>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

KNOBSCOPE_HD float f32_of_bf16(u16 bits) { return float_of(static_cast<u32>(bits) << 16); }

/// Bits of element `index`, in the low half for 2-byte types. `data` is aligned to the element.
KNOBSCOPE_HD u32 load_bits(const void* data, Element type, i64 index) {
  if (type == Element::f32) return static_cast<const u32*>(data)[index];
  return static_cast<const u16*>(data)[index];
}

KNOBSCOPE_HD float value_of_bits(u32 bits, Element type) {
  switch (type) {
    case Element::f32:
      return float_of(bits);
    case Element::f16:
      return f32_of_f16(static_cast<u16>(bits));
    case Element::bf16:
      return f32_of_bf16(static_cast<u16>(bits));
  }
  return 0.0F;
}

KNOBSCOPE_HD float load(const void* data, Element type, i64 index) {
  return value_of_bits(load_bits(data, type, index), type);
}

/// Rounds to the type (nearest, ties to even) and stores.
KNOBSCOPE_HD void store(void* data, Element type, i64 index, float value) {
  switch (type) {
    case Element::f32:
      static_cast<u32*>(data)[index] = bits_of(value);
      break;
    case Element::f16:
      static_cast<u16*>(data)[index] = f16_bits_of(value);
      break;
    case Element::bf16:
      static_cast<u16*>(data)[index] = bf16_bits_of(value);
      break;
  }
}

/// What an output holds before a run. Signalling NaNs, which no arithmetic and no conversion yields: in memory
/// A5 A5 A5 7F for f32, A5 7D for f16, A5 7F for bf16 (little endian).
KNOBSCOPE_HD u32 poison_bits(Element type) {
  switch (type) {
    case Element::f32:
      return 0x7FA5A5A5u;
    case Element::f16:
      return 0x7DA5u;
    case Element::bf16:
      return 0x7FA5u;
  }
  return 0;
}

/// The same for whole 4-byte words of a buffer; `word & 0xFFFF` for a last odd 2-byte element.
KNOBSCOPE_HD u32 poison_word(Element type) {
  const u32 bits = poison_bits(type);
  return type == Element::f32 ? bits : (bits | (bits << 16));
}

/// Distance between neighbouring numbers of the type at a finite `reference` (of its binade; the subnormal step near
/// 0).
KNOBSCOPE_HD double unit_in_last_place(double reference, Element type) {
  const int mantissa_bits = type == Element::f32 ? 23 : type == Element::f16 ? 10 : 7;
  const int least_exponent = type == Element::f16 ? -14 : -126;
  int exponent = static_cast<int>((bits_of(reference) >> 52) & 0x7FFu) - 1023;
  if (exponent < least_exponent) exponent = least_exponent;
  return double_of(static_cast<u64>(exponent - mantissa_bits + 1023) << 52);
}

}  // namespace knobscope::device::numerics
