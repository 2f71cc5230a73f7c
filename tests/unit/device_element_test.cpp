// Conversions between element types against the compiler's own half type and against arithmetic from first principles.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "device/numerics/element.h"

namespace knobscope::device::numerics {
namespace {

// What the neighbours of a float say: the bf16 nearest to it, the even one of two equally near.
u16 nearest_bf16(float value) {
  const u32 bits = std::bit_cast<u32>(value);
  const u16 toward_zero = static_cast<u16>(bits >> 16);
  if (std::isinf(value)) return toward_zero;
  const double low = static_cast<double>(f32_of_bf16(toward_zero));
  const u16 away = static_cast<u16>(toward_zero + 1);
  // Beyond the largest number the next one would be 2^128.
  const double high =
      (away & 0x7FFFu) == 0x7F80u ? std::copysign(std::ldexp(1.0, 128), low) : static_cast<double>(f32_of_bf16(away));
  const double to_low = std::abs(static_cast<double>(value) - low);
  const double to_high = std::abs(high - static_cast<double>(value));
  if (to_low != to_high) return to_low < to_high ? toward_zero : away;
  return (toward_zero & 1u) == 0u ? toward_zero : away;
}

TEST(DeviceElement, EveryBf16ComesBackUnchanged) {
  for (u32 bits = 0; bits < 65536; ++bits) {
    const float value = f32_of_bf16(static_cast<u16>(bits));
    if (std::isnan(value)) {
      EXPECT_EQ(bf16_bits_of(value), bits | 0x40u);
    } else {
      EXPECT_EQ(bf16_bits_of(value), bits);
    }
  }
}

TEST(DeviceElement, Bf16RoundsToNearestEven) {
  for (u32 upper = 0; upper < 65536; ++upper) {
    for (const u32 lower : {0x0000u, 0x0001u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      const float value = std::bit_cast<float>(upper << 16 | lower);
      if (std::isnan(value)) {
        EXPECT_TRUE(std::isnan(f32_of_bf16(bf16_bits_of(value)))) << upper << ' ' << lower;
      } else {
        ASSERT_EQ(bf16_bits_of(value), nearest_bf16(value)) << upper << ' ' << lower;
      }
    }
  }
}

#if defined(__FLT16_MAX__)
__extension__ typedef _Float16 Half;

TEST(DeviceElement, EveryF16ReadsAsTheCompilerReadsIt) {
  for (u32 bits = 0; bits < 65536; ++bits) {
    const float ours = f32_of_f16(static_cast<u16>(bits));
    const float theirs = static_cast<float>(std::bit_cast<Half>(static_cast<u16>(bits)));
    if (std::isnan(theirs)) {
      EXPECT_TRUE(std::isnan(ours)) << bits;
    } else {
      ASSERT_EQ(std::bit_cast<u32>(ours), std::bit_cast<u32>(theirs)) << bits;
    }
  }
}

void expect_rounds_like_the_compiler(float value) {
  const u16 ours = f16_bits_of(value);
  if (std::isnan(value)) {
    ASSERT_GT(ours & 0x7FFFu, 0x7C00u);
    ASSERT_EQ(ours >> 15, std::bit_cast<u32>(value) >> 31);
    return;
  }
  ASSERT_EQ(ours, std::bit_cast<u16>(static_cast<Half>(value))) << std::bit_cast<u32>(value);
}

TEST(DeviceElement, F16RoundsLikeTheCompilerAroundEveryNumberAndMidpoint) {
  for (u32 bits = 0; bits < 0x7C00u; ++bits) {
    const float here = f32_of_f16(static_cast<u16>(bits));
    const float next = bits + 1 == 0x7C00u ? 65536.0F : f32_of_f16(static_cast<u16>(bits + 1));
    const float middle = 0.5F * (here + next);
    for (const float center : {here, middle}) {
      for (const float value : {center, std::nextafter(center, 1e30F), std::nextafter(center, -1e30F)}) {
        expect_rounds_like_the_compiler(value);
        expect_rounds_like_the_compiler(-value);
      }
    }
  }
}

TEST(DeviceElement, F16RoundsLikeTheCompilerAnywhere) {
  std::mt19937 random(7);
  for (int i = 0; i < 2'000'000; ++i) expect_rounds_like_the_compiler(std::bit_cast<float>(static_cast<u32>(random())));
}
#endif

TEST(DeviceElement, F16Edges) {
  EXPECT_EQ(f16_bits_of(65504.0F), 0x7BFF);
  EXPECT_EQ(f16_bits_of(65519.99F), 0x7BFF);
  EXPECT_EQ(f16_bits_of(65520.0F), 0x7C00);
  EXPECT_EQ(f16_bits_of(-1e10F), 0xFC00);
  EXPECT_EQ(f16_bits_of(std::numeric_limits<float>::infinity()), 0x7C00);
  EXPECT_EQ(f16_bits_of(std::ldexp(1.0F, -24)), 0x0001);
  EXPECT_EQ(f16_bits_of(std::ldexp(1.0F, -25)), 0x0000);  // a tie, to even
  EXPECT_EQ(f16_bits_of(std::nextafter(std::ldexp(1.0F, -25), 1.0F)), 0x0001);
  EXPECT_EQ(f16_bits_of(-0.0F), 0x8000);
}

TEST(DeviceElement, LoadsAndStoresByType) {
  alignas(4) std::uint8_t memory[16] = {};
  store(memory, Element::f32, 1, 2.5F);
  EXPECT_EQ(load(memory, Element::f32, 1), 2.5F);
  store(memory, Element::f16, 5, -0.125F);
  EXPECT_EQ(load(memory, Element::f16, 5), -0.125F);
  store(memory, Element::bf16, 7, 3.0F);
  EXPECT_EQ(load(memory, Element::bf16, 7), 3.0F);
  EXPECT_EQ(load_bits(memory, Element::bf16, 7), 0x4040u);
}

TEST(DeviceElement, PoisonIsASignallingNaNOfItsType) {
  EXPECT_EQ(poison_bits(Element::f32), 0x7FA5A5A5u);
  for (const Element type : {Element::f32, Element::f16, Element::bf16}) {
    EXPECT_TRUE(std::isnan(value_of_bits(poison_bits(type), type)));
  }
  EXPECT_EQ(poison_bits(Element::f32) & 0x00400000u, 0u);
  EXPECT_EQ(poison_bits(Element::f16) & 0x0200u, 0u);
  EXPECT_EQ(poison_bits(Element::bf16) & 0x0040u, 0u);
  // No conversion of any NaN yields it.
  EXPECT_NE(f16_bits_of(std::bit_cast<float>(0x7FB4A000u)), poison_bits(Element::f16));
  EXPECT_NE(bf16_bits_of(std::bit_cast<float>(0x7FA50000u)), poison_bits(Element::bf16));
}

TEST(DeviceElement, UnitInLastPlaceIsTheDistanceToTheNextNumber) {
  for (const double reference : {1.0, 1.5, 1.999, 2.0, 3.14159, 1000.0, 6e-5, 1e-3}) {
    const auto single = static_cast<float>(reference);
    EXPECT_EQ(unit_in_last_place(static_cast<double>(single), Element::f32),
              static_cast<double>(std::nextafter(single, 1e30F)) - static_cast<double>(single));
    const u16 half = f16_bits_of(single);
    EXPECT_EQ(unit_in_last_place(static_cast<double>(f32_of_f16(half)), Element::f16),
              static_cast<double>(f32_of_f16(static_cast<u16>(half + 1))) - static_cast<double>(f32_of_f16(half)));
    const u16 brain = bf16_bits_of(single);
    EXPECT_EQ(unit_in_last_place(static_cast<double>(f32_of_bf16(brain)), Element::bf16),
              static_cast<double>(f32_of_bf16(static_cast<u16>(brain + 1))) - static_cast<double>(f32_of_bf16(brain)));
  }
  EXPECT_EQ(unit_in_last_place(0.0, Element::f32), std::ldexp(1.0, -149));
  EXPECT_EQ(unit_in_last_place(-0.0, Element::f16), std::ldexp(1.0, -24));
  EXPECT_EQ(unit_in_last_place(0.0, Element::bf16), std::ldexp(1.0, -133));
}

}  // namespace
}  // namespace knobscope::device::numerics
