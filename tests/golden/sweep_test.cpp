// A sweep from the command line: its order, what it says before it starts, and how it goes on where it was ended.

#include <algorithm>
#include <fstream>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden/child_process.h"
#include "session/session.h"
#include "unit/session_samples.h"

namespace knobscope {
namespace {

using nlohmann::json;
using testing::Ended;
using testing::run_program;
using testing::TestFolder;

class Sweep : public ::testing::Test {
 protected:
  Sweep() : folder_("knobscope-sweep") {}

  Ended sweep(const std::vector<std::string>& more, const std::string& variant = "welford") {
    std::vector<std::string> all = {"sweep", "--device",      "cpu", "--shape",     "64x257", "--time-limit",
                                    "0.02",  "--min-samples", "3",   "--noisy-rse", "100",    "--variant",
                                    variant, "--no-recheck",  "-a",  "chunk=64"};  // few points: each is compiled
    all.insert(all.end(), more.begin(), more.end());
    return run_program(all, folder_.path(), 60);
  }

  TestFolder folder_;
};

TEST_F(Sweep, ADryRunSaysHowManyAndHowLong) {
  const Ended dry = sweep({"--dry-run"});
  ASSERT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_NE(dry.out.find(" points.\n"), std::string::npos) << dry.out;
  EXPECT_NE(dry.out.find("Time: at most about "), std::string::npos) << "nothing was measured before: " << dry.out;
  const std::string session = folder_ / "s.session";
  ASSERT_EQ(sweep({"--session", session, "--dtype", "f32,bf16"}).exit_code, 0);
  const Ended again = sweep({"--session", session, "--resume", "--dtype", "f32,bf16,f16", "--dry-run"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_NE(again.out.find("more are in the session already"), std::string::npos) << again.out;
  EXPECT_NE(again.out.find("measured before"), std::string::npos) << again.out;
}

TEST_F(Sweep, MeasuresCoarseToFineAndTellsInThePlansOrder) {
  const std::string file = folder_ / "s.session";
  const Ended ended = sweep({"--session", file, "--json", "-", "--shape", "1x16", "2x16", "4x16", "8x16", "16x16"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  std::vector<std::int64_t> told;
  for (const json& point : json::parse(ended.out)["points"]) told.push_back(point["shape"][0]);
  EXPECT_TRUE(
      std::ranges::is_sorted(told.begin() + static_cast<std::ptrdiff_t>(std::ranges::count(told, 64)), told.end()));
  std::vector<std::int64_t> measured;
  for (const PointPtr& point : session::load(file).points) {
    const std::int64_t rows = point->request.problem.shape[0];
    if (std::ranges::find(measured, rows) == measured.end()) measured.push_back(rows);
  }
  EXPECT_EQ(measured, (std::vector<std::int64_t>{64, 1, 4, 2, 8, 16})) << "ends, middle, middles of the halves";
}

TEST_F(Sweep, GoesOnWhereItWasEnded) {
  const std::string file = folder_ / "s.session";
  ASSERT_EQ(sweep({"--session", file}).exit_code, 0);
  const std::size_t half = session::load(file).points.size();
  const Ended rest = sweep({"--session", file, "--resume", "--dtype", "f32,bf16", "--json", "-"});
  ASSERT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_NE(rest.err.find(std::to_string(half) + " of " + std::to_string(2 * half) + " points are in"),
            std::string::npos)
      << rest.err;
  const session::Recorded recorded = session::load(file);
  EXPECT_EQ(recorded.points.size(), 2 * half) << "none twice";
  const json points = json::parse(rest.out)["points"];
  ASSERT_EQ(points.size(), 2 * half) << "the whole plan is told";
  std::set<std::int64_t> ids;
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_TRUE(ids.insert(points[i]["id"].get<std::int64_t>()).second);
    EXPECT_EQ(points[i]["dtype"], i < half ? "f32" : "bf16");
  }
  const Ended nothing = sweep({"--session", file, "--resume"});
  EXPECT_EQ(nothing.exit_code, 0) << nothing.err;
  EXPECT_EQ(session::load(file).points.size(), 2 * half);
}

TEST_F(Sweep, ResumingNeedsASession) {
  const Ended ended = sweep({"--resume"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("--session"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace knobscope
