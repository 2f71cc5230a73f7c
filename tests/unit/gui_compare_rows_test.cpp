// The compare lens' rows: what is compared with what, and in which order it stands.

#include <chrono>

#include <gtest/gtest.h>

#include "gui/views/compare_rows.h"

namespace knobscope::gui {
namespace {

constexpr const char* kA = "layernorm_forward/01_a.cu";
constexpr const char* kB = "layernorm_forward/02_b.cu";

class CompareRowsTest : public testing::Test {
 protected:
  CompareRowsTest() {
    auto catalog = std::make_shared<Catalog>();
    for (const char* id : {kA, kB}) {
      Variant variant;
      variant.id = id;
      variant.types = {ElementType::f32};
      variant.knobs = {{"block", {64, 128, 256}, 128, ""}};
      catalog->variants.push_back(variant);
    }
    snapshot_.catalog = catalog;
    state_.plan.device = "cuda:0";
    state_.ticked = {kA, kB};
    state_.knobs = {{"block", 128}};
  }

  PointPtr made(const char* variant, std::int64_t block, double median_ns, Verdict verdict = Verdict::pass,
                const char* device = "cuda:0") {
    auto point = std::make_shared<Point>();
    point->request.id = ++ids_;
    point->request.device = device;
    point->request.variant = variant;
    point->request.knobs = {{"block", block}};
    point->environment.device_name = "A GPU";
    point->verdict = verdict;
    std::vector<double> samples;
    for (int i = -10; i <= 10; ++i) samples.push_back(median_ns * (1.0 + 0.0005 * i));
    point->cold = std::make_shared<const std::vector<double>>(samples);
    point->cold_summary = summarize(samples);
    return point;
  }

  void show(std::vector<PointPtr> points) {
    snapshot_.points = std::make_shared<const std::vector<PointPtr>>(std::move(points));
  }

  Snapshot snapshot_;
  ViewState state_;
  Comparer comparer_;
  std::int64_t ids_ = 0;
};

TEST_F(CompareRowsTest, PointsStandInTheOrderOfTheirRatioOverTheBaseline) {
  const PointPtr base = made(kA, 128, 1000.0);
  const PointPtr slow = made(kA, 64, 1200.0);
  const PointPtr same = made(kB, 64, 1002.0);
  const PointPtr fast = made(kB, 128, 800.0);
  const PointPtr wrong = made(kB, 256, 100.0, Verdict::wrong);
  show({base, slow, same, fast, wrong});
  comparer_.choose(snapshot_, state_, [&](const Point&) { return base; });
  const CompareRows rows = comparer_.go_on();
  ASSERT_EQ(rows.rows.size(), 4U) << "not the baseline over itself";
  EXPECT_EQ(rows.with_ratio, 3U);
  EXPECT_EQ(rows.rows[0].next, fast);
  EXPECT_EQ(rows.rows[1].next, same);
  EXPECT_EQ(rows.rows[2].next, slow);
  EXPECT_TRUE(rows.rows[3].broken) << "right here, wrong there";
  EXPECT_EQ(rows.count(Change::faster), 1);
  EXPECT_EQ(rows.count(Change::same), 1);
  EXPECT_EQ(rows.count(Change::slower), 1);
  EXPECT_EQ(rows.broken(), 1);

  const SeriesSet set = series_of(rows, snapshot_, state_);
  ASSERT_EQ(set.lines.size(), 2U) << "a line a variant";
  ASSERT_EQ(set.lines[1].points.size(), 3U);
  EXPECT_DOUBLE_EQ(set.lines[1].points[0].position, 1.0);
  EXPECT_NEAR(*set.lines[1].points[0].y, 0.8, 1e-9);
  EXPECT_LE(set.lines[1].points[0].low, *set.lines[1].points[0].y);
  EXPECT_GE(set.lines[1].points[0].high, *set.lines[1].points[0].y);
  EXPECT_FALSE(set.lines[1].points[2].y) << "what has no ratio stands on the floor";
}

TEST_F(CompareRowsTest, WithoutABaselineThereIsNothing) {
  show({made(kA, 128, 1000.0)});
  comparer_.choose(snapshot_, state_, [](const Point&) { return nullptr; });
  EXPECT_TRUE(comparer_.go_on().rows.empty());
}

TEST_F(CompareRowsTest, WithoutPatienceEachCallComparesOneMoreTheFastestFirst) {
  const PointPtr base = made(kA, 128, 1000.0);
  const PointPtr slow = made(kA, 64, 1200.0);
  const PointPtr fast = made(kB, 128, 800.0);
  const PointPtr same = made(kB, 64, 1002.0);
  show({base, slow, fast, same});
  comparer_.choose(snapshot_, state_, [&](const Point&) { return base; });
  CompareRows rows = comparer_.go_on(std::chrono::nanoseconds(0));
  ASSERT_EQ(rows.rows.size(), 1U);
  EXPECT_EQ(rows.rows.front().next, fast);
  EXPECT_EQ(rows.waiting, 2U);
  rows = comparer_.go_on(std::chrono::nanoseconds(0));
  EXPECT_EQ(rows.rows.size(), 2U);
  rows = comparer_.go_on(std::chrono::nanoseconds(0));
  ASSERT_EQ(rows.rows.size(), 3U);
  EXPECT_EQ(rows.rows.back().next, slow);
  EXPECT_EQ(rows.waiting, 0U);
  // Others are chosen: those before are forgotten.
  show({base, slow});
  comparer_.choose(snapshot_, state_, [&](const Point&) { return base; });
  EXPECT_EQ(comparer_.go_on().rows.size(), 1U);
}

TEST_F(CompareRowsTest, AnOlderSessionIsComparedChoiceByChoice) {
  DeviceFacts device;
  device.id = "cuda:0";
  device.name = "A GPU";
  snapshot_.devices = {device};
  // Recorded where the GPU had another number.
  const std::vector<PointPtr> before = {made(kA, 64, 1000.0, Verdict::pass, "cuda:1"),
                                        made(kA, 128, 1000.0, Verdict::pass, "cuda:1"),
                                        made(kB, 64, 1000.0, Verdict::pass, "cuda:1")};
  show({made(kA, 64, 1100.0), made(kA, 128, 900.0), made(kB, 256, 1000.0)});
  comparer_.choose_sessions(before, snapshot_, state_);
  const CompareRows rows = comparer_.go_on();
  ASSERT_EQ(rows.rows.size(), 2U);
  EXPECT_EQ(rows.rows[0].next->request.knobs.at("block"), 128);
  EXPECT_EQ(rows.rows[0].comparison.change, Change::faster);
  EXPECT_EQ(rows.rows[1].comparison.change, Change::slower);
}

TEST_F(CompareRowsTest, AnotherOperationIsNotCompared) {
  const PointPtr base = made(kA, 64, 1000.0);
  show({made(kA, 64, 1100.0)});
  state_.plan.operation = Operation::batchnorm_inference;
  comparer_.choose_sessions(std::vector<PointPtr>{base}, snapshot_, state_);
  EXPECT_TRUE(comparer_.go_on().rows.empty());
}

}  // namespace
}  // namespace knobscope::gui
