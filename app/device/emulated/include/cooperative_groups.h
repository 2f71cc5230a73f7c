#ifndef KNOBSCOPE_EMULATED_COOPERATIVE_GROUPS_H
#define KNOBSCOPE_EMULATED_COOPERATIVE_GROUPS_H
// Cooperative groups: the block, the grid, tiles of a block (of up to 32 threads by warp functions, of up to 512 by a
// barrier of their own) and threads that have come the same way.
#pragma GCC system_header

#include "knobscope_emulated/groups.h"
#include "knobscope_emulated/groups_refused.h"

#endif
