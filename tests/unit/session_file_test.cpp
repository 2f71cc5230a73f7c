// What is written into a session comes back, whatever happens to the writer and to the file.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <functional>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "session/session.h"
#include "session_compare.h"
#include "session_samples.h"

namespace knobscope::session {
namespace {

namespace fs = std::filesystem;
using testing::bytes_of;
using testing::emulated_point;
using testing::expect_same;
using testing::failed_point;
using testing::full_point;
using testing::passing_point;
using testing::TestFolder;

void write_bytes(const fs::path& file, std::string_view bytes) { std::ofstream(file, std::ios::binary) << bytes; }

/// The one sentence that load() says.
std::string fault_of(const fs::path& file) {
  try {
    load(file);
  } catch (const SessionError& error) {
    return error.what();
  }
  return "no fault";
}

DeviceFacts full_device() {
  return {.id = "cuda:1",
          .kind = DeviceKind::cuda,
          .name = "NVIDIA H200",
          .uuid = {},  // not kept in sessions
          .driver_version = "580.159.04",
          .toolkit_version = "NVRTC 13.0",
          .memory = {141LL << 30},
          .last_level_cache = {60 << 20},
          .peak_bandwidth = BytesPerSecond{4.8e12},
          .compute_capability = 90,
          .multiprocessors = 132,
          .warp_size = 31,
          .max_threads_per_block = 1023,
          .max_threads_per_multiprocessor = 2047,
          .registers_per_multiprocessor = 65535,
          .shared_per_block = {48 << 10},
          .shared_per_block_optin = {227 << 10},
          .shared_per_multiprocessor = {228 << 10},
          .cooperative_launch = true,
          .clusters = true};
}

TEST(Session, ReadingTellsHowFarItIsAndEndsWhenAsked) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "a.session";
  {
    Writer writer(file);
    for (int id = 1; id <= 400; ++id) writer.add(passing_point(id));
  }
  std::vector<double> shares;
  const auto take = [&shares](double share) {
    shares.push_back(share);
    return true;
  };
  EXPECT_EQ(load(file, take).points.size(), 400U);
  ASSERT_GE(shares.size(), 3U);
  EXPECT_TRUE(std::ranges::is_sorted(shares));
  EXPECT_GT(shares.back(), 0.5);
  EXPECT_LE(shares.back(), 1.0);
  EXPECT_THROW(load(file, [](double share) { return share < 0.3; }), LoadCancelled);
}

TEST(Session, EveryFieldOfAPointComesBack) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "a.session";
  Point nan = passing_point(9);
  nan.error->outputs[0].max_rel = std::nan("");
  {
    Writer writer(file);
    writer.add(full_point(7));
    writer.add(failed_point(3));
    writer.add(nan);
    EXPECT_EQ(writer.next_point_id(), 10);
    writer.add(emulated_point(10));
  }
  const Recorded recorded = load(file);
  ASSERT_EQ(recorded.points.size(), 4U);  // in the order measured, not of ids
  expect_same(*recorded.points[0], full_point(7));
  expect_same(*recorded.points[1], failed_point(3));
  EXPECT_TRUE(std::isnan(recorded.points[2]->error->outputs[0].max_rel));
  EXPECT_EQ(recorded.points[2]->request.id, 9);
  expect_same(*recorded.points[3], emulated_point(10));
  EXPECT_FALSE(recorded.created_at.empty());
  EXPECT_FALSE(recorded.program_version.empty());
}

TEST(Session, DevicesAndPlansComeBack) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "a.session";
  Plan plan;
  plan.variants = {"welford"};
  plan.knobs["block"] = {32, 768};
  DeviceFacts cpu;
  cpu.id = "cpu";
  {
    Writer writer(file);
    writer.add(full_device());
    writer.add(cpu);
    writer.add(plan);
  }
  const Recorded recorded = load(file);
  EXPECT_EQ(recorded.devices, (std::vector<DeviceFacts>{full_device(), cpu}));
  EXPECT_EQ(recorded.plans, std::vector<Plan>{plan});
}

TEST(Session, ClosedSessionIsASingleFileThatLooksLikeOne) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "a.session";
  {
    Writer writer(file);
    writer.add(full_point(1));
    EXPECT_TRUE(fs::exists(folder / "a.session-wal"));  // while it is written
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
  // The application id, big-endian at byte 68, lets `file` and file managers know it.
  EXPECT_EQ(bytes_of(file).substr(68, 4), "KNOB");
  // Byte 18: 1 is a rollback journal, which any reader may open from anywhere.
  EXPECT_EQ(bytes_of(file)[18], 1);
}

TEST(Session, LaterWriterAppends) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "a.session";
  { Writer(file).add(full_point(4)); }
  {
    Writer writer(file);
    EXPECT_EQ(writer.next_point_id(), 5);
    writer.add(failed_point(5));
  }
  EXPECT_EQ(load(file).points.size(), 2U);
}

