#pragma once
// The words that CUDA C++ and plain C++ spell differently. A kernel file sees exactly one of KNOBSCOPE_DEVICE_CUDA
// and KNOBSCOPE_DEVICE_CPU.

#if defined(KNOBSCOPE_DEVICE_CUDA)
#define KNOBSCOPE_INLINE __device__ __forceinline__
#elif defined(KNOBSCOPE_DEVICE_CPU)
#define KNOBSCOPE_INLINE inline
#else
#error "Compile with -DKNOBSCOPE_DEVICE_CUDA=1 or -DKNOBSCOPE_DEVICE_CPU=1."
#endif

namespace knobscope {

/// Rows, columns and offsets: 64 bits, because a tensor may have more than 2^31 elements.
using Index = long long;

}  // namespace knobscope
