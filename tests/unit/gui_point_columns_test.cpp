// Points as columns tell what the points themselves tell, and the plots' filter by them lets through what matches.

#include <gtest/gtest.h>

#include "gui/views/matching.h"
#include "gui/views/point_columns.h"
#include "gui/views/point_index.h"

namespace knobscope::gui {
namespace {

std::shared_ptr<Point> point(std::int64_t id, const char* variant, KnobValues knobs) {
  auto made = std::make_shared<Point>();
  made->request.id = id;
  made->request.device = "cuda:0";
  made->request.variant = variant;
  made->request.knobs = std::move(knobs);
  made->source_hash = "as it was";
  return made;
}

TEST(PointColumns, EqualEntriesHaveEqualNumbers) {
  const auto first = point(1, "a", {{"block", 64}, {"unroll", 2}});
  const auto again = point(2, "a", {{"block", 64}, {"unroll", 2}});
  again->source_hash = "as it is now";
  const auto longer = point(3, "a", {{"block", 64}, {"unroll", 2}});
  longer->request.problem.shape = {8192, 8192};
  const auto other_knob = point(4, "a", {{"block", 64}, {"stages", 2}});
  const auto other_variant = point(5, "b", {{"block", 64}, {"unroll", 2}});
  PointColumns columns;
  for (const auto& each : {first, again, longer, other_knob, other_variant}) columns.add(*each);

  ASSERT_EQ(columns.size(), 5U);
  EXPECT_EQ(columns.problems().size(), 2U);
  EXPECT_EQ(columns.problem(0), columns.problem(1));
  EXPECT_NE(columns.problem(0), columns.problem(2));
  EXPECT_EQ(columns.problems()[columns.problem(2)], longer->request.problem);
  EXPECT_EQ(columns.origins().size(), 3U);
  EXPECT_NE(columns.origin(0), columns.origin(1)) << "another text of the same file";
  EXPECT_EQ(columns.choice(0), columns.choice(1)) << "the same choice all the same";
  EXPECT_EQ(columns.choice_count(), 4U);
  EXPECT_NE(columns.choice(0), columns.choice(2));
  EXPECT_NE(columns.choice(0), columns.choice(3));
  EXPECT_NE(columns.choice(0), columns.choice(4));
  ASSERT_EQ(columns.knobs(3).size(), 2U);
  EXPECT_EQ(columns.knob_names()[columns.knobs(3)[1].name], "stages");
  EXPECT_EQ(columns.knobs(3)[1].value, 2);
}

TEST(PointColumns, APointWithoutKnobsHasNone) {
  PointColumns columns;
  columns.add(*point(1, "a", {}));
  columns.add(*point(2, "a", {{"block", 64}}));
  EXPECT_TRUE(columns.knobs(0).empty());
  EXPECT_EQ(columns.knobs(1).size(), 1U);
}

TEST(MatchingPoints, AreTheLatestOfEachChoiceInOrderOfAppearance) {
  Snapshot snapshot;
  snapshot.catalog = std::make_shared<const Catalog>();
  const auto elsewhere = point(3, "a", {{"block", 64}});
  elsewhere->request.problem.shape = {1, 1};
  const std::vector<PointPtr> points = {point(1, "a", {{"block", 64}}), point(2, "a", {{"block", 128}}), elsewhere,
                                        point(4, "a", {{"block", 64}}), point(5, "b", {{"block", 64}})};
  snapshot.points = std::make_shared<const std::vector<PointPtr>>(points);
  ViewState state;
  state.plan.device = "cuda:0";
  state.plan.shapes = {Problem{}.shape};
  state.ticked = {"a"};
  state.knobs = {{"block", 64}};
  const std::vector<PointPtr> over_block = matching_points(snapshot, state, "block");
  EXPECT_EQ(over_block, (std::vector<PointPtr>{points[3], points[1]})) << "the later of two stands for both";
  EXPECT_EQ(matching_points(snapshot, state, "columns"), (std::vector<PointPtr>{points[3], points[2]}));

  PointIndex index;
  index.follow(snapshot);
  EXPECT_EQ(matching_points(snapshot, state, "block", {}, &index), over_block);
  // An index of other points is not believed.
  Snapshot fewer = snapshot;
  fewer.points = std::make_shared<const std::vector<PointPtr>>(points.begin(), points.begin() + 2);
  EXPECT_EQ(matching_points(fewer, state, "block", {}, &index), (std::vector<PointPtr>{points[0], points[1]}));
}

TEST(MatchingPoints, ABaselineIsNoVariantEvenWhereItIsTicked) {
  Snapshot snapshot;
  snapshot.catalog = std::make_shared<const Catalog>();
  const std::vector<PointPtr> points = {point(1, "baseline/pytorch_eager", {}), point(2, "a", {})};
  snapshot.points = std::make_shared<const std::vector<PointPtr>>(points);
  ViewState state;
  state.recorded = true;
  state.plan.device = "cuda:0";
  state.plan.shapes = {Problem{}.shape};
  state.ticked = {"a", "baseline/pytorch_eager"};
  EXPECT_EQ(matching_points(snapshot, state, "block"), (std::vector<PointPtr>{points[1]}));
}

}  // namespace
}  // namespace knobscope::gui
