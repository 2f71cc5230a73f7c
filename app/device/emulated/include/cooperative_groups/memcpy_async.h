#ifndef KNOBSCOPE_EMULATED_COOPERATIVE_GROUPS_MEMCPY_ASYNC_H
#define KNOBSCOPE_EMULATED_COOPERATIVE_GROUPS_MEMCPY_ASYNC_H
#pragma GCC system_header

#include "../cooperative_groups.h"

#endif
