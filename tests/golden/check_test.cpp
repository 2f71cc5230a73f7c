// knobscope check as a user and a CI job call it: what it says, and the exit code.

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden/child_process.h"
#include "session/session.h"
#include "unit/session_samples.h"

namespace knobscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::Ended;
using testing::run_program;
using testing::TestFolder;

constexpr const char* kFrontMatter = R"(/* knobscope
title = "A row a block"
idea = "Thread 0 sums, every thread applies."
operation = "layernorm_forward"
types = ["f32", "bf16"]
[knobs.block]
values = [32, 96, 128]
default = 96
[[requires]]
condition = "columns > 1"
reason = "a single column has nothing to normalize"
[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]
[traffic]
reads = "3 * elements * element_size"
writes = "elements * element_size"
[numerics]
accumulate = "f64"
note = "None."
*/
)";

/// A LayerNorm whose thread 0 computes both moments; `between` stands between that and their use.
std::string kernel(const std::string& between, const std::string& last = "") {
  return std::string(kFrontMatter) + R"(#include <knobscope/element.h>
using namespace knobscope;
extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int columns, float epsilon) {
  __shared__ float moments[2];
  const Element* x_row = x + long(blockIdx.x) * columns;
  Element* y_row = y + long(blockIdx.x) * columns;
  if (threadIdx.x == 0) {
    double sum = 0, squares = 0;
    for (int i = 0; i < columns; ++i) sum += to_float(x_row[i]);
    sum /= columns;
    for (int i = 0; i < columns; ++i) squares += (to_float(x_row[i]) - sum) * (to_float(x_row[i]) - sum);
    mean[blockIdx.x] = moments[0] = float(sum);
    rstd[blockIdx.x] = moments[1] = float(1 / sqrt(squares / columns + epsilon));
  }
)" + between +
         R"(
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    const float z = (to_float(x_row[i]) - moments[0]) * moments[1];
    y_row[i] = from_float<Element>(z * to_float(gamma[i]) + to_float(beta[i]));
  }
)" + last +
         "}\n";
}

int line_of(const std::string& text, const std::string& part) {
  return static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find(part)), '\n')) +
         1;
}

class Check : public ::testing::Test {
 protected:
  Check() : folder_("knobscope-check") {
    fs::create_directories(kernels() / "layernorm_forward");
    fs::copy(fs::path(KNOBSCOPE_SOURCE_DIR) / "kernels" / "include", kernels() / "include",
             fs::copy_options::recursive);
  }
  fs::path kernels() const { return folder_ / "root/kernels"; }
  /// In the kernels folder.
  std::string add(const std::string& name, const std::string& text) {
    const fs::path file = kernels() / "layernorm_forward" / name;
    std::ofstream(file) << text;
    return file.string();
  }
  /// Outside of it.
  std::string add_elsewhere(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  Ended check(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "check");
    arguments.insert(arguments.end(), {"--root", folder_ / "root"});
    return run_program(arguments, folder_.path());
  }

  const std::string right_ = kernel("  __syncthreads();");
  const std::string racing_ = kernel("");
  TestFolder folder_;
};

TEST_F(Check, ARightKernelIsExitCode0) {
  const Ended ended = check({add("01_right.cu", right_), "-a", "block=all", "--dtype", "f32"});
  EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
  EXPECT_NE(ended.out.find(" points: nothing found; "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("layernorm_forward/01_right.cu: does not fit: a single column"), std::string::npos)
      << "one column does not fit, and is said: " << ended.out;
  EXPECT_NE(ended.out.find("\nemulated: errors are real, times are not measured\n"), std::string::npos) << ended.out;
  EXPECT_EQ(ended.err, "");
}

TEST_F(Check, ArgumentsThatTheKernelDoesNotTakeAreToldWithTheirLine) {
  std::string text = right_;
  const std::string all = "\"columns\", \"epsilon\"]";
  text.replace(text.find(all), all.size(), "\"columns\"]");
  const Ended ended = check({add("01_short.cu", text), "--shape", "3x33", "--dtype", "f32"});
  EXPECT_EQ(ended.exit_code, 1) << ended.out << ended.err;
  const std::string place = "layernorm_forward/01_short.cu:" + std::to_string(line_of(text, "arguments = "));
  EXPECT_NE(ended.out.find(place + ": failed: layernorm takes 8 arguments, but the launch gives 7"), std::string::npos)
      << ended.out;
}

TEST_F(Check, WhereNothingFitsNothingWasCheckedAndItIsNotExitCode0) {
  const Ended ended = check({add("01_right.cu", right_), "--shape", "3x1"});
  EXPECT_EQ(ended.exit_code, 1) << ended.out << ended.err;
  EXPECT_NE(ended.out.find("01_right.cu: does not fit: a single column"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("\nnothing was checked: "), std::string::npos) << ended.out;
}

TEST_F(Check, AFindingIsOneLineWithItsPlaceAndExitCode1) {
  const Ended ended = check({add("01_racing.cu", racing_), "--shape", "3x33", "--shape", "2x200"});
  EXPECT_EQ(ended.exit_code, 1) << ended.out << ended.err;
  const std::string place = "layernorm_forward/01_racing.cu:";
  int races = 0;
  std::istringstream lines(ended.out);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(place)) continue;
    EXPECT_NE(line.find("block "), std::string::npos) << line;
    if (line.find(": race: ") == std::string::npos) continue;
    ++races;
    const int said = std::stoi(line.substr(place.size()));
    const int reads = line_of(racing_, "const float z");
    const int writes = line_of(racing_, "mean[blockIdx.x] =");
    EXPECT_TRUE(said == reads || said == writes || said == writes + 1) << line;
  }
  EXPECT_GE(races, 1) << ended.out;
  EXPECT_NE(ended.out.find("first seen with shape 3x33, f32, block=96; in 4 of 4 points"), std::string::npos)
      << "two shapes, two types: " << ended.out;
  EXPECT_NE(ended.out.find(" in 4 of 4 points\n"), std::string::npos) << ended.out;
}

