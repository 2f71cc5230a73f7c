#ifndef KNOBSCOPE_EMULATED_SM_35_ATOMIC_FUNCTIONS_H
#define KNOBSCOPE_EMULATED_SM_35_ATOMIC_FUNCTIONS_H
// All that it has for kernels is there without it: see knobscope_emulated.h.
#pragma GCC system_header

#endif
