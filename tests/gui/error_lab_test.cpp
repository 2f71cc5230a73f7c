// The error map as a person uses it: from the whole tensor down to elements, to the first bad one, beside another one.

#include <algorithm>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/sample_region.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/interface.h"
#include "gui/views/error_lab_side.h"
#include "gui/views/series.h"

namespace knobscope::test {
namespace {

const TensorView kView = {8192, 4096, 0, 4096, 1};

TEST(ErrorWindows, ZoomKeepsThePlaceUnderTheMouseAndEndsAtAFewElements) {
  gui::ErrorWindow window;
  const double row = 5000.25;
  const double column = 17.5;
  for (int step = 0; step < 60; ++step) {
    const gui::ErrorWindow before = gui::settled(window, kView);
    window = gui::zoomed(window, kView, 0.8, row, column);
    const double at = (row - before.row) / before.rows;
    EXPECT_NEAR((row - window.row) / window.rows, at, 0.02) << step;
  }
  EXPECT_EQ(window.rows, 3.0);
  EXPECT_EQ(window.columns, 3.0);
  const Area area = gui::area_of(window, kView);
  EXPECT_LE(area.row, 5000);
  EXPECT_GE(area.row + area.rows, 5001);
  EXPECT_LE(area.rows, 4);
  for (int step = 0; step < 60; ++step) window = gui::zoomed(window, kView, 1.25, row, column);
  EXPECT_EQ(gui::area_of(window, kView), (Area{0, 0, 8192, 4096}));
}

TEST(ErrorWindows, StayInside) {
  const gui::ErrorWindow window = gui::moved({8000.0, 0.0, 100.0, 100.0}, kView, 500.0, -10.0);
  EXPECT_EQ(window.row, 8092.0);
  EXPECT_EQ(window.column, 0.0);
  const TensorView vector = {1, 5, 0, 5, 1};
  EXPECT_EQ(gui::area_of(gui::zoomed({}, vector, 0.1, 0.5, 4.9), vector), (Area{0, 1, 1, 4}));
}

TEST(ErrorLabs, ASliceFollowsTheElementThatIsGoneTo) {
  Problem problem;
  problem.operation = Operation::batchnorm_inference;
  problem.shape = {4, 8, 32, 32};
  gui::ErrorLab lab;
  gui::follow(lab, problem);
  lab.slice = Slice{2, 3, {0, 0, 0, 0}};
  const std::int64_t index = ((3 * 8 + 5) * 32 + 20) * 32 + 30;
  gui::go_to(lab, problem, index);
  EXPECT_EQ(lab.slice->at, (std::vector<std::int64_t>{3, 5, 20, 30}));
  const Area area = gui::area_of(lab.window, gui::view_in(lab, problem));
  EXPECT_TRUE(area.row <= 20 && area.row + area.rows > 20 && area.column <= 30 && area.column + area.columns > 30);
  problem.shape = {4, 8, 16, 16};
  gui::follow(lab, problem);
  EXPECT_FALSE(lab.slice || lab.marked) << "another tensor has other slices";
}

TEST(UlpBinsShown, AreTheSameOnBothSidesAndHoldEverything) {
  UlpHistogram histogram(kUlpBins);
  EXPECT_FALSE(gui::shown_bins(std::vector<const UlpHistogram*>{&histogram}));
  histogram[kUlpMiddle + 12] = 1;
  const auto shown = gui::shown_bins(std::vector<const UlpHistogram*>{&histogram});
  EXPECT_EQ(shown, (std::pair{kUlpMiddle - 13, kUlpMiddle + 13}));
  histogram[0] = 1;
  EXPECT_EQ(gui::shown_bins(std::vector<const UlpHistogram*>{&histogram}), (std::pair{0, kUlpBins - 1}));
}

class ErrorMaps : public testing::Test {
 protected:
  gui::ViewState& state() { return engine_.harness().state(); }
  gui::ErrorLab& lab() { return state().error_lab; }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }

