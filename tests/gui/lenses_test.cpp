// The lenses of the large plot: each is there by its key and its tab, shows what it says, and shares what is selected.

#include "gui/views/lenses.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/views/plot_scale.h"
#include "gui/views/series.h"

namespace knobscope::test {
namespace {

class Lenses : public testing::Test {
 protected:
  gui::ViewState& state() { return engine_.harness().state(); }
  ScriptedSink& sink() { return engine_.harness().sink(); }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }

  /// Clicks where a variant's colour is drawn in the panel; whether that selected a point.
  bool click_a_point(ImGuiTestContext* ctx) {
    state().selected_point.reset();
    ctx->Yield(2);
    const gui::Theme& theme = engine_.harness().stage().interface().theme();
    const ImGuiWindow* panel = ctx->WindowInfo("//###Throughput").Window;
    for (int slot = 0; slot < 8; ++slot) {
      const ImU32 color = gui::packed(theme.series_style(slot).color);
      for (const ImDrawVert& vertex : panel->DrawList->VtxBuffer) {
        if (vertex.col != color || !panel->InnerRect.Contains(vertex.pos)) continue;
        ctx->MouseMoveToPos(vertex.pos);
        ctx->MouseClick();
        return state().selected_point.has_value();
      }
    }
    return false;
  }

  Engine engine_;
};

TEST_F(Lenses, EveryLensHasItsKeyAndItsTab) {
  engine_.run([this](ImGuiTestContext* ctx) {
    for (const gui::LensFacts& facts : gui::lenses()) {
      state().lens = gui::lenses().front().lens;
      ctx->KeyPress(static_cast<ImGuiKey>(ImGuiKey_1 + static_cast<int>(facts.lens)));
      ctx->Yield(3);
      IM_CHECK(state().lens == facts.lens);
      state().lens = gui::lenses().front().lens;
      std::string tab = "//###Throughput/lens/" + facts.title;
      if (!ctx->ItemExists(tab.c_str())) {  // tabs that have no room are in a menu
        ctx->ItemClick("//###Throughput/lens/more");
        tab = "//$FOCUSED/" + facts.title;
      }
      ctx->ItemClick(tab.c_str());
      ctx->Yield(3);
      IM_CHECK(state().lens == facts.lens);
      IM_CHECK_EQ(ctx->WindowInfo("//###Throughput").Window->ScrollMax.x, 0.0F);
    }
  });
}

TEST_F(Lenses, DigitsTypedIntoAFieldAreNoLens) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->WindowFocus("//###Log");
    ctx->ItemClick("//###Log/##filter");
    const gui::Lens before = state().lens;
    ctx->KeyChars("123456");
    ctx->Yield(2);
    IM_CHECK(state().lens == before);
  });
}

TEST_F(Lenses, LinesHaveFiveQuantitiesAndTwoFormsOfEachAxis) {
  engine_.run([this](ImGuiTestContext* ctx) {
    for (const char* quantity : {"GElem\\/s", "time", "of copy", "speed-up", "GB\\/s"}) {
      ctx->ItemClick("//###Throughput/quantity/more");
      ctx->ItemClick((std::string("//$FOCUSED/") + quantity).c_str());
      ctx->Yield(3);
    }
    IM_CHECK(state().quantity == gui::Quantity::bytes_per_second);
    ctx->ItemClick("//###Throughput/x form");
    IM_CHECK(state().x_form == gui::AxisForm::linear);
    IM_CHECK(!gui::is_log_y(state()));
    ctx->ItemClick("//###Throughput/y form");
    IM_CHECK(gui::is_log_y(state()));
    ctx->ItemClick("//###Throughput/y form");
    IM_CHECK(!gui::is_log_y(state()));
    ctx->Yield(3);
  });
  engine_.harness().picture("lens_lines_linear");
}

TEST_F(Lenses, TimeAndErrorSelectTheSamePointEverywhere) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_4);
    ctx->Yield(3);
    ctx->ItemClick("//###Throughput/trade error/relative L2");
    ctx->ItemClick("//###Throughput/trade error/max abs");
    ctx->Yield(2);
    IM_CHECK(click_a_point(ctx));
    const PointPtr point = gui::find_point(snapshot(), *state().selected_point);
    IM_CHECK(point != nullptr);
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), point->request.variant.c_str());
  });
  engine_.harness().picture("lens_trade_selected");
}

