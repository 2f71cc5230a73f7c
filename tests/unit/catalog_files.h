#pragma once
// Kernel files and devices for the tests of the catalog.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "catalog/catalog.h"

namespace knobscope::catalog {

/// A front matter that uses every key there is, with `line` 1 at the comment's opening.
inline const std::string kWholeFile = R"FILE(/* knobscope
title = "Block per row"
idea = "Each block reduces one row."
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]
[knobs.width]
values = [1, 2, 4]
default = 1
[knobs.block]
values = [32, 64, 96, 128, 256, 512, 768, 1024]
default = 256
help = "threads in a block"
[values]
vectors = "columns / width"
bytes = "2 * vectors + 4"
[[requires]]
condition = "columns % width == 0"
reason = "rows must divide into vectors"
[[buffers]]
name = "row_sums"
type = "f32"
count = "rows * 2"
clear = true
[[launches]]
entry = "reduce"
grid = ["rows", "ceil_div(columns, block * 4)"]
block = "block"
shared = "block * 4"
arguments = ["x", "row_sums", "rows", "columns"]
[[launches]]
entry = "normalize"
grid = "rows"
block = ["block", 1]
cooperative = true
cluster = ["1"]
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "row_sums", "epsilon", "1.0 / columns", 0.5, 7, "width + 1",
  "3 * bytes"]
[traffic]
reads = "elements * element_size * 1.5"
writes = "elements * element_size"
note = "x is read twice, half of it from the cache"
[numerics]
accumulate = "f32"
note = "none to speak of"
deterministic = false
[source]
note = "own work"
*/
extern "C" __global__ void reduce() {}
)FILE";

/// The smallest front matter for a CPU file.
inline const std::string kCpuFile = R"FILE(/* knobscope
title = "Plain"
idea = "One row after the other."
types = ["f32"]
[[launches]]
entry = "layernorm"
grid = "rows"
arguments = ["x", "y", "columns", "block_index", "grid_size", "epsilon"]
*/
extern "C" void layernorm() {}
)FILE";

inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) ADD_FAILURE() << "the file has no '" << from << "'";
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

inline DeviceFacts test_gpu() {
  DeviceFacts facts;
  facts.id = "cuda:0";
  facts.kind = DeviceKind::cuda;
  facts.compute_capability = 90;
  facts.multiprocessors = 132;
  facts.shared_per_block = {49152};
  facts.shared_per_block_optin = {232448};
  facts.cooperative_launch = true;
  facts.clusters = true;
  return facts;
}

inline DeviceFacts test_cpu() {
  DeviceFacts facts;
  facts.id = "cpu";
  return facts;
}

/// A folder that is gone after the test.
class ScratchFolder {
 public:
  ScratchFolder() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    path_ = std::filesystem::temp_directory_path() / ("knobscope-catalog-" + std::to_string(now));
    std::filesystem::create_directories(path_);
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace knobscope::catalog
