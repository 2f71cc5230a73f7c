// The rules of judging one element, adding judgements up, tiles, and the hash.

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "device/numerics/compare.h"
#include "device/numerics/hash.h"

namespace knobscope::device::numerics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

struct Judged {
  ErrorTotals totals;
  double error = 0.0;
};

CompareTask task_of(Element type, double relative, double absolute) {
  CompareTask task;
  task.type = type;
  task.relative_tolerance = relative;
  task.absolute_tolerance = absolute;
  return task;
}

Judged judged(float actual, double reference, double relative = 1e-3, double absolute = 1e-5) {
  Judged result;
  result.error =
      judge(result.totals, task_of(Element::f32, relative, absolute), 42, bits_of(actual), Expected{reference});
  return result;
}

TEST(DeviceJudge, WithinToleranceIsNoFailure) {
  const Judged result = judged(2.001F, 2.0);
  EXPECT_EQ(result.totals.failing, 0);
  EXPECT_NEAR(result.error, 1e-3, 1e-7);
  EXPECT_EQ(result.totals.max_abs, result.error);
  EXPECT_NEAR(result.totals.max_rel, 5e-4, 1e-7);
  EXPECT_NEAR(result.totals.max_ulp, result.error / std::ldexp(1.0, -22), 1e-6);
  EXPECT_EQ(result.totals.compared, 1);
  EXPECT_EQ(result.totals.first_bad, kNoBadElement);
}

TEST(DeviceJudge, ToleranceIsAbsolutePlusRelative) {
  EXPECT_EQ(judged(2.0F, 2.002, 1e-3, 0.0).totals.failing, 0);
  EXPECT_EQ(judged(2.0F, 2.0021, 1e-3, 0.0).totals.failing, 1);
  EXPECT_EQ(judged(2.0F, 2.0021, 1e-3, 1e-3).totals.failing, 0);
  EXPECT_EQ(judged(1e-5F, 0.0, 1e-3, 2e-5).totals.failing, 0);
  EXPECT_EQ(judged(1e-4F, 0.0, 1e-3, 2e-5).totals.failing, 1);
}

TEST(DeviceJudge, FailureKeepsPlaceAndValues) {
  const Judged result = judged(3.0F, 2.0);
  EXPECT_EQ(result.totals.failing, 1);
  EXPECT_EQ(result.totals.first_bad, 42);
  EXPECT_EQ(result.totals.first_bad_value, 3.0);
  EXPECT_EQ(result.totals.first_bad_reference, 2.0);
}

TEST(DeviceJudge, ZeroReferenceHasNoRelativeError) {
  const Judged result = judged(1.0F, 0.0);
  EXPECT_EQ(result.totals.max_rel, 0.0);
  EXPECT_EQ(result.totals.max_abs, 1.0);
}

TEST(DeviceJudge, NaNIsNeverEqualToANumber) {
  for (const double reference : {0.0, 1.0, -1e30}) {
    const Judged result = judged(std::numeric_limits<float>::quiet_NaN(), reference);
    EXPECT_EQ(result.totals.failing, 1);
    EXPECT_EQ(result.totals.nonfinite, 1);
    EXPECT_EQ(result.totals.compared, 0);
    EXPECT_EQ(result.totals.max_abs, 0.0);
    EXPECT_EQ(result.error, kInfinity);
  }
  const Judged number = judged(1.0F, kNan);
  EXPECT_EQ(number.totals.failing, 1);
  EXPECT_EQ(number.totals.nonfinite, 0);
  EXPECT_EQ(number.error, kInfinity);
}

TEST(DeviceJudge, NaNForNaNIsRight) {
  const Judged result = judged(-std::numeric_limits<float>::quiet_NaN(), kNan);
  EXPECT_EQ(result.totals.failing, 0);
  EXPECT_EQ(result.totals.nonfinite, 0);
  EXPECT_EQ(result.error, 0.0);
}

TEST(DeviceJudge, InfinitiesMustAgreeInSign) {
  const float infinite = std::numeric_limits<float>::infinity();
  EXPECT_EQ(judged(infinite, kInfinity).totals.failing, 0);
  EXPECT_EQ(judged(-infinite, -kInfinity).totals.failing, 0);
  EXPECT_EQ(judged(-infinite, kInfinity).totals.failing, 1);
  EXPECT_EQ(judged(-infinite, kInfinity).totals.nonfinite, 1);
  EXPECT_EQ(judged(infinite, kNan).totals.failing, 1);
  EXPECT_EQ(judged(std::numeric_limits<float>::quiet_NaN(), kInfinity).totals.nonfinite, 1);
  EXPECT_EQ(judged(3e38F, kInfinity).totals.failing, 1);
  EXPECT_EQ(judged(infinite, 1.0).totals.nonfinite, 1);
}