/// Every timed point with the ceilings of its size, copies a little below the device's.
void add_size_ceilings(Snapshot& snapshot) {
  auto points = std::make_shared<std::vector<PointPtr>>();
  for (const PointPtr& each : *snapshot.points) {
    auto point = std::make_shared<Point>(*each);
    if (const auto timing = point->headline_timing()) {
      point->size_ceilings = {
          {*timing, point->bytes, {3.7e12}, {3.9e12}, BytesPerSecond{4.05e12}, BytesPerSecond{4.2e12}}};
    }
    points->push_back(std::move(point));
  }
  snapshot.points = points;
}

TEST_F(Lenses, TheRooflineSharesSelectionAndTicks) {
  engine_.run([this](ImGuiTestContext* ctx) {
    add_size_ceilings(snapshot());
    ctx->KeyPress(ImGuiKey_5);
    ctx->Yield(3);
    IM_CHECK(state().lens == gui::Lens::roofline);
    IM_CHECK(click_a_point(ctx));
    const PointPtr point = gui::find_point(snapshot(), *state().selected_point);
    IM_CHECK(point != nullptr);
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), point->request.variant.c_str());
    ctx->Yield(3);
    const auto ticked = state().ticked;
    state().ticked = {point->request.variant};
    ctx->Yield(3);
    IM_CHECK(click_a_point(ctx));
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), point->request.variant.c_str());
    state().ticked.clear();
    ctx->Yield(3);
    IM_CHECK(!click_a_point(ctx));
    state().ticked = ticked;
    ctx->Yield(3);
  });
  engine_.harness().picture("lens_roofline");
}

TEST_F(Lenses, NamesOfReferenceLinesStandBesideThePoints) {
  engine_.run([this](ImGuiTestContext* ctx) {
    add_size_ceilings(snapshot());
    ctx->KeyPress(ImGuiKey_1);
    ctx->Yield(3);
    // No point's colour to the right of where the names begin: all vertices of text in the copy line's colour there.
    const gui::Theme& theme = engine_.harness().stage().interface().theme();
    const ImGuiWindow* panel = ctx->WindowInfo("//###Throughput").Window;
    float last_point = 0.0F;
    for (int slot = 0; slot < 8; ++slot) {
      const ImU32 color = gui::packed(theme.series_style(slot).color);
      for (const ImDrawVert& vertex : panel->DrawList->VtxBuffer) {
        if (vertex.col == color && panel->InnerRect.Contains(vertex.pos)) {
          last_point = std::max(last_point, vertex.pos.x);
        }
      }
    }
    float names = 0.0F;
    const ImU32 text = gui::packed(theme.quiet);  // of "read" and "write", which nothing else there has
    for (const ImDrawVert& vertex : panel->DrawList->VtxBuffer) {
      if (vertex.col == text && vertex.pos.x > last_point && panel->InnerRect.Contains(vertex.pos)) {
        names = std::max(names, vertex.pos.x);
      }
    }
    IM_CHECK_GT(last_point, 0.0F);
    IM_CHECK_GT(names, last_point + 20.0F);
  });
  engine_.harness().picture("lens_lines_names");
}

TEST_F(Lenses, AClickOnACellOfTheMapSelectsItsPointAndOnAnEmptyOneMeasuresIt) {
  engine_.run([this](ImGuiTestContext* ctx) {
    state().x_axis = "block";
    ctx->KeyPress(ImGuiKey_2);
    ctx->Yield(3);
    ctx->ItemClick("//###Throughput/heat y/more");
    ctx->ItemClick("//$FOCUSED/type");
    ctx->Yield(3);
    // Block sizes along x, types along y: only f32 was measured, the lowest row.
    const ImRect cells = ctx->ItemInfo("//###Throughput/cells").RectFull;
    state().selected_point.reset();
    sink().take();
    ctx->MouseMoveToPos({cells.Min.x + 8.0F, cells.Max.y - 8.0F});
    ctx->MouseClick();
    IM_CHECK(state().selected_point.has_value());
    IM_CHECK(!sink().latest<worker::MeasurePoints>().has_value());
    const PointPtr winner = gui::find_point(snapshot(), *state().selected_point);
    IM_CHECK_EQ(winner->request.knobs.at("block"), 32);
    sink().take();
    ctx->MouseMoveToPos({cells.Min.x + 8.0F, cells.Min.y + 8.0F});
    ctx->MouseClick();
    const auto asked = sink().latest<worker::MeasurePoints>();
    IM_CHECK(asked.has_value());
    IM_CHECK(asked->tag.empty());
    IM_CHECK(!asked->points.empty());
    IM_CHECK_EQ(asked->points.front().knobs.at("block"), 32);
    IM_CHECK(asked->points.front().problem.type != ElementType::f32);
    ctx->ItemClick("//###Throughput/heat whose/selected");
    ctx->Yield(2);
  });
  engine_.harness().picture("lens_heat_selected");
}

