// Two recordings beside each other: which points belong together, which of them speaks, and what became of it.

#include <gtest/gtest.h>

#include "core/compared_sessions.h"

namespace knobscope {
namespace {

struct Given {
  std::vector<std::int64_t> shape = {64, 1024};
  std::string variant = "layernorm_forward/05_welford.cu";
  std::int64_t block = 256;
  double median_us = 10.0;
  Verdict verdict = Verdict::pass;
  std::string source = "a";
  std::string when = "2026-01-01T00:00:00.000Z";
  bool cold = true;
  bool timed = true;
  std::string device = "cuda:0";
  std::string device_name = "A GPU";
  ElementType type = ElementType::f32;
  double deviation = 0.001;  ///< of the samples, relative
};

PointPtr point(const Given& given) {
  auto made = std::make_shared<Point>();
  PointRequest& request = made->request;
  request.device = given.device;
  request.problem.shape = given.shape;
  request.problem.type = given.type;
  request.variant = given.variant;
  request.knobs = {{"block", given.block}};
  made->variant_name = "welford";
  made->source_hash = given.source;
  made->verdict = given.verdict;
  made->environment.device_name = given.device_name;
  made->environment.started_at = given.when;
  if (!given.timed) return made;
  auto samples = std::make_shared<std::vector<double>>();
  for (int i = 0; i < 21; ++i) samples->push_back(given.median_us * 1e3 * (1.0 + given.deviation * (i - 10) / 6.0));
  (given.cold ? made->cold_summary : made->hot_summary) = summarize(*samples);
  (given.cold ? made->cold : made->hot) = samples;
  return made;
}

ComparedPoint only(const ComparedSessions& compared) {
  EXPECT_EQ(compared.points.size(), 1U);
  return compared.points.empty() ? ComparedPoint{} : compared.points.front();
}

ComparedPoint compared_pair(const Given& base, const Given& next) {
  return only(compare_sessions(std::vector{point(base)}, std::vector{point(next)}));
}

TEST(CoreComparedSessions, TheSameTwiceIsTheSame) {
  const std::vector points = {point({}), point({.block = 128, .median_us = 20.0})};
  const ComparedSessions compared = compare_sessions(points, points);
  EXPECT_EQ(compared.count(Change::same), 2);
  EXPECT_EQ(compared.regressions(), 0);
  EXPECT_TRUE(compared.only_base.empty() && compared.only_next.empty());
}

TEST(CoreComparedSessions, WorstComesFirst) {
  const std::vector base = {point({.block = 1}), point({.block = 2}), point({.block = 3}), point({.block = 4}),
                            point({.block = 5, .deviation = 0.2})};
  const std::vector next = {point({.block = 1}), point({.block = 2, .median_us = 9.0}),
                            point({.block = 3, .median_us = 11.0}), point({.block = 4, .verdict = Verdict::wrong}),
                            point({.block = 5, .deviation = 0.2})};
  const ComparedSessions compared = compare_sessions(base, next);
  std::vector<std::string_view> words;
  for (const ComparedPoint& each : compared.points) words.push_back(each.word());
  EXPECT_EQ(words, (std::vector<std::string_view>{"BROKEN", "SLOWER", "UNDECIDED", "FASTER", "SAME"}));
  EXPECT_EQ(compared.regressions(), 2);
  EXPECT_EQ(compared.broken(), 1);
  EXPECT_EQ(compared.count(Change::undecided), 1);
}

TEST(CoreComparedSessions, WhatDiffersIsAnotherPoint) {
  const Given base;
  for (const Given& next :
       {Given{.shape = {64, 1025}}, Given{.variant = "layernorm_forward/05_kahan.cu"}, Given{.block = 128},
        Given{.device = "cuda:1"}, Given{.device_name = "Another GPU"}, Given{.type = ElementType::f16}}) {
    const ComparedSessions compared = compare_sessions(std::vector{point(base)}, std::vector{point(next)});
    EXPECT_TRUE(compared.points.empty());
    EXPECT_EQ(compared.only_base.size(), 1U);
    EXPECT_EQ(compared.only_next.size(), 1U);
  }
}

TEST(CoreComparedSessions, AFileMayGetAnotherNumberAndAnotherText) {
  const ComparedPoint compared =
      compared_pair({}, {.variant = "layernorm_forward/07_welford.cu", .median_us = 12.0, .source = "b"});
  EXPECT_EQ(compared.word(), "SLOWER");
  EXPECT_NEAR(compared.comparison.ratio->estimate, 1.2, 1e-9);
}

TEST(CoreComparedSessions, WhatAnOperationDoesNotReadKeepsNothingApart) {
  auto base = std::make_shared<Point>(*point({}));
  auto next = std::make_shared<Point>(*point({}));
  base->request.problem.distribution.offset = 3.0;  // of the normal distribution
  base->request.problem.seed = 7;
  next->request.id = 9;
  EXPECT_EQ(only(compare_sessions(std::vector<PointPtr>{base}, std::vector<PointPtr>{next})).word(), "SAME");
}

TEST(CoreComparedSessions, MeasuredAgainTheLatestPassSpeaks) {
  const std::vector next = {point({.median_us = 20.0, .when = "1"}), point({.median_us = 10.0, .when = "2"}),
                            point({.median_us = 5.0, .verdict = Verdict::noisy, .when = "3"})};
  EXPECT_EQ(only(compare_sessions(std::vector{point({})}, next)).word(), "SAME");
}

TEST(CoreComparedSessions, WrongOnceIsBroken) {
  const std::vector next = {point({.verdict = Verdict::wrong, .when = "1"}), point({.when = "2"})};
  const ComparedPoint compared = only(compare_sessions(std::vector{point({})}, next));
  EXPECT_EQ(compared.word(), "BROKEN");
  EXPECT_TRUE(compared.is_regression());
  EXPECT_EQ(compared.reason, "was right, and now is wrong");
  // With an earlier text of the file it says nothing.
  const std::vector mended = {point({.verdict = Verdict::wrong, .source = "b", .when = "1"}), point({.when = "2"})};
  EXPECT_EQ(only(compare_sessions(std::vector{point({})}, mended)).word(), "SAME");
}

TEST(CoreComparedSessions, FailedAndUnfitAreBrokenToo) {
  for (const Verdict verdict : {Verdict::failed, Verdict::unfit}) {
    EXPECT_EQ(compared_pair({}, {.verdict = verdict, .timed = false}).word(), "BROKEN");
    EXPECT_EQ(compared_pair({.verdict = Verdict::noisy}, {.verdict = verdict, .timed = false}).word(), "BROKEN");
  }
}

TEST(CoreComparedSessions, WhatHasNoTimeIsUndecidedAndSaysWhatToDo) {
  const ComparedPoint throttled = compared_pair({}, {.verdict = Verdict::throttled});
  EXPECT_EQ(throttled.word(), "UNDECIDED");
  EXPECT_EQ(throttled.reason, "NEW has no time that counts (throttled): measure it again");
  const ComparedPoint untimed = compared_pair({.timed = false}, {});
  EXPECT_EQ(untimed.word(), "UNDECIDED");
  EXPECT_EQ(untimed.reason, "BASE was not timed: measure it again");
  const ComparedPoint mended = compared_pair({.verdict = Verdict::wrong}, {});
  EXPECT_EQ(mended.word(), "UNDECIDED");
  EXPECT_EQ(mended.reason, "BASE is wrong; there is nothing to compare with");
  EXPECT_FALSE(mended.is_regression());
}

TEST(CoreComparedSessions, RightInNeitherIsCountedOnly) {
  const ComparedSessions compared = compare_sessions(std::vector{point({.verdict = Verdict::unfit, .timed = false})},
                                                     std::vector{point({.verdict = Verdict::wrong})});
  EXPECT_TRUE(compared.points.empty());
  EXPECT_EQ(compared.right_in_neither, 1);
  EXPECT_EQ(compared.regressions(), 0);
}

TEST(CoreComparedSessions, AColdTimeIsNotComparedWithAHotOne) {
  const ComparedPoint compared = compared_pair({}, {.cold = false});
  EXPECT_EQ(compared.word(), "UNDECIDED");
  EXPECT_NE(compared.reason.find("measure both the same way"), std::string::npos) << compared.reason;
  const ComparedPoint hot = compared_pair({.cold = false}, {.median_us = 12.0, .cold = false});
  EXPECT_EQ(hot.word(), "SLOWER");
  EXPECT_EQ(hot.timing, Timing::hot);
}

TEST(CoreComparedSessions, NoiseIsToldWithTheSamplesItNeeds) {
  const ComparedPoint compared = compared_pair({.deviation = 0.1}, {.median_us = 10.05, .deviation = 0.1});
  EXPECT_EQ(compared.word(), "UNDECIDED");
  EXPECT_TRUE(compared.comparison.samples_needed);
  EXPECT_NE(compared.reason.find("--min-samples"), std::string::npos) << compared.reason;
}

TEST(CoreComparedSessions, PlayedPointsAndBaselinesAreLeftOut) {
  const std::vector points = {point({.device = "emulated"}), point({.variant = "baseline/pytorch_eager"})};
  const ComparedSessions compared = compare_sessions(points, points);
  EXPECT_TRUE(compared.points.empty() && compared.only_base.empty() && compared.only_next.empty());
}

TEST(CoreComparedSessions, NothingBesideNothingIsNothing) {
  EXPECT_TRUE(compare_sessions({}, {}).points.empty());
  EXPECT_EQ(compare_sessions({}, std::vector{point({})}).only_next.size(), 1U);
}

}  // namespace
}  // namespace knobscope
