#pragma once
// Points as JSON, CSV and Markdown: the same rows everywhere, null (or empty) where nothing was measured.

#include <span>
#include <string>
#include <vector>

#include "core/check_report.h"
#include "core/point.h"
#include "core/variant.h"

namespace knobscope::session {

/// One object: version, device, environment, points (see README, "JSON"). Times in seconds, sizes in bytes, rates in
/// bytes per second. JSON has no infinity and no NaN: such a number is null, and `nonfinite` and `reason` say why.
std::string to_json(std::span<const PointPtr> points, std::span<const DeviceFacts> devices);
/// The same of a check, and beside the points: findings, wrong, failed, unfit (each mistake once, with the point that
/// told it first and how many do) and summary. `report` is made of `points`.
std::string check_to_json(std::span<const PointPtr> points, std::span<const DeviceFacts> devices,
                          const CheckReport& report);
/// RFC 4180 with a line of titles; units as in JSON.
std::string to_csv(std::span<const PointPtr> points);
std::string to_markdown(std::span<const PointPtr> points);
/// The table for a terminal, at most `width` columns wide, with verdict words coloured when `color`.
std::string to_table(std::span<const PointPtr> points, int width, bool color);

/// One object: version, devices.
std::string devices_to_json(std::span<const DeviceFacts> devices);
/// One object: version, variants, faults. `variants` are not null.
std::string variants_to_json(std::span<const Variant* const> variants, std::span<const CatalogFault> faults);

}  // namespace knobscope::session
