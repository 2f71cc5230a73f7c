#ifndef KNOBSCOPE_EMULATED_CUDA_RUNTIME_API_H
#define KNOBSCOPE_EMULATED_CUDA_RUNTIME_API_H
// All that it has for kernels is there without it: see knobscope_emulated.h.
#pragma GCC system_header

#endif
