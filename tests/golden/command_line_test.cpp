// The commands as a user types them, on the CPU device, through the real worker.

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/operation.h"
#include "golden/child_process.h"
#include "session/session.h"
#include "unit/session_samples.h"

namespace knobscope {
namespace {

using nlohmann::json;
using testing::Ended;
using testing::run_program;
using testing::TestFolder;

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() : folder_("knobscope-command-line") {}

  Ended run(const std::vector<std::string>& arguments, double limit_s = 60, const testing::Watcher& watch = nullptr) {
    return run_program(arguments, folder_.path(), limit_s, watch);
  }
  std::string text_of(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
    return text.str();
  }
  /// A CPU variant of LayerNorm as `list` describes it.
  json listed(const std::string& name) {
    const Ended ended = run({"list", "--op", "layernorm_forward", "--device", "cpu", "--json", "-"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    const json variants = json::parse(ended.out)["variants"];
    const auto found = std::ranges::find_if(variants, [&](const json& variant) { return variant["name"] == name; });
    EXPECT_NE(found, variants.end()) << name;
    return found == variants.end() ? json() : *found;
  }
  /// A small problem, timed for a moment.
  static std::vector<std::string> quick(const std::string& command, const std::vector<std::string>& more = {}) {
    std::vector<std::string> all = {command, "--device",      "cpu", "--shape",     "64x257", "--time-limit",
                                    "0.02",  "--min-samples", "3",   "--noisy-rse", "100"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  TestFolder folder_;
};

constexpr const char* kFields[] = {
    "id",        "operation", "shape",         "normalized_dims",  "dtype",         "distribution", "seed",
    "variant",   "knobs",     "method",        "samples",          "median_s",      "ci_low_s",     "ci_high_s",
    "bytes",     "bandwidth", "copy_fraction", "max_abs_error",    "max_rel_error", "max_ulp",      "nonfinite",
    "unwritten", "verdict",   "reason",        "relative_l2_error"};

TEST_F(CommandLine, RunMeasuresEveryVariantOnce) {
  const Ended ended = run(quick("run", {"--json", "-"}));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json result = json::parse(ended.out);
  EXPECT_EQ(result["device"]["id"], "cpu");
  EXPECT_FALSE(result["environment"]["device_name"].is_null());
  std::set<std::string> variants;
  for (const json& point : result["points"]) {
    for (const char* field : kFields) EXPECT_TRUE(point.contains(field)) << field;
    // On a machine that is busy with other tests a few samples are all that fits: noisy, but right.
    EXPECT_TRUE(point["verdict"] == "pass" || point["verdict"] == "noisy") << point["reason"];
    EXPECT_EQ(point["shape"], (json{64, 257}));
    EXPECT_GT(point["median_s"], 0.0);
    EXPECT_LE(point["ci_low_s"], point["median_s"]);
    EXPECT_GE(point["ci_high_s"], point["median_s"]);
    EXPECT_GE(point["samples"], 3);
    EXPECT_GT(point["max_abs_error"], 0.0);
    EXPECT_LT(point["max_abs_error"], 1e-4);
    EXPECT_EQ(point["unwritten"], 0);
    EXPECT_DOUBLE_EQ(point["bandwidth"].get<double>(), point["bytes"].get<double>() / point["median_s"].get<double>());
    EXPECT_TRUE(variants.insert(point["variant"]).second) << "twice: " << point["variant"];
  }
  EXPECT_GE(variants.size(), 3U);
  EXPECT_NE(ended.err.find("welford"), std::string::npos) << "the table goes to standard error: " << ended.err;
}

TEST_F(CommandLine, SweepVisitsAllValuesAndRangesVisitSome) {
  const json welford = listed("welford");
  std::size_t all = 1;
  for (const json& knob : welford["knobs"]) all *= knob["values"].size();
  const Ended dry = run(quick("sweep", {"--variant", "welford", "--dry-run"}));
  EXPECT_EQ(dry.exit_code, 0) << dry.err;
  EXPECT_NE(dry.out.find(std::to_string(all) + " points."), std::string::npos) << dry.out;

  const json& knob = welford["knobs"][0];
  const std::string name = knob["name"];
  const std::string range = name + "=" + knob["values"][0].dump() + ".." + knob["values"][1].dump();
  const Ended ended = run(quick("run", {"--variant", "welford", "-a", range, "--json", "-"}));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json points = json::parse(ended.out)["points"];
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0]["knobs"][name], knob["values"][0]);
  EXPECT_EQ(points[1]["knobs"][name], knob["values"][1]);
}

TEST_F(CommandLine, EveryFormOfResultHoldsTheSamePoints) {
  const std::string session = folder_ / "s.session";
  const Ended ended = run(quick("run", {"--json", folder_ / "r.json", "--csv", folder_ / "r.csv", "--md",
                                        folder_ / "r.md", "--session", session, "--dtype", "bf16"}));
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json points = json::parse(text_of("r.json"))["points"];
  const std::string csv = text_of("r.csv");
  EXPECT_EQ(std::ranges::count(csv, '\n'), static_cast<std::ptrdiff_t>(points.size()) + 1);
  EXPECT_NE(text_of("r.md").find("| welford |"), std::string::npos);
  EXPECT_NE(ended.out.find("bf16"), std::string::npos);

  const session::Recorded recorded = session::load(session);
  ASSERT_EQ(recorded.points.size(), points.size());
  ASSERT_EQ(recorded.plans.size(), 1U);
  EXPECT_NE(std::ranges::find(recorded.devices, "cpu", &DeviceFacts::id), recorded.devices.end());
  for (const PointPtr& point : recorded.points) {
    EXPECT_FALSE(point->source_hash.empty());
    EXPECT_FALSE(point->environment.program_version.empty());
    EXPECT_FALSE(point->environment.toolkit_version.empty());
    EXPECT_FALSE(point->environment.started_at.empty());
    ASSERT_TRUE(point->error && point->error->map);
  }
  // And show says the same again.
  const Ended shown = run({"show", session, "--json", "-"});
  ASSERT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_EQ(json::parse(shown.out)["points"], points);
  EXPECT_EQ(run({"show", session}).out, ended.out);
  const Ended phases = run({"show", session, "--phases"});
  EXPECT_EQ(phases.exit_code, 0) << phases.err;
  EXPECT_EQ(phases.out, ended.out);
  EXPECT_NE(phases.err.find("\nwarm-up "), std::string::npos) << phases.err;
}

TEST_F(CommandLine, LaterRunsAddToASession) {
  const std::string session = folder_ / "s.session";
  for (int i = 0; i < 2; ++i) {
    const Ended ended = run(quick("run", {"--session", session, "--variant", "welford", "--no-hot"}));
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
    // The same size again: as it was, or why not, should this device have become slower or faster.
    EXPECT_EQ(ended.err.find("knobscope: ceilings of 1 size ") != std::string::npos, i == 1) << ended.err;
  }
  const session::Recorded recorded = session::load(session);
  ASSERT_EQ(recorded.points.size(), 2U);
  EXPECT_NE(recorded.points[0]->request.id, recorded.points[1]->request.id);
  EXPECT_FALSE(recorded.points[0]->hot_summary);
}

// Recorded on a GPU, opened where there may be none; also what the README's table is taken from.
TEST_F(CommandLine, RecordedGpuSessionOpensAnywhere) {
  const std::string session = std::string(KNOBSCOPE_SOURCE_DIR) + "/assets/sessions/h200.session";
  const Ended ended = run({"show", session, "--json", "-"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  const json shown = json::parse(ended.out);
  ASSERT_GT(shown["points"].size(), 200U);
  int right = 0;
  for (const json& point : shown["points"]) {
    const std::string verdict = point["verdict"];
    // A kernel that takes a quarter of a second a run gets few samples: noisy, and shown so.
    const bool expected = verdict == "pass" || verdict == "unfit" || verdict == "noisy";
    EXPECT_TRUE(expected || (verdict == "wrong" && point["distribution"] == "offset")) << point["reason"];
    if (verdict == "unfit") continue;  // nothing ran
    EXPECT_FALSE(point["copy_fraction"].is_null());
    EXPECT_FALSE(point["cold_samples_s"].empty());
    right += verdict == "pass" ? 1 : 0;
  }
  EXPECT_GT(right, 190);
  EXPECT_EQ(shown["environment"]["device_name"], "NVIDIA H200");
}

TEST_F(CommandLine, WrittenPlanMeasuresTheSameAgain) {
  const std::string plan = folder_ / "plan.toml";
  const json knob = listed("welford")["knobs"][0];
  const std::string two =
      knob["name"].get<std::string>() + "=" + knob["values"][0].dump() + "," + knob["values"][1].dump();
  const Ended first = run(quick("run", {"--variant", "welford", "-a", two, "--dtype", "f16", "--offset", "2", "--seed",
                                        "9", "--write-plan", plan, "--json", "-"}));
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const Ended second = run({"run", "--plan", plan, "--json", "-"});
  ASSERT_EQ(second.exit_code, 0) << second.err;
  const json a = json::parse(first.out)["points"];
  const json b = json::parse(second.out)["points"];
  ASSERT_EQ(a.size(), 2U);
  ASSERT_EQ(b.size(), a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (const char* field : {"id", "operation", "shape", "dtype", "distribution", "offset", "seed", "variant", "knobs",
                              "settings", "bytes", "max_abs_error", "relative_l2_error"}) {
      EXPECT_EQ(a[i][field], b[i][field]) << field;
    }
  }
}

TEST_F(CommandLine, BatchNormHasAUsefulDefaultShape) {
  const Ended ended =
      run({"run", "--device", "cpu", "--op", "batchnorm_inference", "--no-cold", "--no-hot", "--json", "-"});
  ASSERT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(json::parse(ended.out)["points"][0]["shape"].size(), 4U);
  EXPECT_TRUE(json::parse(ended.out)["points"][0]["normalized_dims"].is_null());
}

TEST_F(CommandLine, DevicesAndListSayWhatThereIs) {
  const Ended devices = run({"devices", "--json", "-"});
  ASSERT_EQ(devices.exit_code, 0) << devices.err;
  std::vector<std::string> ids;
  const json known = json::parse(devices.out)["devices"];
  for (const json& device : known) ids.push_back(device["id"]);
  ASSERT_GE(ids.size(), 2U);
  EXPECT_EQ(std::vector<std::string>(ids.end() - 2, ids.end()), (std::vector<std::string>{"cpu", "emulated"}));
  const std::string text = run({"devices"}).out;
  EXPECT_NE(text.find("\nemulated"), std::string::npos) << text;

  const Ended all = run({"list", "--json", "-"});
  ASSERT_EQ(all.exit_code, 0) << all.err;
  std::set<std::string> operations;
  std::set<std::string> kinds;
  const json listed = json::parse(all.out);
  for (const json& variant : listed["variants"]) {
    operations.insert(variant["operation"]);
    kinds.insert(variant["device"]);
    const bool batchnorm = variant["operation"].get<std::string>().starts_with("batchnorm");
    EXPECT_EQ(variant["layouts"].is_array(), batchnorm) << variant;
    EXPECT_EQ(variant["activations"].is_array(), variant["operation"] == "layernorm_forward") << variant;
  }
  std::set<std::string> all_operations;
  for (const Operation operation : kOperations) all_operations.emplace(name_of(operation));
  EXPECT_EQ(operations, all_operations);
  EXPECT_EQ(kinds, (std::set<std::string>{"cpu", "cuda"}));
  EXPECT_TRUE(listed["faults"].empty());
  const Ended some = run({"list", "--op", "batchnorm_inference", "--device", "cpu"});
  EXPECT_EQ(some.out.find("layernorm_forward"), std::string::npos);
  EXPECT_NE(some.out.find("batchnorm_inference on cpu"), std::string::npos) << some.out;
  const Ended played = run({"list", "--op", "batchnorm_inference", "--device", "emulated"});
  EXPECT_NE(played.out.find("batchnorm_inference on cuda and emulated"), std::string::npos) << played.out;
}

TEST_F(CommandLine, ListSaysWhichFormsAVariantOffers) {
  const std::filesystem::path root = folder_ / "root";
  const auto write = [&](const std::string& name, const std::string& forms, const std::string& outputs = "\"y\"") {
    std::filesystem::create_directories((root / "kernels" / name).parent_path());
    std::ofstream(root / "kernels" / name)
        << "/* knobscope\ntitle = \"T\"\nidea = \"I\"\ntypes = [\"f32\", \"bf16\"]\n"
        << forms << "[[launches]]\nentry = \"f\"\ngrid = \"rows\"\nblock = \"32\"\narguments = [\"x\", " << outputs
        << "]\n*/\nextern \"C\" __global__ void f() {}\n";
  };
  write("layernorm_forward/01_plain.cu", "");
  write("layernorm_forward/02_active.cu", "activations = [\"none\", \"gelu\"]\n");
  write("batchnorm_inference/01_last.cu", "layouts = [\"nhwc\"]\n");
  write("layernorm_backward/01_back.cu", "", "\"dx\", \"dgamma\", \"dbeta\"");
  const Ended listed = run({"list", "--root", root, "--json", folder_ / "list.json"});
  ASSERT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_EQ(listed.out,
            "layernorm_forward on cuda and emulated\n"
            "  plain   T\n"
            "          f32 bf16 · none\n"
            "  active  T\n"
            "          f32 bf16 · none gelu\n"
            "\n"
            "batchnorm_inference on cuda and emulated\n"
            "  last    T\n"
            "          f32 bf16 · nhwc\n"
            "\n"
            "layernorm_backward on cuda and emulated\n"
            "  back    T\n"
            "          f32 bf16\n")
      << listed.err;
  const json variants = json::parse(std::ifstream(folder_ / "list.json"))["variants"];
  ASSERT_EQ(variants.size(), 4U);
  EXPECT_EQ(variants[0]["activations"], json({"none"}));
  EXPECT_EQ(variants[0]["layouts"], nullptr);
  EXPECT_EQ(variants[1]["activations"], json({"none", "gelu"}));
  EXPECT_EQ(variants[2]["layouts"], json({"nhwc"}));
  EXPECT_EQ(variants[2]["activations"], nullptr);
  EXPECT_EQ(variants[3]["layouts"], nullptr);
  EXPECT_EQ(variants[3]["activations"], nullptr);
}

TEST_F(CommandLine, InterruptKeepsWhatIsDone) {
  const std::string session = folder_ / "s.session";
  bool sent = false;
  // Long enough that it cannot end by itself within the test.
  const Ended ended = run({"sweep", "--device", "cpu", "--shape", "64x256", "--time-limit", "1", "--target-rse", "1e-9",
                           "--max-samples", "100000000", "--session", session, "--json", folder_ / "r.json"},
                          60, [&](pid_t child, const std::string&, const std::string&) {
                            if (sent || !std::filesystem::exists(session)) return;
                            try {
                              if (session::load(session).points.size() < 2) return;
                            } catch (const session::SessionError&) {
                              return;  // not yet a session
                            }
                            sent = ::kill(child, SIGINT) == 0;
                          });
  ASSERT_TRUE(sent);
  EXPECT_EQ(ended.exit_code, 130) << ended.err;
  EXPECT_NE(ended.err.find("results are kept"), std::string::npos) << ended.err;
  const json points = json::parse(text_of("r.json"))["points"];
  EXPECT_GE(points.size(), 2U);
  EXPECT_EQ(session::load(session).points.size(), points.size());
  EXPECT_FALSE(std::filesystem::exists(session + "-wal"));
  EXPECT_NE(ended.out.find("scalar_two_pass"), std::string::npos) << ended.out;
}

TEST_F(CommandLine, KilledProgramLeavesItsPoints) {
  const std::string session = folder_ / "s.session";
  std::size_t seen = 0;
  run({"sweep", "--device", "cpu", "--shape", "64x256", "--time-limit", "0.2", "--target-rse", "1e-9", "--max-samples",
       "100000000", "--session", session},
      60, [&](pid_t child, const std::string&, const std::string&) {
        if (seen > 0 || !std::filesystem::exists(session)) return;
        try {
          seen = session::load(session).points.size();
        } catch (const session::SessionError&) {
          return;
        }
        if (seen > 0) ::kill(child, SIGKILL);
      });
  ASSERT_GT(seen, 0U);
  EXPECT_GE(session::load(session).points.size(), seen);
}

}  // namespace
}  // namespace knobscope
