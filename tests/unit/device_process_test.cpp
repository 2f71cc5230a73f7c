// Child processes and the thread pool.

#include <atomic>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "device/child_process.h"
#include "device/device.h"
#include "device/host/thread_pool.h"

namespace knobscope::device {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST(DeviceChild, GivesOutputInOrderAndStatus) {
  const ChildResult result = run_child({"sh", "-c", "echo one; echo two >&2; echo three; exit 3"});
  EXPECT_EQ(result.output, "one\ntwo\nthree\n");
  EXPECT_EQ(result.exit_status, 3);
  EXPECT_FALSE(result.succeeded());
  EXPECT_TRUE(run_child({"true"}).succeeded());
}

TEST(DeviceChild, KeepsLongOutput) {
  const ChildResult result =
      run_child({"sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done"});
  EXPECT_EQ(result.output.size(), 220'000u);
}

TEST(DeviceChild, RunsInTheFolder) { EXPECT_EQ(run_child({"pwd"}, "/").output, "/\n"); }

TEST(DeviceChild, StandardInputIsEmpty) { EXPECT_EQ(run_child({"cat"}).output, ""); }

TEST(DeviceChild, SaysWhyItCannotStart) {
  const ChildResult result = run_child({"knobscope-no-such-program"});
  EXPECT_NE(result.start_fault.find("knobscope-no-such-program"), std::string::npos);
  EXPECT_FALSE(result.succeeded());
  EXPECT_FALSE(run_child({}).succeeded());
  EXPECT_FALSE(run_child({"true"}, "/no/such/folder").succeeded());
}

TEST(DeviceChild, TellsTheSignal) { EXPECT_EQ(run_child({"sh", "-c", "kill -SEGV $$"}).signal, SIGSEGV); }

TEST(DeviceChild, StopsTheProgramAndWhatItStarted) {
  std::atomic<bool> stop{false};
  std::thread stopper([&] {
    std::this_thread::sleep_for(100ms);
    stop = true;
  });
  const auto begin = Clock::now();
  // The inner sleep holds the output open: only when it is dead as well does the pipe end.
  const ChildResult result = run_child({"sh", "-c", "echo started; sleep 30; echo never"}, {}, &stop);
  stopper.join();
  EXPECT_LT(Clock::now() - begin, 10s);
  EXPECT_TRUE(result.stopped);
  EXPECT_EQ(result.output, "started\n");
  EXPECT_FALSE(result.succeeded());
}

TEST(DevicePool, EveryPieceRunsOnce) {
  host::ThreadPool pool(4);
  EXPECT_EQ(pool.size(), 4);
  for (const std::int64_t count : {0, 1, 2, 7, 1000}) {
    for (const std::int64_t chunk : {1, 3, 1000}) {
      std::vector<std::atomic<int>> counts(static_cast<std::size_t>(count));
      pool.run(count, chunk, [&](std::int64_t begin, std::int64_t end) {
        EXPECT_LE(end - begin, chunk);
        for (std::int64_t i = begin; i < end; ++i) ++counts[static_cast<std::size_t>(i)];
      });
      for (const auto& value : counts) EXPECT_EQ(value.load(), 1);
    }
  }
}

TEST(DevicePool, ManyShortJobsInARow) {
  host::ThreadPool pool(3);
  std::atomic<std::int64_t> sum{0};
  for (int job = 0; job < 5000; ++job) {
    pool.run(8, 1, [&](std::int64_t begin, std::int64_t) { sum += begin; });
  }
  EXPECT_EQ(sum.load(), 5000 * 28);
}

TEST(DevicePool, SleepingThreadsWakeUp) {
  host::ThreadPool pool(2);
  for (int job = 0; job < 3; ++job) {
    std::this_thread::sleep_for(30ms);  // longer than threads spin
    std::atomic<int> together{0};
    std::atomic<bool> met{false};
    // Both pieces wait for each other: this ends only when two threads run them.
    pool.run(2, 1, [&](std::int64_t, std::int64_t) {
      if (++together == 2) met = true;
      const auto begin = Clock::now();
      while (!met && Clock::now() - begin < 20s) std::this_thread::yield();
    });
    EXPECT_TRUE(met.load());
  }
}

TEST(DevicePool, ExceptionsReachTheCaller) {
  host::ThreadPool pool(3);
  const auto fail = [&] {
    pool.run(100, 1, [](std::int64_t begin, std::int64_t) {
      if (begin == 17) throw std::runtime_error("seventeen");
    });
  };
  EXPECT_THROW(fail(), std::runtime_error);
  int after = 0;
  pool.run(1, 1, [&](std::int64_t, std::int64_t) { ++after; });
  EXPECT_EQ(after, 1);
}

TEST(DevicePool, StopLeavesTheRestOut) {
  host::ThreadPool pool(2);
  std::atomic<bool> stop{false};
  std::atomic<int> ran{0};
  const auto run = [&] {
    pool.run(
        1000, 1,
        [&](std::int64_t, std::int64_t) {
          if (++ran == 10) stop = true;
        },
        &stop);
  };
  EXPECT_THROW(run(), Cancelled);
  EXPECT_LT(ran.load(), 1000);
  stop = false;
  EXPECT_NO_THROW(pool.run(
      10, 1, [](std::int64_t, std::int64_t) {}, &stop));
}

TEST(DevicePool, StopAfterTheLastPieceIsNoCancellation) {
  host::ThreadPool pool(2);
  std::atomic<bool> stop{false};
  EXPECT_NO_THROW(pool.run(
      1, 1, [&](std::int64_t, std::int64_t) { stop = true; }, &stop));
}

}  // namespace
}  // namespace knobscope::device
