#pragma once
// The sample's exploration with a library as large as a real one: eighteen variants of LayerNorm with nine knobs among
// them and long names. Made up, as all of the sample.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gui/sample_findings.h"
#include "gui/sample_snapshot.h"

namespace knobscope::test {

inline std::vector<Variant> many_variants() {
  const std::vector<std::int64_t> blocks = {32, 64, 128, 256, 512, 1024};
  const std::vector<std::int64_t> few = {1, 2, 4, 8};
  std::vector<Variant> variants;
  const auto add = [&](int order, const char* name, const char* title, const char* idea,
                       const std::vector<std::string>& knobs = {}) {
    Variant variant = sample_variant(order, name, title, idea, blocks);
    variant.knobs.resize(1);
    for (const std::string& knob : knobs) variant.knobs.push_back({knob, few, 2, knob + ", as the file's author says"});
    variants.push_back(std::move(variant));
  };
  add(0, "thread_per_row", "Thread per row", "each thread walks a row of its own, far from its neighbours'");
  add(1, "global_atomics", "Global atomics, element by element", "a queue at one address");
  add(1, "three_kernels", "Mean, variance and apply as three kernels", "what is finished passes through memory");
  add(2, "block_per_row", "Block per row, two passes", "mean, then variance, in shared memory");
  add(3, "flat_index", "Block per row, flat index and rsqrt", "fewer index sums");
  add(3, "warp_per_row", "Warp per row, shuffles only", "no barriers", {"rows_per_block"});
  add(4, "single_pass", "Single pass, sum and sum of squares", "one read less, digits lost");
  add(4, "single_fp64", "Single pass, sums in double", "digits bought back");
  add(4, "single_shifted", "Single pass, shifted by the row's first element", "one subtraction");
  add(5, "kahan", "Compensated sums, two passes", "what is rounded off is carried along", {"compensate"});
  add(5, "welford", "Welford, one pass that keeps its digits", "one pass, stable");
  add(6, "float4", "float4, sixteen bytes a load", "four elements a load", {"unroll"});
  add(6, "row_in_registers", "Row kept in registers", "one read", {"unroll"});
  add(6, "row_in_shared", "Row kept in shared memory", "one read, any length", {"unroll"});
  add(7, "row_split", "Row split over several blocks", "partial sums between two launches", {"splits"});
  add(7, "grid_sync", "Row split, blocks meet in the grid", "one launch", {"rows_at_once", "blocks_per_sm"});
  add(7, "ticket", "Row split, one launch, work by ticket", "nobody waits forever", {"ahead", "splits"});
  add(8, "bulk_ring", "Ring of rows, filled by bulk copies", "the next row is on its way", {"stages", "blocks_per_sm"});
  return variants;
}

/// Every variant at every block size, on "cuda:0".
inline Snapshot sample_many_snapshot() {
  Snapshot snapshot = sample_snapshot();
  auto catalog = std::make_shared<Catalog>();
  catalog->variants = many_variants();
  auto points = std::make_shared<std::vector<PointPtr>>();
  std::int64_t id = 1;
  double microseconds = 16000.0;
  for (const Variant& variant : catalog->variants) {
    for (const std::int64_t block : variant.knobs.front().values) {
      const double us = microseconds * (1.0 + 40.0 / static_cast<double>(block));
      const Verdict verdict = variant.name == "single_pass" ? Verdict::wrong : Verdict::pass;
      auto point = std::make_shared<Point>(*sample_point(id++, variant, block, us * 1e3, verdict));
      point->request.knobs = default_knobs(variant);
      point->request.knobs["block"] = block;
      points->push_back(point);
    }
    microseconds *= 0.76;
  }
  snapshot.catalog = catalog;
  snapshot.points = points;
  snapshot.live = nullptr;
  snapshot.worker = WorkerState::idle;
  const auto count = static_cast<std::int64_t>(points->size());
  snapshot.progress = {count, count, std::nullopt};
  return snapshot;
}

/// The same on the emulated device: the fourth has findings.
inline Snapshot sample_many_judged_snapshot() {
  Snapshot snapshot = sample_many_snapshot();
  auto catalog = std::make_shared<Catalog>(*snapshot.catalog);
  catalog->variants[3].source = sample_racy_source();
  catalog->variants[3].source_hash = "f00dfeedf00dfeedf00dfeedf00dfeed";
  auto points = std::make_shared<std::vector<PointPtr>>();
  std::int64_t id = 1;
  for (const Variant& variant : catalog->variants) {
    for (const std::int64_t block : variant.knobs.front().values) {
      const auto point = sample_played_point(id++, variant, block, variant.id == catalog->variants[3].id);
      point->request.knobs = default_knobs(variant);
      point->request.knobs["block"] = block;
      points->push_back(point);
    }
  }
  snapshot.catalog = catalog;
  snapshot.points = points;
  return snapshot;
}

}  // namespace knobscope::test
