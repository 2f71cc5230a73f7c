// knobscope ab as a user types it, on the CPU and the emulated device.

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

class Ab : public ::testing::Test {
 protected:
  Ab() : folder_("knobscope-ab") {}
  Ended run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ab");
    return run_program(arguments, folder_.path());
  }
  TestFolder folder_;
};

const std::vector<std::string> kShort = {"--device", "cpu", "--shape", "64x256", "--time-limit", "0.3"};

std::vector<std::string> with(std::vector<std::string> front, const std::vector<std::string>& more) {
  front.insert(front.end(), more.begin(), more.end());
  return front;
}

TEST_F(Ab, TwoVariantsAreComparedAndThePairIsKept) {
  const std::string session = (folder_ / "pairs.session").string();
  const Ended ended =
      run(with({"scalar_two_pass", "vectorised_two_pass", "--json", "-", "--session", session}, kShort));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const json result = json::parse(ended.out);
  EXPECT_EQ(result["in_turns"], true);
  ASSERT_EQ(result["points"].size(), 1U);
  const json& pair = result["points"][0];
  EXPECT_EQ(pair["method"], "cold");
  EXPECT_EQ(pair["base"]["variant"], "scalar_two_pass");
  EXPECT_EQ(pair["new"]["variant"], "vectorised_two_pass");
  EXPECT_EQ(pair["base"]["samples"], pair["new"]["samples"]);
  EXPECT_GT(pair["ratio"].get<double>(), 0.0);
  EXPECT_LE(pair["ratio_low"].get<double>(), pair["ratio_high"].get<double>());
  EXPECT_NE(ended.err.find("A scalar_two_pass"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("1 pair: 1 "), std::string::npos) << ended.err;

  const session::Recorded recorded = session::load(session);
  ASSERT_EQ(recorded.points.size(), 1U);
  ASSERT_TRUE(recorded.points[0]->rival && recorded.points[0]->request.against);
  EXPECT_EQ(recorded.points[0]->rival->variant_name, "vectorised_two_pass");
  EXPECT_EQ(recorded.points[0]->rival->samples->size(), recorded.points[0]->cold->size());
}

TEST_F(Ab, OneVariantWithTwoSettings) {
  const Ended ended =
      run(with({"row_blocked:rows_at_once=2", "row_blocked:rows_at_once=8", "--csv", "-", "--dtype", "f32"}, kShort));
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("new_variant,new_knobs"), std::string::npos) << ended.out;
  EXPECT_NE(ended.err.find("rows_at_once=2"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("rows_at_once=8"), std::string::npos) << ended.err;
}

TEST_F(Ab, TheEmulatedDeviceJudgesBothAndHasNoTimes) {
  const Ended ended = run({"block_per_row", "warp_per_row", "--device", "emulated", "--shape", "4x64", "--quick"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("has no times"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("1 pair: 1 UNDECIDED"), std::string::npos) << ended.out;
}

TEST_F(Ab, FaultsSayWhatToDo) {
  const std::pair<std::vector<std::string>, const char*> faults[] = {
      {{"scalar_two_pass"}, "B"},
      {{"scalar_two_pass", "no_such_variant"}, "B: "},
      {{"scalar_two_pas", "scalar_two_pass"}, "scalar_two_pass"},
      {{"row_blocked:rows_at_once=1", "row_blocked:rowz=2"}, "rowz"},
      {{"row_blocked:rows_at_once=all", "scalar_two_pass"}, "name one value for each"},
      {{"scalar_two_pass", "row_blocked", "--timing", "hot"}, "ask for cold, wall or graph"},
      {{"scalar_two_pass", "row_blocked", "--threshold", "0"}, "write such as 1% or 0.01"},
      {{"scalar_two_pass", "row_blocked", "--json", "no/such.json"}, "does not exist"},
  };
  for (const auto& [arguments, words] : faults) {
    const Ended ended = run(with(arguments, {"--device", "cpu", "--shape", "64x256"}));
    EXPECT_EQ(ended.exit_code, 2) << words << ended.out;
    EXPECT_NE(ended.err.find(words), std::string::npos) << words << ": " << ended.err;
  }
}

}  // namespace
}  // namespace knobscope
