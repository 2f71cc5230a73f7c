// Looking at errors closely through a real worker on the CPU: regions, elements, queues, and workers that die of it.

#include <chrono>
#include <cmath>
#include <numeric>
#include <thread>

#include "worker/bench.h"

namespace knobscope::worker {
namespace {

ErrorRequest look_at(const std::string& file_stem, int slot = 0) {
  ErrorRequest request;
  request.slot = slot;
  request.point = Bench::request(file_stem);
  return request;
}

/// Asks and returns the answer, or an empty region when none came.
ErrorRegion looked(const Bench& bench, const ErrorRequest& request) {
  const auto slot = static_cast<std::size_t>(request.slot);
  const ErrorRegionPtr before = bench.client->snapshot()->error_regions[slot];
  bench.client->post(LookAtErrors{request});
  bench.wait([&](const Snapshot& now) { return now.error_regions[slot] != before; });
  const ErrorRegionPtr answer = bench.client->snapshot()->error_regions[slot];
  return answer ? *answer : ErrorRegion{};
}

std::int64_t sum(const UlpHistogram& histogram) {
  return std::accumulate(histogram.begin(), histogram.end(), std::int64_t{0});
}

TEST(Looking, TheWholeTensorHasTilesAndAHistogramAndTheSameErrorsAsThePoint) {
  Bench bench;
  bench.start();
  const PointPtr point = bench.measured(Bench::request("02_wrong_tail"));
  ErrorRequest request = look_at("02_wrong_tail");
  request.tile_rows = 8;
  request.tile_columns = 16;
  const ErrorRegion region = looked(bench, request);
  ASSERT_EQ(region.fault, "");
  EXPECT_LT(region.request.id, 0);
  EXPECT_EQ(region.request.output, "y");
  EXPECT_EQ(region.request.area, (Area{0, 0, 32, 64}));
  EXPECT_EQ(region.error, point->error->outputs.front());
  ASSERT_TRUE(region.map);
  EXPECT_EQ(region.map->tile_rows, 8);
  EXPECT_EQ(region.map->tile_columns, 16);
  EXPECT_EQ(region.map->tolerance, point->error->map->tolerance);
  // One element is wrong, the last of all.
  const auto& tiles = region.map->max_abs;
  EXPECT_GT(tiles.back(), 1e-3F);
  EXPECT_LT(*std::max_element(tiles.begin(), tiles.end() - 1), 1e-5F);
  EXPECT_EQ(sum(region.histogram), 32 * 64);
  EXPECT_FALSE(region.elements);
}

TEST(Looking, FewElementsAreListedWithValueReferenceAndUlp) {
  Bench bench;
  bench.start();
  ErrorRequest request = look_at("02_wrong_tail");
  request.area = {30, 60, 2, 4};
  const ErrorRegion region = looked(bench, request);
  ASSERT_TRUE(region.elements) << region.fault;
  const ErrorElements& elements = *region.elements;
  ASSERT_EQ(elements.values.size(), 8U);
  for (std::size_t at = 0; at < 8; ++at) {
    EXPECT_EQ(elements.fails(at), at == 7) << at;
    EXPECT_FALSE(elements.is_unwritten(at));
    const double difference = elements.values[at] - elements.references[at];
    EXPECT_EQ(std::signbit(elements.ulps[at]), std::signbit(difference) && difference != 0.0) << at;
    EXPECT_FLOAT_EQ(region.map->max_abs[at], static_cast<float>(std::abs(difference)));
  }
  EXPECT_EQ(region.error.failing, 1);
  EXPECT_EQ(region.error.first_bad, 31 * 64 + 63);
  EXPECT_EQ(region.error.elements, 8);
}

TEST(Looking, EachMeasureSaysWhichElementsFail) {
  Bench bench;
  bench.start();
  ErrorRequest request = look_at("02_wrong_tail");
  request.area = {31, 0, 1, 64};
  request.measure = ErrorMeasure::tolerance;
  const ErrorRegion share = looked(bench, request);
  ASSERT_TRUE(share.elements) << share.fault;
  EXPECT_EQ(share.map->tolerance, 1.0);
  for (std::size_t at = 0; at < 64; ++at) EXPECT_EQ(share.map->max_abs[at] > 1.0F, share.elements->fails(at)) << at;
  request.measure = ErrorMeasure::ulp;
  const ErrorRegion ulp = looked(bench, request);
  ASSERT_TRUE(ulp.elements) << ulp.fault;
  for (std::size_t at = 0; at < 64; ++at) {
    EXPECT_FLOAT_EQ(ulp.map->max_abs[at], static_cast<float>(std::abs(ulp.elements->ulps[at]))) << at;
  }
}

TEST(Looking, EveryOutputCanBeLookedAt) {
  Bench bench;
  bench.start();
  ErrorRequest request = look_at("03_unwritten_mean");
  request.output = "mean";
  const ErrorRegion mean = looked(bench, request);
  ASSERT_TRUE(mean.elements) << mean.fault;
  EXPECT_EQ(mean.view.rows, 1);
  EXPECT_EQ(mean.view.columns, 32);
  EXPECT_EQ(mean.error.unwritten, 3);
  EXPECT_EQ(mean.elements->unwritten.size(), 3U);
  for (const std::int64_t at : mean.elements->unwritten) {
    EXPECT_TRUE(mean.elements->fails(static_cast<std::size_t>(at)));
    EXPECT_TRUE(std::isinf(mean.map->max_abs[static_cast<std::size_t>(at)]));
  }
  EXPECT_EQ(sum(mean.histogram), 29) << "what was never written has no ULP";
  request.output = "rstd";
  EXPECT_EQ(looked(bench, request).error.failing, 0);
}

TEST(Looking, ASliceOfAHigherRankShowsTheElementsOfTheWhole) {
  Bench bench;
  bench.start();
  ErrorRequest request = look_at("02_wrong_tail");
  request.point.problem.shape = {4, 8, 64};
  request.slice = Slice{0, 2, {0, 7, 0}};
  const ErrorRegion slice = looked(bench, request);
  ASSERT_TRUE(slice.elements) << slice.fault;
  EXPECT_EQ(slice.view, (TensorView{4, 64, 7 * 64, 8 * 64, 1}));
  request.slice.reset();
  const ErrorRegion whole = looked(bench, request);
  ASSERT_TRUE(whole.elements) << whole.fault;
  for (std::int64_t row = 0; row < 4; ++row) {
    for (std::int64_t column = 0; column < 64; ++column) {
      EXPECT_EQ(slice.elements->values[static_cast<std::size_t>(row * 64 + column)],
                whole.elements->values[static_cast<std::size_t>(slice.view.index(row, column))]);
    }
  }
  EXPECT_EQ(slice.error.first_bad, whole.error.first_bad) << "an index in the tensor, not in the slice";
}

TEST(Looking, WhatCannotBeLookedAtSaysWhatToDo) {
  Bench bench;
  bench.start();
  const auto fault = [&](const std::function<void(ErrorRequest&)>& change) {
    ErrorRequest request = look_at("01_right");
    change(request);
    return looked(bench, request).fault;
  };
  EXPECT_EQ(fault([](ErrorRequest& request) { request.output = "z"; }),
            "right writes no output z; choose from y, mean, rstd");
  EXPECT_EQ(fault([](ErrorRequest& request) { request.area.row = 32; }),
            "y has 32 rows and 64 columns here; choose an area that begins inside");
  EXPECT_EQ(fault([](ErrorRequest& request) { request.tile_rows = 0; }),
            "a grid of 0 times 96 tiles is not possible; each side has 1 to 512");
  EXPECT_EQ(fault([](ErrorRequest& request) {
              request.slice = Slice{0, 1, {0, 0, 0}};
            }),
            "a slice of y needs 2 indices, one for each dimension");
  EXPECT_NE(fault([](ErrorRequest& request) {
              request.point.variant = "layernorm_forward/99_nothing.cpp";
            }).find("there is no kernel file"),
            std::string::npos);
  EXPECT_NE(fault([](ErrorRequest& request) { request.point.variant = "layernorm_forward/12_no_compile.cpp"; }), "");
  EXPECT_EQ(fault([](ErrorRequest&) {}), "") << "and it goes on";
}

TEST(Looking, AKernelThatKillsTheWorkerIsTheLooksFaultAndNothingElses) {
  Bench bench;
  bench.start();
  const ErrorRegion region = looked(bench, look_at("07_segfault"));
  EXPECT_NE(region.fault.find("during verify"), std::string::npos) << region.fault;
  EXPECT_TRUE(bench.client->snapshot()->points->empty());
  EXPECT_EQ(looked(bench, look_at("01_right", 1)).fault, "");
  EXPECT_EQ(bench.client->snapshot()->worker_restarts, 1);
}

TEST(Looking, AKernelThatHangsIsKilled) {
  Bench bench;
  bench.start();
  ErrorRequest request = look_at("10_hang");
  request.point.method.launch_limit_s = 1.0;
  EXPECT_NE(looked(bench, request).fault.find("the kernel hangs"), std::string::npos);
}

TEST(Looking, IsServedBetweenPointsAndTheLatestOfASlotOnly) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  PointRequest slow = Bench::request("13_slow", true);
  slow.method.time_limit_s = 1.0;
  slow.method.target_relative_error = 0.0;
  PointRequest next = slow;
  next.problem.seed = 2;
  bench.measure({slow, next});
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.live && now.live->cold; }));
  for (int column = 0; column < 5; ++column) {
    ErrorRequest request = look_at("01_right");
    request.area = {0, column, 1, 1};
    bench.client->post(LookAtErrors{request});
  }
  ASSERT_TRUE(bench.wait([](const Snapshot& now) { return now.error_regions[0] != nullptr; }));
  const SnapshotPtr now = bench.client->snapshot();
  EXPECT_EQ(now->points->size(), 1U) << "after the point that ran, before the one that waits";
  EXPECT_EQ(now->error_regions[0]->request.area.column, 4) << "older ones were replaced before they were sent";
  EXPECT_EQ(now->error_regions[0]->request.id, -5);
  ASSERT_TRUE(bench.wait_for_points(2));
}

TEST(Looking, IsServedWhilePaused) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  bench.client->post(SetPaused{true});
  EXPECT_EQ(looked(bench, look_at("01_right")).fault, "");
}

TEST(Looking, AnotherPointCancelsTheOneThatRuns) {
  Bench bench;
  bench.start();
  ASSERT_TRUE(bench.wait_until_ready());
  ErrorRequest large = look_at("01_right");
  large.point.problem.shape = {1 << 15, 1 << 11};  // takes its time on any machine
  bench.client->post(LookAtErrors{large});
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const ErrorRegion small = looked(bench, look_at("02_wrong_tail"));
  EXPECT_EQ(small.request.point.variant, "layernorm_forward/02_wrong_tail.cpp") << small.fault;
  EXPECT_EQ(bench.client->snapshot()->worker_restarts, 0);
}

}  // namespace
}  // namespace knobscope::worker
