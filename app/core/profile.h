#pragma once
// What NVIDIA's profiling library (CUPTI) says of a point: times of its kernels by the GPU's own records, and counters.

#include <optional>
#include <string>
#include <vector>

#include "core/statistics.h"
#include "core/units.h"

namespace knobscope {

/// What the GPU counted over one whole run (clears and all launches) that began with a cache of other, clean data.
struct Counters {
  Bytes dram_read;     ///< bytes that memory gave
  Bytes dram_written;  ///< bytes that memory took while the run lasted
  Bytes dram_left;     ///< bytes that the run had written and the cache still held at its end: memory takes them later
  double l2_hit_rate = 0.0;  ///< sectors found in the L2 over sectors looked for, 0 to 1
  double occupancy = 0.0;    ///< achieved: warps resident over the most possible, mean over cycles and multiprocessors
  int passes = 1;            ///< runs it took: not all counters fit into one on every GPU

  /// All that memory had to do because of the run.
  Bytes dram() const { return dram_read + dram_written + dram_left; }
  bool operator==(const Counters&) const = default;
};

struct Profile {
  /// A run's kernels and clears, each from begin to end by CUPTI's activity records, together; the run cold as by
  /// Timing::cold. Taken apart from all other times, which recording would lengthen.
  std::optional<Summary> kernel;
  std::optional<Counters> counters;
  std::vector<std::string> notes;  ///< why one of them is missing: one sentence each, with what to do

  bool operator==(const Profile&) const = default;
};

}  // namespace knobscope
