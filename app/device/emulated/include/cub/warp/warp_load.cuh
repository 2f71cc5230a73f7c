#ifndef KNOBSCOPE_EMULATED_CUB_WARP_WARP_LOAD_CUH
#define KNOBSCOPE_EMULATED_CUB_WARP_WARP_LOAD_CUH
// CUB cannot be played: the name of its namespace is where a kernel is told.
#pragma GCC system_header

#undef cub
#define cub knobscope_unplayable_cub

#endif
