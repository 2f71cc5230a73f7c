// The parts of the data panels that decide what is shown, without a window.

#include <array>

#include <gtest/gtest.h>

#include "gui/views/findings_list.h"
#include "gui/views/results_view.h"
#include "gui/views/scope_view.h"
#include "gui/views/source_marks.h"

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

Finding race_at(int line, int other_line) {
  Finding race;
  race.kind = FindingKind::race;
  race.message = "writes what another thread reads";
  race.at = {"op/01_a.cu", line};
  race.other_at = {"op/01_a.cu", other_line};
  race.who = ThreadPlace{{4, 0, 0}, {37, 0, 0}};
  race.other_who = ThreadPlace{{4, 0, 0}, {5, 0, 0}};
  return race;
}

TEST(FindingMarks, ARaceMarksBothItsLinesAndSaysOne) {
  const std::vector<Finding> findings = {race_at(57, 52)};
  const auto marks = finding_marks(findings, "op/01_a.cu");
  ASSERT_EQ(marks.size(), 2u);
  EXPECT_EQ(marks[0].line, 57);
  EXPECT_EQ(marks[0].message, "race: writes what another thread reads");
  EXPECT_TRUE(marks[0].is_error && marks[0].spelled_out);
  EXPECT_EQ(marks[1].line, 52);
  EXPECT_EQ(marks[1].message, "the other side of the race with line 57");
  EXPECT_FALSE(marks[1].is_error || marks[1].spelled_out);
  EXPECT_EQ(line_in(findings[0], "op/01_a.cu"), 57);
}

TEST(FindingMarks, OtherFilesAndUnknownPlacesHaveNone) {
  Finding header = race_at(3, 3);
  header.at = {"include/knobscope/reduce.h", 31};
  header.other_at = {};
  Finding nowhere;
  nowhere.kind = FindingKind::order_dependent;
  const std::vector<Finding> findings = {header, nowhere};
  EXPECT_TRUE(finding_marks(findings, "op/01_a.cu").empty());
  EXPECT_EQ(line_in(header, "op/01_a.cu"), std::nullopt);
  EXPECT_EQ(line_in(nowhere, "op/01_a.cu"), std::nullopt);
}

TEST(FindingDetailsTest, SayWhoWhereAndAgainstWhom) {
  Finding race = race_at(57, 52);
  race.within = {"include/knobscope/reduce.h", 31};
  const FindingDetails details = details_of(race, "op/01_a.cu");
  EXPECT_EQ(details.who, "block 4, thread 37");
  EXPECT_EQ(details.within, "in include/knobscope/reduce.h:31");
  EXPECT_EQ(details.other, "against line 52, block 4, thread 5");
  EXPECT_EQ(place_text(race.at, "op/01_a.cu"), "line 57");
  EXPECT_EQ(place_text(race.at, "op/02_b.cu"), "op/01_a.cu:57");
  EXPECT_EQ(place_text({}, "op/01_a.cu"), "");
  EXPECT_TRUE(details_of(Finding{}, "op/01_a.cu").other.empty());
}

TEST(AnnotatedSource, MessagesStandBelowTheirLineAndLinesKeepTheirNumbers) {
  const std::vector<SourceMark> marks = {
      {2, "first", true, true}, {2, "second", false, true}, {3, "quiet", false, false}};
  const AnnotatedSource shown = annotate("one\ntwo\nthree\n", marks, 40);
  EXPECT_EQ(shown.text, "one\ntwo\n\n\nthree\n");
  std::vector<int> lines;
  for (const SourceRow& row : shown.rows) lines.push_back(row.line);
  EXPECT_EQ(lines, (std::vector<int>{1, 2, 0, 0, 3, 4}));
  EXPECT_EQ(shown.rows[0].about, 0);
  EXPECT_EQ(shown.rows[2].about, 2);
  EXPECT_EQ(shown.rows[2].message, "first");
  EXPECT_EQ(shown.rows[3].message, "second");
  EXPECT_TRUE(shown.rows[3].is_error) << "the gravest mark of a line colours it";
  EXPECT_EQ(shown.rows[4].about, 3);
  EXPECT_FALSE(shown.rows[4].is_error);
  EXPECT_EQ(shown.row_of(3), 4u);
  EXPECT_EQ(shown.row_of(99), 5u);
}

TEST(AnnotatedSource, LongAndManyMessagesAreCutAndSaySo) {
  const std::vector<SourceMark> marks = {{1, std::string(25, 'a') + ' ' + std::string(200, 'b'), true, true},
                                         {2, "1", true, true},
                                         {2, "2", true, true},
                                         {2, "2", true, true},
                                         {2, "3", true, true},
                                         {2, "4", true, true}};
  const AnnotatedSource shown = annotate("one\ntwo", marks, 30);
  ASSERT_EQ(shown.rows.size(), 9u);
  EXPECT_EQ(shown.rows[1].message, std::string(25, 'a'));
  EXPECT_EQ(shown.rows[2].message, std::string(30, 'b'));
  EXPECT_EQ(shown.rows[3].message, std::string(29, 'b') + "…");
  EXPECT_EQ(shown.rows[4].line, 2);
  EXPECT_EQ(shown.rows[7].message, "3");
  EXPECT_EQ(shown.rows[8].message, "and 1 more");
}

TEST(AnnotatedSource, RowsAreCutBetweenCharacters) {
  std::string message;
  for (int i = 0; i < 60; ++i) message += "×";
  const std::vector<SourceMark> marks = {{1, message, true, true}};
  const AnnotatedSource shown = annotate("one", marks, 24);
  ASSERT_EQ(shown.rows.size(), 4u);
  EXPECT_EQ(shown.rows[1].message.size(), 24 * std::string("×").size());
  EXPECT_EQ(shown.rows[3].message.size(), 12 * std::string("×").size());
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
  const SampleRange range = sample_range(std::array{Samples(), std::make_shared<const std::vector<double>>(samples)});
  EXPECT_LT(range.low, 100.0);
  EXPECT_GT(range.high, 109.0);
  EXPECT_LT(range.high, 200.0);
}

TEST(SampleRange, EqualSamplesStillHaveARange) {
  const SampleRange range = sample_range(std::array{std::make_shared<const std::vector<double>>(2, 5.0)});
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
