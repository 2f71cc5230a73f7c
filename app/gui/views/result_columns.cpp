#include "gui/views/result_columns.h"

#include <array>

#include "gui/widgets/format_number.h"
#include "gui/widgets/tail_figure.h"

namespace knobscope::gui {
namespace {

constexpr std::array kColumns = {
    ColumnStyle{"variant", ResultColumn::variant, 0.0F, false},
    ColumnStyle{"knobs", ResultColumn::knobs, 150.0F, false},
    ColumnStyle{"shape", ResultColumn::shape, 120.0F, true},
    ColumnStyle{"type", ResultColumn::type, 48.0F, false},
    ColumnStyle{"median", ResultColumn::median, 84.0F, true, "µs"},
    ColumnStyle{"p99", ResultColumn::p99, 92.0F, true, "µs"},
    ColumnStyle{"bandwidth", ResultColumn::rate, 92.0F, true, "GB/s"},
    ColumnStyle{"of copy", ResultColumn::copy, 68.0F, true, "%"},
    ColumnStyle{"vs baseline", ResultColumn::baseline, 88.0F, true, "×"},
    ColumnStyle{"max abs error", ResultColumn::error, 104.0F, true},
    ColumnStyle{"verdict", ResultColumn::verdict, 128.0F, false},
};

std::optional<double> speed_up(const Point& point, const PointPtr& baseline) {
  if (!baseline || !baseline->headline() || !point.headline()) return std::nullopt;
  return baseline->headline()->median / point.headline()->median;
}

/// Those that the headline is of; null where they were not kept.
const std::vector<double>* samples_of_headline(const Point& point) {
  const auto timing = point.headline_timing();
  return timing ? point.samples(*timing).get() : nullptr;
}

}  // namespace

std::span<const ColumnStyle> result_columns() { return kColumns; }

std::string cell_text(const Point& point, ResultColumn column, const PointPtr& baseline) {
  switch (column) {
    case ResultColumn::variant:
      return point.variant_title;
    case ResultColumn::knobs:
      return format_knobs(point.request.knobs);
    case ResultColumn::shape:
      return format_extents(point.request.problem.shape, "×");
    case ResultColumn::type:
      return std::string(name_of(point.request.problem.type));
    case ResultColumn::median:
      return format_time(point.headline() ? std::optional(point.headline()->median) : std::nullopt);
    case ResultColumn::p99: {
      const std::vector<double>* samples = samples_of_headline(point);
      return samples != nullptr ? format_p99(*samples) : "–";
    }
    case ResultColumn::rate:
      return format_rate(point.bandwidth());
    case ResultColumn::copy:
      return format_percent(point.copy_fraction());
    case ResultColumn::baseline:
      return format_ratio(speed_up(point, baseline));
    case ResultColumn::error: {
      const OutputError* error = point.error ? point.error->main() : nullptr;
      return format_error(error != nullptr ? std::optional(error->max_abs) : std::nullopt);
    }
    case ResultColumn::verdict:
      return {};
  }
  return {};
}

std::optional<double> cell_figure(const Point& point, ResultColumn column, const PointPtr& baseline) {
  return column == ResultColumn::baseline ? speed_up(point, baseline) : figure_of(point, column);
}

}  // namespace knobscope::gui
