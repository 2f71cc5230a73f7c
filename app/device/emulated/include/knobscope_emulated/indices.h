#ifndef KNOBSCOPE_EMULATED_INDICES_H
#define KNOBSCOPE_EMULATED_INDICES_H
// threadIdx and its kin: values, so that nothing can be written to them, as in CUDA.
#pragma GCC system_header

namespace knobscope::emulated {

KNOBSCOPE_INLINED uint3 as_uint3(Index3 index) { return uint3{index.x, index.y, index.z}; }
KNOBSCOPE_INLINED const dim3 as_dim3(Index3 size) { return dim3(size.x, size.y, size.z); }

}  // namespace knobscope::emulated

#define threadIdx (knobscope::emulated::as_uint3(knobscope::emulated::call::thread_index()))
#define blockIdx (knobscope::emulated::as_uint3(knobscope::emulated::call::block_index()))
#define blockDim (knobscope::emulated::as_dim3(knobscope::emulated::call::block_size()))
#define gridDim (knobscope::emulated::as_dim3(knobscope::emulated::call::grid_size()))
#undef warpSize
#define warpSize 32

#endif
