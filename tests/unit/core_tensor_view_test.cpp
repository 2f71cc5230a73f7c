// Tensors looked at as rows and columns, and the bins of a histogram in ULP.

#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "core/error_region.h"
#include "core/tensor_view.h"
#include "core/ulp_histogram.h"

namespace knobscope {
namespace {

Problem batchnorm(Layout layout) {
  Problem problem;
  problem.operation = Operation::batchnorm_inference;
  problem.shape = {2, 3, 5, 7};
  problem.layout = layout;
  return problem;
}

const TensorInfo& output(Operation operation, std::string_view name) {
  for (const TensorInfo* each : outputs_of(operation)) {
    if (each->name == name) return *each;
  }
  throw std::logic_error("no such output");
}

TEST(TensorViews, AllOfAnOutputIsRowsAndColumnsAndAVectorOneRow) {
  Problem problem;
  problem.shape = {4, 8, 16};
  problem.normalized_dims = 2;
  const auto whole = view_of(problem, output(problem.operation, "y"), std::nullopt);
  EXPECT_EQ(std::get<TensorView>(whole), (TensorView{4, 128, 0, 128, 1}));
  const auto mean = view_of(problem, output(problem.operation, "mean"), std::nullopt);
  EXPECT_EQ(std::get<TensorView>(mean), (TensorView{1, 4, 0, 4, 1}));
}

TEST(TensorViews, OutputsHaveTheDimensionsTheyAreMadeOf) {
  Problem problem;
  problem.operation = Operation::layernorm_backward;
  problem.shape = {4, 8, 16, 2};
  problem.normalized_dims = 2;
  const auto dgamma = dims_of(problem, output(problem.operation, "dgamma"));
  ASSERT_EQ(dgamma.size(), 2U);
  EXPECT_EQ(dgamma[0].name, "d2");
  EXPECT_EQ(dgamma[0].extent, 16);
  EXPECT_EQ(dgamma[0].stride, 2);
  problem.operation = Operation::layernorm_forward;
  const auto rows = dims_of(problem, output(problem.operation, "rstd"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].name, "d1");
  EXPECT_EQ(rows[1].stride, 1);
}

class Layouts : public testing::TestWithParam<Layout> {};

TEST_P(Layouts, EveryElementIsInExactlyOnePlaceOfExactlyOneSlice) {
  const Problem problem = batchnorm(GetParam());
  const TensorInfo& y = output(problem.operation, "y");
  const std::vector<TensorDim> dims = dims_of(problem, y);
  for (int down = 0; down < 4; ++down) {
    for (int across = 0; across < 4; ++across) {
      if (down == across) continue;
      std::set<std::int64_t> seen;
      for (std::int64_t index = 0; index < 210; ++index) {
        const std::vector<std::int64_t> place = place_of(dims, index);
        const auto view = std::get<TensorView>(view_of(problem, y, Slice{down, across, place}));
        const auto found = find_in(view, index);
        ASSERT_TRUE(found) << index;
        EXPECT_EQ(found->first, place[static_cast<std::size_t>(down)]);
        EXPECT_EQ(found->second, place[static_cast<std::size_t>(across)]);
        EXPECT_EQ(view.index(found->first, found->second), index);
        seen.insert(index);
      }
      EXPECT_EQ(seen.size(), 210U);
    }
  }
}

TEST_P(Layouts, ASliceKnowsWhatItDoesNotShow) {
  const Problem problem = batchnorm(GetParam());
  const TensorInfo& y = output(problem.operation, "y");
  const auto dims = dims_of(problem, y);
  for (int down = 0; down < 4; ++down) {
    for (int across = down + 1; across < 4; ++across) {
      const auto view = std::get<TensorView>(view_of(problem, y, Slice{down, across, {1, 2, 3, 4}}));
      std::int64_t shown = 0;
      for (std::int64_t index = 0; index < 210; ++index) shown += find_in(view, index).has_value() ? 1 : 0;
      EXPECT_EQ(shown, view.rows * view.columns);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, Layouts, testing::Values(Layout::nchw, Layout::nhwc),
                         [](const auto& layout) { return std::string(name_of(layout.param)); });

TEST(TensorViews, ImpossibleSlicesSayWhatToWrite) {
  const Problem problem = batchnorm(Layout::nchw);
  const TensorInfo& y = output(problem.operation, "y");
  const auto fault = [&](const Slice& slice) { return std::get<std::string>(view_of(problem, y, slice)); };
  EXPECT_EQ(fault({2, 2, {0, 0, 0, 0}}), "a slice of y is spanned by two different dimensions out of its 4");
  EXPECT_EQ(fault({2, 4, {0, 0, 0, 0}}), "a slice of y is spanned by two different dimensions out of its 4");
  EXPECT_EQ(fault({2, 3, {0, 0}}), "a slice of y needs 4 indices, one for each dimension");
  EXPECT_EQ(fault({2, 3, {0, 3, 0, 0}}), "there is no index 3 along C of y; choose one from 0 to 2");
  const TensorInfo& mean = output(Operation::batchnorm_training, "mean");
  EXPECT_EQ(std::get<std::string>(view_of(batchnorm(Layout::nchw), mean, Slice{0, 1, {0}})),
            "mean has one dimension and no slices; look at all of it");
}

TEST(UlpHistograms, BinsLieSideBySideAndAreTheSameOnBothSides) {
  for (int bin = 0; bin < kUlpBins; ++bin) {
    const UlpRange range = range_of_bin(bin);
    EXPECT_LT(range.low, range.high) << bin;
    if (bin > 0) {
      EXPECT_DOUBLE_EQ(range.low, range_of_bin(bin - 1).high) << bin;
    }
    EXPECT_EQ(range.low, -range_of_bin(kUlpBins - 1 - bin).high) << bin;
  }
  EXPECT_TRUE(std::isinf(range_of_bin(0).low));
  EXPECT_NEAR(range_of_bin(kUlpMiddle + 3).low, 0.5, 1e-12) << "what is rounded correctly ends at an edge";
}

TEST(ErrorElements, FailWhenPastToleranceUnwrittenOrNotANumber) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const ErrorElements elements = {{1.0, 1.2, nan, nan, nan},
                                  {1.0, 1.0, 1.0, nan, 2.0},
                                  {0.1, 0.1, 0.1, 0.0, 0.1},
                                  {0.0, 2.0, infinity, 0.0, infinity},
                                  {4}};
  EXPECT_FALSE(elements.fails(0));
  EXPECT_TRUE(elements.fails(1));
  EXPECT_TRUE(elements.fails(2));
  EXPECT_FALSE(elements.fails(3)) << "NaN where NaN must be";
  EXPECT_TRUE(elements.fails(4) && elements.is_unwritten(4));
}

}  // namespace
}  // namespace knobscope
