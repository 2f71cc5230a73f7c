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

KNOBSCOPE_HALF_SHUFFLE(__shfl_sync, __half, __half2, __half_raw, __half2_raw, int)
KNOBSCOPE_HALF_SHUFFLE(__shfl_up_sync, __half, __half2, __half_raw, __half2_raw, unsigned)
KNOBSCOPE_HALF_SHUFFLE(__shfl_down_sync, __half, __half2, __half_raw, __half2_raw, unsigned)
KNOBSCOPE_HALF_SHUFFLE(__shfl_xor_sync, __half, __half2, __half_raw, __half2_raw, int)
KNOBSCOPE_HALF_MEMORY(__half, __half2)
KNOBSCOPE_HALF_ARITHMETIC(__half, __half2, __half2float, __double2half)
KNOBSCOPE_HALF_TO_WHOLES(__half2, __half, __half2float)

#endif
