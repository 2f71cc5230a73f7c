#ifndef KNOBSCOPE_EMULATED_MATH_CONSTANTS_H
#define KNOBSCOPE_EMULATED_MATH_CONSTANTS_H
// The toolkit's constants, by name: CUDART_INF_F and its kin.
#pragma GCC system_header

#if __has_include_next(<math_constants.h>)
#include_next <math_constants.h>
#endif

#endif
