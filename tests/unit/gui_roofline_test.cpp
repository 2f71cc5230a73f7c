// The roofline: points by operations a byte and a second, under the ceilings of their size.

#include <cmath>

#include <gtest/gtest.h>

#include "gui/views/roofline.h"

namespace knobscope::gui {
namespace {

constexpr const char* kA = "layernorm_forward/01_a.cu";

class RooflineTest : public testing::Test {
 protected:
  RooflineTest() {
    Variant variant;
    variant.id = kA;
    variant.types = {ElementType::f32};
    variant.knobs = {{"block", {64, 128, 256}, 128, ""}};
    auto catalog = std::make_shared<Catalog>();
    catalog->variants = {variant};
    snapshot_.catalog = catalog;
    DeviceFacts gpu;
    gpu.id = "cuda:0";
    gpu.kind = DeviceKind::cuda;
    gpu.compute_capability = 90;
    gpu.multiprocessors = 100;
    snapshot_.devices = {gpu};
    state_.plan.device = "cuda:0";
    state_.ticked = {kA};
    state_.knobs = {{"block", 128}};
  }

  Point& add(std::int64_t block, double median_ns) {
    auto point = std::make_shared<Point>();
    point->request.id = static_cast<std::int64_t>(points_->size()) + 1;
    point->request.device = "cuda:0";
    point->request.variant = kA;
    point->request.knobs = {{"block", block}};
    point->verdict = Verdict::pass;
    point->bytes = {268'435'456};
    point->environment.sm_clock_mhz = 1000.0;
    if (median_ns > 0.0) {
      Summary summary;
      summary.median = summary.ci_low = summary.ci_high = Nanoseconds(median_ns);
      point->cold_summary = summary;
    }
    points_->push_back(point);
    snapshot_.points = points_;
    return *point;
  }

  Roofline made() const { return make_roofline(snapshot_, state_); }

  Snapshot snapshot_;
  ViewState state_;
  std::shared_ptr<std::vector<PointPtr>> points_ = std::make_shared<std::vector<PointPtr>>();
};

TEST_F(RooflineTest, AllKnobsStandAtWhatTheyMoveAndCompute) {
  const double operations = 7.0 * 8192.0 * 4096.0;
  add(64, 100e3);
  Point& twice = add(128, 50e3);
  twice.modelled_reads = Bytes{2 * 134'217'728};
  twice.modelled_writes = Bytes{134'217'728};
  add(256, 0.0);
  const Roofline roofline = made();
  ASSERT_EQ(roofline.set.lines.size(), 1U);
  const auto& points = roofline.set.lines[0].points;
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(roofline.without, 1U);
  EXPECT_DOUBLE_EQ(points[0].x, operations / (3 * 134'217'728.0)) << "moving more is less intense";
  EXPECT_DOUBLE_EQ(*points[0].y, operations / 50e-6);
  EXPECT_DOUBLE_EQ(points[1].x, operations / 268'435'456.0);
  EXPECT_DOUBLE_EQ(*points[1].y, operations / 100e-6);
  EXPECT_DOUBLE_EQ(points[1].position, std::log2(points[1].x));
}

TEST_F(RooflineTest, RoofsAreTheSizesWhereKnownElseTheDevices) {
  Point& point = add(64, 100e3);
  snapshot_.ceilings = {Ceiling{"cuda:0", {4e12}, {4.4e12}, {1 << 30}, {}}};
  Roofline roofline = made();
  ASSERT_EQ(roofline.roofs.size(), 2U) << "nobody measured a write";
  EXPECT_EQ(roofline.roofs[0].kind, "copy");
  EXPECT_FALSE(roofline.roofs[0].size);
  point.size_ceilings = {{Timing::hot, {268'000'000}, {9e12}, {9e12}, BytesPerSecond{9e12}, {}},
                         {Timing::cold, {268'000'000}, {3e12}, {3.5e12}, {}, BytesPerSecond{3.8e12}}};
  roofline = made();
  ASSERT_EQ(roofline.roofs.size(), 3U);
  EXPECT_EQ(roofline.roofs[0].bandwidth, BytesPerSecond{3.5e12}) << "by the technique of the points' times";
  EXPECT_EQ(roofline.roofs[0].size, Bytes{268'000'000});
  EXPECT_EQ(roofline.roofs[1].bandwidth, BytesPerSecond{4.4e12});
  EXPECT_FALSE(roofline.roofs[1].size);
  EXPECT_EQ(roofline.roofs[2].kind, "write");
}

TEST_F(RooflineTest, ThePeakCutsTheRoofsAndTheRidgeIsShown) {
  add(64, 100e3).size_ceilings = {{Timing::cold, {268'000'000}, {4e12}, {4e12}, {}, {}}};
  const Roofline roofline = made();
  const double peak = 100.0 * 128 * 2 * 1e9;
  ASSERT_TRUE(roofline.peak);
  EXPECT_DOUBLE_EQ(*roofline.peak, peak);
  const double ridge = peak / 4e12;
  EXPECT_LT(roofline.left, 7.0 / 8.0);
  EXPECT_GT(roofline.right, ridge);
  EXPECT_DOUBLE_EQ(roofline.height(roofline.roofs[0], ridge / 2.0), peak / 2.0);
  EXPECT_DOUBLE_EQ(roofline.height(roofline.roofs[0], ridge * 2.0), peak);
  EXPECT_GE(*roofline.set.y_max, peak);
  EXPECT_EQ(roofline.set.ticks.front().position, std::log2(roofline.left));
  EXPECT_EQ(roofline.set.ticks.back().position, std::log2(roofline.right));
}

TEST_F(RooflineTest, WithoutAClockThereIsNoFlatRoof) {
  add(64, 100e3).environment.sm_clock_mhz.reset();
  snapshot_.ceilings = {Ceiling{"cuda:0", {4e12}, {4.4e12}, {1 << 30}, BytesPerSecond{4e12}}};
  const Roofline roofline = made();
  EXPECT_FALSE(roofline.peak);
  EXPECT_EQ(roofline.roofs.size(), 3U);
  EXPECT_DOUBLE_EQ(roofline.height(roofline.roofs[0], 100.0), 4e14);
}

TEST_F(RooflineTest, OfNothingThereIsNothing) {
  EXPECT_TRUE(made().set.empty());
  add(64, 0.0);
  EXPECT_TRUE(made().set.empty());
}

}  // namespace
}  // namespace knobscope::gui
