// The command palette: what a few letters find, and the whole window by the keyboard alone.

#include "gui/shell/palette.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/shell/fuzzy.h"
#include "gui/shell/interface.h"
#include "gui/shell/shortcuts.h"

namespace knobscope::test {
namespace {

TEST(Fuzzy, EveryLetterInItsOrder) {
  EXPECT_TRUE(gui::fuzzy_match("", "anything"));
  EXPECT_TRUE(gui::fuzzy_match("bf16", "Element type: bf16"));
  EXPECT_TRUE(gui::fuzzy_match("ETBF", "Element type: bf16"));
  EXPECT_TRUE(gui::fuzzy_match("bf16 type", "Element type: bf16"));
  EXPECT_FALSE(gui::fuzzy_match("61fb", "Element type: bf16"));
  EXPECT_FALSE(gui::fuzzy_match("bf16 layout", "Element type: bf16"));
  EXPECT_FALSE(gui::fuzzy_match("x", ""));
  EXPECT_TRUE(gui::fuzzy_match("  ", "x"));
}

TEST(Fuzzy, MarksWhatItFound) {
  const auto match = gui::fuzzy_match("zin", "Zoom in");
  ASSERT_TRUE(match);
  EXPECT_EQ(match->positions, (std::vector<std::size_t>{0, 5, 6}));
}

TEST(Fuzzy, BeginningsAndNeighboursComeFirst) {
  const auto score = [](const char* query, const char* text) { return gui::fuzzy_match(query, text)->score; };
  EXPECT_GT(score("log", "Go to panel: Log"), score("log", "Element of angle"));
  EXPECT_GT(score("zi", "Zoom in"), score("zi", "Organizing"));
  EXPECT_GT(score("save", "Save the results"), score("save", "Select a variant here"));
}

TEST(Palette, FindsTheBestFirstAndKeepsTheOrderOfEqualOnes) {
  const std::vector<gui::PaletteEntry> entries = {
      {"Show panel: Scope", "", false, {}}, {"Zoom in", "", false, {}}, {"Zoom out", "", false, {}}};
  EXPECT_EQ(gui::found_entries(entries, ""), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_EQ(gui::found_entries(entries, "zoom"), (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(gui::found_entries(entries, "zo"), (std::vector<std::size_t>{1, 2}));
  EXPECT_TRUE(gui::found_entries(entries, "qqq").empty());
}

/// No two actions share a key, and every one says what it does.
TEST(Shortcuts, KeysAreDistinct) {
  std::vector<ImGuiKeyChord> chords;
  for (const gui::Shortcut& shortcut : gui::shortcuts()) {
    EXPECT_FALSE(shortcut.meaning.empty());
    EXPECT_EQ(&gui::shortcut_of(shortcut.action), &shortcut);
    EXPECT_EQ(shortcut.key.empty(), shortcut.chords[0] == 0) << shortcut.meaning;
    for (const ImGuiKeyChord chord : shortcut.chords) {
      if (chord != 0) chords.push_back(chord);
    }
  }
  std::ranges::sort(chords);
  EXPECT_EQ(std::ranges::adjacent_find(chords), chords.end());
}

class InPalette : public testing::Test {
 protected:
  gui::ViewState& state() { return engine_.harness().state(); }
  gui::Interface& interface() { return engine_.harness().stage().interface(); }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }
  ScriptedSink& sink() { return engine_.harness().sink(); }

  Engine engine_;
};

TEST_F(InPalette, SetsProblemVariantKnobAndTheme) {
  engine_.run([this](ImGuiTestContext* ctx) {
    choose(ctx, "bf16");
    IM_CHECK(state().plan.types.front() == ElementType::bf16);
    IM_CHECK(!interface().palette().is_open());
    choose(ctx, "gelu");
    IM_CHECK(state().plan.activation == Activation::gelu);
    choose(ctx, "input offset");
    IM_CHECK(state().plan.distributions.front().kind == DistributionKind::offset);
    choose(ctx, "variant welford");
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), "layernorm_forward/04_welford.cu");
    choose(ctx, "knob block 768");
    IM_CHECK_EQ(state().knobs.at("block"), 768);
    choose(ctx, "leave welford");
    IM_CHECK(!state().ticked.contains("layernorm_forward/04_welford.cu"));
    choose(ctx, "x axis rows");
    IM_CHECK_STR_EQ(state().x_axis.c_str(), "rows_per_block");
    choose(ctx, "light theme");
    IM_CHECK(interface().theme().name == gui::ThemeName::light);
    choose(ctx, "operation batchnorm inf");
    IM_CHECK(state().plan.operation == Operation::batchnorm_inference);
    choose(ctx, "nhwc");
    IM_CHECK(state().plan.layout == Layout::nhwc);
    choose(ctx, "zoom in");
    IM_CHECK(interface().zoom() > 1.0F);
    choose(ctx, "hide scope");
    IM_CHECK(!ImGui::FindWindowByName("###Scope")->Active);
    choose(ctx, "device cpu");
    IM_CHECK_STR_EQ(state().plan.device.c_str(), "cpu");
  });
}

TEST_F(InPalette, ArrowsMoveAndEscapeOnlyCloses) {
  engine_.run([this](ImGuiTestContext* ctx) {
    const std::string variant = state().selected_variant;
    sink().take();
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);
    ctx->Yield(2);
    IM_CHECK(interface().palette().is_open());
    // Letters are the search's, not keys of the window.
    ctx->KeyChars("zoom jkrx");
    ctx->Yield(2);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(3);
    IM_CHECK(!interface().palette().is_open());
    IM_CHECK(!sink().latest<worker::CancelAll>());
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), variant.c_str());
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);
    ctx->Yield(2);
    ctx->KeyChars("zoom");
    ctx->Yield(2);
    // "zoom in" is the first; one down is "zoom out"; from there round to the end and back.
    ctx->KeyPress(ImGuiKey_DownArrow);
    ctx->KeyPress(ImGuiKey_UpArrow);
    ctx->KeyPress(ImGuiKey_UpArrow);
    ctx->KeyPress(ImGuiKey_DownArrow);
    ctx->KeyPress(ImGuiKey_DownArrow);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    IM_CHECK(interface().zoom() < 1.0F);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);
    ctx->Yield(2);
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);
    ctx->Yield(2);
    IM_CHECK(!interface().palette().is_open());
  });
}

TEST_F(InPalette, ARecordedSessionCanBeReadButNotSet) {
  engine_.run([this](ImGuiTestContext* ctx) {
    state().recorded = true;
    ctx->Yield(2);
    const ElementType type = state().plan.types.front();
    choose(ctx, "element type f16");
    IM_CHECK(state().plan.types.front() == type);
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    state().recorded = false;
  });
}

TEST(PaletteLook, FitsTheWindow) {
  for (const Look& look : kLooks) {
    HarnessOptions options;
    options.size = look.size;
    options.theme = look.theme;
    Engine engine(options);
    engine.run([&](ImGuiTestContext* ctx) {
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);
      ctx->Yield(3);
      ctx->KeyChars("bl");
      ctx->KeyPress(ImGuiKey_DownArrow);
      ctx->Yield(3);
      const ImGuiTestItemInfo window = ctx->WindowInfo("//##palette");
      IM_CHECK(window.Window != nullptr);
      IM_CHECK(window.Window->Pos.x > 0.0F);
      IM_CHECK(window.Window->Pos.y + window.Window->Size.y < static_cast<float>(look.size.height));
    });
    engine.harness().picture(std::string("palette_") + look.name);
  }
}

}  // namespace
}  // namespace knobscope::test