TEST_F(Check, QuickPlaysWithoutTheRaceCheck) {
  const Ended ended = check({add("01_racing.cu", racing_), "--shape", "3x33", "--quick"});
  EXPECT_EQ(ended.out.find(": race: "), std::string::npos) << ended.out;
}

TEST_F(Check, JsonHoldsThePointsAndEachMistakeOnce) {
  add("01_right.cu", right_);
  add("02_racing.cu", racing_);
  const Ended ended = check({"--all", "--shape", "3x33", "--dtype", "f32", "--json", "-"});
  EXPECT_EQ(ended.exit_code, 1);
  const json result = json::parse(ended.out);
  EXPECT_EQ(result["device"]["kind"], "emulated");
  ASSERT_EQ(result["points"].size(), 2U);
  EXPECT_EQ(result["points"][0]["verdict"], "pass");
  EXPECT_EQ(result["points"][1]["verdict"], "wrong");
  for (const json& point : result["points"]) {
    for (const char* field : {"median_s", "bandwidth", "samples", "compile_ms", "cold_samples_s", "hot_samples_s"}) {
      EXPECT_TRUE(point[field].is_null()) << field;
    }
  }
  ASSERT_GE(result["findings"].size(), 1U);
  const json& finding = result["findings"][0];
  EXPECT_EQ(finding["kind"], "race");
  EXPECT_EQ(finding["variant"], "racing");
  EXPECT_EQ(finding["points"], 1);
  EXPECT_EQ(finding["of_points"], 1);
  EXPECT_EQ(finding["first_seen"]["shape"], (json{3, 33}));
  EXPECT_EQ(finding["first_seen"]["knobs"]["block"], 96);
  EXPECT_TRUE(finding["text"].get<std::string>().starts_with("layernorm_forward/02_racing.cu:")) << finding;
  EXPECT_EQ(result["summary"]["clean"], false);
  EXPECT_EQ(result["summary"]["bad_points"], 1);
  EXPECT_EQ(result["summary"]["points"], 2);
  EXPECT_NE(ended.err.find(": race: "), std::string::npos) << "the text goes to standard error: " << ended.err;
}

TEST_F(Check, AFileAnywhereElseIsNamedAsItWasGiven) {
  const std::string file = add_elsewhere("my try.cu", racing_);
  const Ended ended = check({file, "--shape", "3x33", "--dtype", "f32"});
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_TRUE(ended.out.starts_with(file + ":")) << ended.out;
  const Ended right = check({add_elsewhere("right.cu", right_), "--shape", "3x33"});
  EXPECT_EQ(right.exit_code, 0) << right.out << right.err;
}

