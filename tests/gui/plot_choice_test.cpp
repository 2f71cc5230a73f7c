// What the command line asks of the large plot of a picture: names are known or one sentence says which there are.

#include "gui/shell/plot_choice.h"

#include <gtest/gtest.h>

#include "gui/harness.h"
#include "gui/shell/interface.h"
#include "gui/views/lenses.h"

namespace knobscope::test {
namespace {

constexpr const char* kSession = KNOBSCOPE_SOURCE_DIR "/assets/sessions/h200.session";

class PlotChoices : public testing::Test {
 protected:
  PlotChoices() {
    harness_.frames(2);
    EXPECT_TRUE(interface().open_session(kSession));
    for (const worker::Command& command : harness_.sink().take()) {
      if (const auto* shown = std::get_if<worker::ShowPoints>(&command)) {
        harness_.snapshot().points = std::make_shared<const std::vector<PointPtr>>(shown->points);
        harness_.snapshot().devices = shown->devices;
      }
    }
    harness_.frames(2);
  }
  gui::Interface& interface() { return harness_.stage().interface(); }
  std::string fault_of(const gui::PlotChoice& choice) {
    return apply(choice, harness_.snapshot(), interface()).value_or("");
  }

  Harness harness_{{{1280, 720}, 1.0F}};
};

TEST_F(PlotChoices, EverythingIsSet) {
  const PointPtr last = harness_.snapshot().points->back();
  gui::PlotChoice choice;
  choice.lens = "heat-map";
  choice.quantity = "of-copy";
  choice.x_axis = "columns";
  choice.heat_axes = {"type", "columns"};
  choice.point = last->request.id;
  choice.baseline = harness_.snapshot().points->front()->request.id;
  EXPECT_EQ(gui::find_fault(choice), std::nullopt);
  EXPECT_EQ(fault_of(choice), "");
  const gui::ViewState& state = harness_.state();
  EXPECT_EQ(state.lens, gui::Lens::heat);
  EXPECT_EQ(state.quantity, gui::Quantity::copy_share);
  EXPECT_EQ(state.x_axis, "columns");
  EXPECT_EQ(state.heat_x, "type");
  EXPECT_EQ(state.heat_y, "columns");
  EXPECT_EQ(state.selected_point, last->request.id);
  EXPECT_EQ(state.plan.operation, last->request.problem.operation);
  EXPECT_EQ(state.baseline_point, choice.baseline);
}

TEST_F(PlotChoices, WhatIsNotKnownIsNamedWithWhatIs) {
  gui::PlotChoice choice;
  choice.lens = "heatmap";
  EXPECT_NE(gui::find_fault(choice).value_or("").find("Did you mean 'heat-map'?"), std::string::npos);
  choice = {};
  choice.quantity = "speed";
  EXPECT_NE(gui::find_fault(choice).value_or("").find("speed-up"), std::string::npos);
  choice = {};
  choice.heat_axes = {"columns"};
  EXPECT_NE(gui::find_fault(choice), std::nullopt);
  choice.heat_axes = {"columns", "columns"};
  EXPECT_NE(gui::find_fault(choice), std::nullopt);
  choice.heat_axes = {"columns", "depth"};
  EXPECT_NE(fault_of(choice).find("'depth'"), std::string::npos);
  choice = {};
  choice.x_axis = "blok";
  EXPECT_NE(fault_of(choice).find("Did you mean 'block'?"), std::string::npos);
  choice = {};
  choice.point = 1'000'000;
  EXPECT_NE(fault_of(choice).find("no point 1000000"), std::string::npos);
  choice = {};
  choice.compare = "no_such.session";
  EXPECT_NE(fault_of(choice).find("no_such.session"), std::string::npos);
}

TEST_F(PlotChoices, ASecondSessionIsCompared) {
  gui::PlotChoice choice;
  choice.compare = kSession;
  EXPECT_EQ(fault_of(choice), "");
  EXPECT_EQ(harness_.state().lens, gui::Lens::compare);
  ASSERT_NE(harness_.state().base_session, nullptr);
  EXPECT_EQ(harness_.state().base_session->size(), harness_.snapshot().points->size());
}

}  // namespace
}  // namespace knobscope::test
