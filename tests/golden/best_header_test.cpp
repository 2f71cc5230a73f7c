// The exported header, compiled and asked: it picks what the chooser picks.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/best.h"
#include "session/export_best.h"
#include "unit/session_samples.h"

namespace knobscope::session {
namespace {

struct Given {
  Problem problem;
  std::string variant;
  KnobValues knobs;
  double median_us = 10.0;
};

PointPtr point(const Given& given) {
  auto made = std::make_shared<Point>();
  made->request.device = "cuda:0";
  made->request.problem = given.problem;
  made->request.variant = std::string(name_of(given.problem.operation)) + "/" + given.variant + ".cu";
  made->request.knobs = given.knobs;
  made->variant_name = given.variant;
  made->verdict = Verdict::pass;
  made->bytes = compulsory_bytes(given.problem, false);
  made->ceiling = Ceiling{"cuda:0", {4e12}, {4.4e12}, Bytes{1}, {}};
  made->environment.device_name = "A \"GPU\" \\";
  made->environment.driver_version = "580.1\n#error a second line";
  made->environment.program_version = "0.1.0";
  made->environment.started_at = "2026-01-02T03:04:05.678Z";
  Summary summary;
  summary.count = 20;
  summary.median = summary.ci_low = summary.ci_high = Nanoseconds(given.median_us * 1e3);
  made->cold_summary = summary;
  return made;
}

Problem rows(std::int64_t count, std::int64_t columns, ElementType type = ElementType::f32) {
  Problem problem;
  problem.shape = {count, columns};
  problem.type = type;
  return problem;
}

Problem planes(std::vector<std::int64_t> shape, Layout layout) {
  Problem problem;
  problem.operation = Operation::batchnorm_inference;
  problem.shape = std::move(shape);
  problem.layout = layout;
  return problem;
}

std::vector<PointPtr> points() {
  Problem gelu = rows(64, 64);
  gelu.activation = Activation::gelu;
  return {point({rows(64, 1024), "short_rows", {{"block", 256}, {"packs", 4}}}),
          point({rows(64, 1024), "short_rows", {{"block", 128}, {"packs", 8}}, 10.05}),
          point({rows(64, 4096), "odd \"name\\\n", {}}),
          point({rows(1, 65536), "multiple_of_four", {{"splits", 66}}, 3.0}),
          point({rows(8192, 64), "unknown", {{"block", 32}}}),
          point({rows(64, 1024, ElementType::bf16), "halves", {{"block", 512}}}),
          point({gelu, "fused", {{"block", 64}}}),
          point({planes({16, 64, 8, 8}, Layout::nchw), "plane", {{"block", 64}}}),
          point({planes({16, 64, 8, 8}, Layout::nhwc), "channels_last", {{"block", 64}}})};
}

std::optional<std::vector<std::string>> conditions_of(const Point& winner, const std::vector<std::string>&) {
  if (winner.variant_name == "short_rows") return {{"columns * 4.0 <= 8192.0", "min(rows, elements) >= 2.0"}};
  if (winner.variant_name == "multiple_of_four") return {{"remainder_of(columns, 4.0) == 0.0"}};
  if (winner.variant_name == "plane") return {{"rows <= 65535.0 && ceil_div(columns, 4.0) >= 1.0"}};
  if (winner.variant_name == "channels_last") return {{"round_up(columns, 32.0) <= pow2_ceil(columns)"}};
  if (winner.variant_name == "unknown") return std::nullopt;
  return std::vector<std::string>();
}

constexpr const char* kProgram = R"(#include "best.h"

#include <cstdio>
#include <cstring>

namespace kb = knobscope_best;

static int faults = 0;

static void expect(const kb::Choice& choice, const char* variant) {
  const char* name = choice.variant == nullptr ? "none" : choice.variant;
  if (std::strcmp(name, variant) == 0) return;
  std::printf("%s instead of %s\n", name, variant);
  ++faults;
}

int main() {
  expect(kb::layernorm_forward_f32(64, 1024), "short_rows");
  expect(kb::layernorm_forward_f32(64, 1500), "short_rows");
  expect(kb::layernorm_forward_f32(64, 2048), "short_rows");     // as far from 1024 as from 4096
  expect(kb::layernorm_forward_f32(64, 2049), "odd \"name\\\n"); // nearer to 4096
  expect(kb::layernorm_forward_f32(1, 1024), "multiple_of_four");  // one row: short_rows does not fit
  expect(kb::layernorm_forward_f32(1, 1023), "odd \"name\\\n");
  expect(kb::layernorm_forward_f32(1, 60000), "multiple_of_four");
  expect(kb::layernorm_forward_f32(1, 60001), "odd \"name\\\n");
  expect(kb::layernorm_forward_f32(8192, 64), "unknown");        // measured
  expect(kb::layernorm_forward_f32(8192, 65), "short_rows");     // not measured, and its rules are not known
  expect(kb::layernorm_forward_f32(0, 64), "none");
  expect(kb::layernorm_forward_bf16(3, 3), "halves");
  expect(kb::layernorm_forward_gelu_f32(3, 3), "fused");
  expect(kb::batchnorm_inference_f32(16, 64, 64), "plane");
  expect(kb::batchnorm_inference_f32(1, 1, 1000000), "plane");
  expect(kb::batchnorm_inference_f32(1024, 64, 64), "none");     // 65536 rows
  expect(kb::batchnorm_inference_nhwc_f32(2, 32, 64), "channels_last");
  expect(kb::batchnorm_inference_nhwc_f32(2, 65, 64), "channels_last");
  expect(kb::batchnorm_inference_nhwc_f32(2, 3, 64), "none");
  const kb::Choice& choice = kb::layernorm_forward_f32(64, 1024);
  if (choice.knob("block", 0) != 256 || choice.knob("packs", 0) != 4 || choice.knob("pack", 7) != 7) ++faults;
  if (choice.knob_count != 2 || choice.shape[0] != 64 || choice.shape[1] != 1024 || choice.median_us != 10.0) ++faults;
  if (choice.share_of_copy < 0.01 || choice.share_of_copy > 0.02) ++faults;
  static_assert(kb::layernorm_forward_f32_table[0].knob("splits", 0) == 66, "rows ascend");
  return faults;
}
)";

int shell(const std::string& command) { return std::system((command + " > /dev/null 2>&1").c_str()); }

class BestHeader : public ::testing::Test {
 protected:
  BestHeader()
      : folder_("knobscope-best-header"),
        header_(best_to_header(make_best_tables(points()), conditions_of, "2026-02-03")) {
    std::ofstream(folder_ / "best.h") << header_;
    std::ofstream(folder_ / "program.cpp") << kProgram;
    std::ofstream(folder_ / "program.cu") << kProgram;
    std::ofstream(folder_ / "second.cpp") << "#include \"best.h\"\nint second() { return "
                                             "knobscope_best::layernorm_forward_f32(1, 1).knob_count; }\n";
  }

