#pragma once
// The function that a problem applies to every element behind the normalization. A kernel is compiled for one of them
// at a time, so the one that is not asked for costs nothing.
//
//   float activate(float)

#include "platform.h"

namespace knobscope {

#if defined(KNOBSCOPE_ACTIVATION_RELU)

/// Not fmaxf, which would turn a NaN into a sound-looking 0.
KNOBSCOPE_INLINE float activate(float value) { return value < 0.0F ? 0.0F : value; }

#elif defined(KNOBSCOPE_ACTIVATION_GELU)

/// The value times the share of a normal distribution that lies below it: the exact form, with the error function.
KNOBSCOPE_INLINE float activate(float value) {
  constexpr float kSqrtHalf = 0.70710678118654752F;
  return 0.5F * value * (1.0F + erff(value * kSqrtHalf));
}

#else

KNOBSCOPE_INLINE float activate(float value) { return value; }

#endif

}  // namespace knobscope
