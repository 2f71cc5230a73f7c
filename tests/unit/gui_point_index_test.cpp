// The index finds what looking through all points finds.

#include <gtest/gtest.h>

#include "gui/views/point_index.h"
#include "gui/views/series.h"

namespace knobscope::gui {
namespace {

PointPtr point(std::int64_t id, const char* variant, std::int64_t block, const char* device = "cuda:0") {
  auto made = std::make_shared<Point>();
  made->request.id = id;
  made->request.device = device;
  made->request.variant = variant;
  made->request.knobs = {{"block", block}};
  made->variant_title = std::string(variant) + " " + std::to_string(id);
  return made;
}

Snapshot snapshot_of(std::vector<PointPtr> points) {
  Snapshot snapshot;
  snapshot.points = std::make_shared<const std::vector<PointPtr>>(std::move(points));
  return snapshot;
}

TEST(PointIndex, FindsByIdAndByPlace) {
  const Snapshot snapshot = snapshot_of({point(3, "a", 32), point(5, "a", 64), point(7, "b", 32), point(9, "a", 32)});
  PointIndex index;
  index.follow(snapshot);
  for (const PointPtr& each : *snapshot.points) EXPECT_EQ(index.find(each->request.id), each);
  EXPECT_EQ(index.find(4), nullptr);
  PointRequest wanted = snapshot.points->front()->request;
  wanted.id = 0;
  ASSERT_EQ(index.beside(wanted).size(), 2U);
  EXPECT_EQ(index.beside(wanted).back()->request.id, 9);
  wanted.knobs["block"] = 96;
  EXPECT_TRUE(index.beside(wanted).empty());
}

TEST(PointIndex, KnowsTheVariantsOfEachDeviceInOrderOfAppearance) {
  const Snapshot snapshot = snapshot_of({point(1, "b", 32), point(2, "a", 64), point(3, "b", 64, "cpu")});
  PointIndex index;
  index.follow(snapshot);
  const auto seen = index.variants("cuda:0", Operation::layernorm_forward);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].id, "b");
  EXPECT_EQ(seen[1].title, "a 2");
  EXPECT_TRUE(seen[1].knobs.contains("block"));
  EXPECT_TRUE(index.variants("cuda:0", Operation::batchnorm_training).empty());
  EXPECT_EQ(index.variants("cpu", Operation::layernorm_forward).size(), 1U);
  EXPECT_EQ(index.variant("nobody", Operation::layernorm_forward), nullptr);
  EXPECT_EQ(series_slots(snapshot, Operation::layernorm_forward, DeviceKind::cuda),
            series_slots(snapshot, Operation::layernorm_forward, DeviceKind::cuda, &index));
}

TEST(PointIndex, AGrownListIsAddedToAndAnotherOneBeginsAfresh) {
  std::vector<PointPtr> points = {point(1, "a", 32), point(2, "a", 64)};
  PointIndex index;
  index.follow(snapshot_of(points));
  points.push_back(point(3, "c", 32));
  const Snapshot grown = snapshot_of(points);
  index.follow(grown);
  EXPECT_EQ(index.find(1), points[0]);
  EXPECT_EQ(index.find(3), points[2]);
  EXPECT_EQ(index.variants("cuda:0", Operation::layernorm_forward).size(), 2U);
  index.follow(snapshot_of({point(8, "d", 32)}));
  EXPECT_EQ(index.find(1), nullptr);
  EXPECT_NE(index.find(8), nullptr);
  EXPECT_EQ(index.variants("cuda:0", Operation::layernorm_forward).size(), 1U);
  index.follow(snapshot_of({}));
  EXPECT_EQ(index.find(8), nullptr);
}

}  // namespace
}  // namespace knobscope::gui
