#ifndef KNOBSCOPE_EMULATED_COOPERATIVE_GROUPS_REDUCE_H
#define KNOBSCOPE_EMULATED_COOPERATIVE_GROUPS_REDUCE_H
#pragma GCC system_header

#include <cooperative_groups.h>
#include <knobscope_emulated/groups_collect.h>

#endif
