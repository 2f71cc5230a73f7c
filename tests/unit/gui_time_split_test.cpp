// What a point's time is made of, and what is said where a technique is missing.

#include <gtest/gtest.h>

#include "gui/views/time_split.h"

namespace knobscope::gui {
namespace {

Summary around(double median_ns, double minimum_ns) {
  Summary summary;
  summary.count = 20;
  summary.median = summary.ci_low = summary.ci_high = Nanoseconds(median_ns);
  summary.minimum = Nanoseconds(minimum_ns);
  return summary;
}

Point timed(const std::vector<Timing>& timings) {
  Point point;
  for (const Timing timing : timings) {
    const double median = timing == Timing::cold    ? 14'000.0
                          : timing == Timing::hot   ? 10'000.0
                          : timing == Timing::graph ? 9'000.0
                          : timing == Timing::wall  ? 21'000.0
                                                    : 13'500.0;
    point.summary(timing) = around(median, median - 500.0);
  }
  return point;
}

TEST(TimeSplit, AllThreeFromAllTechniques) {
  const auto [kernel, cache, launch] = split_time(timed({kTimings.begin(), kTimings.end()}));
  EXPECT_EQ(kernel.time, Nanoseconds(9'000.0));
  EXPECT_EQ(cache.time, Nanoseconds(4'000.0));
  EXPECT_EQ(launch.time, Nanoseconds(12'000.0));
  EXPECT_EQ(kernel.formula, "graph median 9.00\u2009µs");
  EXPECT_EQ(cache.formula, "cold 14.0\u2009µs − hot 10.0\u2009µs");
  EXPECT_EQ(launch.formula, "wall 21.0\u2009µs − kernel 9.00\u2009µs");
  for (const TimePart& part : {kernel, cache, launch}) EXPECT_TRUE(part.missing.empty()) << part.name;
}

TEST(TimeSplit, WithoutAGraphTheShortestHotRunIsTheKernel) {
  const auto [kernel, cache, launch] = split_time(timed({Timing::cold, Timing::hot}));
  EXPECT_EQ(kernel.time, Nanoseconds(9'500.0));
  EXPECT_EQ(cache.time, Nanoseconds(4'000.0)) << "medians: the minimum is a matter of luck";
  EXPECT_FALSE(launch.time) << "nobody has measured it";
  EXPECT_EQ(launch.missing, "time it wall");
}

TEST(TimeSplit, WhatIsMissingIsNeverMadeUp) {
  const auto missing = [](const std::vector<Timing>& timings) {
    std::vector<std::string> texts;
    for (const TimePart& part : split_time(timed(timings))) {
      EXPECT_EQ(part.time.has_value(), part.missing.empty()) << part.name;
      EXPECT_EQ(part.time.has_value(), !part.formula.empty()) << part.name;
      texts.push_back(part.missing);
    }
    return texts;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(missing({}), (Texts{"time it graph or hot", "time it cold and hot", "time it wall, and graph or hot"}));
  EXPECT_EQ(missing({Timing::cold}), (Texts{"time it graph or hot", "time it hot", "time it wall, and graph or hot"}));
  EXPECT_EQ(missing({Timing::wall}), (Texts{"time it graph or hot", "time it cold and hot", "time it graph or hot"}));
  EXPECT_EQ(missing({Timing::graph, Timing::wall}), (Texts{"", "time it cold and hot", ""}));
  EXPECT_EQ(missing({Timing::rotating}),
            (Texts{"time it graph or hot", "time it cold and hot", "time it wall, and graph or hot"}));
}

TEST(TimeSplit, NoiseMayMakeADifferenceNegative) {
  Point point = timed({Timing::cold, Timing::hot});
  point.hot_summary = around(14'100.0, 14'000.0);
  const auto [kernel, cache, launch] = split_time(point);
  EXPECT_EQ(cache.time, Nanoseconds(-100.0)) << "shown as it is";
}

TEST(TimeSplit, ANoteSaysWhyOrHow) {
  Point point = timed({Timing::cold});
  point.timing_notes = {{Timing::graph, "a CPU has no graphs"}, {Timing::cold, "2 of 20 samples may hold …"}};
  EXPECT_EQ(note_on(point, Timing::graph), "a CPU has no graphs");
  EXPECT_EQ(note_on(point, Timing::cold), "2 of 20 samples may hold …");
  EXPECT_EQ(note_on(point, Timing::wall), "not measured: --timing wall");
  point.timing_notes.clear();
  EXPECT_EQ(note_on(point, Timing::cold), "");
}

TEST(TimeSplit, TheLensLooksAtTheOneThatWasTimedMost) {
  const auto point = [](std::int64_t id, const std::vector<Timing>& timings, std::int64_t block, std::string source) {
    auto made = std::make_shared<Point>(timed(timings));
    made->request.id = id;
    made->request.knobs["block"] = block;
    made->source_hash = std::move(source);
    return made;
  };
  const std::vector<Timing> all(kTimings.begin(), kTimings.end());
  Snapshot snapshot;
  const PointPtr plain = point(1, {Timing::cold, Timing::hot}, 256, "a");
  const PointPtr alone = point(2, {Timing::cold}, 512, "a");
  snapshot.points = std::make_shared<const std::vector<PointPtr>>(
      std::vector<PointPtr>{plain, alone, point(3, all, 256, "a"), point(4, all, 256, "a"), point(5, all, 1024, "a"),
                            point(6, all, 256, "an older text"), point(7, {Timing::cold, Timing::hot}, 256, "a")});
  EXPECT_EQ(most_timed(snapshot, plain)->request.id, 4) << "the latest of those with all";
  EXPECT_EQ(most_timed(snapshot, alone), alone) << "another place is another point";
  EXPECT_EQ(most_timed(snapshot, (*snapshot.points)[3])->request.id, 4);
  EXPECT_EQ(most_timed(snapshot, (*snapshot.points)[2])->request.id, 3) << "what is selected stays";
}

}  // namespace
}  // namespace knobscope::gui
