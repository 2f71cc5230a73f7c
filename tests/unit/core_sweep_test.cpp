// The order of a sweep, what of it is known, and how long it will take.

#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "core/known_points.h"
#include "core/sweep_estimate.h"
#include "core/visit_order.h"

namespace knobscope {
namespace {

PointRequest request(std::int64_t rows, std::int64_t columns, std::int64_t block, const std::string& variant = "v") {
  PointRequest request;
  request.device = "cpu";
  request.problem.shape = {rows, columns};
  request.variant = variant;
  request.knobs = {{"block", block}};
  return request;
}

PointPtr point(PointRequest request, double seconds, std::int64_t id = 1) {
  auto point = std::make_shared<Point>();
  point->request = std::move(request);
  point->request.id = id;
  if (seconds > 0.0) {
    point->spent = TimeSpent{};
    (*point->spent)[Expense::compile] = seconds;
  }
  return point;
}

TEST(VisitOrder, EndsThenMiddles) {
  EXPECT_TRUE(halving_steps(0).empty());
  EXPECT_EQ(halving_steps(1), (std::vector<int>{0}));
  EXPECT_EQ(halving_steps(2), (std::vector<int>{0, 0}));
  EXPECT_EQ(halving_steps(3), (std::vector<int>{0, 1, 0}));
  EXPECT_EQ(halving_steps(9), (std::vector<int>{0, 3, 2, 3, 1, 3, 2, 3, 0}));
  EXPECT_EQ(halving_steps(6), (std::vector<int>{0, 2, 1, 2, 3, 0}));
}

TEST(VisitOrder, EveryPointOnceAndAtAnyTimeSpreadOverTheMap) {
  std::vector<PointRequest> points;
  for (std::int64_t rows = 1; rows <= 256; rows *= 2) {
    for (std::int64_t block = 32; block <= 8192; block *= 2) points.push_back(request(rows, 64, block));
  }
  const std::vector<PointRequest> ordered = coarse_to_fine(points);
  ASSERT_EQ(ordered.size(), 81U);
  for (const PointRequest& each : points) EXPECT_EQ(std::ranges::count(ordered, each), 1);
  // The four corners, then the grid of nine, then that of twenty-five.
  const auto is_on = [&](const PointRequest& each, int stride) {
    const auto at = std::ranges::find(points, each) - points.begin();
    return (at / 9) % stride == 0 && (at % 9) % stride == 0;
  };
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(is_on(ordered[i], 8)) << i;
  for (std::size_t i = 0; i < 9; ++i) EXPECT_TRUE(is_on(ordered[i], 4)) << i;
  for (std::size_t i = 0; i < 25; ++i) EXPECT_TRUE(is_on(ordered[i], 2)) << i;
}

TEST(VisitOrder, EachVariantHasItsCoarsePointsFirst) {
  std::vector<PointRequest> points;
  for (const char* variant : {"a", "b"}) {
    for (const std::int64_t block : {32, 64, 128}) points.push_back(request(1, 1, block, variant));
  }
  const std::vector<PointRequest> ordered = coarse_to_fine(points);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NE(ordered[i].knobs.at("block"), 64) << i;
  EXPECT_EQ(ordered[0].variant, "a");
  EXPECT_EQ(ordered[2].variant, "b") << "equally coarse points stay in their order";
}

TEST(KnownPoints, AreFoundUnlessTheirSourceHasChanged) {
  Catalog catalog;
  Variant variant;
  variant.id = "v";
  variant.source_hash = "now";
  catalog.variants.push_back(variant);
  auto old = std::make_shared<Point>(*point(request(1, 2, 3), 0.0));
  old->source_hash = "before";
  auto fresh = std::make_shared<Point>(*point(request(1, 2, 4), 0.0));
  fresh->source_hash = "now";
  const std::vector<PointPtr> points = {old, fresh, point(request(1, 2, 5, "elsewhere"), 0.0)};
  PointRequest other_method = request(1, 2, 4);
  other_method.method.max_samples = 3;
  const std::vector<PointRequest> missing = missing_points(
      {request(1, 2, 3), request(1, 2, 4), other_method, request(1, 2, 5, "elsewhere"), request(2, 2, 4)}, points,
      catalog);
  EXPECT_EQ(missing, (std::vector<PointRequest>{request(1, 2, 3), other_method, request(2, 2, 4)}));
}

TEST(SweepEstimate, LearnsFromWhatWasMeasuredOnTheSameDevice) {
  const std::vector<PointPtr> measured = {point(request(1, 1, 1, "slow"), 4.0), point(request(1, 1, 1, "fast"), 1.0),
                                          point(request(1, 1, 2, "fast"), 1.0)};
  const std::vector<PointRequest> wanted = {request(2, 2, 2, "slow"), request(2, 2, 2, "fast"),
                                            request(2, 2, 2, "new")};
  const SweepEstimate estimate = estimate_sweep(wanted, measured);
  EXPECT_EQ(estimate.points, 3);
  EXPECT_EQ(estimate.learned_from, 3);
  EXPECT_DOUBLE_EQ(estimate.seconds, 4.0 + 1.0 + 2.0) << "one without a past takes the mean of all";
  EXPECT_EQ(words_of(estimate), "about 7 s, by 3 points measured before");
  PointRequest elsewhere = request(2, 2, 2, "slow");
  elsewhere.device = "cuda:0";
  elsewhere.method.time_limit_s = 0.5;
  const SweepEstimate bound = estimate_sweep(std::vector{elsewhere}, measured);
  EXPECT_EQ(bound.learned_from, 0);
  EXPECT_DOUBLE_EQ(bound.seconds, 1.3) << "cold and hot, half a second each";
  EXPECT_EQ(words_of(bound), "at most about 2 s, by the method's limits");
}

TEST(SweepEstimate, PointsOfAFileTellByTheirStarts) {
  std::vector<PointPtr> measured;
  for (const char* start : {"2026-01-31T23:59:58.000Z", "2026-01-31T23:59:59.500Z", "2026-02-01T00:00:01.000Z",
                            "2026-02-01T07:00:00.000Z", "not a time"}) {
    auto each = std::make_shared<Point>(*point(request(1, 1, 1), 0.0));
    each->environment.started_at = start;
    measured.push_back(each);
  }
  const SweepEstimate estimate = estimate_sweep(std::vector{request(3, 3, 3), request(3, 3, 4)}, measured);
  EXPECT_EQ(estimate.learned_from, 2) << "the night was no measuring";
  EXPECT_DOUBLE_EQ(estimate.seconds, 3.0);
}

TEST(SweepEstimate, ThePlayOfMoreElementsTakesLonger) {
  PointRequest small = request(1, 1, 1);
  small.device = "emulated";
  PointRequest large = request(65'536, 9, 1);
  large.device = "emulated";
  EXPECT_NEAR(estimate_sweep(std::vector{large}, std::vector{point(small, 0.5)}).seconds, 5.0, 1e-3);
}

}  // namespace
}  // namespace knobscope
