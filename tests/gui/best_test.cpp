// The launch chooser in the window: the button names the winner and selects it, the header goes to a file.

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "gui/engine.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/interface.h"
#include "gui/views/best_strip.h"

namespace knobscope::test {
namespace {

class Best : public testing::Test {
 protected:
  Best() : engine_(options()) {}

  HarnessOptions options() const {
    HarnessOptions options;
    options.save_folder = folder_.path();
    return options;
  }
  gui::ViewState& state() { return engine_.harness().state(); }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }
  gui::Interface& interface() { return engine_.harness().stage().interface(); }

  TemporaryFolder folder_;
  Engine engine_;
};

TEST_F(Best, TheButtonNamesTheWinnerAndSelectsIt) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(2);
    ctx->ItemClick("//###Results/best");
    ctx->Yield(3);
    IM_CHECK(state().best_shown);
    const auto best = gui::best_for(snapshot(), state());
    IM_CHECK(best.has_value());
    IM_CHECK_STR_EQ(best->winner().variant_name.c_str(), "whole_grid");
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), best->winner().request.variant.c_str());
    IM_CHECK(state().selected_point == best->winner().request.id);
    IM_CHECK_EQ(state().knobs.at("block"), 512);
  });
  engine_.harness().picture("best_for_this_shape");
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->ItemClick("//###Results/best");
    ctx->Yield(2);
    IM_CHECK(!state().best_shown);
  });
}

TEST_F(Best, WhatChangedOrWasWrongIsNotTheBest) {
  auto catalog = std::make_shared<Catalog>(*snapshot().catalog);
  catalog->variants[7].source_hash = "another";
  snapshot().catalog = catalog;
  engine_.harness().frames(3);
  const auto best = gui::best_for(snapshot(), state());
  ASSERT_TRUE(best);
  EXPECT_EQ(best->winner().variant_name, "column_slabs");
  EXPECT_EQ(gui::best_mark(best, best->winner()), "best");
  EXPECT_EQ(gui::best_mark(best, *snapshot().points->front()), "");
  state().recorded = true;
  EXPECT_EQ(gui::best_for(snapshot(), state())->winner().variant_name, "whole_grid");
  state().plan.shapes = {{3, 3}};
  EXPECT_FALSE(gui::best_for(snapshot(), state()));
}

TEST_F(Best, AShapeWithoutPointsSaysSo) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(2);
    state().plan.shapes = {{3, 500}};
    ctx->ItemClick("//###Results/best");
    ctx->Yield(3);
    IM_CHECK(state().best_shown);
  });
  engine_.harness().picture("best_of_nothing");
}

TEST_F(Best, TheHeaderIsWrittenToAFile) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(2);
    ctx->ItemClick("//###Results/export header");
    for (int i = 0; i < 2000 && (interface().is_busy() || interface().notice().empty()); ++i) ctx->Yield();
    IM_CHECK_STR_EQ(interface().notice().substr(0, 5).c_str(), "Wrote");
  });
  std::ostringstream text;
  text << std::ifstream(folder_.path() / "knobscope_best.h").rdbuf();
  EXPECT_NE(text.str().find("inline const Choice& layernorm_forward_f32"), std::string::npos);
  EXPECT_NE(text.str().find("whole_grid"), std::string::npos);

  snapshot().points = std::make_shared<const std::vector<PointPtr>>();
  interface().export_header(snapshot());
  EXPECT_NE(interface().notice().find("No header"), std::string::npos);
}

}  // namespace
}  // namespace knobscope::test
