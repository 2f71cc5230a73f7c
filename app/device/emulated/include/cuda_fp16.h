#ifndef KNOBSCOPE_EMULATED_CUDA_FP16_H
#define KNOBSCOPE_EMULATED_CUDA_FP16_H
// The toolkit's own header, which works on a host, and what it offers on a GPU only.
#pragma GCC system_header

// clang-format off
#include "knobscope_emulated/asm_given_back.inc"
#include_next <cuda_fp16.h>
#include "knobscope_emulated/asm_taken_away.inc"
#include "knobscope_emulated/half_types.h"
// clang-format on

namespace knobscope::emulated {

/// Exact, and every NaN the one that a GPU makes of it, as the toolkit's own function has it on a host. But that one
/// branches, and compilers fuse a product and a sum, as a GPU's does, only where no branch stands between them.
KNOBSCOPE_INLINED float float_of_half(unsigned short bits) {
  const unsigned magnitude = bits & 0x7FFFu;
  // In place as a float, the number is too small by the difference of the two exponent biases, 127 - 15.
  const float scaled = __builtin_bit_cast(float, magnitude << 13) * 0x1p112F;
  const unsigned finite = __builtin_bit_cast(unsigned, scaled) | (bits & 0x8000u) << 16;
  const unsigned infinite = 0x7F800000u & (0u - static_cast<unsigned>(magnitude >= 0x7C00u));
  const unsigned nan = 0u - static_cast<unsigned>(magnitude > 0x7C00u);
  return __builtin_bit_cast(float, ((finite | infinite) & ~nan) | (nan & 0x7FFFFFFFu));
}

}  // namespace knobscope::emulated

KNOBSCOPE_INLINED float knobscope_half2float(const __half value) {
  return knobscope::emulated::float_of_half(static_cast<__half_raw>(value).x);
}
#define __half2float(...) knobscope_half2float(__VA_ARGS__)

KNOBSCOPE_HALF_SHUFFLE(__shfl_sync, __half, __half2, __half_raw, __half2_raw, int)
KNOBSCOPE_HALF_SHUFFLE(__shfl_up_sync, __half, __half2, __half_raw, __half2_raw, unsigned)
KNOBSCOPE_HALF_SHUFFLE(__shfl_down_sync, __half, __half2, __half_raw, __half2_raw, unsigned)
KNOBSCOPE_HALF_SHUFFLE(__shfl_xor_sync, __half, __half2, __half_raw, __half2_raw, int)
KNOBSCOPE_HALF_MEMORY(__half, __half2)
KNOBSCOPE_HALF_ARITHMETIC(__half, __half2, __half2float, __double2half)
KNOBSCOPE_HALF_TO_WHOLES(__half2, __half, __half2float)

#endif