TEST(DeviceJudge, TheMeanOfAnInfinityMayBeNaN) {
  CompareTask task = task_of(Element::f32, 1e-6, 1e-5);
  for (const Formula formula : {Formula::mean, Formula::running_mean, Formula::normalized}) {
    task.formula = formula;
    ErrorTotals totals;
    judge(totals, task, 0, bits_of(std::numeric_limits<float>::quiet_NaN()), Expected{kInfinity});
    EXPECT_EQ(totals.failing, formula == Formula::normalized ? 1 : 0);
    judge(totals, task, 1, bits_of(1.0F), Expected{kInfinity});
    EXPECT_EQ(totals.failing, formula == Formula::normalized ? 2 : 1) << "a number never will do";
  }
}

// A sum may be off by a share of the terms it is the sum of, however small it is itself.
TEST(DeviceJudge, ASumMayErrByTheSizeOfItsTerms) {
  CompareTask task = task_of(Element::f32, 1e-6, 1e-5);
  task.size_tolerance = 1e-7;
  ErrorTotals totals;
  judge(totals, task, 0, bits_of(1e-3F), Expected{0.0, 1e4});
  EXPECT_EQ(totals.failing, 0);
  judge(totals, task, 1, bits_of(2e-3F), Expected{0.0, 1e4});
  EXPECT_EQ(totals.failing, 1);
  EXPECT_EQ(totals.first_bad, 1);
}

TEST(DeviceJudge, PoisonIsUnwrittenWhateverIsExpected) {
  for (const Element type : {Element::f32, Element::f16, Element::bf16}) {
    for (const double reference : {1.0, kNan, kInfinity}) {
      ErrorTotals totals;
      EXPECT_EQ(judge(totals, task_of(type, 1.0, 1.0), 3, poison_bits(type), Expected{reference}), kInfinity);
      EXPECT_EQ(totals.unwritten, 1);
      EXPECT_EQ(totals.failing, 1);
      EXPECT_EQ(totals.nonfinite, 0);
      EXPECT_EQ(totals.first_bad, 3);
    }
  }
}

TEST(DeviceJudge, UlpIsThatOfTheStoredType) {
  ErrorTotals totals;
  judge(totals, task_of(Element::f16, 1.0, 1.0), 0, f16_bits_of(1.0F), Expected{1.0 + std::ldexp(1.0, -11)});
  EXPECT_DOUBLE_EQ(totals.max_ulp, 0.5);
  totals = {};
  judge(totals, task_of(Element::bf16, 1.0, 1.0), 0, bf16_bits_of(1.0F), Expected{1.0 + std::ldexp(1.0, -8)});
  EXPECT_DOUBLE_EQ(totals.max_ulp, 0.5);
}

TEST(DeviceJudge, MergingEqualsJudgingInOneGo) {
  std::mt19937 random(3);
  std::normal_distribution<double> noise;
  const CompareTask task = task_of(Element::f32, 1e-3, 1e-5);
  ErrorTotals whole;
  std::vector<ErrorTotals> parts(7);
  for (i64 i = 0; i < 5000; ++i) {
    const double reference = noise(random);
    u32 bits = bits_of(static_cast<float>(reference + 1e-3 * noise(random)));
    if (i % 977 == 5) bits = poison_bits(Element::f32);
    if (i % 911 == 7) bits = 0x7FC00000u;
    judge(whole, task, i, bits, Expected{reference});
    judge(parts[static_cast<std::size_t>(i % 7)], task, i, bits, Expected{reference});
  }
  ErrorTotals merged_totals;
  for (const ErrorTotals& part : parts) merge_into(merged_totals, part);
  EXPECT_EQ(merged_totals.max_abs, whole.max_abs);
  EXPECT_EQ(merged_totals.max_rel, whole.max_rel);
  EXPECT_EQ(merged_totals.max_ulp, whole.max_ulp);
  EXPECT_EQ(merged_totals.failing, whole.failing);
  EXPECT_EQ(merged_totals.nonfinite, whole.nonfinite);
  EXPECT_EQ(merged_totals.unwritten, whole.unwritten);
  EXPECT_EQ(merged_totals.compared, whole.compared);
  EXPECT_EQ(merged_totals.first_bad, whole.first_bad);
  EXPECT_EQ(merged_totals.first_bad_reference, whole.first_bad_reference);
  EXPECT_NEAR(merged_totals.sum_squared_error, whole.sum_squared_error, 1e-12 * whole.sum_squared_error);
  EXPECT_GT(whole.nonfinite, 0);
  EXPECT_GT(whole.unwritten, 0);
}

