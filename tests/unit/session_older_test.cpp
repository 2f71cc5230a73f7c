// Session files that older versions have written are read, and brought up when something is added.

#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "session/session.h"
#include "session_compare.h"
#include "session_samples.h"

namespace knobscope::session {
namespace {

namespace fs = std::filesystem;
using testing::bytes_of;
using testing::emulated_point;
using testing::expect_same;
using testing::TestFolder;

/// Written by an older version: part of what an H200 recorded.
fs::path recorded_session(int version) {
  return fs::path(KNOBSCOPE_SOURCE_DIR) / "tests" / "unit" / "sessions" / fmt::format("version_{}.session", version);
}

std::int64_t version_of(const fs::path& file) {
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &statement, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  const std::int64_t version = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return version;
}

class OlderSession : public ::testing::TestWithParam<int> {};

INSTANTIATE_TEST_SUITE_P(Versions, OlderSession, ::testing::Values(1, 2, 3, 4, 5, 6));

TEST_P(OlderSession, IsReadAsItIs) {
  const fs::path file = recorded_session(GetParam());
  ASSERT_EQ(version_of(file), GetParam()) << "the recording this test is about was replaced";
  const std::string before = bytes_of(file);
  const Recorded recorded = load(file);
  ASSERT_FALSE(recorded.points.empty());
  for (const PointPtr& point : recorded.points) {
    EXPECT_FALSE(point->spent) << "kept from version 7 on";
    if (GetParam() >= 6) {
      EXPECT_TRUE(point->request.method.recheck);
      EXPECT_FALSE(point->size_ceilings.empty() || point->series_environments.empty());
      continue;
    }
    EXPECT_TRUE(point->findings.empty());
    EXPECT_EQ(point->request.method.cold_stopping, StoppingCriterion::rse);
    EXPECT_EQ(point->request.method.hot_stopping, StoppingCriterion::rse);
    EXPECT_EQ(point->request.method.min_time_s, 0.0);
    EXPECT_EQ(point->request.method.max_noise, Method{}.max_noise);
    EXPECT_EQ(point->request.method.max_angle, Method{}.max_angle);
    EXPECT_EQ(point->request.method.min_r2, Method{}.min_r2);
    EXPECT_EQ(point->request.method.target_samples, Method{}.target_samples);
    EXPECT_EQ(point->request.method.throttle_threshold, Method{}.throttle_threshold);
    EXPECT_EQ(point->request.method.throttle_recovery_s, Method{}.throttle_recovery_s);
    EXPECT_TRUE(point->series_environments.empty());
    EXPECT_FALSE(point->environment.expected_sm_clock_mhz || point->environment.other_processes);
    EXPECT_EQ(point->request.method.timings(), (std::vector<Timing>{Timing::cold, Timing::hot}));
    EXPECT_TRUE(point->cold_summary && point->hot_summary);
    EXPECT_TRUE(point->timing_notes.empty());
    EXPECT_FALSE(point->window);
    EXPECT_FALSE(point->request.method.recheck) << "nobody did";
    EXPECT_FALSE(point->rival || point->request.against);
    EXPECT_FALSE(point->request.method.counters);
    EXPECT_FALSE(point->profile || point->event_overhead);
    EXPECT_FALSE(point->compiled.resident_blocks || point->compiled.occupancy_limit);
    EXPECT_FALSE(point->ceiling && point->ceiling->write);
    for (const SizeCeiling& ceiling : point->size_ceilings) {
      EXPECT_EQ(ceiling.timing, Timing::cold);
      EXPECT_GT(ceiling.copy.value, 0.0);
      EXPECT_FALSE(ceiling.read || ceiling.write);
    }
    if (GetParam() >= 3) {
      EXPECT_EQ(point->size_ceilings.size(), 1U) << "copies of the size were kept from version 3 on";
      continue;
    }
    EXPECT_EQ(point->request.method.thorough, Method{}.thorough);
    EXPECT_EQ(point->request.problem.layout, Layout::nchw);
    EXPECT_EQ(point->request.problem.activation, Activation::none);
    EXPECT_TRUE(point->size_ceilings.empty());
  }
  EXPECT_EQ(bytes_of(file), before);
}

TEST_P(OlderSession, IsBroughtUpWhenWrittenIntoAndKeepsWhatItHolds) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "older";
  fs::copy_file(recorded_session(GetParam()), file);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  const Recorded before = load(file);
  Point quick = emulated_point(0);
  quick.request.method.thorough = false;
  {
    Writer writer(file);
    quick.request.id = writer.next_point_id();
    writer.add(quick);
  }
  EXPECT_EQ(version_of(file), 7);
  const Recorded after = load(file);
  ASSERT_EQ(after.points.size(), before.points.size() + 1);
  for (std::size_t i = 0; i < before.points.size(); ++i) expect_same(*after.points[i], *before.points[i]);
  expect_same(*after.points.back(), quick);
  EXPECT_EQ(after.devices, before.devices);
  EXPECT_EQ(after.plans, before.plans);
  EXPECT_EQ(after.created_at, before.created_at);
  { Writer again(file); }
  EXPECT_EQ(load(file).points.size(), after.points.size()) << "and once is enough";
}

}  // namespace
}  // namespace knobscope::session
