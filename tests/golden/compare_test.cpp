// knobscope compare as a user types it, over sessions with samples that are always the same.

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden/child_process.h"
#include "golden/golden_file.h"
#include "session/session.h"
#include "unit/session_samples.h"

namespace knobscope {
namespace {

using nlohmann::json;
using testing::Ended;
using testing::expect_golden;
using testing::run_program;
using testing::TestFolder;

struct Given {
  std::int64_t block = 256;
  double median_us = 70.0;
  double deviation = 0.004;  ///< relative
  Verdict verdict = Verdict::pass;
  std::string variant = "welford";
};

/// 31 samples, evenly around the median.
Point made(std::int64_t id, const Given& given) {
  Point point;
  PointRequest& request = point.request;
  request.id = id;
  request.device = "cuda:0";
  request.problem.shape = {8192, 4096};
  request.variant = "layernorm_forward/05_" + given.variant + ".cu";
  request.knobs = {{"block", given.block}};
  point.variant_name = given.variant;
  point.source_hash = "0123";
  point.verdict = given.verdict;
  point.environment.device_name = "A GPU";
  point.environment.started_at = "2026-01-02T03:04:05.678Z";
  point.bytes = {2LL * 8192 * 4096 * 4};
  std::vector<double> samples;
  for (int i = -15; i <= 15; ++i) samples.push_back(1e3 * given.median_us * (1.0 + given.deviation * i / 10.0));
  point.cold = std::make_shared<const std::vector<double>>(samples);
  point.cold_summary = summarize(samples);
  if (given.verdict == Verdict::wrong) point.reason = "y differs in 3 of 33 554 432 elements";
  return point;
}

class Compare : public ::testing::Test {
 protected:
  Compare() : folder_("knobscope-compare") {
    write("base.session", {{.block = 64},
                           {.block = 128},
                           {.block = 256},
                           {.block = 512},
                           {.block = 1024, .deviation = 0.05},
                           {.variant = "gone"}});
    write("new.session", {{.block = 64, .median_us = 70.1},
                          {.block = 128, .median_us = 75.0},
                          {.block = 256, .median_us = 60.0},
                          {.block = 512, .verdict = Verdict::wrong},
                          {.block = 1024, .median_us = 71.0, .deviation = 0.05},
                          {.variant = "float4"}});
  }

  void write(const std::string& name, const std::vector<Given>& points) {
    session::Writer writer(folder_ / name);
    for (std::size_t i = 0; i < points.size(); ++i) writer.add(made(static_cast<std::int64_t>(i) + 1, points[i]));
  }

  /// In the folder of the sessions, so that their names are the same everywhere.
  Ended run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "compare");
    const std::filesystem::path before = std::filesystem::current_path();
    std::filesystem::current_path(folder_.path());
    Ended ended = run_program(arguments, folder_.path());
    std::filesystem::current_path(before);
    return ended;
  }

  std::string text_of(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

  TestFolder folder_;
};

TEST_F(Compare, SaysTheSameInEveryForm) {
  const Ended ended = run({"base.session", "new.session", "--json", "c.json", "--csv", "c.csv", "--md", "c.md"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  expect_golden("compare.txt", ended.out);
  expect_golden("compare.json", text_of("c.json"));
  expect_golden("compare.csv", text_of("c.csv"));
  expect_golden("compare.md", text_of("c.md"));
  const json result = json::parse(text_of("c.json"));
  std::map<std::int64_t, std::string> verdicts;
  for (const json& point : result["points"]) verdicts[point["knobs"]["block"]] = point["verdict"];
  EXPECT_EQ(verdicts, (std::map<std::int64_t, std::string>{
                          {64, "SAME"}, {128, "SLOWER"}, {256, "FASTER"}, {512, "BROKEN"}, {1024, "UNDECIDED"}}));
  EXPECT_EQ(result["summary"]["regressions"], 2);
  EXPECT_EQ(result["only_base"][0]["variant"], "gone");
  EXPECT_EQ(result["only_new"][0]["variant"], "float4");
}

TEST_F(Compare, ARegressionHasAnExitCodeOfItsOwn) {
  const Ended ended = run({"base.session", "new.session", "--fail-on-regression"});
  EXPECT_EQ(ended.exit_code, 3) << ended.out;
  EXPECT_NE(ended.err.find("2 of 5 points are slower or broken"), std::string::npos) << ended.err;
  EXPECT_EQ(run({"base.session", "base.session", "--fail-on-regression"}).exit_code, 0);
}

TEST_F(Compare, AThresholdMakesChangesTheSame) {
  const Ended ended = run({"base.session", "new.session", "--threshold", "20%", "--json", "-"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const json summary = json::parse(ended.out)["summary"];
  EXPECT_EQ(summary["same"], 4);
  EXPECT_EQ(summary["slower"], 0);
  EXPECT_EQ(summary["broken"], 1);
  EXPECT_NE(ended.err.find("SAME"), std::string::npos) << "the table goes to standard error";
}

TEST_F(Compare, FaultsSayWhatToDo) {
  std::ofstream(folder_ / "text.session") << "no session, and more than sixteen bytes";
  const std::pair<std::vector<std::string>, const char*> faults[] = {
      {{"base.session"}, "NEW"},
      {{"base.session", "none.session"}, "there is no such file"},
      {{"text.session", "new.session"}, "not a Knobscope session"},
      {{"base.session", "new.session", "--threshold", "2"}, "write such as 2% or 0.02"},
      {{"base.session", "new.session", "--threshold", "0"}, "write such as 2% or 0.02"},
      {{"base.session", "new.session", "--json", "no/such.json"}, "does not exist"},
  };
  for (const auto& [arguments, words] : faults) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.exit_code, 2) << words << ended.out;
    EXPECT_NE(ended.err.find(words), std::string::npos) << words << ": " << ended.err;
  }
}

TEST_F(Compare, NothingInCommonIsSaid) {
  write("other.session", {{.variant = "other"}});
  const Ended ended = run({"base.session", "other.session"});
  EXPECT_EQ(ended.exit_code, 1) << ended.out;
  EXPECT_NE(ended.err.find("no point is in both"), std::string::npos) << ended.err;
}

TEST_F(Compare, TheRecordedSessionIsItself) {
  const std::string recorded = std::string(KNOBSCOPE_SOURCE_DIR) + "/assets/sessions/h200.session";
  const Ended ended = run({recorded, recorded, "--fail-on-regression", "--json", "-"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const json summary = json::parse(ended.out)["summary"];
  EXPECT_EQ(summary["slower"], 0);
  EXPECT_EQ(summary["faster"], 0);
  EXPECT_GT(summary["same"], 20);
}

}  // namespace
}  // namespace knobscope
