// What goes wrong, and what the exit code and one line on standard error say of it.

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden/child_process.h"
#include "unit/session_samples.h"

namespace knobscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Ended;
using testing::run_program;
using testing::TestFolder;

/// A kernel file that calls `body` once a row, with x_row and y_row at hand.
std::string kernel(const std::string& title, const std::string& body) {
  return "/* knobscope\ntitle = \"" + title +
         "\"\nidea = \"A test's.\"\noperation = \"layernorm_forward\"\ntypes = [\"f32\"]\n"
         "[[launches]]\nentry = \"layernorm\"\ngrid = \"rows\"\n"
         "arguments = [\"x\", \"gamma\", \"beta\", \"y\", \"mean\", \"rstd\", \"rows\", \"columns\", \"epsilon\", "
         "\"block_index\"]\n"
         "[traffic]\nreads = \"elements * element_size\"\nwrites = \"elements * element_size\"\nnote = \"Once.\"\n"
         "[numerics]\naccumulate = \"f64\"\nnote = \"None.\"\ndeterministic = true\n[source]\nnote = \"A test.\"\n*/\n"
         "#include <cmath>\n#include <cstdlib>\n#include <knobscope/element.h>\nusing namespace knobscope;\n"
         "void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean,\n"
         "               float* rstd, Index rows, Index columns, double epsilon, Index row) {\n"
         "  const Element* x_row = x + row * columns;\n  Element* y_row = y + row * columns;\n"
         "  double sum = 0, squares = 0;\n"
         "  for (Index i = 0; i < columns; ++i) sum += x_row[i];\n  sum /= double(columns);\n"
         "  for (Index i = 0; i < columns; ++i) squares += (x_row[i] - sum) * (x_row[i] - sum);\n"
         "  const double scale = 1 / std::sqrt(squares / double(columns) + epsilon);\n"
         "  for (Index i = 0; i < columns; ++i) y_row[i] = float((x_row[i] - sum) * scale * gamma[i] + beta[i]);\n"
         "  mean[row] = float(sum);\n  rstd[row] = float(scale);\n  (void)rows;\n" +
         body + "\n}\n";
}

class CommandLineFaults : public ::testing::Test {
 protected:
  CommandLineFaults() : folder_("knobscope-faults") {
    fs::create_directories(folder_ / "root/kernels/layernorm_forward");
    fs::copy(fs::path(KNOBSCOPE_SOURCE_DIR) / "kernels" / "include", folder_ / "root/kernels/include",
             fs::copy_options::recursive);
    add("01_good.cpp", kernel("Good", ""));
  }
  void add(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / ("root/kernels/layernorm_forward/" + name)) << text;
  }
  Ended run(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = arguments;
    all.insert(all.end(), {"--root", folder_ / "root"});
    return run_program(all, folder_.path());
  }
  Ended measure(const std::vector<std::string>& more) {
    std::vector<std::string> all = {"run",  "--device",      "cpu", "--shape",     "32x100", "--time-limit",
                                    "0.02", "--min-samples", "3",   "--noisy-rse", "100",    "--json",
                                    "-"};
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  }
  TestFolder folder_;
};

TEST_F(CommandLineFaults, TheGoodKernelOfTheseTestsPasses) {
  const Ended ended = measure({"--variant", "good"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(json::parse(ended.out)["points"][0]["verdict"], "pass");
}

TEST_F(CommandLineFaults, WrongResultsAreExitCode1WithTheReason) {
  add("02_wrong.cpp", kernel("Wrong", "  if (row == 3) y_row[7] += 1.0f;"));
  const Ended ended = measure({});
  EXPECT_EQ(ended.exit_code, 1);
  const json points = json::parse(ended.out)["points"];
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0]["verdict"], "pass");
  EXPECT_EQ(points[1]["verdict"], "wrong");
  EXPECT_NEAR(points[1]["max_abs_error"].get<double>(), 1.0, 1e-4);
  EXPECT_NE(ended.err.find("1 of 2 points failed, were wrong or invalid; the first: wrong: wrong: "), std::string::npos)
      << ended.err;
}

TEST_F(CommandLineFaults, AKernelThatDoesNotCompileIsExitCode1) {
  add("02_broken.cpp", kernel("Broken", "  this is not C++;"));
  const Ended ended = measure({"--variant", "broken"});
  EXPECT_EQ(ended.exit_code, 1);
  const json point = json::parse(ended.out)["points"][0];
  EXPECT_EQ(point["verdict"], "failed");
  EXPECT_TRUE(point["median_s"].is_null());
  EXPECT_TRUE(point["max_abs_error"].is_null());
  EXPECT_NE(point["compile_log"].get<std::string>().find("this is not C++"), std::string::npos) << point;
}

