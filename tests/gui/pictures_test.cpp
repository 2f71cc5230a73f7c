// The window at the sizes it was drawn for: everything fits, nothing lies on top of anything else, and what a state
// must show is there. With $KNOBSCOPE_PICTURES set, each one is written as a PNG to look at.

#include <ctime>
#include <iostream>

#include <gtest/gtest.h>
#include <imgui.h>
#include <imgui_internal.h>

#include "gui/harness.h"
#include "gui/sample_findings.h"
#include "gui/sample_many.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"

namespace knobscope::test {
namespace {

/// What this thread has computed so far: other processes on the machine do not count.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Every panel whose content is drawn this frame.
std::vector<ImGuiWindow*> visible_panels() {
  std::vector<ImGuiWindow*> panels;
  for (const std::string& title : gui::view_titles()) {
    ImGuiWindow* window = ImGui::FindWindowByName(gui::window_id(title).c_str());
    if (window != nullptr && window->Active && !window->Hidden) panels.push_back(window);
  }
  return panels;
}

void expect_tidy(const Look& look) {
  const ImRect screen({0.0F, 0.0F}, {static_cast<float>(look.size.width), static_cast<float>(look.size.height)});
  const std::vector<ImGuiWindow*> panels = visible_panels();
  ASSERT_GE(panels.size(), 6U);
  for (const ImGuiWindow* panel : panels) {
    EXPECT_TRUE(screen.Contains(panel->Rect())) << panel->Name;
    EXPECT_FLOAT_EQ(panel->ScrollMax.x, 0.0F) << panel->Name << " is wider inside than the panel";
    EXPECT_GT(panel->Size.x, 150.0F * look.scale) << panel->Name;
    EXPECT_GT(panel->Size.y, 100.0F * look.scale) << panel->Name;
    for (const ImGuiWindow* other : panels) {
      if (other == panel) continue;
      EXPECT_FALSE(panel->Rect().Overlaps(other->Rect())) << panel->Name << " and " << other->Name;
    }
  }
}

class Pictures : public testing::TestWithParam<Look> {
 protected:
  Look look_ = GetParam();
  Harness harness_{{look_.size, look_.scale, look_.theme}};