  /// The point that is wrong is looked at, large.
  void look_at(Verdict verdict) {
    engine_.harness().frames(3);
    for (const PointPtr& point : *snapshot().points) {
      if (point->verdict == verdict && point->error) state().selected_point = point->request.id;
    }
    lab().large = true;
  }
  void answer() {
    for (ErrorRequest& request : answer_looks(engine_.harness(), true)) asked_.push_back(std::move(request));
  }
  void run(std::function<void(ImGuiTestContext*)> steps) {
    engine_.run(std::move(steps), 60.0, [this] { answer(); });
  }
  /// Glyphs of values drawn inside the map.
  int inked(ImGuiTestContext* ctx, const char* item) {
    const ImGuiWindow* window = ctx->WindowInfo("//Error lab").Window;
    const ImRect rect = ctx->ItemInfo(item).RectFull;
    const ImU32 black = ImGui::ColorConvertFloat4ToU32({0.04F, 0.05F, 0.07F, 1.0F});
    const ImU32 white = IM_COL32_WHITE;
    const ImVec2 no_glyph = ImGui::GetFontTexUvWhitePixel();
    return static_cast<int>(std::ranges::count_if(window->DrawList->VtxBuffer, [&](const ImDrawVert& vertex) {
      const bool glyph = vertex.uv.x != no_glyph.x || vertex.uv.y != no_glyph.y;
      return (vertex.col == black || vertex.col == white) && glyph && rect.Contains(vertex.pos);
    }));
  }