  void compile_and_run(const std::string& compiler, const std::string& flags, const std::string& ending) {
    if (shell(compiler + " --version") != 0) GTEST_SKIP() << "no " << compiler;
    const std::string log = folder_ / "log";
    const std::string program = folder_ / "program";
    const std::string command = fmt::format("{} -std=c++17 {} -o {} {}.{} {} > {} 2>&1", compiler, flags, program,
                                            program, ending, std::string(folder_ / "second.cpp"), log);
    const int compiled = std::system(command.c_str());
    std::ostringstream said;
    said << std::ifstream(log).rdbuf();
    ASSERT_EQ(compiled, 0) << said.str() << header_;
    EXPECT_EQ(std::system((program + " > " + log + " 2>&1").c_str()), 0) << std::ifstream(log).rdbuf() << header_;
  }

  testing::TestFolder folder_;
  std::string header_;
};

constexpr const char* kStrict = "-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror";

TEST_F(BestHeader, IsStrictCpp17AndPicksWhatWasMeasured) { compile_and_run("g++", kStrict, "cpp"); }

TEST_F(BestHeader, ClangTakesIt) { compile_and_run("clang++", kStrict, "cpp"); }

TEST_F(BestHeader, NvccTakesIt) { compile_and_run("nvcc", "", "cu"); }

TEST_F(BestHeader, SaysWhereAndHow) {
  for (const char* words : {"2026-02-03", "2026-01-02", "A \"GPU\"", "driver 580.1", "Knobscope 0.1.0",
                            "Rule:", "A tie:", "// ties: short_rows block=128 packs=8 (10.05 us)"}) {
    EXPECT_NE(header_.find(words), std::string::npos) << words << "\n" << header_;
  }
  EXPECT_EQ(header_.find("\n#error"), std::string::npos);
}

TEST_F(BestHeader, PicksAsTheChooserDoes) {
  // The program above, and the chooser itself, on every shape of a grid.
  const auto tables = make_best_tables(points());
  const auto find_misfit = [](const Point& winner, const Problem& asked) -> std::optional<std::string> {
    const Extents extents = extents_of(asked);
    const std::string& name = winner.variant_name;
    const bool fits = name == "short_rows"         ? extents.columns * 4 <= 8192 && extents.rows >= 2
                      : name == "multiple_of_four" ? extents.columns % 4 == 0
                                                   : name != "unknown";
    return fits ? std::nullopt : std::optional<std::string>("no");
  };
  std::string program = "#include \"best.h\"\n#include <cstring>\nint main() {\n  int faults = 0;\n";
  for (const std::int64_t count : {1, 2, 3, 100, 8192, 1 << 20}) {
    for (const std::int64_t columns : {1, 63, 64, 1000, 2047, 2048, 2049, 65536, 1 << 24}) {
      const BestChoice choice = choose_best(tables.front(), rows(count, columns), find_misfit);
      program += fmt::format(
          "  faults += std::strcmp(knobscope_best::layernorm_forward_f32({}, {}).file, R\"~({})~\") != 0;\n", count,
          columns, choice.entry->winner().request.variant);
    }
  }
  std::ofstream(folder_ / "program.cpp") << program << "  return faults;\n}\n";
  compile_and_run("g++", kStrict, "cpp");
}

}  // namespace
}  // namespace knobscope::session
