// The launch chooser: which point wins, what ties with it, and what an unmeasured shape is given.

#include <gtest/gtest.h>

#include "core/best.h"

namespace knobscope {
namespace {

struct Given {
  std::vector<std::int64_t> shape = {64, 1024};
  std::string variant = "welford";
  std::int64_t block = 256;
  double median_us = 10.0;
  double half_width_us = 0.01;  ///< of the 95 % interval
  Verdict verdict = Verdict::pass;
  std::string source = "a";
  std::string when = "2026-01-01T00:00:00.000Z";
  Distribution distribution = {};
  bool hot_only = false;
  std::string device = "cuda:0";
};

PointPtr point(const Given& given) {
  auto made = std::make_shared<Point>();
  PointRequest& request = made->request;
  request.device = given.device;
  request.problem.shape = given.shape;
  request.problem.distribution = given.distribution;
  request.variant = "layernorm_forward/01_" + given.variant + ".cu";
  request.knobs = {{"block", given.block}};
  made->variant_name = given.variant;
  made->source_hash = given.source;
  made->verdict = given.verdict;
  made->environment.device_name = "A GPU";
  made->environment.started_at = given.when;
  Summary summary;
  summary.count = 20;
  summary.median = Nanoseconds(given.median_us * 1e3);
  summary.ci_low = Nanoseconds((given.median_us - given.half_width_us) * 1e3);
  summary.ci_high = Nanoseconds((given.median_us + given.half_width_us) * 1e3);
  (given.hot_only ? made->hot_summary : made->cold_summary) = summary;
  return made;
}

std::vector<BestTable> tables(const std::vector<PointPtr>& points) { return make_best_tables(points); }

const BestEntry& only_entry(const std::vector<BestTable>& tables) {
  EXPECT_EQ(tables.size(), 1U);
  EXPECT_EQ(tables.front().entries.size(), 1U);
  return tables.front().entries.front();
}

const FindMisfit kAllFit = [](const Point&, const Problem&) { return std::nullopt; };

Problem of_shape(std::vector<std::int64_t> shape) {
  Problem problem;
  problem.shape = std::move(shape);
  return problem;
}

TEST(CoreBest, TheFastestThatPassedWins) {
  const auto all = tables({point({.variant = "slow", .median_us = 12}), point({.variant = "fast", .median_us = 10}),
                           point({.variant = "wrong", .median_us = 5, .verdict = Verdict::wrong}),
                           point({.variant = "noisy", .median_us = 6, .verdict = Verdict::noisy}),
                           point({.variant = "throttled", .median_us = 7, .verdict = Verdict::throttled}),
                           point({.variant = "invalid", .median_us = 1, .verdict = Verdict::invalid})});
  const BestEntry& entry = only_entry(all);
  EXPECT_EQ(entry.winner().variant_name, "fast");
  EXPECT_EQ(entry.ties, 0U);
  EXPECT_FALSE(entry.noisy);
  EXPECT_EQ(entry.runner_up()->variant_name, "slow");
  EXPECT_EQ(entry.left_out, 4U);
}

TEST(CoreBest, NoisyOnlyWhereNothingPassed) {
  const auto all = tables({point({.variant = "noisy", .median_us = 6, .verdict = Verdict::noisy}),
                           point({.variant = "wrong", .median_us = 5, .verdict = Verdict::wrong})});
  EXPECT_EQ(only_entry(all).winner().variant_name, "noisy");
  EXPECT_TRUE(only_entry(all).noisy);
}

TEST(CoreBest, NothingRightIsNoEntry) {
  EXPECT_TRUE(tables({point({.verdict = Verdict::wrong}), point({.verdict = Verdict::unfit})}).empty());
  EXPECT_TRUE(tables({}).empty());
}

TEST(CoreBest, WrongOnceIsOut) {
  const auto all = tables({point({.variant = "racy", .median_us = 5, .verdict = Verdict::wrong, .when = "1"}),
                           point({.variant = "racy", .median_us = 5, .when = "2"}), point({.variant = "right"})});
  EXPECT_EQ(only_entry(all).winner().variant_name, "right");
  EXPECT_TRUE(only_entry(all).runner_up() == nullptr);
}

TEST(CoreBest, AnEarlierTextOfTheFileDoesNotCount) {
  // Wrong before it was changed, and a time it no longer reaches; sessions may come in any order.
  const auto all = tables({point({.variant = "mended", .median_us = 8, .source = "b", .when = "2"}),
                           point({.variant = "mended", .median_us = 4, .source = "a", .when = "1"}),
                           point({.variant = "mended", .verdict = Verdict::wrong, .source = "a", .when = "0"})});
  EXPECT_EQ(only_entry(all).winner().headline()->median.count(), 8e3);
}

TEST(CoreBest, TheLatestPassSpeaksForACandidate) {
  const auto all = tables({point({.median_us = 9, .when = "1"}), point({.median_us = 11, .when = "2"}),
                           point({.median_us = 3, .verdict = Verdict::noisy, .when = "3"})});
  EXPECT_EQ(only_entry(all).winner().headline()->median.count(), 11e3);
  EXPECT_EQ(only_entry(all).ranked.size(), 1U);
}

TEST(CoreBest, TiesOverlapOrAreWithinAPercent) {
  const auto all = tables({point({.block = 64, .median_us = 10.00, .half_width_us = 0.01}),
                           point({.block = 128, .median_us = 10.09, .half_width_us = 0.01}),    // within 1 %
                           point({.block = 256, .median_us = 10.20, .half_width_us = 0.01}),    // neither
                           point({.block = 512, .median_us = 10.50, .half_width_us = 0.60})});  // overlaps
  const BestEntry& entry = only_entry(all);
  EXPECT_EQ(entry.winner().request.knobs.at("block"), 64);
  ASSERT_EQ(entry.ties, 2U);
  EXPECT_EQ(entry.tied()[0]->request.knobs.at("block"), 128);
  EXPECT_EQ(entry.tied()[1]->request.knobs.at("block"), 512);
  EXPECT_EQ(entry.runner_up()->request.knobs.at("block"), 256);
}

TEST(CoreBest, AHotTimeIsNotComparedWithAColdOne) {
  const auto all = tables({point({.variant = "hot", .median_us = 2, .hot_only = true}), point({.variant = "cold"})});
  EXPECT_EQ(only_entry(all).winner().variant_name, "cold");
  const auto hot = tables({point({.variant = "hot", .median_us = 2, .hot_only = true})});
  EXPECT_EQ(only_entry(hot).winner().variant_name, "hot");
}

TEST(CoreBest, ShapesAreTheSameByTheirAxes) {
  Problem tall = of_shape({4, 16, 32, 32});
  tall.normalized_dims = 2;
  EXPECT_EQ(axes_of(tall), axes_of(of_shape({64, 1024})));
  Problem planes = of_shape({4, 16, 32, 8});
  planes.operation = Operation::batchnorm_training;
  EXPECT_EQ(axes_of(planes), (std::vector<ShapeAxis>{{"batch", 4}, {"channels", 16}, {"plane", 256}}));
  EXPECT_EQ(format_axes(axes_of(tall)), "rows 64, columns 1024");
}

TEST(CoreBest, DevicesTypesAndDistributionsHaveTablesOfTheirOwn) {
  const auto all = tables({point({}), point({.distribution = {DistributionKind::offset, 10}}),
                           point({.distribution = {DistributionKind::offset, 1000}}), point({.device = "cpu"}),
                           point({.device = "emulated"})});
  EXPECT_EQ(all.size(), 4U);
}

TEST(CoreBest, AnUnmeasuredShapeGetsTheNearestWinnerThatFits) {
  const auto all =
      tables({point({.shape = {64, 1024}, .variant = "near"}), point({.shape = {64, 8192}, .variant = "far"})});
  const BestTable& table = all.front();
  const BestChoice measured = choose_best(table, of_shape({64, 8192}), kAllFit);
  EXPECT_TRUE(measured.measured);
  EXPECT_EQ(measured.entry->winner().variant_name, "far");
  // 1500 is 0.55 octaves from 1024 and 2.45 from 8192.
  const BestChoice near = choose_best(table, of_shape({64, 1500}), kAllFit);
  EXPECT_FALSE(near.measured);
  EXPECT_EQ(near.entry->winner().variant_name, "near");
  EXPECT_NEAR(near.octaves, 0.5507, 1e-4);
  const FindMisfit near_does_not = [](const Point& winner, const Problem&) -> std::optional<std::string> {
    if (winner.variant_name == "near") return "the row is too long";
    return std::nullopt;
  };
  const BestChoice far = choose_best(table, of_shape({64, 1500}), near_does_not);
  EXPECT_EQ(far.entry->winner().variant_name, "far");
  ASSERT_EQ(far.passed_over.size(), 1U);
  EXPECT_EQ(far.passed_over.front().reason, "the row is too long");
  // What was measured fits, whatever rules say.
  EXPECT_EQ(choose_best(table, of_shape({64, 1024}), near_does_not).entry->winner().variant_name, "near");
  const BestChoice none = choose_best(table, of_shape({64, 1500}), [](const Point&, const Problem&) { return "no"; });
  EXPECT_EQ(none.entry, nullptr);
  EXPECT_EQ(none.passed_over.size(), 2U);
}

TEST(CoreBest, OfTwoAtTheSameDistanceTheShorterOne) {
  const auto all =
      tables({point({.shape = {64, 4096}, .variant = "long"}), point({.shape = {64, 1024}, .variant = "short"})});
  EXPECT_EQ(choose_best(all.front(), of_shape({64, 2048}), kAllFit).entry->winner().variant_name, "short");
}

TEST(CoreBest, OneShapeAloneIsTheSameAsItsEntry) {
  const std::vector<PointPtr> points = {point({.variant = "slow", .median_us = 12}), point({}),
                                        point({.shape = {1, 1}, .variant = "other", .median_us = 1})};
  const Problem asked = of_shape({64, 1024});
  const auto entry = find_best(points, key_of(asked, "cuda:0", "A GPU"), asked);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->ranked, tables(points).front().entries.back().ranked);
  EXPECT_FALSE(find_best(points, key_of(asked, "cuda:1", "A GPU"), asked));
  EXPECT_FALSE(find_best(points, key_of(asked, "cuda:0", "A GPU"), of_shape({0, 5})));
}

TEST(CoreBest, WhereElseTheWinnerWasWrong) {
  const Distribution far{DistributionKind::offset, 1000};
  const std::vector<PointPtr> points = {
      point({}), point({.block = 64, .verdict = Verdict::wrong, .distribution = far}),
      point({.block = 128, .verdict = Verdict::wrong, .distribution = far}),
      point({.verdict = Verdict::wrong, .source = "before", .distribution = {DistributionKind::outlier}}),
      point({.variant = "another", .verdict = Verdict::wrong, .distribution = {DistributionKind::nonfinite}})};
  EXPECT_EQ(wrong_elsewhere(points, *points.front()), std::vector<Distribution>{far});
}

TEST(CoreBest, AFileThatGotAnotherNumberIsTheSameVariant) {
  auto moved = std::make_shared<Point>(*point({.median_us = 20, .source = "b", .when = "3"}));
  moved->request.variant = "layernorm_forward/12_welford.cu";
  const auto all = tables({point({}), moved});
  EXPECT_EQ(only_entry(all).ranked.size(), 1U);
  EXPECT_EQ(only_entry(all).winner().request.variant, "layernorm_forward/12_welford.cu");
  Catalog catalog;
  catalog.variants.resize(2);
  catalog.variants[0].id = "layernorm_forward/03_welford.cpp";
  catalog.variants[1].id = "layernorm_forward/03_welford.cu";
  EXPECT_EQ(variant_of(*moved, catalog), &catalog.variants[1]);
  catalog.variants.pop_back();
  EXPECT_EQ(variant_of(*moved, catalog), nullptr);
}

TEST(CoreBest, EqualTimesHaveOneOrder) {
  const std::vector<PointPtr> one = {point({.variant = "a"}), point({.variant = "b"})};
  const std::vector<PointPtr> other = {one[1], one[0]};
  EXPECT_EQ(tables(one).front().entries.front().ranked, tables(other).front().entries.front().ranked);
}

}  // namespace
}  // namespace knobscope
