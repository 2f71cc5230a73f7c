// knobscope best as a user types it: from the recorded session that comes with the program, and measured on the CPU.

#include <algorithm>
#include <csignal>
#include <fstream>
#include <sstream>

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

class Best : public ::testing::Test {
 protected:
  Best() : folder_("knobscope-best") {}

  Ended run(std::vector<std::string> arguments, double limit_s = 60, const testing::Watcher& watch = nullptr) {
    arguments.insert(arguments.begin(), "best");
    return run_program(arguments, folder_.path(), limit_s, watch);
  }
  std::string text_of(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

  TestFolder folder_;
};

const std::string kSession = std::string(KNOBSCOPE_SOURCE_DIR) + "/assets/sessions/h200.session";

TEST_F(Best, TheShippedSessionAnswersWithoutAGpu) {
  const Ended ended = run({"--op", "layernorm_forward", "--shape", "8192x4096", "--dtype", "f32", "--json", "-"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json result = json::parse(ended.out);
  EXPECT_EQ(result["device_name"], "NVIDIA H200");
  const json& choice = result["choice"];
  EXPECT_TRUE(choice["measured"]);
  EXPECT_EQ(choice["octaves"], 0.0);

  // By hand: the least cold median of what passed on that shape with that distribution.
  double least = 1e9;
  for (const PointPtr& point : session::load(kSession).points) {
    const Problem& problem = point->request.problem;
    if (problem.operation != Operation::layernorm_forward || problem.type != ElementType::f32 ||
        problem.distribution.kind != DistributionKind::normal || problem.activation != Activation::none ||
        extents_of(problem).rows != 8192 || extents_of(problem).columns != 4096) {
      continue;
    }
    if (point->verdict == Verdict::pass && point->cold_summary) {
      least = std::min(least, point->cold_summary->median.count() * 1e-9);
    }
  }
  EXPECT_NEAR(choice["best"]["median_s"].get<double>(), least, 0.02 * least);
  EXPECT_GT(choice["best"]["copy_fraction"].get<double>(), 0.8);
  for (const json& tie : choice["ties"]) {
    EXPECT_GE(tie["median_s"].get<double>(), choice["best"]["median_s"].get<double>());
    EXPECT_LT(tie["median_s"].get<double>(), 1.2 * choice["best"]["median_s"].get<double>());
  }
  EXPECT_NE(ended.err.find("best       "), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("h200.session"), std::string::npos) << ended.err;
}

TEST_F(Best, AnUnmeasuredShapeSaysSo) {
  const Ended ended = run({"--shape", "8192x4104", "--session", kSession});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("not measured; the nearest measured shape is"), std::string::npos) << ended.out;
}

TEST_F(Best, WithoutAShapeEveryMeasuredOneIsListed) {
  const Ended ended = run({"--op", "batchnorm_inference", "--csv", folder_ / "table.csv"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("16x64x256x256"), std::string::npos) << ended.out;
  EXPECT_NE(text_of("table.csv").find(",batchnorm_inference,16x64x256x256,"), std::string::npos);
}

TEST_F(Best, TheHeaderHasAFunctionATable) {
  const Ended ended = run({"--header", folder_ / "best.h"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const std::string header = text_of("best.h");
  EXPECT_NE(header.find("inline const Choice& layernorm_forward_f32(std::int64_t rows, std::int64_t columns)"),
            std::string::npos);
  EXPECT_NE(header.find("inline const Choice& batchnorm_inference_f32(std::int64_t batch"), std::string::npos);
  EXPECT_NE(header.find("NVIDIA H200"), std::string::npos);
  std::ofstream(folder_ / "program.cpp") << "#include \"best.h\"\nint main() { return "
                                            "knobscope_best::layernorm_forward_f32(8192, 4096).variant == nullptr; }\n";
  const std::string program = folder_ / "program";
  EXPECT_EQ(std::system(("g++ -std=c++17 -Wall -Wextra -Werror -o " + program + " " + program + ".cpp").c_str()), 0);
  EXPECT_EQ(std::system(program.c_str()), 0);

  const Ended one = run({"--op", "layernorm_forward", "--header", "-"});
  ASSERT_EQ(one.exit_code, 0) << one.err;
  EXPECT_EQ(one.out.find("batchnorm"), std::string::npos);
  EXPECT_NE(one.err.find("8192x4096"), std::string::npos);
}

TEST_F(Best, FaultsSayWhatToDo) {
  const std::pair<std::vector<std::string>, const char*> faults[] = {
      {{"--shape", "8192"}, "dimensions"},
      {{"--op", "softmax"}, "softmax"},
      {{"--device", "cuda:7"}, "cuda:0 (NVIDIA H200)"},
      {{"--session", folder_ / "none.session"}, "none.session"},
      {{"--json", "-", "--header", "-"}, "only one"},
      {{"--header", folder_ / "no/such.h"}, "does not exist"},
      {{"--measure", "--device", "emulated", "--shape", "4x4"}, "no times"},
      {{"--budget", "-1"}, "budget"},
  };
  for (const auto& [arguments, words] : faults) {
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.exit_code, 2) << words << ended.out;
    EXPECT_NE(ended.err.find(words), std::string::npos) << words << ": " << ended.err;
  }
  const Ended nothing = run({"--op", "layernorm_forward", "--shape", "8192x4096", "--dist", "nonfinite"});
  EXPECT_EQ(nothing.exit_code, 1) << nothing.out;
  EXPECT_NE(nothing.err.find("--measure"), std::string::npos) << nothing.err;
}

TEST_F(Best, MeasuresTheShapeHere) {
  const std::string session = folder_ / "lab.session";
  const Ended ended = run({"--measure", "--device", "cpu", "--shape", "64x257", "--time-limit", "0.02", "--session",
                           session, "--budget", "40", "--json", folder_ / "best.json"},
                          90);
  ASSERT_EQ(ended.exit_code, 0) << ended.err << ended.out;
  const json choice = json::parse(text_of("best.json"))["choice"];
  EXPECT_TRUE(choice["measured"]);
  EXPECT_EQ(choice["shape"], (json{64, 257}));
  EXPECT_GT(choice["best"]["median_s"], 0.0);
  const auto recorded = session::load(session);
  EXPECT_GE(recorded.points.size(), 4U);
  // The same session answers later, and without measuring.
  const Ended later = run({"--device", "cpu", "--shape", "64x257", "--session", session, "--json", "-"});
  ASSERT_EQ(later.exit_code, 0) << later.err;
  EXPECT_EQ(json::parse(later.out)["choice"]["best"]["variant"], choice["best"]["variant"]);
}

TEST_F(Best, ABudgetEndsTheSearch) {
  const Ended ended = run({"--measure", "--device", "cpu", "--shape", "64x257", "--budget", "0.01"});
  EXPECT_EQ(ended.exit_code, 1) << ended.out;
  EXPECT_NE(ended.err.find("no right result"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("the budget ended"), std::string::npos) << ended.err;
}

TEST_F(Best, CtrlCNamesTheBestSoFar) {
  const std::string session = folder_ / "stopped.session";
  bool asked = false;
  const Ended stopped = run({"--measure", "--device", "cpu", "--shape", "64x257", "--session", session}, 60,
                            [&](pid_t child, const std::string&, const std::string&) {
                              std::error_code none;
                              if (asked || !std::filesystem::exists(session, none)) return;
                              try {
                                asked = session::load(session).points.size() >= 2;
                              } catch (const session::SessionError&) {
                                return;  // not yet there in full
                              }
                              if (asked) ::kill(child, SIGINT);
                            });
  EXPECT_EQ(stopped.exit_code, 130) << stopped.err << stopped.out;
  EXPECT_NE(stopped.out.find("best       "), std::string::npos) << stopped.out << stopped.err;
}

}  // namespace
}  // namespace knobscope
