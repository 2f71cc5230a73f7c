// One frame of each lens beside the picture it is expected to be. Fonts may be smoothed otherwise by another version of
// the renderer; a missing series, another colour or a moved axis is a failure. KNOBSCOPE_UPDATE_GOLDEN=1 writes the
// expected pictures anew: look at them.

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/harness.h"
#include "gui/image.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/views/lenses.h"

namespace knobscope::test {
namespace {

constexpr int kSquare = 4;               // pixels that are looked at as one
constexpr int kTolerance = 12;           // of 255, in the mean of a square
constexpr double kMostSquares = 0.0005;  // that may differ by more: letters

class LensImages : public testing::TestWithParam<gui::Lens> {
 protected:
  LensImages() : harness_({{1280, 720}, 1.0F}) {
    // What pulses is another picture in every frame.
    harness_.snapshot().live.reset();
    harness_.snapshot().worker = WorkerState::idle;
    harness_.snapshot().progress = {};
    spread_points();
    harness_.frames(4);
    gui::ViewState& state = harness_.state();
    state.lens = GetParam();
    state.heat_x = "block";
    state.heat_y = "type";
    state.baseline_point = harness_.snapshot().points->front()->request.id;
    state.x_axis = "block";
    harness_.frames(8);
  }

  /// No two variants lie on each other, and points know what copies of their size reach.
  void spread_points() {
    const std::vector<Variant>& variants = harness_.snapshot().catalog->variants;
    auto points = std::make_shared<std::vector<PointPtr>>();
    for (const PointPtr& each : *harness_.snapshot().points) {
      auto point = std::make_shared<Point>(*each);
      if (const auto timing = point->headline_timing()) {
        point->size_ceilings = {
            {*timing, point->bytes, {3.7e12}, {3.9e12}, BytesPerSecond{4.05e12}, BytesPerSecond{4.2e12}}};
      }
      const auto at = std::ranges::find(variants, point->request.variant, &Variant::id) - variants.begin();
      if (point->error) {
        OutputError& error = point->error->outputs.front();
        error.max_abs *= 1.0 + 0.5 * static_cast<double>(at);
      }
      point->modelled_reads = Bytes{point->bytes.count * (2 + at) / 4};
      point->modelled_writes = Bytes{point->bytes.count / 2};
      points->push_back(std::move(point));
    }
    harness_.snapshot().points = points;
  }

  /// The large plot, coarse.
  Image frame() {
    harness_.frames(4);
    const std::filesystem::path file = folder_.path() / "frame.png";
    harness_.stage().write_picture(file);
    const ImGuiWindow* panel = ImGui::FindWindowByName(gui::window_id("Throughput").c_str());
    const ImRect area = panel->Rect();
    return coarse(cut(read_png(file), static_cast<int>(area.Min.x), static_cast<int>(area.Min.y),
                      static_cast<int>(area.GetWidth()), static_cast<int>(area.GetHeight())),
                  kSquare);
  }

  std::filesystem::path expected_file() const {
    return std::filesystem::path(KNOBSCOPE_SOURCE_DIR) / "tests" / "gui" / "expected" /
           ("lens_" + gui::facts_of(GetParam()).id + ".png");
  }

  Harness harness_;
  TemporaryFolder folder_;
};

TEST_P(LensImages, IsAsExpectedAndAMissingSeriesIsNot) {
  const Image seen = frame();
  if (std::getenv("KNOBSCOPE_UPDATE_GOLDEN") != nullptr) write_png(seen, expected_file());
  const Image expected = read_png(expected_file());
  const Difference same = difference(seen, expected, kTolerance);
  EXPECT_LE(same.share, kMostSquares) << same.pixels << " squares differ, by up to " << same.largest;

  // The same frame with one variant left out, or as it is in the other theme, is another picture.
  gui::ViewState& state = harness_.state();
  const std::set<std::string> ticked = state.ticked;
  const std::string dropped = harness_.snapshot().catalog->variants[4].id;
  state.ticked.erase(dropped);
  if (GetParam() == gui::Lens::heat) state.ticked.erase(harness_.snapshot().catalog->variants[7].id);
  const Difference missing = difference(frame(), expected, kTolerance);
  EXPECT_GT(missing.share, kMostSquares) << "without " << dropped << ": " << missing.pixels << " squares";
  state.ticked = ticked;
  harness_.stage().interface().set_theme(gui::ThemeName::light);
  const Difference light = difference(frame(), expected, kTolerance);
  EXPECT_GT(light.share, 0.5);
  std::cout << "squares that differ: " << same.pixels << "; without a series " << missing.pixels << "; of "
            << expected.pixels.size() / 3 << "\n";
}

INSTANTIATE_TEST_SUITE_P(All, LensImages,
                         testing::Values(gui::Lens::lines, gui::Lens::heat, gui::Lens::error, gui::Lens::trade,
                                         gui::Lens::roofline, gui::Lens::compare),
                         [](const testing::TestParamInfo<gui::Lens>& lens) {
                           std::string name = gui::facts_of(lens.param).id;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace knobscope::test
