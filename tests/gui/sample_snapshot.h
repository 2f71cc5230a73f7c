#pragma once
// Made-up but plausible data for tests of the window: an exploration of LayerNorm on a GPU that does not exist. Nothing
// here was ever measured, and nothing outside tests may use it.

#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/snapshot.h"
#include "gui/sample_environment.h"

namespace knobscope::test {

inline Variant sample_variant(int order, const std::string& name, const std::string& title, const std::string& idea,
                              std::vector<std::int64_t> blocks) {
  Variant variant;
  variant.order = order;
  variant.name = name;
  variant.id = "layernorm_forward/" + std::string(order < 10 ? "0" : "") + std::to_string(order) + "_" + name + ".cu";
  variant.title = title;
  variant.idea = idea;
  variant.device = DeviceKind::cuda;
  variant.types = {ElementType::f32, ElementType::f16, ElementType::bf16};
  variant.knobs = {{"block", std::move(blocks), 256, "threads in a block"},
                   {"rows_per_block", {1, 2, 4, 8}, 1, "rows a block works through"}};
  variant.accumulate = "f32";
  variant.numerics_note = "sums of squares lose digits when the mean is far from zero";
  variant.source_hash = "0123456789abcdef0123456789abcdef";
  variant.source =
      "/* knobscope\ntitle = \"" + title +
      "\"\n[knobs]\nblock = [32, 64, 128, 256]\n*/\n"
      "#include <knobscope/reduce.h>\n\nextern \"C\" __global__ void\nlayernorm(const Element* x, const Element* "
      "gamma,\n"
      "          Element* y, int rows, int columns)\n{\n  for (int row = blockIdx.x; row < rows; row += gridDim.x) {\n"
      "    const float mean = block_sum(x + row * columns) / columns;  // one pass\n    y[row] = mean;\n  }\n}\n";
  return variant;
}

inline Summary sample_summary(const std::vector<double>& samples) { return *summarize(samples); }

inline Samples sample_times(double median_ns, double spread, unsigned seed, std::size_t count = 240) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> noise(0.0, spread);
  auto samples = std::make_shared<std::vector<double>>();
  for (std::size_t i = 0; i < count; ++i) {
    const double tail = i % 61 == 0 ? spread * 4.0 : 0.0;
    samples->push_back(median_ns * (1.0 + noise(engine) + tail));
  }
  return samples;
}

inline std::shared_ptr<const ErrorMap> sample_map(bool wrong) {
  auto map = std::make_shared<ErrorMap>();
  map->rows = 8192;
  map->columns = 4096;
  map->tile_rows = 48;
  map->tile_columns = 96;
  map->tolerance = 1.1e-5;
  std::mt19937 engine(7);
  std::lognormal_distribution<float> noise(-15.5F, 0.6F);
  for (int row = 0; row < map->tile_rows; ++row) {
    for (int column = 0; column < map->tile_columns; ++column) {
      float value = noise(engine);
      if (wrong && row == 31) value = 2e-3F;
      if (wrong && row < 12 && column > 72) value = 6e-4F * (1.0F + noise(engine) * 1e6F);
      if (wrong && row == 40 && column > 20 && column < 28) value = INFINITY;
      map->max_abs.push_back(value);
    }
  }
  return map;
}

