// Everything there is to choose is in the command palette: the lists are those that the controls are made of, so what
// is new there and has no entry is found here.

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "gui/harness.h"
#include "gui/shell/interface.h"
#include "gui/views/error_chooser.h"
#include "gui/views/error_lab_choices.h"
#include "gui/views/heat_cells.h"
#include "gui/views/lenses.h"
#include "gui/views/plot_scale.h"
#include "gui/views/result_columns.h"
#include "gui/views/series.h"
#include "gui/views/sweep_plan.h"

namespace knobscope::test {
namespace {

class PaletteEntries : public testing::Test {
 protected:
  PaletteEntries() {
    harness_.frames(4);
    list();
  }
  void list() {
    titles_.clear();
    for (const auto& [title, possible] : harness_.stage().interface().palette_titles(harness_.snapshot())) {
      EXPECT_TRUE(titles_.insert(title).second) << "two entries are called " << title;
      if (possible) possible_.insert(title);
    }
  }
  void expect(const std::string& title) const { EXPECT_TRUE(titles_.contains(title)) << "no entry: " << title; }
  std::ptrdiff_t beginning_with(const std::string& words) const {
    return std::ranges::count_if(titles_, [&](const std::string& title) { return title.starts_with(words); });
  }
  gui::ViewState& state() { return harness_.state(); }
  Snapshot& snapshot() { return harness_.snapshot(); }

  Harness harness_;
  std::set<std::string> titles_;
  std::set<std::string> possible_;
};

TEST_F(PaletteEntries, EveryLensAndWhatItShows) {
  for (const gui::LensFacts& lens : gui::lenses()) expect("Lens of the large plot: " + lens.title);
  for (const gui::QuantityScale& scale : gui::speed_scales()) expect("Throughput: y axis " + scale.title);
  for (const gui::Quantity error : gui::error_quantities()) {
    const std::string& title = gui::scale_of(error).title;
    for (const char* where : {"Throughput: error lens, ", "Throughput: time × error lens, ", "Error: y axis, "}) {
      expect(where + title);
    }
  }
}

TEST_F(PaletteEntries, EveryAxisAndItsForm) {
  const std::vector<std::string> axes = gui::available_axes(snapshot(), state());
  ASSERT_GT(axes.size(), 2U);
  for (const std::string& axis : axes) expect("X axis: " + axis);
  const std::vector<std::string> heat = gui::heat_axes(snapshot(), state());
  ASSERT_GT(heat.size(), 2U);
  for (const std::string& axis : heat) {
    expect("Throughput: heat map, x " + gui::heat_axis_title(axis));
    expect("Throughput: heat map, y " + gui::heat_axis_title(axis));
  }
  const std::vector<gui::SweepAxis> sweep = gui::sweep_axes(snapshot(), state());
  ASSERT_GT(sweep.size(), 2U);
  for (const gui::SweepAxis& axis : sweep) expect("Sweep: all values of " + gui::axis_title(axis.name));
  EXPECT_EQ(beginning_with("Throughput: x axis "), static_cast<std::ptrdiff_t>(gui::kAxisForms.size()));
}

TEST_F(PaletteEntries, EverythingOfTheErrorMap) {
  for (const ErrorMeasure measure : kErrorMeasures) expect("Error map: tiles show " + gui::title_of(measure));
  const PointPtr point = gui::focused_point(snapshot(), state());
  ASSERT_TRUE(point && point->error);
  for (const OutputError& output : point->error->outputs) expect("Error map: output " + output.output);
  const std::vector<PointPtr> beside = gui::points_beside(snapshot(), state(), *point);
  ASSERT_FALSE(beside.empty());
  for (const PointPtr& other : beside) expect("Error map: beside " + other->variant_title);
  for (const char* what : {"go to the first bad element", "look closely", "zoom in", "zoom out", "all of it", "large",
                           "move up", "move down", "move left", "move right", "no second map"}) {
    expect(std::string("Error map: ") + what);
  }
}

TEST_F(PaletteEntries, EveryColumnOfTheResults) {
  for (const gui::ColumnStyle& style : gui::result_columns()) {
    const std::string title = style.title;
    EXPECT_EQ(beginning_with("Results: show column " + title) + beginning_with("Results: hide column " + title), 1);
    // p99 alone is no order: it needs every sample of every point.
    EXPECT_EQ(beginning_with("Results: sort by " + title + ","), style.column == gui::ResultColumn::p99 ? 0 : 1)
        << title;
  }
}

TEST_F(PaletteEntries, EverythingOfTheProblem) {
  for (const ElementType type : kElementTypes) expect("Element type: " + std::string(name_of(type)));
  for (const Activation activation : kActivations) expect("Activation: " + std::string(name_of(activation)));
  for (const DistributionKind kind : kDistributionKinds) expect("Input: " + std::string(name_of(kind)));
  for (const Operation operation : kOperations) expect("Operation: " + std::string(info_of(operation).title));
  state().plan.operation = Operation::batchnorm_inference;
  state().plan.shapes = {{4, 8, 16, 16}};
  list();
  for (const Layout layout : kLayouts) expect("Memory layout: " + std::string(name_of(layout)));
}

TEST_F(PaletteEntries, WhatCannotBeDoneIsListedAllTheSame) {
  EXPECT_TRUE(possible_.contains("Error map: zoom in"));
  EXPECT_TRUE(possible_.contains("Sweep: save its plan"));
  possible_.clear();
  state().recorded = true;
  list();
  for (const char* title : {"Error map: zoom in", "Sweep: save its plan", "Problem: another seed"}) {
    expect(title);
    EXPECT_FALSE(possible_.contains(title)) << title;
  }
}

}  // namespace
}  // namespace knobscope::test
