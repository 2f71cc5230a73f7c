#pragma once
// How far an output is from its reference.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace knobscope {

/// Error of one output tensor against the double-precision reference rounded to nothing: differences are taken in
/// double, over elements whose reference is finite. An element whose reference is NaN (or an infinity) must be NaN
/// (or that infinity; a mean that must be infinite may be NaN, for merged moments have nothing else); anything else
/// counts as failing and, when not finite, as `nonfinite`.
struct OutputError {
  std::string output;  ///< "y", "mean", "rstd"
  std::int64_t elements = 0;
  double max_abs = 0.0;
  double max_rel = 0.0;  ///< max |error| / |reference|, over references that are not 0
  double rms = 0.0;
  double relative_l2 = 0.0;               ///< ||error|| / ||reference||
  double max_ulp = 0.0;                   ///< in units in the last place of the output's type at the reference
  std::int64_t nonfinite = 0;             ///< not finite where the reference is
  std::int64_t unwritten = 0;             ///< still the poison put there before the run
  std::int64_t failing = 0;               ///< elements past the tolerance (nonfinite and unwritten included)
  std::optional<std::int64_t> first_bad;  ///< flat index of the first failing element
  double first_bad_value = 0.0;
  double first_bad_reference = 0.0;
  bool operator==(const OutputError&) const = default;
};

/// Where in the main output the error is: the largest |error| of each tile of the (rows × columns) view.
/// Unwritten or wrongly non-finite elements make their tile +Inf.
struct ErrorMap {
  std::int64_t rows = 0;  ///< of the tensor's two-dimensional view
  std::int64_t columns = 0;
  int tile_rows = 0;           ///< tiles downwards
  int tile_columns = 0;        ///< tiles across
  double tolerance = 0.0;      ///< largest allowed |error| at a typical value: absolute + relative * rms(reference)
  std::vector<float> max_abs;  ///< tile_rows × tile_columns, row-major
  bool operator==(const ErrorMap&) const = default;
};

struct ErrorReport {
  std::vector<OutputError> outputs;         ///< the operation's main output first
  bool inputs_changed = false;              ///< an input's hash differs after the run
  std::vector<std::string> damaged_guards;  ///< buffers written outside their bounds
  std::shared_ptr<const ErrorMap> map;      ///< of the main output

  const OutputError* main() const { return outputs.empty() ? nullptr : &outputs.front(); }
};

}  // namespace knobscope