TEST(DeviceJudge, TilesCoverTheMapEvenly) {
  CompareTask task;
  task.map_rows = 10;
  task.map_columns = 7;
  task.tile_rows = 4;
  task.tile_columns = 3;
  std::vector<int> counts(12);
  for (i64 i = 0; i < 70; ++i) {
    const i64 tile = tile_of(task, i);
    ASSERT_GE(tile, 0);
    ASSERT_LT(tile, 12);
    ++counts[static_cast<std::size_t>(tile)];
  }
  for (const int count : counts) EXPECT_GE(count, 4);
  EXPECT_EQ(tile_of(task, 0), 0);
  EXPECT_EQ(tile_of(task, 69), 11);
}

TEST(DeviceJudge, TileBitsOrderLikeErrorsAndNeverRoundDown) {
  u32 previous = 0;
  for (double error = 1e-300; error < 1e30; error *= 3.7) {
    const u32 bits = tile_bits(error);
    EXPECT_GE(bits, previous);
    EXPECT_GE(static_cast<double>(float_of(bits)), error);
    previous = bits;
  }
  EXPECT_EQ(tile_bits(0.0), 0u);
  EXPECT_TRUE(std::isinf(float_of(tile_bits(kInfinity))));
}

TEST(DeviceMoments, MergedPiecesEqualTheWhole) {
  std::mt19937 random(11);
  std::normal_distribution<double> noise(1e6, 1.0);
  Moments whole;
  Moments left;
  Moments right;
  for (int i = 0; i < 1001; ++i) {
    const double value = noise(random);
    add(whole, value);
    add(i < 137 ? left : right, value);
  }
  const Moments both = merged(left, right);
  EXPECT_EQ(both.count, 1001.0);
  EXPECT_NEAR(both.mean, whole.mean, 1e-8);
  EXPECT_NEAR(both.m2, whole.m2, 1e-6);
  EXPECT_EQ(merged(Moments{}, left).mean, left.mean);
  EXPECT_EQ(merged(left, Moments{}).m2, left.m2);
}

TEST(DeviceMoments, NonFiniteValuesMeanWhatTheySumTo) {
  const auto mean_with = [](std::vector<double> values) {
    Moments moments;
    for (const double value : values) add(moments, value);
    return group_statistics(moments, 1e-5);
  };
  EXPECT_EQ(mean_with({1.0, kInfinity, 2.0}).mean, kInfinity);
  EXPECT_EQ(mean_with({-kInfinity, -kInfinity}).mean, -kInfinity);
  EXPECT_TRUE(std::isnan(mean_with({kInfinity, 1.0, -kInfinity}).mean));
  EXPECT_TRUE(std::isnan(mean_with({1.0, kNan}).mean));
  EXPECT_TRUE(std::isnan(mean_with({1.0, kInfinity}).rstd));
}

std::uint64_t hash_of(const std::vector<std::uint8_t>& bytes) {
  u64 sum = 0;
  const std::size_t words = bytes.size() / 8;
  for (std::size_t i = words; i-- > 0;) {  // backwards: the order must not matter
    u64 word = 0;
    std::memcpy(&word, bytes.data() + 8 * i, 8);
    sum += hash_word(word, i);
  }
  sum += hash_tail(bytes.data() + 8 * words, bytes.size() - 8 * words, words);
  return hash_finish(sum, bytes.size());
}

TEST(DeviceHash, EveryBitAndThePlaceOfWordsCount) {
  std::vector<std::uint8_t> bytes(67);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 37);
  std::set<std::uint64_t> seen = {hash_of(bytes)};
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_TRUE(seen.insert(hash_of(bytes)).second) << bit;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
  }
  std::vector<std::uint8_t> swapped = bytes;
  std::swap_ranges(swapped.begin(), swapped.begin() + 8, swapped.begin() + 16);
  EXPECT_TRUE(seen.insert(hash_of(swapped)).second);
}

TEST(DeviceHash, ZerosOfDifferentLengthsDiffer) {
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 40; ++size)
    EXPECT_TRUE(seen.insert(hash_of(std::vector<std::uint8_t>(size))).second);
}

TEST(DeviceHash, AChangedBitChangesAboutHalfOfTheHash) {
  std::vector<std::uint8_t> bytes(64, 1);
  const std::uint64_t before = hash_of(bytes);
  double flipped = 0.0;
  for (std::size_t bit = 0; bit < 512; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
    flipped += std::popcount(before ^ hash_of(bytes));
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << (bit % 8)));
  }
  EXPECT_NEAR(flipped / 512, 32.0, 2.0);
}

}  // namespace
}  // namespace knobscope::device::numerics
