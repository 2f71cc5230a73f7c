#include <fmt/format.h>

#include "gui/gui.h"
#include "gui/widgets/format_number.h"

namespace knobscope::gui {

std::string to_text(const FrameFigures& figures) {
  std::string text = fmt::format("{}\n{} points, {} samples\n", figures.graphics, format_count(figures.points),
                                 format_count(figures.samples));
  text += fmt::format("{:<12} {:8.0f} ms after the process was started\n", "first frame", figures.first_frame_ms);
  for (const FrameSeries& series : figures.series) {
    text += fmt::format("{:<12} p50 {:6.1f} ms   p99 {:6.1f} ms   worst {:6.1f} ms   {:6} frames\n", series.name,
                        series.p50_ms, series.p99_ms, series.worst_ms, series.frames);
  }
  text += fmt::format("{:<12} {} frames in {:.1f} s, {:.2f} % of a core\n", "idle", figures.idle_frames, figures.idle_s,
                      figures.idle_cpu * 100.0);
  return text;
}

}  // namespace knobscope::gui
