#pragma once
// One variant with one choice of knobs, measured several times: which of the points speaks for it.

#include <string>
#include <string_view>
#include <vector>

#include "core/point.h"

namespace knobscope {

/// A variant's id without the number of its file, which only says where it stands in the story:
/// "layernorm_forward/05_welford.cu" and "layernorm_forward/06_welford.cu" are one.
std::string lasting_id(std::string_view id);

/// It has a time of its own, on a device whose times mean something.
bool is_timed_point(const Point& point);

/// In the order measured, from any order.
std::vector<PointPtr> sorted_by_time(std::vector<PointPtr> points);

/// The point that speaks for a choice of variant and knobs: the latest pass, else the latest noisy one; null when none
/// counts. What an earlier text of the file did says nothing, and wrong once with this text is wrong.
PointPtr speaker_of(std::vector<PointPtr> points);

}  // namespace knobscope
