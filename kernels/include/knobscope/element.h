#pragma once
// The type of a tensor's elements. A kernel is compiled for one of them at a time; arithmetic is done in float, so all
// that a kernel needs is the way there and the way back.
//
//   float to_float(Element)             exact
//   Element from_float<Element>(float)  rounds to nearest, ties to even; too large becomes infinity, NaN stays NaN

#include "platform.h"

#if defined(KNOBSCOPE_DEVICE_CUDA) && defined(KNOBSCOPE_ELEMENT_F16)
#include <cuda_fp16.h>
#elif defined(KNOBSCOPE_DEVICE_CUDA) && defined(KNOBSCOPE_ELEMENT_BF16)
#include <cuda_bf16.h>
#elif defined(KNOBSCOPE_DEVICE_CPU)
#include "half_bits.h"
#endif

namespace knobscope {

KNOBSCOPE_INLINE float to_float(float value) { return value; }

template <typename To>
KNOBSCOPE_INLINE To from_float(float value) {
  return value;
}

#if defined(KNOBSCOPE_ELEMENT_F32)

using Element = float;

#elif defined(KNOBSCOPE_DEVICE_CUDA) && defined(KNOBSCOPE_ELEMENT_F16)

using Element = __half;
KNOBSCOPE_INLINE float to_float(__half value) { return __half2float(value); }
template <>
KNOBSCOPE_INLINE __half from_float<__half>(float value) {
  return __float2half_rn(value);
}

#elif defined(KNOBSCOPE_DEVICE_CUDA) && defined(KNOBSCOPE_ELEMENT_BF16)

using Element = __nv_bfloat16;
KNOBSCOPE_INLINE float to_float(__nv_bfloat16 value) { return __bfloat162float(value); }
template <>
KNOBSCOPE_INLINE __nv_bfloat16 from_float<__nv_bfloat16>(float value) {
  return __float2bfloat16_rn(value);
}

#elif defined(KNOBSCOPE_ELEMENT_F16)

struct Half {
  std::uint16_t bits;
};
using Element = Half;
inline float to_float(Half value) { return float_of_half(value.bits); }
template <>
inline Half from_float<Half>(float value) {
  return Half{half_of_float(value)};
}

#elif defined(KNOBSCOPE_ELEMENT_BF16)

struct Bfloat16 {
  std::uint16_t bits;
};
using Element = Bfloat16;
inline float to_float(Bfloat16 value) { return float_of_bfloat16(value.bits); }
template <>
inline Bfloat16 from_float<Bfloat16>(float value) {
  return Bfloat16{bfloat16_of_float(value)};
}

#else
#error "Compile with -DKNOBSCOPE_ELEMENT_F32=1, -DKNOBSCOPE_ELEMENT_F16=1 or -DKNOBSCOPE_ELEMENT_BF16=1."
#endif

}  // namespace knobscope
