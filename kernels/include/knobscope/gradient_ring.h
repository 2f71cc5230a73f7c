#pragma once
// LayerNorm's backward pass, with the next rows on their way: a ring of slots in shared memory, each a row of x and one
// of dy, which the hardware fills by bulk copies. Rows are a multiple of 16 bytes long.

#include "bulk_copy.h"
#include "element.h"

namespace knobscope {

template <int kStages>
struct GradientRing {
  const Element* x;
  const Element* dy;
  Index rows;
  Index columns;
  Element* slots;   ///< in turn a row of x and one of dy
  Barrier* loaded;  ///< of each slot

  KNOBSCOPE_INLINE Element* x_slot(int slot) const { return slots + 2 * slot * columns; }
  KNOBSCOPE_INLINE Element* dy_slot(int slot) const { return x_slot(slot) + columns; }

  /// By one thread. Rows past the last one are none.
  KNOBSCOPE_INLINE void fill(int slot, Index row) const {
    if (row >= rows) return;
    const unsigned bytes = columns * sizeof(Element);
    loaded[slot].arrive_and_expect(2 * bytes);
    copy_to_shared(x_slot(slot), x + row * columns, bytes, loaded[slot]);
    copy_to_shared(dy_slot(slot), dy + row * columns, bytes, loaded[slot]);
  }

  /// By the same thread, once: rows first, first + step, ... Then those who wait for slots meet it.
  KNOBSCOPE_INLINE void start(Index first, Index step) const {
    for (int slot = 0; slot < kStages; ++slot) {
      loaded[slot].init(1);
      fill(slot, first + slot * step);
    }
  }
};

}  // namespace knobscope
