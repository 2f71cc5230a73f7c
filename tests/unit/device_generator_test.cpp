// The generator: known vectors of Philox, the normal quantile, and what each distribution promises.

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "device/judging.h"
#include "device/numerics/generator.h"

namespace knobscope::device {
namespace {

using namespace numerics;

std::vector<double> values_of(const FillTask& task) {
  std::vector<double> values;
  for (i64 i = 0; i < task.elements; ++i) values.push_back(static_cast<double>(fill_value(task, i)));
  return values;
}

FillTask task_of(Fill fill, i64 rows, i64 columns, u64 seed = 1) {
  FillTask task;
  task.fill = fill;
  task.rows = rows;
  task.columns = columns;
  task.elements = rows * columns;
  task.seed = seed;
  return task;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double sigma_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double sum = 0.0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

// Largest distance between the empirical and the true distribution, times the root of the count
// (Kolmogorov and Smirnov): above 1.95 in one of a thousand draws.
template <class Cdf>
double ks_statistic(std::vector<double> values, Cdf cdf) {
  std::sort(values.begin(), values.end());
  const auto count = static_cast<double>(values.size());
  double distance = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double at = cdf(values[i]);
    distance = std::max({distance, at - static_cast<double>(i) / count, static_cast<double>(i + 1) / count - at});
  }
  return distance * std::sqrt(count);
}

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

TEST(DeviceGenerator, PhiloxGivesTheKnownVectors) {
  // Answers published with Random123 for philox4x32 with 10 rounds.
  const Words4 zero = philox({0, 0, 0, 0}, 0, 0);
  EXPECT_EQ(zero.a, 0x6627e8d5u);
  EXPECT_EQ(zero.b, 0xe169c58du);
  EXPECT_EQ(zero.c, 0xbc57ac4cu);
  EXPECT_EQ(zero.d, 0x9b00dbd8u);
  const u32 ones = 0xffffffffu;
  const Words4 full = philox({ones, ones, ones, ones}, ones, ones);
  EXPECT_EQ(full.a, 0x408f276du);
  EXPECT_EQ(full.b, 0x41c83b0eu);
  EXPECT_EQ(full.c, 0xa20bc7c6u);
  EXPECT_EQ(full.d, 0x6d5451fdu);
  const Words4 pi = philox({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, 0xa4093822u, 0x299f31d0u);
  EXPECT_EQ(pi.a, 0xd16cfe09u);
  EXPECT_EQ(pi.b, 0x94fdccebu);
  EXPECT_EQ(pi.c, 0x5001e420u);
  EXPECT_EQ(pi.d, 0x24126ea1u);
}

TEST(DeviceGenerator, OwnLogarithmIsAccurate) {
  for (double x = 1e-300; x < 1e300; x *= 1.37) {
    const double expected = std::log(x);
    EXPECT_NEAR(natural_log(x), expected, 4e-16 * std::max(1.0, std::abs(expected))) << x;
  }
  EXPECT_EQ(natural_log(1.0), 0.0);
}

TEST(DeviceGenerator, QuantileInvertsTheNormalDistribution) {
  for (const double p :
       {1e-9, 1e-6, 1e-3, 0.01, 0.0749, 0.0751, 0.25, 0.4, 0.5, 0.6, 0.9249, 0.9251, 0.999, 1.0 - 1e-9}) {
    const double x = normal_quantile(p);
    const double density = std::exp(-0.5 * x * x) / std::sqrt(2.0 * M_PI);
    EXPECT_NEAR((normal_cdf(x) - p) / density, 0.0, 2e-6) << p;  // error in x
  }
  EXPECT_EQ(normal_quantile(0.5), 0.0);
}

TEST(DeviceGenerator, ExtremeWordsStayFinite) {
  EXPECT_LT(normal_of(0), -6.0F);
  EXPECT_GT(normal_of(0), -6.5F);
  EXPECT_GT(normal_of(0xffffffffu), 6.0F);
  EXPECT_LT(normal_of(0xffffffffu), 6.5F);
  EXPECT_EQ(uniform_of(0), 0.0F);
  EXPECT_LT(uniform_of(0xffffffffu), 1.0F);
}

TEST(DeviceGenerator, UniformIsUniform) {
  const std::vector<double> values = values_of(task_of(Fill::uniform, 1, 200'000));
  EXPECT_LT(ks_statistic(values, [](double x) { return std::clamp(x, 0.0, 1.0); }), 1.95);
  EXPECT_GE(*std::min_element(values.begin(), values.end()), 0.0);
  EXPECT_LT(*std::max_element(values.begin(), values.end()), 1.0);
}

TEST(DeviceGenerator, NormalIsNormal) {
  const std::vector<double> values = values_of(task_of(Fill::normal, 1, 200'000));
  EXPECT_LT(ks_statistic(values, normal_cdf), 1.95);
  EXPECT_NEAR(mean_of(values), 0.0, 5.0 / std::sqrt(200'000.0));
  EXPECT_NEAR(sigma_of(values), 1.0, 5.0 / std::sqrt(400'000.0));
}

TEST(DeviceGenerator, NeighboursAreIndependent) {
  const std::vector<double> values = values_of(task_of(Fill::normal, 1, 200'000));
  for (const std::size_t lag : {1, 2, 3, 4, 5, 64}) {
    double sum = 0.0;
    for (std::size_t i = lag; i < values.size(); ++i) sum += values[i] * values[i - lag];
    EXPECT_LT(std::abs(sum) / std::sqrt(static_cast<double>(values.size())), 4.0) << lag;
  }
}

TEST(DeviceGenerator, SeedAndStreamChangeTheValues) {
  FillTask task = task_of(Fill::normal, 1, 1000, 1);
  const std::vector<double> first = values_of(task);
  EXPECT_EQ(first, values_of(task));
  task.seed = 2;
  EXPECT_NE(first, values_of(task));
  task.seed = 1ULL << 32 | 1;  // the high half of the seed counts too
  EXPECT_NE(first, values_of(task));
  task.seed = 1;
  task.stream = 1;
  const std::vector<double> other = values_of(task);
  EXPECT_NE(first, other);
  std::vector<double> sum;
  for (std::size_t i = 0; i < first.size(); ++i) sum.push_back(first[i] * other[i]);
  EXPECT_LT(std::abs(mean_of(sum)) * std::sqrt(1000.0), 4.0);
}

TEST(DeviceGenerator, IndicesBeyond32BitsDiffer) {
  const FillTask task = task_of(Fill::normal, 1, 4);
  EXPECT_NE(fill_value(task, 7), fill_value(task, 7 + (1LL << 34)));
}

TEST(DeviceGenerator, GroupsHoldTheValuesOfTheirElements) {
  for (const i64 elements : {1, 2, 3, 4, 5, 4099}) {
    std::vector<float> stored(static_cast<std::size_t>(elements) + 4, -77.0F);
    FillTask task = task_of(Fill::outlier, 1, elements);
    task.data = stored.data();
    for (i64 group = 0; group < group_count(task); ++group) fill_group(task, group);
    for (i64 i = 0; i < elements; ++i) EXPECT_EQ(stored[static_cast<std::size_t>(i)], fill_value(task, i));
    for (std::size_t i = static_cast<std::size_t>(elements); i < stored.size(); ++i) EXPECT_EQ(stored[i], -77.0F);
  }
}

TEST(DeviceGenerator, OffsetMovesTheMean) {
  FillTask task = task_of(Fill::offset, 1, 100'000);
  task.offset = 1000.0;
  const std::vector<double> values = values_of(task);
  EXPECT_NEAR(mean_of(values), 1000.0, 0.02);
  EXPECT_NEAR(sigma_of(values), 1.0, 0.02);
}

TEST(DeviceGenerator, ConstantRowsAreConstantMultiplesOfAnEighth) {
  const i64 rows = 2000;
  const i64 columns = 7;
  const std::vector<double> values = values_of(task_of(Fill::constant_rows, rows, columns));
  std::set<double> seen;
  for (i64 row = 0; row < rows; ++row) {
    const double value = values[static_cast<std::size_t>(row * columns)];
    EXPECT_EQ(value * 8.0, std::round(value * 8.0));
    EXPECT_LE(std::abs(value), 4.0);
    EXPECT_EQ(value, static_cast<double>(f32_of_bf16(bf16_bits_of(static_cast<float>(value)))));
    for (i64 column = 0; column < columns; ++column)
      EXPECT_EQ(values[static_cast<std::size_t>(row * columns + column)], value);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 65u);
}

TEST(DeviceGenerator, EveryRowHasOneOutlierInVaryingColumns) {
  const i64 rows = 300;
  const i64 columns = 50;
  const std::vector<double> values = values_of(task_of(Fill::outlier, rows, columns));
  std::set<i64> places;
  for (i64 row = 0; row < rows; ++row) {
    int found = 0;
    for (i64 column = 0; column < columns; ++column) {
      if (values[static_cast<std::size_t>(row * columns + column)] != 1e4) continue;
      ++found;
      places.insert(column);
    }
    EXPECT_EQ(found, 1) << row;
  }
  EXPECT_GT(places.size(), 40u);
}

TEST(DeviceGenerator, OneRowIsNotFinite) {
  for (const i64 columns : {1, 2, 3, 64}) {
    for (const i64 rows : {1, 2, 9}) {
      for (u64 seed = 0; seed < 20; ++seed) {
        const std::vector<double> values = values_of(task_of(Fill::nonfinite, rows, columns, seed));
        int infinities = 0;
        int nans = 0;
        for (i64 i = 0; i < rows * columns; ++i) {
          const double value = values[static_cast<std::size_t>(i)];
          if (std::isfinite(value)) continue;
          EXPECT_EQ(i / columns, rows / 2);
          (std::isnan(value) ? nans : infinities) += 1;
        }
        EXPECT_EQ(infinities, 1);
        EXPECT_EQ(nans, columns > 1 ? 1 : 0);
      }
    }
  }
}

TEST(DeviceGenerator, ParametersHaveTheirOwnStreams) {
  Problem problem;
  problem.operation = Operation::batchnorm_inference;
  problem.shape = {2, 4000, 2, 2};
  problem.distribution = {DistributionKind::offset, 500.0};
  problem.type = ElementType::bf16;
  std::set<u32> streams;
  for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
    if (tensor.role != TensorRole::input) {
      EXPECT_THROW(fill_task(problem, tensor), DeviceError);
      continue;
    }
    const FillTask task = fill_task(problem, tensor);
    streams.insert(task.stream);
    const std::vector<double> values = values_of(task);
    if (tensor.name == "gamma") {
      EXPECT_NEAR(mean_of(values), 1.0, 0.01);
      EXPECT_NEAR(sigma_of(values), 0.1, 0.01);
      EXPECT_EQ(task.type, Element::bf16);
    } else if (tensor.name == "beta") {
      EXPECT_NEAR(mean_of(values), 0.0, 0.01);
    } else if (tensor.name == "running_mean") {
      EXPECT_NEAR(mean_of(values), 500.0, 0.01);
      EXPECT_EQ(task.type, Element::f32);
    } else if (tensor.name == "running_var") {
      EXPECT_GE(*std::min_element(values.begin(), values.end()), 0.5);
      EXPECT_LT(*std::max_element(values.begin(), values.end()), 1.5);
    }
  }
  EXPECT_EQ(streams.size(), 5u);
}

}  // namespace
}  // namespace knobscope::device
