// Arguments take the width their parameter has, or are refused by name.

#include <bit>
#include <cstdint>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/cuda/arguments.h"

namespace knobscope::device::cuda {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Argument integer(std::int64_t value) {
  return {.kind = Argument::Kind::integer, .integer = value, .text = "rows * columns"};
}
Argument real(double value) { return {.kind = Argument::Kind::real, .real = value, .text = "epsilon"}; }
Argument pointer(void* value) { return {.kind = Argument::Kind::pointer, .pointer = value, .text = "x"}; }

std::string refusal(const Argument& argument, const Parameter& parameter) {
  try {
    bind_argument(argument, parameter, "scale", 2);
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(BindArgument, PassesAPointerUnchanged) {
  int target = 0;
  EXPECT_EQ(bind_argument(pointer(&target), {8, ParameterType::unknown}, "scale", 0),
            std::bit_cast<std::uint64_t>(&target));
}

TEST(BindArgument, GivesAnIntegerTheParametersWidth) {
  const std::int64_t large = std::int64_t{1} << 40;
  EXPECT_EQ(bind_argument(integer(large), {8, ParameterType::unknown}, "scale", 0), 1ULL << 40);
  EXPECT_EQ(bind_argument(integer(-1), {8, ParameterType::unknown}, "scale", 0), ~0ULL);
  EXPECT_EQ(bind_argument(integer(-1), {4, ParameterType::unknown}, "scale", 0), 0xFFFFFFFFULL);
  EXPECT_EQ(bind_argument(integer(0xFFFFFFFF), {4, ParameterType::unknown}, "scale", 0), 0xFFFFFFFFULL);
  EXPECT_EQ(bind_argument(integer(std::numeric_limits<std::int32_t>::min()), {4, ParameterType::unknown}, "scale", 0),
            0x80000000ULL);
  EXPECT_EQ(bind_argument(integer(1), {1, ParameterType::unknown}, "scale", 0), 1ULL);
}

TEST(BindArgument, RefusesAnIntegerThatWouldBeCut) {
  const std::string message = refusal(integer(std::int64_t{1} << 32), {4, ParameterType::unknown});
  EXPECT_THAT(message, HasSubstr("argument 3 of scale (\"rows * columns\")"));
  EXPECT_THAT(message, HasSubstr("4294967296"));
  EXPECT_THAT(message, HasSubstr("long long"));
  EXPECT_NE(refusal(integer(std::numeric_limits<std::int32_t>::min() - std::int64_t{1}), {4, ParameterType::unknown}),
            "accepted");
}

TEST(BindArgument, GivesARealTheParametersWidth) {
  EXPECT_EQ(bind_argument(real(0.1), {4, ParameterType::unknown}, "scale", 0), std::bit_cast<std::uint32_t>(0.1F));
  EXPECT_EQ(bind_argument(real(0.1), {8, ParameterType::unknown}, "scale", 0), std::bit_cast<std::uint64_t>(0.1));
}

TEST(BindArgument, ConvertsWhereTheSignatureIsKnown) {
  EXPECT_EQ(bind_argument(integer(2), {4, ParameterType::real}, "scale", 0), std::bit_cast<std::uint32_t>(2.0F));
  EXPECT_EQ(bind_argument(real(1024.0), {4, ParameterType::integer}, "scale", 0), 1024ULL);
  EXPECT_THAT(refusal(real(0.5), {4, ParameterType::integer}), HasSubstr("integer"));
  EXPECT_THAT(refusal(real(std::numeric_limits<double>::quiet_NaN()), {8, ParameterType::integer}),
              HasSubstr("integer"));
}

TEST(BindArgument, RefusesBuffersForNumbersAndNumbersForBuffers) {
  int target = 0;
  EXPECT_THAT(refusal(pointer(&target), {4, ParameterType::unknown}), HasSubstr("is a buffer"));
  EXPECT_THAT(refusal(pointer(&target), {8, ParameterType::integer}), HasSubstr("is a buffer"));
  EXPECT_THAT(refusal(integer(1), {8, ParameterType::pointer}), HasSubstr("is a number"));
  EXPECT_THAT(refusal(integer(1), {16, ParameterType::unknown}), HasSubstr("16 bytes"));
  EXPECT_THAT(refusal(real(1.0), {2, ParameterType::unknown}), HasSubstr("2 bytes"));
}

TEST(BindArguments, SaysHowManyAreWanted) {
  try {
    bind_arguments({integer(1)}, {{4, ParameterType::unknown}, {8, ParameterType::unknown}}, "scale");
    FAIL() << "accepted";
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), HasSubstr("scale takes 2 parameters, but its launch gives 1"));
  }
}

TEST(ParameterTypes, ReadsMangledNames) {
  using enum ParameterType;
  EXPECT_THAT(parameter_types("_Z5scalePKfPfiyd"), ElementsAre(pointer, pointer, integer, integer, real));
  EXPECT_THAT(parameter_types("_Z4copyIfEvPT_S1_x"), ElementsAre(pointer, pointer, integer));
  EXPECT_THAT(parameter_types("_ZN1q1cEv"), testing::IsEmpty());
  EXPECT_THAT(parameter_types("_Z1aP6__halff"), ElementsAre(pointer, real));
  EXPECT_THAT(parameter_types("layernorm"), testing::IsEmpty());
  EXPECT_THAT(parameter_types("f"), testing::IsEmpty());  // not the type float
}

}  // namespace
}  // namespace knobscope::device::cuda
