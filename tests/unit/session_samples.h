#pragma once
// Points with every field set to something of its own, so that a field forgotten on the way is noticed.

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>

#include <unistd.h>

#include "core/plan.h"
#include "core/point.h"

namespace knobscope::testing {

inline ErrorMap full_map() {
  ErrorMap map{
      .rows = 1048576, .columns = 4096, .tile_rows = 2, .tile_columns = 3, .tolerance = 1.25e-5, .max_abs = {}};
  map.max_abs = {1e-7F, 0.0F, std::numeric_limits<float>::infinity(), 3.5F, 1e-30F, 2.0F};
  return map;
}

/// A wrong result with every field filled.
inline Point full_point(std::int64_t id) {
  Point point;
  PointRequest& request = point.request;
  request.id = id;
  request.device = "cuda:1";
  request.problem = {.operation = Operation::batchnorm_inference,
                     .shape = {16, 64, 256, 255},
                     .normalized_dims = 3,
                     .type = ElementType::bf16,
                     .distribution = {DistributionKind::offset, 12345.678},
                     .seed = 0xfedcba9876543210ULL,
                     .epsilon = 3e-6,
                     .activation = Activation::gelu};
  request.variant = "batchnorm_inference/02_plane \"float4\", quoted.cu";
  request.knobs = {{"block", 768}, {"unroll", -4}};
  request.method = {.time_cold = false,
                    .time_rotating = true,
                    .time_hot = false,
                    .time_graph = true,
                    .time_wall = true,
                    .target_relative_error = 0.0123,
                    .noisy_relative_error = 0.0456,
                    .min_samples = 7,
                    .max_samples = 77,
                    .time_limit_s = 0.125,
                    .launch_limit_s = 3.5,
                    .thorough = false,
                    .recheck = false,
                    .cold_stopping = StoppingCriterion::entropy,
                    .hot_stopping = StoppingCriterion::sample_count,
                    .min_time_s = 0.0625,
                    .max_noise = 0.0078,
                    .max_angle = 0.09,
                    .min_r2 = 0.25,
                    .target_samples = 31,
                    .counters = true,
                    .throttle_threshold = 0.6,
                    .throttle_recovery_s = 0.02};
  request.against = Against{"batchnorm_inference/01_\"scalar\".cu", {{"block", 96}}};
  point.rival =
      Rival{.variant_name = "scalar",
            .variant_title = "Scalar — “slow”",
            .source_hash = "ffff",
            .verdict = Verdict::noisy,
            .reason = "the median is known to 3 %",
            .timing = Timing::wall,
            .samples = std::make_shared<const std::vector<double>>(std::vector<double>{1.5e6, 1.0 / 3.0, 2e6}),
            .summary = std::nullopt};
  point.rival->summary = summarize(*point.rival->samples);
  point.variant_name = "plane_float4";
  point.variant_title = "By plane, float4 — “fast”";
  point.source_hash = "0123456789abcdef0123456789abcdef";
  point.verdict = Verdict::wrong;
  point.reason = "3 elements miss the tolerance,\n\"first\" at 17";
  point.compile_log = std::string("warning: \xff\xfe not UTF-8, and a NUL: ") + '\0' + " after it";
  point.compiled = {.registers = 42,
                    .spill = Bytes{16},
                    .shared = Bytes{1024},
                    .occupancy = 0.75,
                    .waves = 2.5,
                    .compile_ms = 33.25,
                    .resident_blocks = 3,
                    .occupancy_limit = OccupancyLimit::shared};
  point.bytes = {536870912};
  point.modelled_reads = Bytes{1};
  point.modelled_writes = Bytes{2};
  point.cold = std::make_shared<const std::vector<double>>(std::vector<double>{812345.5, 1.0 / 3.0, 1e12});
  point.hot = std::make_shared<const std::vector<double>>(std::vector<double>{});
  point.cold_summary = Summary{.count = 3,
                               .median = Nanoseconds(812345.5),
                               .ci_low = Nanoseconds(800000.25),
                               .ci_high = Nanoseconds(820000.75),
                               .p5 = Nanoseconds(790000.5),
                               .p95 = Nanoseconds(830000.5),
                               .minimum = Nanoseconds(1.0 / 3.0),
                               .mean = Nanoseconds(812300.1),
                               .cv = 0.0125};
  point.hot_summary = point.cold_summary;
  point.hot_summary->median = Nanoseconds(700000.125);
  point.wall = std::make_shared<const std::vector<double>>(std::vector<double>{815000.5});
  point.wall_summary = summarize(*point.wall);
  point.timing_notes = {{Timing::rotating, "tensors of 2 kB need 99 999 copies, \"too many\""},
                        {Timing::graph, "it cannot be captured"}};
  point.event_overhead = Nanoseconds(2345.5);
  point.profile = Profile{.kernel = point.cold_summary,
                          .counters = Counters{.dram_read = {1LL << 40},
                                               .dram_written = {123},
                                               .dram_left = {45},
                                               .l2_hit_rate = 0.625,
                                               .occupancy = 0.6875,
                                               .passes = 2},
                          .notes = {"kernel times: one, \"two\"", "three"}};
  point.profile->kernel->median = Nanoseconds(810000.25);
  ErrorReport report;
  report.outputs = {{.output = "y",
                     .elements = 268435456,
                     .max_abs = std::numeric_limits<double>::infinity(),
                     .max_rel = 0.5,
                     .rms = 1e-9,
                     .relative_l2 = 2e-8,
                     .max_ulp = 12.5,
                     .nonfinite = 1,
                     .unwritten = 2,
                     .failing = 3,
                     .first_bad = 17,
                     .first_bad_value = -std::numeric_limits<double>::infinity(),
                     .first_bad_reference = 0.25},
                    {.output = "mean", .elements = 64, .max_abs = 1e-300, .first_bad = std::nullopt}};
  report.inputs_changed = true;
  report.damaged_guards = {"y", "partial \"sums\""};
  report.map = std::make_shared<const ErrorMap>(full_map());
  point.error = report;
  Finding race;
  race.kind = FindingKind::race;
  race.message = "writes 4 bytes of \"s_sum\",\nelement 7";
  race.launch = "plane_float4";
  race.at = {"batchnorm_inference/02_plane.cu", 57};
  race.within = {"include/knobscope/reduce.h", 31};
  race.who = ThreadPlace{{1LL << 40, 2, 3}, {4, 5, 6}};
  race.other_at = {"include/knobscope/vectors.h", 52};
  race.other_who = ThreadPlace{{7, 8, 9}, {10, 11, 12}};
  race.count = 1LL << 41;
  Finding plain;
  plain.kind = FindingKind::deadlock;
  plain.message = "threads wait for each other";
  point.findings = {race, plain};
  point.window = WindowState::paused;
  point.size_ceilings = {
      {Timing::cold, {132'120'576}, {3.6e12}, {3.8e12}, BytesPerSecond{4.1e12}, BytesPerSecond{4.0e12}},
      {Timing::graph, {132'120'576}, {3.7e12}, {3.9e12}, {}, BytesPerSecond{4.1e12}}};
  point.ceiling = Ceiling{"cuda:1", {4.1e12}, {4.4e12}, {1LL << 33}, BytesPerSecond{4.0e12}};
  point.environment = {.device_name = "NVIDIA H200",
                       .driver_version = "580.159.04",
                       .toolkit_version = "NVRTC 13.0",
                       .program_version = "0.1.0",
                       .host = "node-7",
                       .started_at = "2026-01-02T03:04:05.678Z",
                       .sm_clock_mhz = 1980.0,
                       .memory_clock_mhz = 3201.0,
                       .temperature_c = 41.0,
                       .power_w = 512.5,
                       .throttle_reasons = 0x8000000000000004ULL,
                       .expected_sm_clock_mhz = 1980.0,
                       .other_processes = 2,
                       .ecc = true,
                       .mig = false,
                       .untold = "power: not supported"};
  SeriesEnvironment cold;
  cold.timing = Timing::cold;
  cold.sm_clocks_mhz = {1980.25, 1979.5, 1980.0};
  cold.discarded = {{2, 999999.5, 990.125, 0}, {3, 1e6, std::nullopt, 0x40}};
  cold.readings = {{0, 1980.0, 3201.0, 41.0, 512.5, 0x4}, {5, 1980.0, std::nullopt, 42.0, std::nullopt, 0x40}};
  SeriesEnvironment wall;
  wall.timing = Timing::wall;
  point.series_environments = {cold, wall};
  point.spent.emplace();
  for (const Expense expense : kExpenses) (*point.spent)[expense] = 0.001 * (1.0 + static_cast<double>(expense)) / 3.0;
  return point;
}

/// A result that failed before anything was measured: every optional field is missing.
inline Point failed_point(std::int64_t id) {
  Point point;
  point.request.id = id;
  point.request.device = "cpu";
  point.request.problem.shape = {2048, 4096};
  point.request.variant = "layernorm_forward/20_broken.cpp";
  point.request.knobs = {{"block", 256}};
  point.variant_name = "broken";
  point.verdict = Verdict::failed;
  point.reason = "did not compile; see its log";
  return point;
}

/// A plain pass on the CPU, without a ceiling.
inline Point passing_point(std::int64_t id) {
  Point point = failed_point(id);
  point.variant_name = "welford";
  point.verdict = Verdict::pass;
  point.reason.clear();
  point.bytes = {2LL * 2048 * 4096 * 4};
  const std::vector<double> samples = {8.1e6, 8.0e6, 8.2e6, 8.05e6, 8.15e6, 8.3e6, 7.9e6};
  point.cold = std::make_shared<const std::vector<double>>(samples);
  point.cold_summary = summarize(samples);
  point.error.emplace();
  OutputError error;
  error.output = "y";
  error.elements = 2048 * 4096;
  error.max_abs = 4.5e-7;
  error.relative_l2 = 3.1e-8;
  point.error->outputs = {error};
  point.environment.device_name = "A CPU";
  point.environment.program_version = "0.1.0";
  return point;
}

/// Played on the emulated device, which found something: it has errors, and no times.
inline Point emulated_point(std::int64_t id) {
  Point point = passing_point(id);
  point.request.device = "emulated";
  point.request.variant = "layernorm_forward/05_welford.cu";
  point.cold.reset();
  point.cold_summary.reset();
  point.verdict = Verdict::wrong;
  Finding finding;
  finding.kind = FindingKind::out_of_bounds;
  finding.message = "reads 4 bytes past the end of gamma (element 4096 of 4096)";
  finding.launch = "welford";
  finding.at = {"layernorm_forward/05_welford.cu", 57};
  finding.who = ThreadPlace{{4, 0, 0}, {37, 0, 0}};
  finding.count = 2048;
  point.findings = {finding};
  finding.count = 1;
  point.reason = format_finding(finding);
  point.environment.device_name = "An emulated GPU";
  return point;
}

/// A folder that goes when the test is over.
class TestFolder {
 public:
  explicit TestFolder(const std::string& name)
      : path_(std::filesystem::temp_directory_path() / (name + "-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace knobscope::testing
