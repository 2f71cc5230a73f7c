#pragma once
// What is measured: shape, element type, input distribution, and what follows from them.

#include <array>
#include <cstdint>
#include <vector>

#include "gui/views/view.h"

namespace knobscope::gui {

/// A shape with a name people know.
struct ShapePreset {
  std::string_view name;
  std::vector<std::int64_t> shape;
  int normalized_dims = 1;
};

/// Presets of an operation, those of the CPU being smaller, those of the emulated device smaller still. Pure.
std::vector<ShapePreset> shape_presets(Operation operation, DeviceKind device);

/// Slider position in [0, 1] to an offset in sigma and back: 0 at the left end, then 1 to 10^6 by decades, two
/// significant digits. Pure.
double offset_at(double position);
double position_of_offset(double offset);

class ProblemView final : public View {
 public:
  const char* title() const override { return "Problem"; }
  void draw(ViewContext& context) override;
  void list_actions(ViewContext& context, ActionList& actions) override;

 private:
  /// A field that the next draw() gives the keyboard to.
  enum class Field : std::uint8_t { none, shape, seed };

  void draw_shape(ViewContext& context);
  void draw_dimensions(ViewContext& context);
  void draw_presets(ViewContext& context);
  void draw_consequence(ViewContext& context) const;
  void draw_type(ViewContext& context) const;
  void draw_form(ViewContext& context) const;
  void draw_distribution(ViewContext& context);
  void draw_offset(ViewContext& context) const;

  Field wanted_ = Field::none;
};

}  // namespace knobscope::gui
