#pragma once
// Blocks that stay for the whole launch, and pieces of work that go to whoever asks first: a multiprocessor that is
// quicker than the others does more.

#include "platform.h"

namespace knobscope {

/// Which of `pieces` pieces is the next; `pieces` and above: none is left. Each block asks, by one thread, until it is
/// told that. In all that is once for every piece and once for every block, and then atomicInc is back at 0: the next
/// launch finds `taken`, in device memory, as this one did. Two launches at a time would mix up theirs.
KNOBSCOPE_INLINE unsigned take_piece(unsigned* taken, unsigned pieces) {
  return atomicInc(taken, pieces + gridDim.x - 1);
}

}  // namespace knobscope