  void check(const std::string& state) {
    harness_.frames(8);
    harness_.picture(std::string(look_.name) + "_" + state);
    expect_tidy(look_);
  }
};

TEST_P(Pictures, Measuring) { check("measuring"); }

TEST_P(Pictures, OffsetChosen) {
  harness_.frames(2);
  harness_.state().plan.distributions = {{DistributionKind::offset, 1000.0}};
  check("offset");
}

TEST_P(Pictures, FirstStart) {
  harness_.snapshot() = Snapshot{};
  check("starting");
}

TEST_P(Pictures, NoGpuAndAReplacedWorker) {
  harness_.snapshot().devices.erase(harness_.snapshot().devices.begin());
  harness_.snapshot().worker_restarts = 1;
  harness_.snapshot().worker_message = "point 12 (float4, block=32) ended it: illegal address";
  check("no_gpu");
}

TEST_P(Pictures, AKernelThatDoesNotCompile) {
  harness_.frames(4);
  Snapshot& snapshot = harness_.snapshot();
  const Variant& variant = snapshot.catalog->variants[4];
  auto points = std::make_shared<std::vector<PointPtr>>(*snapshot.points);
  auto point = std::make_shared<Point>(*sample_point(900, variant, 256, 0, Verdict::failed, "does not compile"));
  point->compile_log = "05_float4.cu(13): error: identifier \"block_sum\" is undefined\n";
  points->push_back(point);
  snapshot.points = points;
  harness_.state().selected_variant = variant.id;
  harness_.state().selected_point = 900;
  gui::bring_panel_to_front("Kernel");
  check("compile_error");
}

TEST_P(Pictures, ALibraryOfEighteenVariantsAndNineKnobs) {
  harness_.snapshot() = sample_many_snapshot();
  harness_.frames(4);
  check("many");
  const ImGuiWindow* panel = ImGui::FindWindowByName(gui::window_id("Variants").c_str());
  ASSERT_NE(panel, nullptr);
  EXPECT_FLOAT_EQ(panel->ScrollMax.y, 0.0F) << "the list scrolls inside, below its filter";
}

/// The emulated device is chosen, and the variant that has findings is looked at.
class JudgedPictures : public Pictures {
 protected:
  void judge(const Snapshot& snapshot) {
    harness_.frames(4);
    harness_.snapshot() = snapshot;
    harness_.state().plan = gui::built_in_plan(DeviceKind::emulated);
    harness_.state().plan.device = "emulated";
    harness_.state().selected_variant = snapshot.catalog->variants[1].id;
    harness_.frames(4);
  }
};

TEST_P(JudgedPictures, Findings) {
  judge(sample_judged_snapshot());
  check("findings");
}

TEST_P(JudgedPictures, NothingFound) {
  judge(sample_judged_snapshot());
  harness_.state().selected_variant = harness_.snapshot().catalog->variants[3].id;
  check("nothing_found");
}

TEST_P(JudgedPictures, ALibraryOfEighteenVariantsAndNineKnobs) {
  const Snapshot snapshot = sample_many_judged_snapshot();
  judge(snapshot);
  harness_.state().selected_variant = snapshot.catalog->variants[3].id;
  check("many_judged");
  harness_.state().x_axis = "blocks_per_sm";
  harness_.state().selected_variant = snapshot.catalog->variants.back().id;
  check("many_judged_axis");
}

TEST_P(JudgedPictures, StillPlaying) {
  Snapshot snapshot = sample_judged_snapshot();
  auto live = std::make_shared<LivePoint>();
  live->request = snapshot.points->back()->request;
  live->request.id = 2000;
  live->request.variant = snapshot.catalog->variants[1].id;
  live->phase = Phase::verify;
  live->done = 0.43;
  snapshot.live = live;
  snapshot.worker = WorkerState::measuring;
  snapshot.points = std::make_shared<std::vector<PointPtr>>();
  snapshot.progress = {3, 64, 12.0};
  judge(snapshot);
  check("playing");
}

TEST_P(JudgedPictures, AKernelThatDoesNotCompile) {
  Snapshot snapshot = sample_judged_snapshot();
  auto points = std::make_shared<std::vector<PointPtr>>(*snapshot.points);
  const Variant& variant = snapshot.catalog->variants[1];
  for (PointPtr& each : *points) {
    if (each->request.variant != variant.id) continue;
    auto point = std::make_shared<Point>(*each);
    point->verdict = Verdict::failed;
    point->findings.clear();
    point->error.reset();
    point->reason = "does not compile: 'block_sum' was not declared in this scope (line 33)";
    point->compile_log =
        "02_two_passes.cu:33:29: error: 'block_sum' was not declared in this scope; did you mean 'block_size'?\n"
        "   33 |   const float scale = rsqrtf(block_sum(partial) / columns + epsilon);\n";
    each = point;
  }
  snapshot.points = points;
  judge(snapshot);
  check("does_not_compile");
}

TEST(Frames, OfAMeasuringWindowLeaveTimeToSpareOfASixtieth) {
  Harness harness({{1680, 1050}, 1.0F, gui::ThemeName::dark, gui::Display::none});
  harness.frames(10);  // glyphs and pictures are made once
  harness.stage().clear_frame_times();
  std::vector<double> milliseconds;
  for (int i = 0; i < 60; ++i) {
    ++harness.snapshot().revision;
    const double before = thread_seconds();
    harness.frames(1);
    milliseconds.push_back((thread_seconds() - before) * 1e3);
  }
  const double typical = *quantile(milliseconds, 0.5);
  RecordProperty("thread_ms", std::to_string(typical));
  RecordProperty("wall_p99_ms", std::to_string(*harness.stage().frame_times().quantile_ms(0.99)));
  std::cout << "a frame takes " << typical << " ms of its thread\n";
  EXPECT_EQ(harness.stage().frame_times().count(), 60U);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // Software rendering of the geometry included, which a GPU would take over.
  EXPECT_LT(typical, 16.7);
#endif
}

INSTANTIATE_TEST_SUITE_P(Sizes, JudgedPictures,
                         testing::Values(Look{"dark_1280", {1280, 720}, 1.0F, gui::ThemeName::dark},
                                         Look{"dark_1920", {1920, 1080}, 1.0F, gui::ThemeName::dark},
                                         Look{"dark_4k", {3840, 2160}, 2.0F, gui::ThemeName::dark},
                                         Look{"light_1280", {1280, 720}, 1.0F, gui::ThemeName::light},
                                         Look{"light_1920", {1920, 1080}, 1.0F, gui::ThemeName::light}),
                         [](const testing::TestParamInfo<Look>& look) { return std::string(look.param.name); });

INSTANTIATE_TEST_SUITE_P(Sizes, Pictures,
                         testing::Values(Look{"dark_1680", {1680, 1050}, 1.0F, gui::ThemeName::dark},
                                         Look{"dark_1280", {1280, 720}, 1.0F, gui::ThemeName::dark},
                                         Look{"dark_4k", {3840, 2160}, 2.0F, gui::ThemeName::dark},
                                         Look{"light_1680", {1680, 1050}, 1.0F, gui::ThemeName::light}),
                         [](const testing::TestParamInfo<Look>& look) { return std::string(look.param.name); });

}  // namespace
}  // namespace knobscope::test
