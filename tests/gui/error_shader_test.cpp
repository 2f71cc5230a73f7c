// The error map's shader against the same colours computed here, and what the map looks like in the window.

#include <algorithm>
#include <array>
#include <cmath>

#include <glad/gl.h>
#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/harness.h"
#include "gui/render/renderer.h"
#include "gui/sample_region.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/views/series.h"

namespace knobscope::test {
namespace {

/// Of a channel, in 255ths: rounding of the log and of the stored colour.
constexpr int kTolerance = 2;

struct Picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;  // RGBA, the first row at the top

  std::array<int, 3> at(int x, int y) const {
    const std::size_t place =
        (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 4;
    return {pixels[place], pixels[place + 1], pixels[place + 2]};
  }
};

Picture read_picture(ImTextureID texture, int width, int height) {
  Picture picture{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height) * 4)};
  glBindTexture(GL_TEXTURE_2D, static_cast<GLuint>(texture));
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glGetTexImage(GL_TEXTURE_2D, 0, GL_RGBA, GL_UNSIGNED_BYTE, picture.pixels.data());
  glBindTexture(GL_TEXTURE_2D, 0);
  return picture;
}

void expect_color(const std::array<int, 3>& seen, const ImVec4& expected, const std::string& where) {
  const std::array<float, 3> channels = {expected.x, expected.y, expected.z};
  for (std::size_t channel = 0; channel < 3; ++channel) {
    EXPECT_NEAR(seen[channel], static_cast<double>(channels[channel]) * 255.0, kTolerance)
        << where << ", channel " << channel;
  }
}

/// Errors over eight decades, in tiles.
std::shared_ptr<const ErrorMap> decades(int rows, int columns) {
  auto map = std::make_shared<ErrorMap>();
  map->rows = rows;
  map->columns = columns;
  map->tile_rows = rows;
  map->tile_columns = columns;
  map->tolerance = 1e-5;
  for (int tile = 0; tile < rows * columns; ++tile) {
    map->max_abs.push_back(static_cast<float>(std::pow(10.0, -9.0 + 8.0 * tile / (rows * columns - 1))));
  }
  return map;
}

class ErrorShader : public testing::TestWithParam<gui::ThemeName> {
 protected:
  gui::Renderer& renderer() { return harness_.stage().renderer(); }
  const gui::Theme& theme() { return harness_.stage().interface().theme(); }
  Harness harness_{{{640, 480}, 1.0F, GetParam()}};
};

TEST_P(ErrorShader, EveryTileHasTheColourOfItsError) {
  harness_.frames(2);
  const auto map = decades(12, 16);
  const gui::ErrorScale scale = gui::error_scale_of(*map);
  const Picture picture = read_picture(renderer().error_map(map, scale, theme(), 160, 120), 160, 120);
  ASSERT_EQ(renderer().fault(), "");
  for (int row = 0; row < 12; ++row) {
    for (int column = 0; column < 16; ++column) {
      const float error = map->max_abs[static_cast<std::size_t>(row * 16 + column)];
      const ImVec4 expected = gui::error_color(scale, theme(), static_cast<double>(error));
      for (const auto& [x, y] : {std::pair{0, 0}, {9, 9}, {5, 4}}) {
        expect_color(picture.at(column * 10 + x, row * 10 + y), expected,
                     "tile " + std::to_string(row) + ", " + std::to_string(column));
      }
    }
  }
}

TEST_P(ErrorShader, WhatIsWithinToleranceIsCoolAndWhatIsNotIsHot) {
  harness_.frames(2);
  auto map = std::make_shared<ErrorMap>(*decades(1, 2));
  map->max_abs = {0.999e-5F, 1.001e-5F};
  const gui::ErrorScale scale = gui::error_scale_of(*map);
  const Picture picture = read_picture(renderer().error_map(map, scale, theme(), 20, 4), 20, 4);
  expect_color(picture.at(4, 2), theme().cool[2], "just below");
  expect_color(picture.at(15, 2), theme().hot[0], "just above");
}

TEST_P(ErrorShader, APictureSmallerThanTheMapKeepsTheOneBadTile) {
  harness_.frames(2);
  auto map = std::make_shared<ErrorMap>(*decades(200, 300));
  std::ranges::fill(map->max_abs, 1e-8F);
  map->max_abs[137 * 300 + 211] = 1e-2F;
  const gui::ErrorScale scale = gui::error_scale_of(*map);
  const Picture picture = read_picture(renderer().error_map(map, scale, theme(), 50, 40), 50, 40);
  int hot = 0;
  const ImVec4 bad = gui::error_color(scale, theme(), 1e-2);
  for (int y = 0; y < 40; ++y) {
    for (int x = 0; x < 50; ++x) {
      const auto seen = picture.at(x, y);
      hot += std::abs(seen[0] - static_cast<int>(bad.x * 255.0F)) <= kTolerance &&
                     std::abs(seen[2] - static_cast<int>(bad.z * 255.0F)) <= kTolerance
                 ? 1
                 : 0;
    }
  }
  EXPECT_GE(hot, 1);
  EXPECT_LE(hot, 4) << "and it stays a point";
}

