#pragma once
// Where the interval of a median lies among sorted samples.

#include <cstddef>

namespace knobscope {

/// The place of the lower end of the median's 95 % interval among `count` sorted samples, counted from 1, and of the
/// upper end from the other side: the largest k with P(Binomial(count, 1/2) < k) <= 2.5 %. 1 where there is none, with
/// fewer than 6.
std::size_t median_interval_rank(std::size_t count);

}  // namespace knobscope
