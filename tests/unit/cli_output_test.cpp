// What a script reads from the exit code, and the one line that says why.

#include <gtest/gtest.h>

#include "cli/output.h"

namespace knobscope::cli {
namespace {

PointPtr point(Verdict verdict, const std::string& reason = "") {
  auto made = std::make_shared<Point>();
  made->variant_name = "welford";
  made->request.knobs = {{"block", 96}};
  made->verdict = verdict;
  made->reason = reason;
  return made;
}

struct Judged {
  int exit_code = 0;
  std::string said;
};

Judged judged(const std::vector<PointPtr>& points) {
  testing::internal::CaptureStderr();
  Judged result;
  result.exit_code = judge(points);
  result.said = testing::internal::GetCapturedStderr();
  return result;
}

TEST(CliJudge, RightPointsAreExitCode0EvenWhereSomeDoNotFitOrAreNoisy) {
  const Judged result =
      judged({point(Verdict::pass), point(Verdict::noisy), point(Verdict::throttled), point(Verdict::unfit)});
  EXPECT_EQ(result.exit_code, kExitOk);
  EXPECT_EQ(result.said, "");
}

TEST(CliJudge, FailedWrongAndInvalidAreExitCode1) {
  for (const Verdict verdict : {Verdict::failed, Verdict::wrong, Verdict::invalid}) {
    const Judged result = judged({point(Verdict::pass), point(verdict, "this is why\nand more")});
    EXPECT_EQ(result.exit_code, kExitBadResult) << name_of(verdict);
    EXPECT_EQ(result.said, "knobscope: 1 of 2 points failed, were wrong or invalid; the first: welford block=96: " +
                               std::string(name_of(verdict)) + ": this is why\n");
  }
}

TEST(CliJudge, WhereNothingFitsNothingWasMeasured) {
  const Judged result = judged({point(Verdict::unfit, "needs a GPU"), point(Verdict::unfit)});
  EXPECT_EQ(result.exit_code, kExitBadResult);
  EXPECT_EQ(result.said, "knobscope: nothing could be measured: needs a GPU\n");
}

}  // namespace
}  // namespace knobscope::cli