TEST_P(ErrorShader, WhatIsNotANumberIsHatched) {
  harness_.frames(2);
  auto map = std::make_shared<ErrorMap>(*decades(1, 1));
  map->max_abs = {INFINITY};
  const gui::ErrorScale scale = gui::error_scale_of(*map);
  const Picture picture = read_picture(renderer().error_map(map, scale, theme(), 60, 60), 60, 60);
  int light = 0;
  int dark = 0;
  for (int y = 0; y < 60; ++y) {
    for (int x = 0; x < 60; ++x) {
      const int red = picture.at(x, y)[0];
      light += red > static_cast<int>(theme().hot[2].x * 255.0F) - 3 ? 1 : 0;
      dark += red < static_cast<int>(theme().hot[2].x * 255.0F * 0.45F) + 3 ? 1 : 0;
    }
  }
  EXPECT_EQ(light + dark, 3600);
  EXPECT_NEAR(light, 1800, 200);
}

TEST_P(ErrorShader, TheLegendIsTheScaleFromLeftToRight) {
  harness_.frames(2);
  const gui::ErrorScale scale = {1e-8, 1e-5, 1e-1};
  const Picture picture = read_picture(renderer().error_legend(scale, theme(), 350, 8), 350, 8);
  for (int x = 5; x < 350; x += 15) {
    const double error = std::pow(10.0, -8.0 + 7.0 * (x + 0.5) / 350.0);
    if (std::abs(std::log10(error) + 5.0) < 0.05) continue;  // where the ranges meet
    expect_color(picture.at(x, 4), gui::error_color(scale, theme(), error), "at " + std::to_string(x));
  }
}

INSTANTIATE_TEST_SUITE_P(Themes, ErrorShader, testing::Values(gui::ThemeName::dark, gui::ThemeName::light),
                         [](const auto& theme) { return std::string(gui::name_of(theme.param)); });

/// For people who look ($KNOBSCOPE_PICTURES), and so that nothing of it throws at any size.
class ErrorLabPictures : public testing::TestWithParam<Look> {
 protected:
  Harness harness_{{GetParam().size, GetParam().scale, GetParam().theme}};
  gui::ErrorLab& lab() { return harness_.state().error_lab; }

  void look_at(Verdict verdict) {
    harness_.frames(3);
    for (const PointPtr& point : *harness_.snapshot().points) {
      if (point->verdict == verdict && point->error) harness_.state().selected_point = point->request.id;
    }
  }
  void settle(const std::string& state) {
    for (int frame = 0; frame < 6; ++frame) {
      harness_.frames(1);
      answer_looks(harness_, true);
    }
    harness_.picture(std::string(GetParam().name) + "_errors_" + state);
    EXPECT_EQ(harness_.stage().renderer().fault(), "");
    for (const std::string& name : {gui::window_id("Error map"), std::string("Error lab")}) {
      const ImGuiWindow* window = ImGui::FindWindowByName(name.c_str());
      if (window == nullptr || !window->Active) continue;
      EXPECT_FLOAT_EQ(window->ScrollMax.x, 0.0F) << name << " in " << state;
      EXPECT_FLOAT_EQ(window->ScrollMax.y, 0.0F) << name << " in " << state;
    }
  }
};

TEST_P(ErrorLabPictures, InItsPanel) {
  look_at(Verdict::wrong);
  settle("panel");
  lab().closely = true;
  settle("panel_closely");
}

TEST_P(ErrorLabPictures, Large) {
  look_at(Verdict::wrong);
  lab().large = true;
  settle("stored");
  lab().closely = true;
  settle("whole");
  lab().window = {0.0, 0.0, 60.0, 120.0};
  settle("closer");
  lab().window = {2.0, 27.0, 9.0, 9.0};
  lab().marked = 7 * 4096 + 31;
  settle("elements");
  const PointPtr point = gui::focused_point(harness_.snapshot(), harness_.state());
  const auto others = gui::points_beside(harness_.snapshot(), harness_.state(), *point);
  ASSERT_FALSE(others.empty());
  lab().beside = others.front()->request.variant;
  lab().window = {0.0, 0.0, 60.0, 120.0};
  settle("beside");
}

TEST_P(ErrorLabPictures, ASlice) {
  look_at(Verdict::pass);
  auto points = std::make_shared<std::vector<PointPtr>>();
  for (const PointPtr& each : *harness_.snapshot().points) {
    auto point = std::make_shared<Point>(*each);
    point->request.problem.shape = {16, 512, 64, 64};
    points->push_back(point);
  }
  harness_.snapshot().points = points;
  lab().closely = true;
  harness_.frames(1);
  lab().slice = Slice{2, 3, {7, 300, 0, 0}};
  settle("slice_panel");
  lab().large = true;
  settle("slice");
}

INSTANTIATE_TEST_SUITE_P(Sizes, ErrorLabPictures, testing::ValuesIn(kLooks),
                         [](const auto& look) { return std::string(look.param.name); });

}  // namespace
}  // namespace knobscope::test