TEST_F(Lenses, ErrorOverTheOffsetShowsWhereTheSinglePassBreaks) {
  engine_.harness().frames(4);  // the plan is the device's
  state().plan.distributions = {{DistributionKind::offset, 0.0}};
  state().x_axis = "offset";
  auto points = std::make_shared<std::vector<PointPtr>>();
  std::int64_t id = 1;
  for (double offset = 0.0; offset <= 1e6; offset = offset == 0.0 ? 1.0 : offset * 10.0) {
    for (const std::size_t index : {std::size_t{2}, std::size_t{3}}) {
      const bool squares = index == 2;
      const Variant& variant = snapshot().catalog->variants[index];
      auto point = std::make_shared<Point>(*sample_point(id++, variant, 256, 2e5, Verdict::pass));
      point->request.problem.distribution = {DistributionKind::offset, offset};
      double& error = point->error->outputs.front().max_abs;
      error = 4e-7 * (squares ? 1.0 + offset * offset : 1.0 + offset / 10.0);
      if (error > 1e-5) point->verdict = Verdict::wrong;
      points->push_back(point);
    }
  }
  snapshot().points = points;
  state().knobs["block"] = 256;
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_3);
    ctx->Yield(3);
    ctx->ItemClick("//###Throughput/error quantity/relative L2");
    ctx->ItemClick("//###Throughput/error quantity/max abs");
    ctx->Yield(2);
    IM_CHECK(click_a_point(ctx));
    IM_CHECK(state().selected_variant == snapshot().catalog->variants[2].id ||
             state().selected_variant == snapshot().catalog->variants[3].id);
  });
  engine_.harness().picture("lens_error_offset");
}

TEST_F(Lenses, TheMapOfRecordedShapesHasRowsAndRowLengths) {
  ASSERT_TRUE(
      engine_.harness().stage().interface().open_session(KNOBSCOPE_SOURCE_DIR "/assets/sessions/h200-shapes.session"));
  engine_.harness().show_what_was_opened();
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_2);
    ctx->Yield(3);
    ctx->ItemClick("//###Throughput/heat y/more");
    ctx->ItemClick("//$FOCUSED/rows");
    ctx->ItemClick("//###Throughput/heat x/more");
    ctx->ItemClick("//$FOCUSED/row length");
    ctx->Yield(3);
    const ImRect cells = ctx->ItemInfo("//###Throughput/cells").RectFull;
    state().selected_point.reset();
    ctx->MouseMoveToPos({cells.Min.x + 4.0F, cells.Max.y - 4.0F});
    ctx->MouseClick();
    IM_CHECK(state().selected_point.has_value());
    IM_CHECK(!sink().latest<worker::MeasurePoints>().has_value());
    ctx->MouseMoveToPos({cells.Min.x + 4.0F, cells.Min.y - 60.0F});
    ctx->Yield(2);
  });
  engine_.harness().picture("lens_heat_shapes");
}

/// Each lens over what was recorded on a GPU: nothing stands outside its panel. Pictures for people who look.
TEST(LensPictures, OfARecordedSessionAreTidy) {
  for (const Look& look : kLooks) {
    Harness harness({look.size, look.scale, look.theme});
    harness.frames(4);
    ASSERT_TRUE(harness.stage().interface().open_session(KNOBSCOPE_SOURCE_DIR "/assets/sessions/h200.session"));
    harness.show_what_was_opened();
    harness.frames(4);
    for (const gui::LensFacts& facts : gui::lenses()) {
      harness.state().lens = facts.lens;
      harness.frames(6);
      harness.picture(std::string("lens_") + look.name + "_" + std::to_string(1 + static_cast<int>(facts.lens)));
      const ImGuiWindow* panel = ImGui::FindWindowByName(gui::window_id("Throughput").c_str());
      ASSERT_NE(panel, nullptr);
      EXPECT_FLOAT_EQ(panel->ScrollMax.x, 0.0F) << look.name << " " << facts.title;
      EXPECT_FLOAT_EQ(panel->ScrollMax.y, 0.0F) << look.name << " " << facts.title;
    }
  }
}

}  // namespace
}  // namespace knobscope::test
