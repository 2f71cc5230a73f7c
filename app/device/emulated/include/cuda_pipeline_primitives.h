#ifndef KNOBSCOPE_EMULATED_CUDA_PIPELINE_PRIMITIVES_H
#define KNOBSCOPE_EMULATED_CUDA_PIPELINE_PRIMITIVES_H
// Asynchronous copies, which cannot be played.
#pragma GCC system_header

#include "cuda_pipeline.h"

#endif
