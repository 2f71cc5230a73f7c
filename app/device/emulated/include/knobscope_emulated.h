#ifndef KNOBSCOPE_EMULATED_H
#define KNOBSCOPE_EMULATED_H
// What stands in for CUDA's built-ins where a kernel file is compiled as C++ for the emulated device: included before
// the kernel's own text, as NVRTC does with its own. knobscope_stubs.h, behind the text, holds what is called from here
// and what the compiler's instrumentation calls.
//
// A system header for the compiler: an error in a macro is then told at the kernel's own line.
#pragma GCC system_header

// clang-format off
#include "knobscope_emulated/words.h"
#include "knobscope_emulated/vectors.h"
#include "knobscope_emulated/calls.h"
#include "knobscope_emulated/indices.h"
#include "knobscope_emulated/barriers.h"
#include "knobscope_emulated/clusters.h"
#include "knobscope_emulated/warp.h"
#include "knobscope_emulated/atomics.h"
#include "knobscope_emulated/loads.h"
#include "knobscope_emulated/integers.h"
#include "knobscope_emulated/conversions.h"
#include "knobscope_emulated/floating.h"
#include "knobscope_emulated/rounding.h"
#include "knobscope_emulated/minmax.h"
#include "knobscope_emulated/memory.h"
#include "knobscope_emulated/refused.h"
// clang-format on

#endif