inline PointPtr sample_point(std::int64_t id, const Variant& variant, std::int64_t block, double median_ns,
                             Verdict verdict, std::string reason = {}) {
  auto point = std::make_shared<Point>();
  point->request.id = id;
  point->request.device = "cuda:0";
  point->request.variant = variant.id;
  point->request.knobs = {{"block", block}, {"rows_per_block", 1}};
  point->request.problem.seed = 1;
  point->request.method.time_limit_s = 0.2;
  point->variant_name = variant.name;
  point->variant_title = variant.title;
  point->source_hash = variant.source_hash;
  point->verdict = verdict;
  point->reason = std::move(reason);
  point->bytes = compulsory_bytes(point->request.problem, false);
  point->environment.device_name = "Sample GPU";
  point->environment.driver_version = "580.00";
  point->environment.toolkit_version = "NVRTC 13.0";
  point->environment.started_at = "2025-01-31T12:00:00.000Z";
  point->environment.sm_clock_mhz = 1980;
  point->environment.power_w = 412;
  if (verdict == Verdict::failed || verdict == Verdict::unfit) return point;
  point->compiled = {
      static_cast<int>(24 + block / 16), Bytes{0}, Bytes{1024}, 0.75, 1.5, 41.0, 6, OccupancyLimit::threads};
  point->cold = sample_times(median_ns, verdict == Verdict::noisy ? 0.03 : 0.002, static_cast<unsigned>(id));
  point->hot = sample_times(median_ns * 0.8, 0.002, static_cast<unsigned>(id) + 1000);
  point->cold_summary = sample_summary(*point->cold);
  point->hot_summary = sample_summary(*point->hot);
  point->series_environments = {sample_environment(Timing::cold, point->cold->size()),
                                sample_environment(Timing::hot, point->hot->size(), 480.0)};
  point->environment.expected_sm_clock_mhz = 1980;
  point->environment.other_processes = 0;
  point->environment.ecc = true;
  point->environment.mig = false;
  const bool wrong = verdict == Verdict::wrong;
  ErrorReport report;
  OutputError y;
  y.output = "y";
  y.elements = 8192 * 4096;
  y.max_abs = wrong ? 3.1e-3 : 2.9e-6;
  y.max_rel = wrong ? 8e-3 : 3e-5;
  y.rms = 4e-7;
  y.relative_l2 = wrong ? 4.4e-4 : 4.4e-7;
  y.max_ulp = wrong ? 51'204 : 12;
  y.failing = wrong ? 268'435 : 0;
  if (wrong) {
    y.first_bad = 7 * 4096 + 31;
    y.first_bad_value = 0.5;
    y.first_bad_reference = 0.497;
  }
  report.outputs = {y};
  report.map = sample_map(wrong);
  point->error = report;
  point->ceiling = Ceiling{"cuda:0", {4.10e12}, {4.30e12}, Bytes{1'000'000'000}, BytesPerSecond{4.0e12}};
  return point;
}

/// An exploration seven points before its end, on "cuda:0", with every verdict in it.
inline Snapshot sample_snapshot() {
  Snapshot snapshot;
  snapshot.revision = 1;
  snapshot.worker = WorkerState::measuring;
  DeviceFacts gpu;
  gpu.id = "cuda:0";
  gpu.kind = DeviceKind::cuda;
  gpu.name = "Sample GPU";
  gpu.driver_version = "580.00";
  gpu.toolkit_version = "NVRTC 13.0";
  gpu.memory = Bytes{141'000'000'000};
  gpu.last_level_cache = Bytes{50'000'000};
  gpu.compute_capability = 90;
  gpu.multiprocessors = 132;
  DeviceFacts cpu;
  cpu.id = "cpu";
  cpu.kind = DeviceKind::cpu;
  cpu.name = "Sample CPU";
  cpu.toolkit_version = "g++ 12.2.0";
  cpu.memory = Bytes{64'000'000'000};
  DeviceFacts emulated = gpu;
  emulated.id = "emulated";
  emulated.kind = DeviceKind::emulated;
  emulated.name = "Emulated GPU";
  emulated.driver_version.clear();
  emulated.toolkit_version = "g++ 12.2.0";
  emulated.multiprocessors = 4;
  snapshot.devices = {gpu, cpu, emulated};

  const std::vector<std::int64_t> blocks = {32, 64, 128, 256, 320, 512, 768, 1024};
  auto catalog = std::make_shared<Catalog>();
  const auto add = [&](int order, const char* name, const char* title, const char* idea) {
    catalog->variants.push_back(sample_variant(order, name, title, idea, blocks));
  };
  add(1, "global_atomics", "Global atomics", "every element adds into its row's sum in global memory");
  add(2, "two_passes", "Block per row, two passes", "mean, then variance, in shared memory");
  add(3, "single_pass", "Single pass E[x²]−E[x]²", "one read less, digits lost");
  add(4, "welford", "Welford", "one pass, stable");
  add(5, "float4", "float4, 1024 threads", "four elements a load");
  add(6, "row_split", "Row split over blocks", "two kernels, partial sums between");
  add(7, "column_slabs", "Column slabs, reversed pass", "second read meets the L2");
  add(8, "whole_grid", "Whole grid on chip", "one read; all SMs share a row");
  Variant batchnorm = sample_variant(1, "plane", "Block per plane", "one block normalises one plane", blocks);
  batchnorm.operation = Operation::batchnorm_inference;
  batchnorm.id = "batchnorm_inference/01_plane.cu";
  catalog->variants.push_back(batchnorm);
  snapshot.catalog = catalog;

  auto points = std::make_shared<std::vector<PointPtr>>();
  std::int64_t id = 1;
  const std::vector<double> base_us = {16000, 9000, 7600, 8200, 1730, 236, 228, 150};
  for (std::size_t v = 0; v < 8; ++v) {
    const Variant& variant = catalog->variants[v];
    for (std::size_t b = 0; b < blocks.size(); ++b) {
      if (v == 7 && blocks[b] > 512) {
        points->push_back(sample_point(id++, variant, blocks[b], 0, Verdict::unfit,
                                       "needs 168 registers a thread: 768 threads do not fit"));
        continue;
      }
      if (v == 4 && b == 0) {
        points->push_back(sample_point(id++, variant, blocks[b], 0, Verdict::failed, "illegal address in row 12"));
        continue;
      }
      if (v == 6 && b == 7) continue;  // still to come
      const double us = base_us[v] * (1.0 + 2.2 / (1.0 + static_cast<double>(b)));
      Verdict verdict = Verdict::pass;
      if (v == 2) verdict = Verdict::wrong;
      if (v == 5 && b == 5) verdict = Verdict::noisy;
      points->push_back(sample_point(id++, variant, blocks[b], us * 1e3, verdict,
                                     verdict == Verdict::wrong ? "0.8 % of elements past tolerance" : ""));
    }
  }
  snapshot.points = points;
  auto live = std::make_shared<LivePoint>();
  live->request = points->back()->request;
  live->request.id = id;
  live->request.variant = catalog->variants[6].id;
  live->request.knobs["block"] = 1024;
  live->phase = Phase::cold;
  live->cold = sample_times(231e3, 0.002, 99, 120);
  live->series_environments = {sample_environment(Timing::cold, live->cold->size())};
  snapshot.live = live;
  snapshot.progress = {57, 64, 3.1};
  snapshot.ceilings = {Ceiling{"cuda:0", {4.10e12}, {4.30e12}, Bytes{1'000'000'000}, BytesPerSecond{4.0e12}}};
  const auto now = std::chrono::system_clock::time_point{std::chrono::seconds{1'738'324'800}};
  snapshot.log = std::make_shared<const std::vector<LogLine>>(
      std::vector<LogLine>{{now, LogLevel::info, "worker started, 2 devices"},
                           {now, LogLevel::warning, "clock dropped to 1755 MHz while measuring point 12"},
                           {now, LogLevel::error, "point 33: illegal address in row 12"}});
  return snapshot;
}

}  // namespace knobscope::test
