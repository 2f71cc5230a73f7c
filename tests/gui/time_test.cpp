// The time lens: what is drawn of what was timed, what hovering says, and that its button asks for the rest.

#include <algorithm>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"

namespace knobscope::test {
namespace {

class TimeLens : public testing::Test {
 protected:
  TimeLens() {
    Snapshot& snapshot = engine_.harness().snapshot();
    auto points = std::make_shared<std::vector<PointPtr>>(*snapshot.points);
    auto point = std::make_shared<Point>(*(*points)[2]);  // timed, and at another place than the first
    point->request.id = 900;
    const double hot_ns = point->hot_summary->median.count();
    const auto add = [&](Timing timing, double median_ns) {
      point->samples(timing) = sample_times(median_ns, 0.002, static_cast<unsigned>(timing) + 70);
      point->summary(timing) = sample_summary(*point->samples(timing));
      point->request.method.set_times(timing, true);
    };
    add(Timing::graph, hot_ns * 0.97);
    add(Timing::wall, hot_ns * 1.2);
    point->timing_notes = {{Timing::rotating, "there is no room for 12 copies"}};
    points->push_back(point);
    snapshot.points = points;
    snapshot.live.reset();
  }

  gui::ViewState& state() { return engine_.harness().state(); }
  const gui::Theme& theme() { return engine_.harness().stage().interface().theme(); }

  /// Whether the panel has drawn something in a colour.
  static bool draws(const ImVec4& color) {
    const ImGuiWindow* window = ImGui::FindWindowByName(gui::window_id("Time").c_str());
    if (window == nullptr || !window->Active) return false;
    const auto& vertices = window->DrawList->VtxBuffer;
    return std::any_of(vertices.begin(), vertices.end(),
                       [packed = gui::packed(color)](const ImDrawVert& vertex) { return vertex.col == packed; });
  }
  static void show(ImGuiTestContext* ctx) {
    gui::bring_panel_to_front("Time");
    ctx->Yield(4);
  }

  Engine engine_;
};

TEST_F(TimeLens, StacksWhatWasMeasuredAndGreysTheRest) {
  engine_.run([this](ImGuiTestContext* ctx) {
    state().selected_point = 1;  // cold and hot only
    show(ctx);
    IM_CHECK(draws(theme().accent));
    IM_CHECK(draws(theme().noisy.ink));
    IM_CHECK(!draws(theme().invalid.ink));  // no wall, no launch overhead
    state().selected_point = 900;
    ctx->Yield(4);
    IM_CHECK(draws(theme().accent));
    IM_CHECK(draws(theme().noisy.ink));
    IM_CHECK(draws(theme().invalid.ink));
  });
  engine_.harness().picture("time_lens");
}

TEST_F(TimeLens, EveryRowExplainsItself) {
  engine_.run([this](ImGuiTestContext* ctx) {
    state().selected_point = 900;
    show(ctx);
    for (const char* row : {"kernel", "cache effect", "launch overhead", "cold", "rotating", "hot", "graph", "wall"}) {
      const std::string item = std::string("//###Time/") + row;
      IM_CHECK(ctx->ItemExists(item.c_str()));
      ctx->MouseMove(item.c_str());
      ctx->Yield(3);
      const auto& windows = ImGui::GetCurrentContext()->Windows;
      const bool tip = std::any_of(windows.begin(), windows.end(), [](const ImGuiWindow* window) {
        return (window->Flags & ImGuiWindowFlags_Tooltip) != 0 && window->Active && !window->Hidden;
      });
      IM_CHECK(tip);
    }
  });
}

TEST_F(TimeLens, ItsButtonAsksForTheSamePointByAllTechniques) {
  engine_.run([this](ImGuiTestContext* ctx) {
    state().selected_point = 1;
    show(ctx);
    engine_.harness().sink().take();
    ctx->ItemClick("//###Time/time all ways");
    ctx->Yield(2);
  });
  const auto asked = engine_.harness().sink().latest<worker::MeasurePoints>();
  ASSERT_TRUE(asked);
  ASSERT_EQ(asked->points.size(), 1U);
  EXPECT_TRUE(asked->tag.empty()) << "what is being explored goes on";
  const PointRequest& known = engine_.harness().snapshot().points->front()->request;
  PointRequest expected = known;
  expected.id = 0;
  expected.method.set_timings({kTimings.begin(), kTimings.end()});
  EXPECT_EQ(asked->points.front(), expected);
}

TEST_F(TimeLens, ARecordedSessionIsOnlyLookedAt) {
  engine_.run([this](ImGuiTestContext* ctx) {
    state().selected_point = 1;
    state().recorded = true;
    show(ctx);
    IM_CHECK(ctx->ItemExists("//###Time/kernel"));
    IM_CHECK(!ctx->ItemExists("//###Time/time all ways"));
  });
}

}  // namespace
}  // namespace knobscope::test
