#include "worker/point_queue.h"

#include <csignal>

#include <gtest/gtest.h>

#include "worker/death.h"

namespace knobscope::worker {
namespace {

PointRequest request(std::uint64_t seed) {
  PointRequest request;
  request.problem.seed = seed;
  return request;
}

TEST(PointQueue, gives_ids_and_keeps_given_ones) {
  PointQueue queue(10);
  PointRequest named = request(2);
  named.id = 50;
  queue.add({request(1), named, request(3)}, "");
  EXPECT_EQ(queue.start(0.0)->id, 10);
  queue.finish(true, 1.0);
  EXPECT_EQ(queue.start(1.0)->id, 50);
  queue.finish(true, 2.0);
  EXPECT_EQ(queue.start(2.0)->id, 51);
}

TEST(PointQueue, a_tag_replaces_only_its_own) {
  PointQueue queue(1);
  queue.add({request(1), request(2)}, "live");
  queue.add({request(3)}, "sweep");
  queue.add({request(4)}, "");
  EXPECT_FALSE(queue.add({request(5)}, "live"));
  std::vector<std::uint64_t> seeds;
  while (const PointRequest* next = queue.start(0.0)) {
    seeds.push_back(next->problem.seed);
    queue.finish(true, 0.0);
  }
  EXPECT_EQ(seeds, (std::vector<std::uint64_t>{3, 4, 5}));
}

TEST(PointQueue, the_running_point_is_cancelled_unless_asked_for_again) {
  PointQueue queue(1);
  queue.add({request(1)}, "live");
  queue.start(0.0);
  EXPECT_FALSE(queue.add({request(2), request(1)}, "live"));
  EXPECT_EQ(queue.progress(0.0).total, 2) << "it is not queued a second time";
  EXPECT_FALSE(queue.add({request(7)}, "other"));
  EXPECT_TRUE(queue.add({request(3)}, "live"));
  queue.running()->cancelled = true;
  EXPECT_FALSE(queue.add({request(1)}, "live")) << "once is enough";
  EXPECT_EQ(queue.progress(0.0).total, 2) << "the other tag's, and the one asked for again after its cancel";
}

TEST(PointQueue, progress_counts_from_when_it_was_last_empty) {
  PointQueue queue(1);
  queue.add({request(1), request(2), request(3), request(4)}, "");
  EXPECT_EQ(queue.progress(0.0).total, 4);
  EXPECT_FALSE(queue.progress(0.0).seconds_left);
  queue.start(0.0);
  queue.finish(true, 2.0);
  queue.start(2.0);
  const Progress progress = queue.progress(3.0);
  EXPECT_EQ(progress.done, 1);
  EXPECT_EQ(progress.total, 4);
  EXPECT_DOUBLE_EQ(progress.seconds_left.value(), 5.0);
  queue.finish(false, 3.0);
  EXPECT_EQ(queue.progress(3.0).total, 3) << "a cancelled point does not count";
  queue.clear();
  EXPECT_EQ(queue.progress(3.0).total, 1);
  EXPECT_DOUBLE_EQ(queue.progress(3.0).seconds_left.value(), 0.0);
  queue.add({request(5)}, "");
  EXPECT_EQ(queue.progress(3.0).done, 0);
  EXPECT_EQ(queue.progress(3.0).total, 1);
}

TEST(PointQueue, a_point_that_takes_longer_than_the_others_raises_the_estimate) {
  PointQueue queue(1);
  queue.add({request(1), request(2), request(3), request(4)}, "");
  queue.start(0.0);
  queue.finish(true, 1.0);
  queue.start(1.0);
  EXPECT_DOUBLE_EQ(queue.progress(1.5).seconds_left.value(), 2.5);
  EXPECT_DOUBLE_EQ(queue.progress(8.0).seconds_left.value(), 8.0) << "two more, of 4 s";
  queue.running()->cancelled = true;
  EXPECT_DOUBLE_EQ(queue.progress(8.0).seconds_left.value(), 2.0) << "it does not count any more";
}

TEST(PointQueue, what_is_played_takes_as_long_as_it_is_large) {
  const auto played = [](std::int64_t rows) {
    PointRequest large = request(1);
    large.device = "emulated";
    large.problem.shape = {rows, 65'536};
    return large;
  };
  PointQueue queue(1);
  queue.add({played(1), played(3), played(7)}, "");
  queue.start(0.0);
  queue.finish(true, 1.0);
  queue.start(1.0);
  EXPECT_DOUBLE_EQ(queue.progress(1.0).seconds_left.value(), 6.0) << "2 of 14 in the first second";
  queue.finish(true, 5.0);
  EXPECT_DOUBLE_EQ(queue.progress(5.0).seconds_left.value(), 20.0 / 3.0) << "6 in 5 seconds; 8 to go";
}

TEST(PointQueue, a_point_put_back_is_first_again) {
  PointQueue queue(1);
  queue.add({request(1), request(2)}, "");
  const std::int64_t id = queue.start(0.0)->id;
  queue.put_back();
  EXPECT_FALSE(queue.running());
  EXPECT_EQ(queue.start(0.0)->id, id);
}

std::vector<std::uint64_t> seeds_of(const PointQueue& queue) {
  std::vector<std::uint64_t> seeds;
  for (const PointRequest& each : queue.waiting().points()) seeds.push_back(each.problem.seed);
  return seeds;
}

TEST(PointQueue, who_looks_somewhere_is_served_first) {
  PointQueue queue(1);
  queue.add({request(1), request(2), request(3), request(4)}, "sweep");
  queue.start(0.0);
  queue.add({request(4), request(9), request(3)}, "explore", true);
  EXPECT_EQ(seeds_of(queue), (std::vector<std::uint64_t>{4, 9, 3, 2}));
  EXPECT_EQ(queue.progress(0.0).total, 5) << "what waited already is not queued twice";
  queue.add({request(7)}, "explore", true);
  EXPECT_EQ(seeds_of(queue), (std::vector<std::uint64_t>{7, 4, 3, 2})) << "the sweep keeps what it asked for";
}

TEST(PointQueue, a_sweep_takes_over_what_waits_already) {
  PointQueue queue(1);
  queue.add({request(1), request(2)}, "explore");
  queue.add({request(2), request(3)}, "sweep");
  EXPECT_EQ(seeds_of(queue), (std::vector<std::uint64_t>{1, 2, 3}));
  queue.add({}, "explore");
  EXPECT_EQ(seeds_of(queue), (std::vector<std::uint64_t>{2, 3}));
}

TEST(PointQueue, what_waits_is_shown_without_copies) {
  PointQueue queue(1);
  EXPECT_TRUE(queue.waiting().points().empty());
  queue.add({request(1), request(2), request(3)}, "");
  const Waiting before = queue.waiting();
  queue.start(0.0);
  const Waiting after = queue.waiting();
  EXPECT_EQ(before.queued, after.queued);
  ASSERT_EQ(after.points().size(), 2U);
  EXPECT_EQ(seeds_of(queue), (std::vector<std::uint64_t>{2, 3}));
  queue.put_back();
  EXPECT_EQ(seeds_of(queue), (std::vector<std::uint64_t>{1, 2, 3}));
  queue.clear();
  EXPECT_TRUE(queue.waiting().points().empty());
}

TEST(Death, is_told_in_words) {
  EXPECT_EQ(describe_death({0, SIGSEGV, "", false}), "segmentation fault (SIGSEGV)");
  EXPECT_EQ(describe_death({0, SIGFPE, "", false}), "floating-point exception (SIGFPE): integer divide error");
  EXPECT_EQ(describe_death({0, SIGILL, "", false}), "illegal instruction (SIGILL)");
  EXPECT_TRUE(
      describe_death({0, SIGKILL, "", false}).starts_with("killed (SIGKILL), most likely by the system for lack of"));
  EXPECT_EQ(describe_death({0, SIGKILL, "no answer for 20 s; the kernel hangs", false}),
            "no answer for 20 s; the kernel hangs");
  EXPECT_EQ(describe_death({3, 0, "", false}), "the worker ended with exit code 3");
}

}  // namespace
}  // namespace knobscope::worker
