// knobscope error-map as a user types it, on the CPU and the emulated device.

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "golden/child_process.h"
#include "unit/session_samples.h"

namespace knobscope {
namespace {

using nlohmann::json;
using testing::Ended;
using testing::run_program;
using testing::TestFolder;

class ErrorMapCommand : public ::testing::Test {
 protected:
  ErrorMapCommand() : folder_("knobscope-error-map") {}
  Ended run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "error-map");
    return run_program(arguments, folder_.path());
  }
  json json_of(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--device", "cpu", "--json", "-"});
    const Ended ended = run(std::move(arguments));
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    return ended.exit_code == 0 ? json::parse(ended.out) : json();
  }
  TestFolder folder_;
};

TEST_F(ErrorMapCommand, AllOfAnOutputInTiles) {
  const json map = json_of({"scalar_two_pass", "--shape", "48x100", "--grid", "6x10"});
  EXPECT_EQ(map["output"], "y");
  EXPECT_EQ(map["rows"], 48);
  EXPECT_EQ(map["columns"], 100);
  EXPECT_EQ(map["error"]["elements"], 4800);
  EXPECT_EQ(map["error"]["failing"], 0);
  EXPECT_TRUE(map["error"]["first_bad"].is_null());
  ASSERT_EQ(map["tiles"].size(), 6U);
  double largest = 0.0;
  for (const json& row : map["tiles"]) {
    ASSERT_EQ(row.size(), 10U);
    for (const json& tile : row) largest = std::max(largest, tile.get<double>());
  }
  EXPECT_NEAR(largest, map["error"]["max_abs_error"].get<double>(), 1e-9);
  std::int64_t counted = 0;
  for (const json& bin : map["ulp_histogram"]) counted += bin["count"].get<std::int64_t>();
  EXPECT_EQ(counted, 4800);
  EXPECT_TRUE(map["elements"].is_null());
}

TEST_F(ErrorMapCommand, APartOfAnOutputElementByElement) {
  const json map = json_of({"scalar_two_pass", "--shape", "48x100", "--rows", "40:42", "--columns", "97:100",
                            "--measure", "ulp", "--dtype", "f16"});
  ASSERT_EQ(map["elements"].size(), 6U);
  const json& last = map["elements"].back();
  EXPECT_EQ(last["row"], 41);
  EXPECT_EQ(last["column"], 99);
  EXPECT_EQ(last["index"], 4199);
  EXPECT_DOUBLE_EQ(last["difference"].get<double>(), last["value"].get<double>() - last["reference"].get<double>());
  EXPECT_LE(std::abs(last["ulp"].get<double>()), 1.0);
  EXPECT_EQ(last["fails"], false);
  EXPECT_NEAR(map["tiles"][1][2].get<double>(), std::abs(last["ulp"].get<double>()), 1e-6);
}

TEST_F(ErrorMapCommand, ASliceOfATensorOfFourDimensions) {
  const json map = json_of({"scalar", "--op", "batchnorm_inference", "--shape", "2x3x5x7", "--slice", "1,2,:,:"});
  EXPECT_EQ(map["rows"], 5);
  EXPECT_EQ(map["columns"], 7);
  EXPECT_EQ(map["slice"], json::parse("[1, 2, null, null]"));
  ASSERT_EQ(map["elements"].size(), 35U);
  EXPECT_EQ(map["elements"][0]["index"], (1 * 3 + 2) * 35);
}

TEST_F(ErrorMapCommand, AnotherOutputAndTablesOfTilesAndElements) {
  const std::string file = (folder_ / "map.csv").string();
  const Ended ended = run(
      {"scalar_two_pass", "--device", "cpu", "--shape", "48x100", "--output", "rstd", "--grid", "1x5", "--csv", file});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_NE(ended.out.find("rstd of layernorm_forward 48x100 f32"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("all within tolerance"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("error in ULP"), std::string::npos) << ended.out;
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "first_row,last_row,first_column,last_column,max_abs\r");
  std::getline(in, line);
  EXPECT_TRUE(line.starts_with("0,0,0,9,")) << line;
  const Ended elements = run({"scalar_two_pass", "--device", "cpu", "--shape", "4x8", "--csv", "-"});
  EXPECT_TRUE(elements.out.starts_with("row,column,index,value,reference,difference,ulp,allowed,fails,unwritten\r\n"))
      << elements.out;
}

TEST_F(ErrorMapCommand, TheFirstBadElementIsGoneTo) {
  // One pass over values far from zero loses all digits of the variance in f32.
  const std::vector<std::string> wrong = {"single_pass", "--device", "emulated", "--quick", "--shape",    "6x256",
                                          "--dist",      "offset",   "--offset", "100000",  "--first-bad"};
  std::vector<std::string> arguments = wrong;
  arguments.insert(arguments.end(), {"--json", "-"});
  const Ended ended = run(arguments);
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_NE(ended.err.find("past tolerance"), std::string::npos) << ended.err;
  const json map = json::parse(ended.out);
  ASSERT_FALSE(map["elements"].is_null());
  const std::int64_t first = map["error"]["first_bad"].get<std::int64_t>();
  const auto found = std::ranges::find_if(map["elements"], [&](const json& each) { return each["index"] == first; });
  ASSERT_NE(found, map["elements"].end());
  EXPECT_EQ((*found)["fails"], true);
}

TEST_F(ErrorMapCommand, FaultsSayWhatToDo) {
  const auto fault = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--device", "cpu", "--shape", "8x16"});
    const Ended ended = run(arguments);
    EXPECT_EQ(ended.exit_code, 2) << ended.err;
    EXPECT_EQ(std::ranges::count(ended.err, '\n'), 1) << ended.err;
    return ended.err;
  };
  EXPECT_NE(fault({"scalar_two_pass", "--output", "z"}).find("choose from y, mean, rstd"), std::string::npos);
  EXPECT_NE(fault({"scalar_two_pass", "--rows", "5"}).find("write such as 0:64"), std::string::npos);
  EXPECT_NE(fault({"scalar_two_pass", "--slice", "0,1"}).find("such as 0,5,:,:"), std::string::npos);
  EXPECT_NE(fault({"scalar_two_pass", "--slice", "0,:,:"}).find("needs 2 indices"), std::string::npos);
  EXPECT_NE(fault({"scalar_two_pass", "--grid", "0x5"}).find("--grid"), std::string::npos);
  EXPECT_NE(fault({"scalar_two_pass", "--measure", "rms"}).find("choose abs, tolerance or ulp"), std::string::npos);
  EXPECT_NE(fault({"scalar_two_pass", "--dtype", "f32,f16"}).find("these are 2 points"), std::string::npos);
  EXPECT_NE(fault({"nothing_such"}).find("nothing_such"), std::string::npos);
  const Ended outside = run({"scalar_two_pass", "--device", "cpu", "--shape", "8x16", "--rows", "8:9"});
  EXPECT_EQ(outside.exit_code, 1);
  EXPECT_NE(outside.err.find("choose an area that begins inside"), std::string::npos) << outside.err;
}

}  // namespace
}  // namespace knobscope
