#ifndef KNOBSCOPE_EMULATED_DEVICE_LAUNCH_PARAMETERS_H
#define KNOBSCOPE_EMULATED_DEVICE_LAUNCH_PARAMETERS_H
// All that it has for kernels is there without it: see knobscope_emulated.h.
#pragma GCC system_header

#endif