  Engine engine_;
  std::vector<ErrorRequest> asked_;
};

TEST_F(ErrorMaps, TheWheelZoomsFromTheWholeTensorToElementsWithTheirValues) {
  look_at(Verdict::pass);
  run([this](ImGuiTestContext* ctx) {
    IM_CHECK(asked_.empty());  // what was stored is enough to begin with
    ctx->SetRef("//Error lab");
    const ImRect map = ctx->ItemInfo("map").RectFull;
    ctx->MouseMoveToPos(map.GetCenter());
    ctx->MouseWheelY(1.0F);
    ctx->Yield(4);
    IM_CHECK(!asked_.empty());
    IM_CHECK_LT(asked_.back().area.rows, std::int64_t{8192});
    for (int step = 0; step < 40; ++step) ctx->MouseWheelY(1.0F);
    ctx->Yield(4);
    const Area& closest = asked_.back().area;
    IM_CHECK_LE(closest.rows, std::int64_t{4});
    IM_CHECK(closest.row <= 4096 && closest.row + closest.rows >= 4096);
    IM_CHECK(snapshot().error_regions[0]->elements.has_value());
    const int glyphs = inked(ctx, "map");
    IM_CHECK_GT(glyphs, 9 * 4);
    const bool all_are_small = std::ranges::all_of(asked_, [](const ErrorRequest& request) {
      return std::int64_t{request.tile_rows} * request.tile_columns <= kMostElements;
    });
    IM_CHECK(all_are_small);  // never the whole tensor
    // Dragging moves it, a double-click shows all of it again.
    const std::int64_t column = closest.column;
    ctx->MouseDown();
    ctx->MouseMoveToPos({map.GetCenter().x + map.GetWidth() * 0.8F, map.GetCenter().y});
    ctx->MouseUp();
    ctx->Yield(2);
    IM_CHECK_LT(asked_.back().area.column, column);
    ctx->MouseMoveToPos(map.GetCenter());
    ctx->MouseDoubleClick();
    ctx->Yield(4);
    IM_CHECK_EQ(asked_.back().area.rows, std::int64_t{8192});
    IM_CHECK_LT(inked(ctx, "map"), glyphs / 4);
  });
}

TEST_F(ErrorMaps, KeysLookCloserAndMove) {
  look_at(Verdict::pass);
  run([this](ImGuiTestContext* ctx) {
    ctx->SetRef("//Error lab");
    ctx->NavMoveTo("map");
    ctx->KeyPress(ImGuiKey_Equal, 8);
    ctx->Yield(2);
    IM_CHECK(!asked_.empty());
    const Area closer = asked_.back().area;
    IM_CHECK_LT(closer.rows, std::int64_t{8192} / 4);
    ctx->KeyPress(ImGuiKey_DownArrow);
    ctx->Yield(2);
    IM_CHECK_GT(asked_.back().area.row, closer.row);
    ctx->KeyPress(ImGuiKey_Home);
    ctx->Yield(2);
    IM_CHECK_EQ(asked_.back().area.rows, std::int64_t{8192});
  });
}

TEST_F(ErrorMaps, TheFirstBadElementIsGoneTo) {
  look_at(Verdict::wrong);
  run([this](ImGuiTestContext* ctx) {
    ctx->SetRef("//Error lab");
    ctx->ItemClick("first bad");
    ctx->Yield(4);
    IM_CHECK(!asked_.empty());
    const Area& area = asked_.back().area;
    IM_CHECK(area.row <= 7 && area.row + area.rows > 7);
    IM_CHECK(area.column <= 31 && area.column + area.columns > 31);
    IM_CHECK_LE(area.rows, std::int64_t{10});
    IM_CHECK(lab().marked == 7 * 4096 + 31);
    IM_CHECK_GT(inked(ctx, "map"), 0);
  });
}

TEST_F(ErrorMaps, TheMapOfASecondVariantShowsTheSamePart) {
  look_at(Verdict::pass);
  const PointPtr point = gui::focused_point(snapshot(), state());
  ASSERT_TRUE(point);
  const std::vector<PointPtr> others = gui::points_beside(snapshot(), state(), *point);
  ASSERT_FALSE(others.empty());
  const PointPtr other = others.front();
  run([&](ImGuiTestContext* ctx) {
    ctx->SetRef("//Error lab");
    ctx->ItemClick("beside");
    ctx->ItemClick(("//$FOCUSED/" + other->variant_title).c_str());
    ctx->SetRef("//Error lab");
    ctx->Yield(4);
    IM_CHECK(lab().beside == other->request.variant);
    IM_CHECK(ctx->ItemExists("second map"));
    const ImRect second = ctx->ItemInfo("second map").RectFull;
    ctx->MouseMoveToPos(second.GetCenter());
    for (int step = 0; step < 12; ++step) ctx->MouseWheelY(1.0F);
    ctx->Yield(4);
    std::optional<Area> areas[2];
    for (const ErrorRequest& request : asked_) areas[request.slot] = request.area;
    IM_CHECK(areas[0] && areas[0] == areas[1]);
    IM_CHECK_LT(areas[0]->rows, std::int64_t{8192} / 8);
    IM_CHECK(snapshot().error_regions[0]->request.point.variant == point->request.variant);
    IM_CHECK(snapshot().error_regions[1]->request.point.variant == other->request.variant);
  });
}

TEST_F(ErrorMaps, MeasureAndHistogramComeFromTheDevice) {
  look_at(Verdict::pass);
  run([this](ImGuiTestContext* ctx) {
    ctx->SetRef("//Error lab");
    IM_CHECK(!ctx->ItemExists("histogram"));
    ctx->ItemClick("measure");
    ctx->ItemClick("//$FOCUSED/ULP");
    ctx->SetRef("//Error lab");
    ctx->Yield(4);
    IM_CHECK(!asked_.empty());
    IM_CHECK(asked_.back().measure == ErrorMeasure::ulp);
    IM_CHECK(ctx->ItemExists("histogram"));
    const std::size_t before = asked_.size();
    ctx->Yield(20);
    IM_CHECK_EQ(asked_.size(), before);  // the same question is asked once
  });
}

TEST_F(ErrorMaps, ARecordedSessionIsOnlyLookedAt) {
  look_at(Verdict::pass);
  state().recorded = true;
  run([this](ImGuiTestContext* ctx) {
    ctx->SetRef("//Error lab");
    ctx->MouseMoveToPos(ctx->ItemInfo("map").RectFull.GetCenter());
    ctx->MouseWheelY(3.0F);
    ctx->Yield(3);
    IM_CHECK(lab().window == gui::ErrorWindow{});
    IM_CHECK(asked_.empty());
  });
}

TEST_F(ErrorMaps, LargeAndBackByEscapeWithoutCancellingAnything) {
  look_at(Verdict::pass);
  bool cancelled = false;
  engine_.run(
      [&](ImGuiTestContext* ctx) {
        ctx->Yield(2);
        IM_CHECK(ctx->WindowInfo("//Error lab").Window->WasActive);
        ctx->KeyPress(ImGuiKey_Escape);
        ctx->Yield(3);
        IM_CHECK(!lab().large);
      },
      60.0,
      [&] {
        for (const worker::Command& command : engine_.harness().sink().take()) {
          cancelled = cancelled || std::holds_alternative<worker::CancelAll>(command);
        }
      });
  EXPECT_FALSE(cancelled);
}

}  // namespace
}  // namespace knobscope::test
