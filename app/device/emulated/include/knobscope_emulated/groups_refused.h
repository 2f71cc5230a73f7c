#ifndef KNOBSCOPE_EMULATED_GROUPS_REFUSED_H
#define KNOBSCOPE_EMULATED_GROUPS_REFUSED_H
#pragma GCC system_header

namespace cooperative_groups {

KNOBSCOPE_REFUSED(this_multi_grid, multi_grid);
KNOBSCOPE_REFUSED(memcpy_async, pipelines);
KNOBSCOPE_REFUSED(wait, pipelines);
KNOBSCOPE_REFUSED(wait_prior, pipelines);
class KNOBSCOPE_UNPLAYABLE(multi_grid) multi_grid_group;

}  // namespace cooperative_groups

#endif
