#pragma once
// Made-up findings of the emulated device, for tests of the window: what a GPU would hide, in kernels that do not
// exist.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gui/sample_snapshot.h"

namespace knobscope::test {

inline constexpr int kRaceLine = 27;
inline constexpr int kEarlierLine = 18;
inline constexpr int kTailLine = 34;

/// A kernel of forty-odd lines whose second barrier is missing.
inline std::string sample_racy_source() {
  return R"(/* knobscope
title = "Block per row, two passes"
[knobs]
block = [32, 64, 128, 256]
*/
#include <knobscope/element.h>

using namespace knobscope;

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta,
                                     Element* y, int rows, int columns, float epsilon) {
  __shared__ float partial[KNOB_BLOCK];
  const int row = blockIdx.x;
  const Element* in = x + static_cast<long long>(row) * columns;

  float sum = 0.0F;
  for (int i = threadIdx.x; i < columns; i += KNOB_BLOCK) sum += to_float(in[i]);
  partial[threadIdx.x] = sum;
  __syncthreads();
  for (int half = KNOB_BLOCK / 2; half > 0; half /= 2) {
    if (threadIdx.x < half) partial[threadIdx.x] += partial[threadIdx.x + half];
    __syncthreads();
  }
  const float mean = partial[0] / columns;

  // A barrier is missing here: partial[0] may still be read.
  partial[threadIdx.x] = 0.0F;
  for (int i = threadIdx.x; i < columns; i += KNOB_BLOCK) {
    const float off = to_float(in[i]) - mean;
    partial[threadIdx.x] += off * off;
  }
  __syncthreads();
  const float scale = rsqrtf(block_sum(partial) / columns + epsilon);
  for (int i = threadIdx.x; i <= columns; i += KNOB_BLOCK) y[i] = from_float(gamma[i] * scale * (in[i] - mean));
}
)";
}

inline std::vector<Finding> sample_findings(const std::string& id) {
  Finding race;
  race.kind = FindingKind::race;
  race.message = "writes 4 bytes of shared memory (partial[0]) that another thread reads, with no barrier between";
  race.launch = "layernorm";
  race.at = {id, kRaceLine};
  race.who = ThreadPlace{{4, 0, 0}, {0, 0, 0}};
  race.other_at = {id, kEarlierLine};
  race.other_who = ThreadPlace{{4, 0, 0}, {37, 0, 0}};
  race.count = 16'320;
  Finding tail;
  tail.kind = FindingKind::out_of_bounds;
  tail.message = "reads 4 bytes past the end of gamma (element 4096 of 4096)";
  tail.launch = "layernorm";
  tail.at = {id, kTailLine};
  tail.who = ThreadPlace{{0, 0, 0}, {0, 0, 0}};
  tail.count = 64;
  Finding header;
  header.kind = FindingKind::lane;
  header.message = "shuffles from lane 16, which has left the kernel";
  header.launch = "layernorm";
  header.at = {id, 33};
  header.within = {"include/knobscope/reduce.h", 31};
  header.who = ThreadPlace{{2, 0, 0}, {3, 0, 0}};
  Finding order;
  order.kind = FindingKind::order_dependent;
  order.message = "y changes with the order of threads: 12 of 65536 elements differ, most at row 4, by 3.1e-2";
  return {race, tail, header, order};
}

/// A point of the emulated device: no time, no registers, and no ceiling.
inline std::shared_ptr<Point> sample_played_point(std::int64_t id, const Variant& variant, std::int64_t block,
                                                  bool wrong) {
  auto point = std::make_shared<Point>(*sample_point(id, variant, block, 1e5, wrong ? Verdict::wrong : Verdict::pass));
  point->request.device = "emulated";
  point->request.problem.shape = {16, 4096};
  point->compiled = {};
  point->cold = nullptr;
  point->hot = nullptr;
  point->cold_summary.reset();
  point->hot_summary.reset();
  point->ceiling.reset();
  point->bytes = compulsory_bytes(point->request.problem, false);
  point->environment = {};
  point->environment.device_name = "Emulated GPU";
  if (wrong) {
    point->findings = sample_findings(variant.id);
    point->reason = format_finding(point->findings.front());
  }
  return point;
}

/// The sample's exploration as it stands after the emulated device was chosen: everything played, and the second
/// variant with findings at every block size from 64 on.
inline Snapshot sample_judged_snapshot() {
  Snapshot snapshot = sample_snapshot();
  auto catalog = std::make_shared<Catalog>(*snapshot.catalog);
  catalog->variants[1].source = sample_racy_source();
  catalog->variants[1].source_hash = "f00dfeedf00dfeedf00dfeedf00dfeed";
  snapshot.catalog = catalog;
  auto points = std::make_shared<std::vector<PointPtr>>();
  std::int64_t id = 1000;
  for (const Variant& variant : catalog->variants) {
    if (variant.operation != Operation::layernorm_forward) continue;
    for (const std::int64_t block : variant.knobs.front().values) {
      const bool wrong = variant.id == catalog->variants[1].id && block >= 64;
      points->push_back(sample_played_point(id++, variant, block, wrong));
    }
  }
  snapshot.points = points;
  snapshot.live = nullptr;
  snapshot.worker = WorkerState::idle;
  const auto count = static_cast<std::int64_t>(points->size());
  snapshot.progress = {count, count, std::nullopt};
  return snapshot;
}

}  // namespace knobscope::test
