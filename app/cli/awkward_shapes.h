#pragma once
// The shapes that a check takes when none is given: small, and unkind to what kernels like to assume.

#include <cstdint>
#include <string>
#include <vector>

#include "core/operation.h"

namespace knobscope::cli {

/// One row, one column, rows shorter than a warp and longer than a block, lengths that are no multiple of 4, 8, 32 or a
/// block, lengths that are one of 4 (for vector loads).
std::vector<std::vector<std::int64_t>> awkward_shapes(Operation operation);

/// More rows, and elements, than a small block has threads, for kernels that give each a thread. To be taken with knobs
/// at their smallest: a kernel with many blocks a row would play for minutes.
std::vector<std::int64_t> tall_shape(Operation operation);

/// Rows longer than most blocks, to be taken with blocks that are no power of two.
std::vector<std::int64_t> long_shape(Operation operation);

/// "1x1000", …: of awkward_shapes.
std::vector<std::string> awkward_shape_names(Operation operation);

}  // namespace knobscope::cli
