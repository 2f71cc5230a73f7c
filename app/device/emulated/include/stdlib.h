#ifndef KNOBSCOPE_EMULATED_STDLIB_H
#define KNOBSCOPE_EMULATED_STDLIB_H
// See math.h: std::abs and its kin stay in std.
#pragma GCC system_header

#include <cstdlib>

#endif