TEST_F(CommandLineFaults, AKernelThatCrashesTakesOnlyItsPointWithIt) {
  add("02_crash.cpp", kernel("Crash", "  if (row == 3) *reinterpret_cast<volatile int*>(8) = 1;"));
  add("03_also_good.cpp", kernel("Also good", ""));
  const Ended ended = measure({});
  EXPECT_EQ(ended.exit_code, 1);
  const json points = json::parse(ended.out)["points"];
  ASSERT_EQ(points.size(), 3U) << ended.err;
  EXPECT_EQ(points[0]["verdict"], "pass");
  EXPECT_EQ(points[1]["verdict"], "failed");
  EXPECT_FALSE(points[1]["reason"].is_null());
  EXPECT_EQ(points[2]["verdict"], "pass");
}

TEST_F(CommandLineFaults, AKernelThatHangsIsEndedAfterTheLimit) {
  add("02_hang.cpp", kernel("Hang", "  for (volatile int i = 1; i != 0; i = 1) {}"));
  add("03_also_good.cpp", kernel("Also good", ""));
  const Ended ended = measure({"--launch-limit", "1"});
  EXPECT_EQ(ended.exit_code, 1);
  const json points = json::parse(ended.out)["points"];
  ASSERT_EQ(points.size(), 3U) << ended.err;
  EXPECT_EQ(points[1]["verdict"], "failed");
  EXPECT_EQ(points[2]["verdict"], "pass");
}

TEST_F(CommandLineFaults, NothingThatFitsIsExitCode1) {
  const Ended ended = measure({"--dtype", "bf16"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_NE(ended.err.find("nothing could be measured"), std::string::npos) << ended.err;
}

TEST_F(CommandLineFaults, AFileWithAMistakeIsNamedWithItsLine) {
  add("02_bad.cpp", "/* knobscope\ntitle = \"Bad\"\nidea = \n*/\n");
  const Ended listed = run({"list"});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_NE(listed.err.find("layernorm_forward/02_bad.cpp:3:"), std::string::npos) << listed.err;
  const Ended measured = measure({});
  EXPECT_EQ(measured.exit_code, 0) << measured.err;
  EXPECT_NE(measured.err.find("layernorm_forward/02_bad.cpp:3:"), std::string::npos) << measured.err;
}

TEST_F(CommandLineFaults, BadUsageIsExitCode2InOneLine) {
  std::ofstream(folder_ / "plan.toml") << "operation = \"layernorm_forward\"\nshapes = [[8, 0]]\n";
  std::ofstream(folder_ / "text") << "This is not a session, whatever it is called.\n";
  struct Case {
    std::vector<std::string> arguments;
    const char* says;
  };
  const std::vector<Case> cases = {
      {{"run", "--shap", "3x3"}, "Did you mean '--shape'"},
      {{"run", "--device", "cpu", "--variant", "god"}, "Did you mean 'good'"},
      {{"run", "--device", "cuda:77"}, "there is no device 'cuda:77'"},
      {{"run", "--device", "cpu", "-a", "block=64"}, "block"},
      {{"run", "--device", "cpu", "--shape", "8x8", "--normalized-dims", "3"}, "3"},
      {{"run", "--plan", folder_ / "plan.toml"}, "plan.toml:2: shapes: 0 is not a size"},
      {{"run", "--json", folder_ / "no/such/folder.json"}, "create it first"},
      {{"run", "--session", folder_ / "text"}, "is not a Knobscope session"},
      {{"show", folder_ / "text"}, "is not a Knobscope session"},
      {{"show", folder_ / "missing"}, "no such file"},
      {{"list", "--op", "layernorm"}, "layernorm_forward"},
      {{"list", "--device", "tpu"}, "cuda and for cpu"},
      {{"compare", "a", "b"}, "no such file"},
      {{"contrast", "a", "b"}, "no command"},
  };
  for (const Case& each : cases) {
    const Ended ended = run(each.arguments);
    EXPECT_EQ(ended.exit_code, 2) << each.arguments[0] << " " << each.says << ended.err;
    EXPECT_NE(ended.err.find(each.says), std::string::npos) << ended.err;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
}

TEST_F(CommandLineFaults, AMissingRootIsSaid) {
  const Ended ended = run_program({"list", "--root", folder_ / "nowhere"}, folder_.path());
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_NE(ended.err.find("kernels/"), std::string::npos) << ended.err;
}

}  // namespace
}  // namespace knobscope
