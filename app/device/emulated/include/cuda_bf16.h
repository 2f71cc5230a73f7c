#ifndef KNOBSCOPE_EMULATED_CUDA_BF16_H
#define KNOBSCOPE_EMULATED_CUDA_BF16_H
// The toolkit's own header, which works on a host, and what it offers on a GPU only.
#pragma GCC system_header

// clang-format off
#include "knobscope_emulated/asm_given_back.inc"
#include_next <cuda_bf16.h>
#include "knobscope_emulated/asm_taken_away.inc"
#include "knobscope_emulated/half_types.h"
// The toolkit's includes its own cuda_fp16.h, by its folder.
#include <cuda_fp16.h>
// clang-format on

KNOBSCOPE_HALF_SHUFFLE(__shfl_sync, __nv_bfloat16, __nv_bfloat162, __nv_bfloat16_raw, __nv_bfloat162_raw, int)
KNOBSCOPE_HALF_SHUFFLE(__shfl_up_sync, __nv_bfloat16, __nv_bfloat162, __nv_bfloat16_raw, __nv_bfloat162_raw, unsigned)
KNOBSCOPE_HALF_SHUFFLE(__shfl_down_sync, __nv_bfloat16, __nv_bfloat162, __nv_bfloat16_raw, __nv_bfloat162_raw, unsigned)
KNOBSCOPE_HALF_SHUFFLE(__shfl_xor_sync, __nv_bfloat16, __nv_bfloat162, __nv_bfloat16_raw, __nv_bfloat162_raw, int)
KNOBSCOPE_HALF_MEMORY(__nv_bfloat16, __nv_bfloat162)
KNOBSCOPE_HALF_ARITHMETIC(__nv_bfloat16, __nv_bfloat162, __bfloat162float, __double2bfloat16)
KNOBSCOPE_HALF_TO_WHOLES(__bfloat162, __nv_bfloat16, __bfloat162float)

// Rounded the same way twice, first to a float, is rounded that way once.
#define KNOBSCOPE_TO_BFLOAT16(prefix, From, direction)                     \
  KNOBSCOPE_INLINED __nv_bfloat16 __##prefix##2bfloat16_rz(const From x) { \
    return __float2bfloat16_rz(direction##_rz(x));                         \
  }                                                                        \
  KNOBSCOPE_INLINED __nv_bfloat16 __##prefix##2bfloat16_ru(const From x) { \
    return __float2bfloat16_ru(direction##_ru(x));                         \
  }                                                                        \
  KNOBSCOPE_INLINED __nv_bfloat16 __##prefix##2bfloat16_rd(const From x) { \
    return __float2bfloat16_rd(direction##_rd(x));                         \
  }
KNOBSCOPE_TO_BFLOAT16(int, int, __int2float)
KNOBSCOPE_TO_BFLOAT16(uint, unsigned, __uint2float)
KNOBSCOPE_TO_BFLOAT16(short, short, __int2float)
KNOBSCOPE_TO_BFLOAT16(ushort, unsigned short, __uint2float)
KNOBSCOPE_TO_BFLOAT16(ll, long long, __ll2float)
KNOBSCOPE_TO_BFLOAT16(ull, unsigned long long, __ull2float)
#undef KNOBSCOPE_TO_BFLOAT16

#endif
