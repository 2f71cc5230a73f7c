#ifndef KNOBSCOPE_EMULATED_THRUST_FILL_H
#define KNOBSCOPE_EMULATED_THRUST_FILL_H
// Thrust cannot be played: the name of its namespace is where a kernel is told.
#pragma GCC system_header

#undef thrust
#define thrust knobscope_unplayable_thrust

#endif
