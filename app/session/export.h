#pragma once
// Points as JSON, CSV and Markdown: the same rows everywhere, null (or empty) where nothing was measured.

#include <span>
#include <string>
#include <vector>

#include "core/point.h"

namespace knobscope::session {

/// One object: version, device, environment, points (see README, "JSON").
std::string to_json(std::span<const PointPtr> points, std::span<const DeviceFacts> devices);
std::string to_csv(std::span<const PointPtr> points);
std::string to_markdown(std::span<const PointPtr> points);
/// The table for a terminal, at most `width` columns wide, with verdict words coloured when `color`.
std::string to_table(std::span<const PointPtr> points, int width, bool color);

}  // namespace knobscope::session
