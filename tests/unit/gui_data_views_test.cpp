// The parts of the data panels that decide what is shown, without a window.

#include <gtest/gtest.h>

#include "gui/views/kernel_view.h"
#include "gui/views/results_view.h"
#include "gui/views/scope_view.h"

namespace knobscope::gui {
namespace {

TEST(SourceMarks, ReadsWhatNvrtcSays) {
  const auto marks = source_marks(
      "layernorm_forward/05_welford.cu(12): error: identifier \"rows\" is undefined\n      ^\n\n1 error detected\n",
      "05_welford.cu");
  ASSERT_EQ(marks.size(), 1u);
  EXPECT_EQ(marks[0].line, 12);
  EXPECT_TRUE(marks[0].is_error);
  EXPECT_EQ(marks[0].message, "identifier \"rows\" is undefined");
}

TEST(SourceMarks, ReadsWhatGccSays) {
  const auto marks = source_marks(
      "/tmp/k/a.cpp: In function 'void f()':\n/tmp/k/a.cpp:7:3: error: expected ';'\n"
      "/tmp/k/a.cpp:9:3: warning: unused variable 'error_count'\n",
      "a.cpp");
  ASSERT_EQ(marks.size(), 2u);
  EXPECT_EQ(marks[0].line, 7);
  EXPECT_FALSE(marks[1].is_error);
  EXPECT_EQ(marks[1].line, 9);
}

TEST(SourceMarks, OtherFilesAndNoiseAreNoMarks) {
  EXPECT_TRUE(source_marks("reduce.h(3): error: no\n", "a.cu").empty());
  EXPECT_TRUE(source_marks("a.cu(x): error\na.cu\na.cu(0): error: no\n", "a.cu").empty());
  EXPECT_TRUE(source_marks("", "a.cu").empty());
}

TEST(Histogram, EverySampleInsideIsCountedOnce) {
  const std::vector<double> counts = histogram({0.0, 0.5, 1.0, 2.0, 2.0, 9.0, -1.0}, 0.0, 2.0, 2);
  EXPECT_EQ(counts, (std::vector<double>{2.0, 3.0}));
  EXPECT_EQ(histogram({1.0}, 1.0, 1.0, 3), (std::vector<double>{0.0, 0.0, 0.0}));
}

TEST(SampleRange, OneStrayDoesNotFlattenTheRest) {
  std::vector<double> samples(1000, 100.0);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] += static_cast<double>(i % 10);
  samples.push_back(1e6);
  const SampleRange range = sample_range(samples, {});
  EXPECT_LT(range.low, 100.0);
  EXPECT_GT(range.high, 109.0);
  EXPECT_LT(range.high, 200.0);
}

TEST(SampleRange, EqualSamplesStillHaveARange) {
  const SampleRange range = sample_range({5.0, 5.0}, {});
  EXPECT_LT(range.low, 5.0);
  EXPECT_GT(range.high, 5.0);
}

PointPtr row(std::int64_t id, const std::string& title, std::int64_t block, std::optional<double> median_ns,
             Verdict verdict) {
  auto point = std::make_shared<Point>();
  point->request.id = id;
  point->request.variant = title;
  point->variant_title = title;
  point->request.knobs = {{"block", block}};
  point->verdict = verdict;
  point->bytes = {100};
  if (median_ns) {
    Summary summary;
    summary.median = Nanoseconds(*median_ns);
    point->cold_summary = summary;
  }
  return point;
}

std::vector<std::int64_t> ids(const std::vector<PointPtr>& rows) {
  std::vector<std::int64_t> result;
  for (const PointPtr& point : rows) result.push_back(point->request.id);
  return result;
}

class ResultRows : public testing::Test {
 protected:
  const std::vector<PointPtr> points_ = {row(1, "Welford", 64, 30.0, Verdict::pass),
                                         row(2, "Single pass", 128, std::nullopt, Verdict::failed),
                                         row(3, "Welford", 128, 10.0, Verdict::wrong)};
};

TEST_F(ResultRows, WhatHasNoNumberComesLastInEitherDirection) {
  EXPECT_EQ(ids(result_rows(points_, "", ResultColumn::median, true)), (std::vector<std::int64_t>{3, 1, 2}));
  EXPECT_EQ(ids(result_rows(points_, "", ResultColumn::median, false)), (std::vector<std::int64_t>{1, 3, 2}));
}

TEST_F(ResultRows, EveryWordOfTheFilterMustBeFoundInAnyCase) {
  EXPECT_EQ(ids(result_rows(points_, "WELFORD block=128", ResultColumn::rate, false)), (std::vector<std::int64_t>{3}));
  EXPECT_EQ(ids(result_rows(points_, "failed", ResultColumn::rate, false)), (std::vector<std::int64_t>{2}));
  EXPECT_TRUE(result_rows(points_, "welford bf16", ResultColumn::rate, false).empty());
}

TEST_F(ResultRows, WordsAndKnobsSortToo) {
  EXPECT_EQ(ids(result_rows(points_, "", ResultColumn::variant, true)), (std::vector<std::int64_t>{2, 1, 3}));
  EXPECT_EQ(ids(result_rows(points_, "", ResultColumn::knobs, true)), (std::vector<std::int64_t>{1, 2, 3}));
}

}  // namespace
}  // namespace knobscope::gui
