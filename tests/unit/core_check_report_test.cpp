// Many points' findings told once.

#include <gtest/gtest.h>

#include "core/check_report.h"

namespace knobscope {
namespace {

PointPtr point(Verdict verdict, std::vector<Finding> findings = {}, const std::string& reason = "",
               const std::string& variant = "layernorm_forward/01_a.cu") {
  auto made = std::make_shared<Point>();
  made->request.variant = variant;
  made->verdict = verdict;
  made->findings = std::move(findings);
  made->reason = reason;
  return made;
}

Finding finding(FindingKind kind, int line, const std::string& message, int other_line = 0) {
  Finding made;
  made.kind = kind;
  made.message = message;
  made.launch = "layernorm";
  made.at = {"layernorm_forward/01_a.cu", line};
  if (other_line > 0) made.other_at = {"layernorm_forward/01_a.cu", other_line};
  return made;
}

TEST(CheckReport, OneMistakeAtManyShapesIsOneFinding) {
  const std::vector<PointPtr> points = {
      point(Verdict::pass),
      point(Verdict::wrong,
            {finding(FindingKind::out_of_bounds, 40, "reads 4 bytes past the end of gamma (element 768 of 768)")}),
      point(Verdict::wrong,
            {finding(FindingKind::out_of_bounds, 40, "reads 2 bytes past the end of gamma (element 33 of 33)"),
             finding(FindingKind::out_of_bounds, 40, "reads 2 bytes past the end of beta (element 33 of 33)")}),
  };
  const CheckReport report = make_check_report(points);
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].first, points[1]);
  EXPECT_EQ(report.findings[0].finding, points[1]->findings[0]);
  EXPECT_EQ(report.findings[0].points, 2);
  EXPECT_EQ(report.findings[0].of, 3);
  EXPECT_EQ(report.findings[1].points, 1);
  EXPECT_TRUE(report.wrong.empty()) << "a finding is why they are wrong";
  EXPECT_FALSE(report.clean());
  EXPECT_EQ(summary_of(report), "2 findings in 2 of 3 points");
}

TEST(CheckReport, BothDirectionsOfARaceAreOne) {
  const std::vector<PointPtr> points = {
      point(Verdict::wrong, {finding(FindingKind::race, 57, "reads what another thread writes", 52)}),
      point(Verdict::wrong, {finding(FindingKind::race, 52, "writes what another thread has read", 57)}),
      point(Verdict::wrong, {finding(FindingKind::race, 52, "writes what another thread has read", 60)}),
  };
  const CheckReport report = make_check_report(points);
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].points, 2);
  EXPECT_EQ(report.findings[1].points, 1);
}

TEST(CheckReport, APointCountsOnceHoweverOftenItSaysTheSame) {
  const CheckReport report = make_check_report(
      std::vector<PointPtr>{point(Verdict::wrong, {finding(FindingKind::uninitialised, 9, "reads element 3"),
                                                   finding(FindingKind::uninitialised, 9, "reads element 4")})});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].points, 1);
  EXPECT_EQ(summary_of(report), "1 finding in 1 of 1 point");
}

TEST(CheckReport, AnOrderThatMattersIsOneFindingWhateverOutputShowsIt) {
  Finding y;
  y.kind = FindingKind::order_dependent;
  y.message = "y changes with the order: 217 of 1 000 elements differ between forwards and backwards";
  Finding mean = y;
  mean.message = "mean changes with the order: 1 of 3 elements differ between forwards and shuffled by seed 1";
  const CheckReport report =
      make_check_report(std::vector<PointPtr>{point(Verdict::wrong, {y, mean}), point(Verdict::wrong, {mean})});
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].points, 2);
}

TEST(CheckReport, WithoutAPlaceVariantsStayApart) {
  Finding order;
  order.kind = FindingKind::deadlock;
  order.message = "threads wait for each other";
  const CheckReport report =
      make_check_report(std::vector<PointPtr>{point(Verdict::wrong, {order}), point(Verdict::wrong, {order}),
                                              point(Verdict::wrong, {order}, "", "layernorm_forward/02_b.cu")});
  ASSERT_EQ(report.findings.size(), 2U);
  EXPECT_EQ(report.findings[0].points, 2);
  EXPECT_EQ(report.findings[0].of, 2);
  EXPECT_EQ(report.findings[1].of, 1);
}

TEST(CheckReport, WrongFailedAndUnfitAreToldByReason) {
  const std::vector<PointPtr> points = {
      point(Verdict::wrong, {}, "y differs in 12 of 1 768 elements; first at [row 1]: 7, expected -0.0438348"),
      point(Verdict::wrong, {}, "y differs in 3 of 33 elements; first at [row 0]: 7.5e-07, expected 12"),
      point(Verdict::failed, {}, "does not compile"),
      point(Verdict::unfit, {}, "needs a multiple of 4 columns"),
      point(Verdict::pass),
      point(Verdict::noisy),
  };
  const CheckReport report = make_check_report(points);
  ASSERT_EQ(report.wrong.size(), 1U);
  EXPECT_EQ(report.wrong[0].reason, points[0]->reason);
  EXPECT_EQ(report.wrong[0].points, 2);
  EXPECT_EQ(report.wrong[0].of, 5);
  ASSERT_EQ(report.failed.size(), 1U);
  ASSERT_EQ(report.unfit.size(), 1U);
  EXPECT_EQ(report.unfit[0].of, 6);
  EXPECT_EQ(report.ran, 5);
  EXPECT_EQ(report.bad, 3);
  EXPECT_EQ(summary_of(report), "1 wrong result and 1 failure in 3 of 5 points; 1 more does not fit");
}

TEST(CheckReport, UnfitPointsAreNoMistakeAndNoProof) {
  const CheckReport clean =
      make_check_report(std::vector<PointPtr>{point(Verdict::pass), point(Verdict::pass), point(Verdict::unfit)});
  EXPECT_TRUE(clean.clean());
  EXPECT_EQ(summary_of(clean), "2 points: nothing found; 1 more does not fit");
  const CheckReport nothing = make_check_report(std::vector<PointPtr>{point(Verdict::unfit), point(Verdict::unfit)});
  EXPECT_TRUE(nothing.clean());
  EXPECT_EQ(summary_of(nothing), "nothing was checked: 2 points do not fit");
  EXPECT_EQ(summary_of(make_check_report({})), "nothing was checked");
}

}  // namespace
}  // namespace knobscope
