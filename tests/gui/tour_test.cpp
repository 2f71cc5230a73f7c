// The first minute: three steps that point at knob, plot and verdict, and do not come back unless asked.

#include "gui/shell/tour.h"

#include <string>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/shell/interface.h"

namespace knobscope::test {
namespace {

HarnessOptions first_start(const TemporaryFolder& folder) {
  HarnessOptions options;
  options.tour = true;
  options.settings_file = folder.path() / "window.toml";
  return options;
}

TEST(Tour, PointsAtKnobPlotAndVerdict) {
  const TemporaryFolder folder;
  Engine engine(first_start(folder));
  const gui::Tour& tour = engine.harness().stage().interface().tour();
  engine.run([&](ImGuiTestContext* ctx) {
    IM_CHECK(tour.is_open());
    for (std::size_t step = 0; step < gui::tour_steps().size(); ++step) {
      IM_CHECK_EQ(tour.step(), step);
      ctx->Yield(4);
      // What it points at is in front, and the card does not cover all of it.
      const std::string id = "//###" + std::string(gui::tour_steps()[step].panel);
      const ImGuiWindow* panel = ctx->WindowInfo(id.c_str()).Window;
      IM_CHECK(!panel->Hidden);
      const ImRect card = ctx->WindowInfo("//##tour").Window->Rect();
      IM_CHECK(!card.Contains(panel->Rect()));
      ctx->ItemClick("//##tour/next");
      ctx->Yield(2);
    }
    IM_CHECK(!tour.is_open());
  });
}

TEST(Tour, GoesOnByTheKeyboardAndEscEndsItAlone) {
  const TemporaryFolder folder;
  Engine engine(first_start(folder));
  const gui::Tour& tour = engine.harness().stage().interface().tour();
  engine.run([&](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(2);
    IM_CHECK_EQ(tour.step(), 1U);
    ctx->KeyPress(ImGuiKey_LeftArrow);
    ctx->Yield(2);
    IM_CHECK_EQ(tour.step(), 0U);
    engine.harness().sink().take();
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(!tour.is_open());
    IM_CHECK(!engine.harness().sink().latest<worker::CancelAll>().has_value());
  });
}

TEST(Tour, DoesNotComeBackUnlessAsked) {
  const TemporaryFolder folder;
  {
    Engine engine(first_start(folder));
    engine.run([](ImGuiTestContext* ctx) { ctx->KeyPress(ImGuiKey_Escape); });
  }
  Engine engine(first_start(folder));
  const gui::Tour& tour = engine.harness().stage().interface().tour();
  engine.run([&](ImGuiTestContext* ctx) {
    IM_CHECK(!tour.is_open());
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);
    ctx->Yield(3);
    ctx->KeyChars("show the tour");
    ctx->Yield(3);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    IM_CHECK(tour.is_open());
  });
}

TEST(KeysLook, FitTheSmallestWindow) {
  for (const Look& look : kLooks) {
    Engine engine({look.size, look.scale, look.theme});
    engine.run([&](ImGuiTestContext* ctx) {
      ctx->KeyPress(ImGuiKey_F1);
      ctx->Yield(4);
      const ImRect overlay = ctx->WindowInfo("//Keys##overlay").Window->Rect();
      IM_CHECK(ImRect(0.0F, 0.0F, static_cast<float>(look.size.width), static_cast<float>(look.size.height))
                   .Contains(overlay));
    });
    engine.harness().picture(std::string("keys_") + look.name);
  }
}

TEST(TourLook, EveryStep) {
  for (const Look& look : kLooks) {
    HarnessOptions options{look.size, look.scale, look.theme};
    options.tour = true;
    Engine engine(options);
    for (std::size_t step = 0; step < gui::tour_steps().size(); ++step) {
      engine.run([&](ImGuiTestContext* ctx) {
        ctx->Yield(6);
        const ImRect card = ctx->WindowInfo("//##tour").Window->Rect();
        IM_CHECK(ImRect(0.0F, 0.0F, static_cast<float>(look.size.width), static_cast<float>(look.size.height))
                     .Contains(card));
      });
      engine.harness().picture(std::string("tour_") + look.name + "_" + std::to_string(step + 1));
      engine.run([](ImGuiTestContext* ctx) { ctx->KeyPress(ImGuiKey_RightArrow); });
    }
  }
}

}  // namespace
}  // namespace knobscope::test
