// What the window says of kernel records and counters: only what is known, each beside what it is compared with.

#include <algorithm>

#include <gtest/gtest.h>

#include "gui/views/profile_rows.h"

namespace knobscope::gui {
namespace {

std::string beside(const std::vector<ProfileRow>& rows, std::string_view name) {
  const auto row = std::ranges::find(rows, name, &ProfileRow::name);
  return row == rows.end() ? "no such row" : row->beside;
}

std::string value(const std::vector<ProfileRow>& rows, std::string_view name) {
  const auto row = std::ranges::find(rows, name, &ProfileRow::name);
  return row == rows.end() ? "no such row" : row->value;
}

Point counted() {
  Point point;
  point.cold_summary = Summary{.median = Nanoseconds(12'500.0)};
  point.modelled_reads = Bytes{4'000'000};
  point.modelled_writes = Bytes{4'000'000};
  point.compiled.occupancy = 0.75;
  point.bytes = {6'000'000};
  point.profile = Profile{.kernel = Summary{.median = Nanoseconds(10'000.0)},
                          .counters = Counters{.dram_read = {5'000'000},
                                               .dram_written = {1'000'000},
                                               .dram_left = {3'000'000},
                                               .l2_hit_rate = 0.5,
                                               .occupancy = 0.6},
                          .notes = {}};
  return point;
}

TEST(ProfileRows, StandBesideWhatTheyAreComparedWith) {
  const std::vector<ProfileRow> rows = profile_rows(counted());
  EXPECT_EQ(beside(rows, "kernel records"), "events + 2.50\u2009µs");
  EXPECT_NE(beside(rows, "memory read").find("model"), std::string::npos);
  EXPECT_NE(beside(rows, "memory written").find("model"), std::string::npos);
  EXPECT_EQ(value(rows, "of the model").substr(0, 3), "112");
  EXPECT_EQ(value(rows, "of the least").substr(0, 3), "150");
  EXPECT_NE(beside(rows, "occupancy").find("75"), std::string::npos);
  for (const ProfileRow& row : rows) EXPECT_TRUE(row.definition.ends_with('.')) << row.name;
}

TEST(ProfileRows, ShorterEventsThanRecordsAreSaidToBeShorter) {
  Point point = counted();
  point.cold_summary->median = Nanoseconds(9'000.0);
  EXPECT_EQ(beside(profile_rows(point), "kernel records"), "events − 1.00\u2009µs");
}

TEST(ProfileRows, WhatIsNotKnownHasNoRow) {
  Point point = counted();
  point.profile->counters.reset();
  EXPECT_EQ(profile_rows(point).size(), 1U);
  point.cold_summary.reset();
  EXPECT_EQ(beside(profile_rows(point), "kernel records"), "") << "nothing to compare it with";
  point.profile.reset();
  EXPECT_TRUE(profile_rows(point).empty());
}

TEST(ProfileRows, TheLatestProfileOfTheSamePlaceIsTaken) {
  Point point = counted();
  point.request.variant = "layernorm_forward/05_float4.cu";
  const auto with = [&](std::int64_t id, const auto& change) {
    auto made = std::make_shared<Point>(point);
    made->request.id = id;
    change(*made);
    return PointPtr(made);
  };
  Snapshot snapshot;
  snapshot.points = std::make_shared<const std::vector<PointPtr>>(std::vector<PointPtr>{
      with(1, [](Point&) {}),
      with(2, [](Point&) {}),
      with(3, [](Point& other) { other.profile.reset(); }),
      with(4, [](Point& other) { other.request.knobs["block"] = 64; }),
      with(5, [](Point& other) { other.source_hash = "changed"; }),
  });
  const PointPtr found = latest_profiled(snapshot, point);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->request.id, 2);
  EXPECT_FALSE(latest_profiled(Snapshot{}, point));
}

}  // namespace
}  // namespace knobscope::gui