TEST(Session, SameIdTwiceIsRefusedAndChangesNothing) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "a.session";
  Writer writer(file);
  writer.add(full_point(4));
  EXPECT_THROW(writer.add(failed_point(4)), SessionError);
  writer.add(failed_point(5));
  const Recorded recorded = load(file);
  ASSERT_EQ(recorded.points.size(), 2U);
  expect_same(*recorded.points[0], full_point(4));
}

TEST(Session, CanBeReadWhileItIsWritten) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "a.session";
  Writer writer(file);
  EXPECT_TRUE(load(file).points.empty());
  writer.add(full_point(1));
  EXPECT_EQ(load(file).points.size(), 1U);
  writer.add(failed_point(2));
  EXPECT_EQ(load(file).points.size(), 2U);
}

/// Runs `body` in a child that is killed with SIGKILL when `when` says so; returns after its death.
template <class Body, class When>
void run_and_kill(Body body, When when) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    try {
      body();
    } catch (...) {
      ::_exit(3);
    }
    ::_exit(0);
  }
  when();
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself, so nothing was tested";
}

TEST(Session, KilledWriterLeavesAPrefix) {
  const TestFolder folder("knobscope-session");
  for (int round = 0; round < 8; ++round) {
    const fs::path file = folder / ("killed" + std::to_string(round));
    int acknowledged[2];
    ASSERT_EQ(::pipe(acknowledged), 0);
    run_and_kill(
        [&] {
          Writer writer(file);
          for (std::int64_t id = 1;; ++id) {
            writer.add(full_point(id));
            const char done = 1;
            if (::write(acknowledged[1], &done, 1) != 1) return;
          }
        },
        [&] {
          // At least one point is in; then a moment that differs from round to round.
          char done = 0;
          ASSERT_EQ(::read(acknowledged[0], &done, 1), 1);
          std::this_thread::sleep_for(std::chrono::microseconds(3000 + 1700 * round));
        });
    ::close(acknowledged[1]);
    std::int64_t returned = 1;
    char done = 0;
    while (::read(acknowledged[0], &done, 1) == 1) ++returned;
    ::close(acknowledged[0]);

    const std::string before = bytes_of(file);
    const Recorded recorded = load(file);
    EXPECT_EQ(bytes_of(file), before) << "reading changed the file";
    // What add() returned for is there; the one being written may be, and is whole if it is.
    ASSERT_GE(static_cast<std::int64_t>(recorded.points.size()), returned);
    ASSERT_LE(static_cast<std::int64_t>(recorded.points.size()), returned + 1);
    for (std::size_t i = 0; i < recorded.points.size(); ++i) {
      expect_same(*recorded.points[i], full_point(static_cast<std::int64_t>(i) + 1));
    }
    // And it goes on from there.
    Writer writer(file);
    writer.add(failed_point(writer.next_point_id()));
  }
}

TEST(Session, WriterKilledAtAnyMomentOfItsStartOrEndLeavesNothingBroken) {
  const TestFolder folder("knobscope-session");
  for (int round = 0; round < 40; ++round) {
    const fs::path file = folder / ("killed" + std::to_string(round));
    run_and_kill(
        [&] {
          // Starts and ends over and over, so that the kill falls anywhere in either.
          while (true) {
            Writer writer(file);
            writer.add(failed_point(writer.next_point_id()));
          }
        },
        [&] { std::this_thread::sleep_for(std::chrono::microseconds(200 + 457 * round)); });
    std::string fault;
    try {
      for (const PointPtr& point : load(file).points) {
        expect_same(*point, failed_point(point->request.id));
      }
    } catch (const SessionError& error) {
      fault = error.what();
    }
    // Before the first commit there is no file, or an empty one.
    if (!fault.empty()) {
      EXPECT_TRUE(fault.ends_with("there is no such file") || fault.ends_with("nothing was recorded in it")) << fault;
    }
    Writer writer(file);
    writer.add(failed_point(writer.next_point_id()));
  }
}

/// Runs `body` as somebody who may not write where root may; returns its exit code.
int run_as_nobody(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::geteuid() == 0 && (::setgid(65534) != 0 || ::setuid(65534) != 0)) ::_exit(77);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

TEST(Session, OpensFromAReadOnlyFolder) {
  const TestFolder folder("knobscope-session");
  const fs::path closed = folder / "closed";
  { Writer(closed).add(full_point(1)); }
  const fs::path killed = folder / "killed";
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  run_and_kill(
      [&] {
        Writer writer(killed);
        writer.add(full_point(1));
        const char done = 1;
        if (::write(ready[1], &done, 1) == 1) ::pause();
      },
      [&] {
        char done = 0;
        ASSERT_EQ(::read(ready[0], &done, 1), 1);
      });
  ASSERT_TRUE(fs::exists(folder / "killed-wal"));
  fs::remove(folder / "killed-shm");  // as when only file and log were copied
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    fs::permissions(entry.path(), fs::perms(0444));
  }
  fs::permissions(folder.path(), fs::perms(0555));
  const int code = run_as_nobody([&] {
    if (std::ofstream(folder / "probe").good()) return 10;  // not read-only after all
    try {
      if (load(closed).points.size() != 1) return 11;
      if (load(killed).points.size() != 1) return 12;
    } catch (const SessionError&) {
      return 13;
    }
    try {
      Writer writer(closed);
      return 14;
    } catch (const SessionError& error) {
      return std::string(error.what()).find("cannot be written") == std::string::npos ? 15 : 0;
    }
  });
  EXPECT_EQ(code, 0);
}

