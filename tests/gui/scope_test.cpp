// The scope and its strip: what is drawn of samples and of what the device told, what hovering says, and what stands
// where the device does not tell. With $KNOBSCOPE_PICTURES set, each state is written as a PNG to look at.

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"

namespace knobscope::test {
namespace {

constexpr const char* kClock = "//###Scope/clock";
constexpr const char* kPower = "//###Scope/power";
constexpr const char* kTemperature = "//###Scope/temperature";
constexpr const char* kP99 = "//###Scope/p99";
constexpr const char* kShared = "//###Scope/shared";

bool tip_is_shown() {
  const auto& windows = ImGui::GetCurrentContext()->Windows;
  return std::any_of(windows.begin(), windows.end(), [](const ImGuiWindow* window) {
    return (window->Flags & ImGuiWindowFlags_Tooltip) != 0 && window->Active && !window->Hidden;
  });
}

class Scope : public testing::Test {
 protected:
  explicit Scope(const Look& look = kLooks.front()) : look_(look), engine_({look.size, look.scale, look.theme}) {
    snapshot().live.reset();
  }

  Snapshot& snapshot() { return engine_.harness().snapshot(); }
  gui::ViewState& state() { return engine_.harness().state(); }
  const gui::Theme& theme() { return engine_.harness().stage().interface().theme(); }
  void picture(const std::string& state) { engine_.harness().picture(std::string(look_.name) + "_scope_" + state); }

  /// Puts a changed copy of the selected point in its place.
  void change_point(const std::function<void(Point&)>& change) {
    auto points = std::make_shared<std::vector<PointPtr>>(*snapshot().points);
    const auto found = std::ranges::find(*points, 3, [](const PointPtr& point) { return point->request.id; });
    auto point = std::make_shared<Point>(**found);
    change(*point);
    *found = point;
    snapshot().points = points;
  }

  /// What is selected before the first frame is the window's own choice.
  void show(ImGuiTestContext* ctx) {
    state().selected_point = 3;
    gui::bring_panel_to_front("Scope");
    ctx->Yield(4);
  }

  static ImGuiWindow* panel() { return ImGui::FindWindowByName(gui::window_id("Scope").c_str()); }
  /// Whether the panel, or a plot in it, has drawn something in a colour.
  static bool draws(const ImVec4& color) {
    const ImU32 packed = gui::packed(color);
    const auto& windows = ImGui::GetCurrentContext()->Windows;
    return std::any_of(windows.begin(), windows.end(), [&](const ImGuiWindow* window) {
      if (window->RootWindow != panel()->RootWindow || !window->Active) return false;
      const auto& vertices = window->DrawList->VtxBuffer;
      const ImRect area = panel()->Rect();
      return std::any_of(vertices.begin(), vertices.end(),
                         [&](const ImDrawVert& vertex) { return vertex.col == packed && area.Contains(vertex.pos); });
    });
  }
  static ImRect rect_of(ImGuiTestContext* ctx, const char* item) { return ctx->ItemInfo(item).RectFull; }

