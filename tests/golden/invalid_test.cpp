// A kernel whose outputs are right whenever they are looked at, and which does nothing while it is timed: only the rule
// that nothing is faster than the memory stands between it and the first place.

#include <filesystem>

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

constexpr const char* kSource = KNOBSCOPE_SOURCE_DIR;

TEST(Invalid, AKernelThatDoesNothingWhileItIsTimedIsNotTheBest) {
  const TestFolder folder("knobscope-invalid");
  const fs::path root = folder / "root";
  const fs::path variants = root / "kernels" / "layernorm_forward";
  fs::create_directories(variants);
  fs::copy(fs::path(kSource) / "kernels" / "include", root / "kernels" / "include", fs::copy_options::recursive);
  fs::copy(fs::path(kSource) / "tests/golden/kernels/01_skips_what_is_done.cpp", variants);
  fs::copy(fs::path(kSource) / "kernels/layernorm_forward/04_vectorised_two_pass.cpp", variants);
  fs::create_directories(root / "assets");
  fs::create_directories(root / "shaders");
  const std::string session = folder / "s.session";
  // 64 MiB: no cache holds it, and no memory of a CPU moves it in the time of a few instructions a row.
  const Ended ended =
      run_program({"run", "--root", root.string(), "--device", "cpu", "--shape", "2048x4096", "--timing", "cold",
                   "--time-limit", "0.2", "--noisy-rse", "100", "--session", session, "--json", "-"},
                  folder.path(), 90);
  EXPECT_EQ(ended.exit_code, 1) << ended.err;
  EXPECT_NE(ended.err.find("invalid"), std::string::npos) << ended.err;
  const json points = json::parse(ended.out)["points"];
  ASSERT_EQ(points.size(), 2U);
  const json& skips = points[0]["variant"] == "skips_what_is_done" ? points[0] : points[1];
  const json& works = points[0]["variant"] == "skips_what_is_done" ? points[1] : points[0];
  EXPECT_EQ(skips["verdict"], "invalid") << skips["reason"];
  EXPECT_TRUE(skips["reason"].get<std::string>().starts_with("cold: ")) << skips["reason"];
  EXPECT_NE(skips["reason"].get<std::string>().find("does not read and write all of the"), std::string::npos);
  EXPECT_LT(skips["median_s"].get<double>(), works["median_s"].get<double>());
  EXPECT_EQ(works["verdict"], "pass") << works["reason"];
  ASSERT_EQ(works["size_ceilings"].size(), 1U);
  for (const char* kind : {"memcpy", "copy", "read", "write"}) {
    EXPECT_GT(works["size_ceilings"][0][kind].get<double>(), 1e8) << kind;
  }

  const Ended best = run_program({"best", "--session", session, "--json", "-"}, folder.path(), 30);
  ASSERT_EQ(best.exit_code, 0) << best.err;
  EXPECT_EQ(best.out.find("skips_what_is_done"), std::string::npos) << "not even among what was ranked";
  EXPECT_NE(best.out.find("vectorised_two_pass"), std::string::npos);
}

}  // namespace
}  // namespace knobscope
