#ifndef KNOBSCOPE_EMULATED_CUB_BLOCK_BLOCK_RADIX_SORT_CUH
#define KNOBSCOPE_EMULATED_CUB_BLOCK_BLOCK_RADIX_SORT_CUH
// CUB cannot be played: the name of its namespace is where a kernel is told.
#pragma GCC system_header

#undef cub
#define cub knobscope_unplayable_cub

#endif
