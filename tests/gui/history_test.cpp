// Undo and redo of what is set: as a list of steps, and by keys in the window.

#include "gui/shell/history.h"

#include <string>

#include <gtest/gtest.h>

#include "gui/engine.h"
#include "gui/shell/interface.h"

namespace knobscope::test {
namespace {

using gui::Choice;
using gui::History;

Choice with_block(std::int64_t block) {
  Choice choice;
  choice.knobs["block"] = block;
  return choice;
}

TEST(History, GoesBackAndForthAndForgetsWhatWasLeft) {
  History history;
  history.begin(with_block(64));
  EXPECT_FALSE(history.undo());
  EXPECT_FALSE(history.redo());
  history.look(with_block(128), false, 1.0);
  history.look(with_block(256), false, 5.0);
  EXPECT_EQ(history.undo_text(), "block 128 → 256");
  EXPECT_EQ(history.undo(), with_block(128));
  EXPECT_EQ(history.redo_text(), "block 128 → 256");
  EXPECT_EQ(history.undo(), with_block(64));
  EXPECT_FALSE(history.undo());
  EXPECT_EQ(history.redo(), with_block(128));
  history.look(with_block(512), false, 9.0);
  EXPECT_FALSE(history.redo());
  EXPECT_EQ(history.undo(), with_block(128));
}

TEST(History, ADragOrATurningWheelIsOneStep) {
  History history;
  history.begin(with_block(64));
  history.look(with_block(96), true, 1.0);
  history.look(with_block(128), true, 3.0);
  history.look(with_block(256), false, 4.0);
  history.look(with_block(320), false, 4.3);
  history.look(with_block(512), false, 4.6);
  EXPECT_EQ(history.undo_text(), "block 64 → 512");
  Choice other = with_block(512);
  other.x_axis = "columns";
  history.look(other, false, 4.7);
  EXPECT_EQ(history.undo(), with_block(512));
  EXPECT_EQ(history.undo(), with_block(64));
  EXPECT_FALSE(history.undo());
}

TEST(History, WhatChangesByItselfIsNoStep) {
  History history;
  history.begin(with_block(64));
  history.absorb(with_block(64), with_block(128));
  EXPECT_FALSE(history.undo());
  history.look(with_block(128), false, 1.0);
  EXPECT_FALSE(history.undo());
  // In the middle of a drag it is part of the drag.
  history.absorb(with_block(256), with_block(320));
  history.look(with_block(320), false, 2.0);
  EXPECT_EQ(history.undo(), with_block(128));
}

TEST(History, TwoHundredStepsAreKept) {
  History history;
  history.begin(with_block(0));
  for (int i = 1; i <= 300; ++i) history.look(with_block(i), false, i);
  int steps = 0;
  while (history.undo()) ++steps;
  EXPECT_EQ(steps, 200);
}

TEST(History, ChangesAreNamed) {
  const auto text = [](auto&& edit) {
    const Choice from;
    Choice to;
    edit(to);
    return gui::change_between(from, to).text;
  };
  EXPECT_EQ(gui::change_between(with_block(1), with_block(1)).text, "");
  EXPECT_EQ(text([](Choice& to) { to.plan.shapes = {{16, 4}}; }), "shape 8192×4096 → 16×4");
  EXPECT_EQ(text([](Choice& to) { to.plan.types = {ElementType::bf16}; }), "element type f32 → bf16");
  EXPECT_EQ(text([](Choice& to) { to.plan.operation = Operation::layernorm_backward; }),
            "operation LayerNorm forward → LayerNorm backward");
  EXPECT_EQ(text([](Choice& to) { to.plan.seed = 7; }), "seed 1 → 7");
  EXPECT_EQ(text([](Choice& to) { to.plan.layout = Layout::nhwc; }), "layout nchw → nhwc");
  EXPECT_EQ(text([](Choice& to) { to.plan.method.thorough = !to.plan.method.thorough; }), "how it is measured");
  EXPECT_EQ(text([](Choice& to) { to.ticked = {"layernorm_forward/04_welford.cu"}; }), "explore 04_welford.cu");
}

class Undo : public testing::Test {
 protected:
  gui::ViewState& state() { return engine_.harness().state(); }
  Engine engine_;
};

TEST_F(Undo, KeysTakeBackAndSetAgain) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(4);
    const gui::Choice start = gui::choice_of(state());
    ctx->ItemClick("//###Problem/type/bf16");
    ctx->ItemClick("//###Problem/activation/GELU");
    ctx->Yield(2);
    const std::string variant = state().selected_variant;
    ctx->KeyPress(ImGuiKey_K);
    ctx->Yield(3);
    IM_CHECK(state().selected_variant != variant);
    const gui::Choice end = gui::choice_of(state());
    for (int i = 0; i < 3; ++i) {
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
      ctx->Yield(3);
    }
    IM_CHECK(gui::choice_of(state()) == start);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    ctx->Yield(3);
    IM_CHECK(gui::choice_of(state()) == start);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_Z);
    ctx->Yield(3);
    IM_CHECK(state().plan.types.front() == ElementType::bf16);
    IM_CHECK(state().plan.activation == Activation::none);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Y);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Y);
    ctx->Yield(3);
    IM_CHECK(gui::choice_of(state()) == end);
  });
}

TEST_F(Undo, AnOperationComesBackWithItsShapeAndKnobs) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(4);
    state().knobs["block"] = 512;
    ctx->Yield(3);
    const gui::Choice before = gui::choice_of(state());
    ctx->ItemClick("//##top/operation/LayerNorm backward");
    ctx->Yield(3);
    IM_CHECK(state().plan.operation == Operation::layernorm_backward);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    ctx->Yield(3);
    IM_CHECK(gui::choice_of(state()) == before);
  });
}

TEST_F(Undo, TypingInAFieldIsTheFieldsOwn) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->ItemClick("//###Problem/type/bf16");
    ctx->Yield(3);
    ctx->ItemClick("//###Problem/##seed");
    ctx->KeyCharsReplace("77");
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Z);
    ctx->Yield(3);
    IM_CHECK(state().plan.types.front() == ElementType::bf16);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(3);
  });
}

}  // namespace
}  // namespace knobscope::test