TEST_F(Check, AFailureIsToldWithTheCompilersWords) {
  const Ended ended =
      check({add_elsewhere("broken.cu", kernel("  this is not C++;")), "--shape", "3x33", "--dtype", "f32"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_NE(ended.out.find("broken.cu: failed: "), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("broken.cu:" + std::to_string(line_of(kernel("  this is"), "  this is"))), std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("1 failure in 1 of 1 point\n"), std::string::npos) << ended.out;
}

TEST_F(Check, AWrongResultWithoutAFindingIsToldToo) {
  const Ended ended =
      check({add("01_wrong.cu", kernel("  __syncthreads();", "  if (threadIdx.x == 0) mean[blockIdx.x] = 7;")),
             "--shape", "3x33", "--shape", "2x200"});
  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_NE(ended.out.find("layernorm_forward/01_wrong.cu: wrong: mean differs"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("1 wrong result in 4 of 4 points"), std::string::npos) << ended.out;
}

TEST_F(Check, CpuFilesAreCheckedOnTheCpu) {
  const std::string scalar = fs::path(KNOBSCOPE_SOURCE_DIR) / "kernels/layernorm_forward/01_scalar_two_pass.cpp";
  const Ended ended = check({scalar, "--device", "cpu", "--shape", "3x33"});
  EXPECT_EQ(ended.exit_code, 0) << ended.out << ended.err;
  EXPECT_EQ(ended.out.find("emulated"), std::string::npos) << ended.out;
}

TEST_F(Check, PointsGoIntoASession) {
  const std::string session = folder_ / "s.session";
  ASSERT_EQ(check({add("01_racing.cu", racing_), "--shape", "3x33", "--session", session}).exit_code, 1);
  const session::Recorded recorded = session::load(session);
  ASSERT_EQ(recorded.points.size(), 2U);
  EXPECT_FALSE(recorded.points[0]->findings.empty());
  EXPECT_FALSE(recorded.points[0]->headline());
}

TEST_F(Check, WhatCannotBeCheckedIsExitCode2InOneLine) {
  const std::string right = add("01_right.cu", right_);
  const std::string no_matter = add_elsewhere("plain.cu", "__global__ void f() {}\n");
  const std::string no_operation =
      add_elsewhere("silent.cu", "/* knobscope\ntitle = \"T\"\nidea = \"I\"\ntypes = [\"f32\"]\n*/\n");
  const std::string cpu = add_elsewhere("scalar.cpp", right_);
  const std::string text = add_elsewhere("notes.txt", right_);
  const std::string bad = add("02_bad.cu", "/* knobscope\ntitle = \"Bad\"\nidea = \n*/\n");
  struct Case {
    std::vector<std::string> arguments;
    std::string says;
  };
  const std::vector<Case> cases = {
      {{}, "--all"},
      {{folder_ / "missing.cu"}, "missing.cu: there is no such file"},
      {{kernels()}, "is a folder"},
      {{no_matter}, "plain.cu:1: The file does not open with its front matter"},
      {{no_operation}, "operation = \"layernorm_forward\""},
      {{cpu}, "give --device cpu"},
      {{text}, "ends in .cu"},
      {{bad}, "layernorm_forward/02_bad.cu:3:"},
      {{right, "--device", "cpu"}, "leave --device out"},
      {{right, "--device", "cuda:77"}, "there is no device 'cuda:77'"},
      {{right, "-a", "blok=32"}, "Did you mean 'block'"},
      {{right, "-a", "block=33"}, "32, 96, 128"},
      {{right, "--shape", "3"}, "--shape"},
      {{right, "--op", "batchnorm_inference"}, "leave --op out"},
      {{right, "--json", folder_ / "no/such/folder.json"}, "create it first"},
      {{right, "--tim"}, "there is no flag '--tim'"},
  };
  for (const Case& each : cases) {
    const Ended ended = check(each.arguments);
    EXPECT_EQ(ended.exit_code, 2) << each.says << ": " << ended.err;
    EXPECT_NE(ended.err.find(each.says), std::string::npos) << ended.err;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    EXPECT_EQ(ended.out, "");
  }
  // With --all the others are checked all the same.
  const Ended all = check({"--all", "--shape", "3x33"});
  EXPECT_EQ(all.exit_code, 2) << all.err;
  EXPECT_NE(all.out.find("2 points: nothing found"), std::string::npos) << all.out;
  EXPECT_NE(all.err.find("02_bad.cu:3:"), std::string::npos) << all.err;
}

TEST_F(Check, RunAndSweepPlayWithoutTimes) {
  add("01_right.cu", right_);
  for (const char* command : {"run", "sweep"}) {
    const Ended ended = run_program(
        {command, "--device", "emulated", "--shape", "3x33", "--root", folder_ / "root", "--quick"}, folder_.path());
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_NE(ended.out.find("pass"), std::string::npos) << ended.out;
    EXPECT_NE(ended.out.find("emulated: errors are real, times are not"), std::string::npos) << ended.out;
    for (const char* title : {"median", "bandwidth", "of copy", "samples", "95 %"}) {
      EXPECT_EQ(ended.out.find(title), std::string::npos) << title << "\n" << ended.out;
    }
  }
}

}  // namespace
}  // namespace knobscope
