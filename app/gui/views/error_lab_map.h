#pragma once
// One map of errors: layers of tiles from coarse to fine, values in the cells where they have room, and a part of it
// that wheel, drag and keys choose.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gui/render/error_scale.h"
#include "gui/views/error_lab.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// Tiles of a part of the view; the later ones of a map lie on top.
struct ErrorLayer {
  std::shared_ptr<const ErrorMap> map;
  Area area;
};

struct ErrorPicture {
  const char* id = "";
  std::vector<ErrorLayer> layers;
  ErrorRegionPtr region;  ///< of the finest layer, where the device has answered; may be null
  TensorView view;
  ErrorWindow window;
  ErrorScale scale;
  std::optional<std::int64_t> marked;
};

/// What a person did to a map.
struct ErrorGesture {
  std::optional<ErrorPlace> hovered;
  std::optional<ErrorWindow> window;  ///< looked for
};

/// Draws a map of `size` device pixels at the cursor, and `linked`, the place that is pointed at in its neighbour.
ErrorGesture draw_error_picture(ViewContext& context, const ErrorPicture& picture, ImVec2 size,
                                const std::optional<ErrorPlace>& linked);

/// What is known of the place that is pointed at, a paragraph for each picture; titles name them where there are more.
void error_tip(const ViewContext& context, const ErrorLab& lab, const Problem& problem, const ErrorPlace& place,
               std::span<const ErrorPicture> pictures, std::span<const std::string> titles);

/// The scale's colours with the tolerance marked and what the ends are. Takes error_legend_height().
void draw_error_legend(ViewContext& context, const ErrorScale& scale, ErrorMeasure measure, float width);
float error_legend_height(const Theme& theme);

/// A value by a measure: "3.1e-6", "0.4 of tolerance", "12 ULP".
std::string measured_text(ErrorMeasure measure, double value);

}  // namespace knobscope::gui
