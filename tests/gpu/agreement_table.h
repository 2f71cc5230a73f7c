#pragma once
// What the emulated device and a GPU made of the same inputs, as a table, and how far apart the two may be.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/variant.h"

namespace knobscope::agreement {

/// One output of one kernel on one problem, on both devices.
struct Row {
  std::string variant;  ///< Variant::id
  std::string source;   ///< the beginning of Variant::source_hash
  std::string type;     ///< of the problem; "mean" and "rstd" are stored as f32 whatever it is
  std::string shape;    ///< "2x3x5x7", "2x3x5x7 nhwc", "3x1000 gelu"
  int normalized_dims = 1;
  std::string knobs;   ///< "block=96 unroll=4"
  std::string output;  ///< "y", "mean", "rstd"
  std::int64_t elements = 0;
  std::int64_t differing = 0;  ///< elements whose bits differ
  /// Largest difference in units in the last place of the stored type, at the larger of the two numbers.
  double max_ulp = 0.0;
  /// The same, but at the largest number of the sum that the element is: y = normalized * gamma + beta may cancel to
  /// almost nothing, and a rounding of one of its terms then is thousands of units of what is left. For a gradient at
  /// the largest number of the whole output. As `max_ulp` for outputs that are no sums.
  double max_term_ulp = 0.0;
  bool operator==(const Row&) const = default;
};

struct Table {
  std::string cuda;      ///< "NVIDIA H200, driver 580.159.04, NVRTC 13.0"
  std::string emulated;  ///< the same of the emulated device: "Emulated GPU on …, g++ 12.2.0"
  std::vector<Row> rows;
  bool operator==(const Table&) const = default;
};

/// Comma-separated values: a line "# cuda: …", a line "# emulated: …", a head line, a line for each row. Throws
/// std::runtime_error when the file cannot be written.
void write_table(const std::filesystem::path& file, const Table& table);

/// Throws std::runtime_error with file and line when it is not what write_table() writes.
Table read_table(const std::filesystem::path& file);

/// dx, dgamma and dbeta.
bool is_gradient(const std::string& output);

/// How far apart an output may be, in units in the last place (Row::max_ulp for statistics, Row::max_term_ulp for y and
/// gradients); 0: the same bits.
double allowed_ulp(const Variant& variant, const Row& row);

/// Why the row is not within allowed_ulp(); empty when it is.
std::string fault_of(const Row& row, const Variant& variant);

}  // namespace knobscope::agreement
