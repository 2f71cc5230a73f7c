#pragma once
// The roofline model: what a device's memory and its arithmetic allow at each arithmetic intensity. Williams, Waterman,
// Patterson: Roofline: An Insightful Visual Performance Model for Multicore Architectures, CACM 52(4), 2009.

#include <optional>

#include "core/device_facts.h"
#include "core/point.h"

namespace knobscope {

/// Floating-point operations that a problem's formulas cost for each element, a fused multiply-add counted as two (as
/// the peak counts it), differences that are used twice counted once, exp, erf and sqrt as one. What is done once a row
/// or channel is left out. Variants that compute more (Kahan's sums, say) are credited with no more.
///
///   layernorm_forward    7   sum 1; d = x - mean 1; sum of d*d 2; d * rstd 1; * gamma + beta 2
///        with relu      +1   max
///        with gelu      +5   y * (1 / sqrt 2) 1; erf 1; + 1, 1; y / 2, 1; product 1
///   layernorm_backward  13   xhat = (x - mean) * rstd 2; g = dy * gamma 1; sums of g 1, of g * xhat 2, of dy * xhat 2,
///                            of dy 1; (g - a - xhat * b) * rstd 4
///   batchnorm_inference  2   x * scale + shift, both made once a channel
///   batchnorm_training   6   sum 1; d = x - mean 1; sum of d*d 2; d * scale + beta 2
///
/// Counters of FLOPs say 5 for a normalization and 2 for inference, with a multiply-add as one (fvcore,
/// nn/jit_handles.py, norm_flop_counter, batchnorm_flop_jit); so counted, LayerNorm's 7 are 5 here, too.
int operations_per_element(const Problem& problem);

/// Of all elements of the main tensor. Precondition: !find_fault(problem).
double operations_of(const Problem& problem);

/// Where a point stands.
struct RooflinePlace {
  double intensity = 0.0;  ///< operations a byte of traffic
  double rate = 0.0;       ///< operations a second, by the headline's median
  Bytes traffic;           ///< what passed the memory where counters were read, else what the variant's file models
  bool is_counted = false;
};

/// Nothing for a point without a time.
std::optional<RooflinePlace> roofline_place(const Point& point);

/// Operations a second that all FP32 lanes reach in theory, each finishing a fused multiply-add (two operations) every
/// cycle: multiprocessors * lanes * 2 * clock. Nothing for other devices than CUDA ones, or of unknown architecture.
std::optional<double> peak_fp32(const DeviceFacts& facts, double sm_clock_mhz);

}  // namespace knobscope