  Look look_;
  Engine engine_;
};

TEST_F(Scope, TheStripLiesBelowTheSamplesLaneByLane) {
  engine_.run([this](ImGuiTestContext* ctx) {
    show(ctx);
    for (const char* lane : {kClock, kPower, kTemperature}) IM_CHECK(ctx->ItemExists(lane));
    const ImRect clock = rect_of(ctx, kClock);
    const ImRect power = rect_of(ctx, kPower);
    const ImRect temperature = rect_of(ctx, kTemperature);
    IM_CHECK_EQ(clock.Min.x, power.Min.x);
    IM_CHECK_EQ(clock.Max.x, temperature.Max.x);
    IM_CHECK_LE(clock.Max.y, power.Min.y + 1.0F);
    IM_CHECK_LE(power.Max.y, temperature.Min.y + 1.0F);
    IM_CHECK(panel()->Rect().Contains(temperature));
    IM_CHECK_EQ(panel()->ScrollMax.y, 0.0F);
  });
  picture("calm");
}

TEST_F(Scope, EachLaneTellsOfTheSampleUnderTheMouse) {
  engine_.run([this](ImGuiTestContext* ctx) {
    show(ctx);
    for (const char* lane : {kClock, kPower, kTemperature, kP99}) {
      ctx->MouseMove(lane);
      ctx->Yield(3);
      IM_CHECK(tip_is_shown());
    }
    ctx->MouseMove(kClock);
    ctx->Yield(3);
  });
  picture("tip");
}

TEST_F(Scope, DiscardedSamplesAreMarkedAmongTheOthers) {
  engine_.run([this](ImGuiTestContext* ctx) {
    show(ctx);
    IM_CHECK(!draws(theme().noisy.ground));
    change_point([](Point& point) { throttle(point, Timing::cold, 40); });
    ctx->Yield(4);
    IM_CHECK(draws(theme().noisy.ground));
    IM_CHECK(ctx->ItemExists(kClock));
  });
  picture("throttled");
}

TEST_F(Scope, WhereNoSampleCountsTheDiscardedOnesAreShown) {
  engine_.run([this](ImGuiTestContext* ctx) {
    change_point([](Point& point) {
      throttle(point, Timing::cold, 60);
      point.verdict = Verdict::throttled;
      point.hot = point.cold = nullptr;
      point.hot_summary = point.cold_summary = std::nullopt;
      point.series_environments.resize(1);
      SeriesEnvironment& cold = point.series_environments[0];
      cold.sm_clocks_mhz.clear();
      for (DiscardedSample& each : cold.discarded) each.after = 0;
    });
    show(ctx);
    IM_CHECK(draws(theme().noisy.ground));
    IM_CHECK(ctx->ItemExists(kClock));
    IM_CHECK(!ctx->ItemExists(kP99));
  });
  picture("none_accepted");
}

TEST_F(Scope, OfARunningPointItGrows) {
  engine_.run([this](ImGuiTestContext* ctx) {
    state().selected_point.reset();
    auto live = std::make_shared<LivePoint>();
    live->request = snapshot().points->front()->request;
    live->request.id = 700;
    live->phase = Phase::cold;
    snapshot().live = live;
    gui::bring_panel_to_front("Scope");
    for (const std::size_t count : {2, 20, 90}) {
      auto next = std::make_shared<LivePoint>(*snapshot().live);
      next->cold = sample_times(231e3, 0.002, 99, count);
      next->series_environments = {sample_environment(Timing::cold, count)};
      next->series_environments[0].discarded = {{1, 500e3, 1100.0, 0x80}};
      snapshot().live = next;
      ctx->Yield(3);
      IM_CHECK(ctx->ItemExists(kClock));
      IM_CHECK(ctx->ItemExists(kTemperature));
      IM_CHECK(draws(theme().noisy.ground));
    }
  });
  picture("live");
}

TEST_F(Scope, WhatTheDeviceDoesNotTellIsSaidAndNotDrawn) {
  engine_.run([this](ImGuiTestContext* ctx) {
    change_point([](Point& point) {
      for (SeriesEnvironment& series : point.series_environments) {
        for (EnvironmentReading& reading : series.readings) reading.power_w.reset();
      }
      point.environment.untold = "power: not supported";
    });
    show(ctx);
    IM_CHECK(ctx->ItemExists(kClock));
    IM_CHECK(!ctx->ItemExists(kPower));
    IM_CHECK(ctx->ItemExists(kTemperature));
    change_point([](Point& point) { point.series_environments.clear(); });
    ctx->Yield(4);
    IM_CHECK(!ctx->ItemExists(kClock));
    IM_CHECK(!ctx->ItemExists(kTemperature));
    IM_CHECK(ctx->ItemExists(kP99));
  });
  picture("untold");
}

TEST_F(Scope, AGpuThatIsSharedSaysSo) {
  engine_.run([this](ImGuiTestContext* ctx) {
    show(ctx);
    IM_CHECK(!ctx->ItemExists(kShared));
    change_point([](Point& point) { point.environment.other_processes = 2; });
    ctx->Yield(4);
    ctx->MouseMove(kShared);
    ctx->Yield(3);
    IM_CHECK(tip_is_shown());
  });
  picture("shared");
}

/// Smallest and largest, in both themes.
class ScopeLooks : public Scope, public testing::WithParamInterface<Look> {
 protected:
  ScopeLooks() : Scope(GetParam()) {}
};

TEST_P(ScopeLooks, EveryLaneHasItsPlace) {
  engine_.run(
      [this](ImGuiTestContext* ctx) {
        change_point([](Point& point) { throttle(point, Timing::cold, 40); });
        show(ctx);
        for (const char* item : {kClock, kPower, kTemperature, kP99}) {
          IM_CHECK(ctx->ItemExists(item));
          IM_CHECK(panel()->Rect().Contains(rect_of(ctx, item)));
        }
        IM_CHECK(draws(theme().noisy.ground));
      },
      120.0);
  picture("look");
}

INSTANTIATE_TEST_SUITE_P(Looks, ScopeLooks, testing::ValuesIn(kLooks),
                         [](const testing::TestParamInfo<Look>& look) { return std::string(look.param.name); });

}  // namespace
}  // namespace knobscope::test
