// Looking at a part of an output: the same judgement as of the whole, whatever the part.

#include <cmath>
#include <numeric>
#include <random>

#include "core/ulp_histogram.h"
#include "device/numerics/region.h"
#include "device_workshop.h"

namespace knobscope::device {
namespace {

TEST(UlpBins, EveryErrorFallsIntoTheRangeOfItsBin) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> exponent(-12.0, 40.0);
  for (int i = 0; i < 200'000; ++i) {
    const double ulp = std::exp2(exponent(random)) * (i % 2 == 0 ? 1.0 : -1.0);
    const int bin = numerics::ulp_bin(ulp);
    ASSERT_GE(bin, 0);
    ASSERT_LT(bin, kUlpBins);
    const UlpRange range = range_of_bin(bin);
    const double slack = 1e-12 * std::abs(ulp);
    EXPECT_GE(ulp, range.low - slack);
    EXPECT_LE(ulp, range.high + slack);
  }
  EXPECT_EQ(numerics::ulp_bin(0.0), kUlpMiddle);
  EXPECT_EQ(numerics::ulp_bin(4.1), kUlpMiddle + kEvenUlpBins + 1);
  EXPECT_EQ(numerics::ulp_bin(-8.0), kUlpMiddle - kEvenUlpBins - 2);
  EXPECT_EQ(numerics::ulp_bin(1e300), kUlpBins - 1);
}

/// An output of LayerNorm that is right but for some elements, on the CPU device.
class Regions : public Workshop {
 protected:
  void SetUp() override {
    problem_.shape = {37, 53};
    for (const TensorInfo& tensor : info_of(problem_.operation).tensors) {
      if (tensor.role != TensorRole::input) continue;
      BufferPtr buffer = device_->allocate(elements_of(tensor, extents_of(problem_)) * 4);
      device_->fill_input(*buffer, problem_, tensor, inputs_);
      inputs_[std::string(tensor.name)] = buffer.get();
      kept_.push_back(std::move(buffer));
    }
    reference_ = device_->make_reference(problem_, inputs_);
    y_ = device_->allocate(37 * 53 * 4);
    device_->poison(*y_, ElementType::f32);
    // The reference itself, told by a comparison with nothing written, gives right values to start from.
    const RegionComparison unwritten = compare({0, 0, 37, 53}, {37, 53});
    auto* values = static_cast<float*>(y_->data());
    for (std::size_t i = 0; i < 37 * 53; ++i) values[i] = static_cast<float>(unwritten.elements->references[i]);
    values[5 * 53 + 7] += 1.0F;
    values[20 * 53 + 50] = std::numeric_limits<float>::quiet_NaN();
    values[20 * 53 + 51] -= 3e-3F;
  }

  RegionComparison compare(const Area& area, MapSize tiles, ErrorMeasure measure = ErrorMeasure::absolute,
                           std::int64_t most = 4096) {
    const TensorInfo* y = outputs_of(problem_.operation).front();
    const auto view = std::get<TensorView>(view_of(problem_, *y, std::nullopt));
    return device_->compare_region(*reference_, *y, *y_, {view, area, tiles, measure, most});
  }

  Problem problem_;
  NamedBuffers inputs_;
  std::vector<BufferPtr> kept_;
  ReferencePtr reference_;
  BufferPtr y_;
};

TEST_F(Regions, AllOfItIsJudgedAsByComparison) {
  const TensorInfo* y = outputs_of(problem_.operation).front();
  const Comparison whole = device_->compare(*reference_, *y, *y_, {8, 9});
  const RegionComparison region = compare({0, 0, 37, 53}, {8, 9});
  EXPECT_EQ(region.error, whole.error);
  EXPECT_EQ(*region.map, *whole.map);
  EXPECT_EQ(region.error.failing, 3);
  EXPECT_EQ(region.error.first_bad, 5 * 53 + 7);
  EXPECT_FALSE(region.elements) << "a tile holds more than one";
  EXPECT_EQ(std::accumulate(region.histogram.begin(), region.histogram.end(), std::int64_t{0}), 37 * 53 - 1);
  EXPECT_EQ(region.histogram[kUlpMiddle] + region.histogram[kUlpMiddle - 1] + region.histogram[kUlpMiddle + 1] +
                region.histogram[kUlpMiddle - 2] + region.histogram[kUlpMiddle + 2],
            37 * 53 - 3)
      << "rounded references are within half a unit";
}

TEST_F(Regions, PartsAddUpToTheWhole) {
  UlpHistogram histogram(kUlpBins);
  std::int64_t failing = 0;
  for (std::int64_t row = 0; row < 37; row += 10) {
    for (std::int64_t column = 0; column < 53; column += 20) {
      const Area area = {row, column, std::min<std::int64_t>(10, 37 - row), std::min<std::int64_t>(20, 53 - column)};
      const RegionComparison part = compare(area, {3, 4});
      failing += part.error.failing;
      EXPECT_EQ(part.error.elements, area.rows * area.columns);
      for (std::size_t bin = 0; bin < histogram.size(); ++bin) histogram[bin] += part.histogram[bin];
    }
  }
  EXPECT_EQ(failing, 3);
  EXPECT_EQ(histogram, compare({0, 0, 37, 53}, {1, 1}).histogram);
}

TEST_F(Regions, ElementsSayWhatIsThereAndWhatShouldBe) {
  const RegionComparison region = compare({20, 49, 1, 4}, {9, 9});
  ASSERT_TRUE(region.elements);
  const ErrorElements& elements = *region.elements;
  EXPECT_FALSE(elements.fails(0));
  EXPECT_TRUE(std::isnan(elements.values[1]) && elements.fails(1) && std::isinf(elements.ulps[1]));
  EXPECT_TRUE(elements.fails(2));
  EXPECT_LT(elements.ulps[2], 0.0) << "below its reference";
  EXPECT_NEAR(elements.values[2] - elements.references[2], -3e-3, 1e-6);
  const double step = numerics::unit_in_last_place(elements.references[2], numerics::Element::f32);
  EXPECT_DOUBLE_EQ(elements.ulps[2], (elements.values[2] - elements.references[2]) / step);
  EXPECT_FALSE(compare({20, 49, 1, 4}, {9, 9}, ErrorMeasure::absolute, 3).elements) << "too many";
}

TEST_F(Regions, ByToleranceWhatFailsIsAboveOneAndNothingElse) {
  const RegionComparison region = compare({0, 0, 37, 53}, {37, 53}, ErrorMeasure::tolerance);
  ASSERT_TRUE(region.elements);
  for (std::size_t i = 0; i < region.map->max_abs.size(); ++i) {
    EXPECT_EQ(region.map->max_abs[i] > 1.0F, region.elements->fails(i)) << i;
  }
}

TEST_F(Regions, AnAreaOutsideIsRefused) {
  EXPECT_THROW(compare({30, 0, 8, 1}, {1, 1}), DeviceError);
  EXPECT_THROW(compare({0, 53, 1, 1}, {1, 1}), DeviceError);
  EXPECT_THROW(compare({0, 0, 0, 1}, {1, 1}), DeviceError);
}

TEST_F(Regions, AreCancelled) {
  device_->request_stop(true);
  EXPECT_THROW(compare({0, 0, 37, 53}, {4, 4}), Cancelled);
}

}  // namespace
}  // namespace knobscope::device