TEST(Session, WhatIsNoSessionIsRefusedInOneSentence) {
  const TestFolder folder("knobscope-session");
  EXPECT_NE(fault_of(folder / "missing").find("there is no such file"), std::string::npos);
  EXPECT_NE(fault_of(folder.path()).find("is a folder"), std::string::npos);
  write_bytes(folder / "empty", "");
  EXPECT_NE(fault_of(folder / "empty").find("is empty"), std::string::npos);
  write_bytes(folder / "text", "{\"points\": []}, and more than sixteen bytes");
  EXPECT_NE(fault_of(folder / "text").find("is not a Knobscope session"), std::string::npos);
  sqlite3* foreign = nullptr;
  ASSERT_EQ(sqlite3_open((folder / "foreign").c_str(), &foreign), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(foreign, "CREATE TABLE bookmarks(url)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(foreign);
  EXPECT_NE(fault_of(folder / "foreign").find("not a Knobscope session"), std::string::npos);
  for (const char* name : {"text", "foreign"}) {
    const std::string before = bytes_of(folder / name);
    EXPECT_THROW(Writer writer(folder / name), SessionError) << name;
    EXPECT_EQ(bytes_of(folder / name), before) << name << " was changed";
  }
  EXPECT_THROW(Writer writer(folder / "no" / "such" / "folder"), SessionError);
}

TEST(Session, NewerVersionIsRefused) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "newer";
  { Writer(file).add(full_point(1)); }
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "PRAGMA user_version=99", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(database);
  EXPECT_NE(fault_of(file).find("newer Knobscope"), std::string::npos) << fault_of(file);
  EXPECT_THROW(Writer writer(file), SessionError);
}

TEST(Session, DamageIsSaidNotLoaded) {
  const TestFolder folder("knobscope-session");
  const fs::path file = folder / "whole";
  {
    Writer writer(file);
    for (std::int64_t id = 1; id <= 30; ++id) writer.add(full_point(id));
  }
  const std::string whole = bytes_of(file);
  for (const std::size_t kept : {whole.size() / 2, std::size_t{4096}, std::size_t{100}, std::size_t{20}}) {
    write_bytes(folder / "cut", std::string_view(whole).substr(0, kept));
    const std::string fault = fault_of(folder / "cut");
    EXPECT_NE(fault.find("damaged"), std::string::npos) << kept << ": " << fault;
    EXPECT_EQ(fault.find('\n'), std::string::npos);
  }
  std::string zeroed = whole;
  std::fill(zeroed.begin() + 8192, zeroed.begin() + 16384, '\0');
  write_bytes(folder / "zeroed", zeroed);
  EXPECT_NE(fault_of(folder / "zeroed").find("damaged"), std::string::npos) << fault_of(folder / "zeroed");
}

TEST(Session, RowsThatContradictEachOtherAreDamage) {
  const TestFolder folder("knobscope-session");
  for (const char* change : {"UPDATE point SET verdict='splendid'",
                             "UPDATE point SET shape='16x'",
                             "UPDATE point SET knobs='[1]'",
                             "UPDATE samples SET nanoseconds=x'0102030405'",
                             "UPDATE error_map SET tile_rows=1000",
                             "UPDATE error_map SET tile_rows=-2, tile_columns=-3",
                             "UPDATE samples SET point=99",
                             "UPDATE point SET registers='many'",
                             "UPDATE point SET cold_stopping='soon'",
                             "DROP TABLE samples",
                             "UPDATE point SET normalized_dims=99999999999",
                             "DROP TABLE finding",
                             "UPDATE finding SET kind='smell'",
                             "UPDATE finding SET thread='[1,2]'",
                             "UPDATE finding SET line=99999999999",
                             "UPDATE finding SET point=99",
                             "UPDATE samples SET kind='warm' WHERE kind='wall'",
                             "UPDATE summary SET kind='' WHERE kind='wall'",
                             "UPDATE timing_note SET kind='warm'",
                             "UPDATE timing_note SET point=99",
                             "DROP TABLE timing_note"}) {
    const fs::path file = folder / "changed";
    fs::remove(file);
    { Writer(file).add(full_point(1)); }
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, change, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
    EXPECT_NE(fault_of(file).find("damaged"), std::string::npos) << change << ": " << fault_of(file);
  }
}

TEST(Session, FileNamesOfAllKindsWork) {
  const TestFolder folder("knobscope-session");
  for (const char* name : {"with space", "100%25?mode=ro#part", "ümlaut.session"}) {
    { Writer(folder / name).add(failed_point(1)); }
    EXPECT_TRUE(fs::exists(folder / name)) << name;
    EXPECT_EQ(load(folder / name).points.size(), 1U) << name;
  }
}

}  // namespace
}  // namespace knobscope::session
