// The watcher where the system has no file notifications left: the files are looked at instead, until there are some.

#include <atomic>
#include <cerrno>
#include <chrono>
#include <functional>
#include <memory>

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include "catalog/watcher.h"
#include "catalog_files.h"

namespace {

/// What the two calls below fail with; 0: they do what they are for.
std::atomic<int> no_instance = 0;
std::atomic<int> no_watch = 0;
std::atomic<int> watches_left = 0;  ///< before `no_watch` holds

}  // namespace

// These stand in for the C library's, also for libuv.
extern "C" int inotify_init1(int flags) noexcept {
  if (no_instance != 0) {
    errno = no_instance;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_inotify_init1, flags));
}

extern "C" int inotify_add_watch(int instance, const char* path, std::uint32_t mask) noexcept {
  if (no_watch != 0 && watches_left.fetch_sub(1) <= 0) {
    errno = no_watch;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_inotify_add_watch, instance, path, mask));
}

namespace knobscope::catalog {
namespace {

using namespace std::chrono_literals;

class CatalogWatcherPolling : public testing::Test {
 protected:
  CatalogWatcherPolling() {
    kernels_.write("layernorm_forward/1_a.cu", "one");
    kernels_.write("batchnorm_inference/1_a.cu", "one");
    uv_loop_init(&loop_);
  }
  ~CatalogWatcherPolling() override {
    watcher_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop_), 0);
    no_instance = no_watch = watches_left = 0;
  }

  void watch() {
    watcher_ = std::make_unique<Watcher>(&loop_, kernels_.path(), [this] { ++calls_; });
  }

  /// Runs the loop until `done`; whether that was within five seconds.
  bool run_until(const std::function<bool()>& done) {
    uv_timer_t tick;
    uv_timer_init(&loop_, &tick);
    uv_timer_start(
        &tick, [](uv_timer_t*) {}, 5, 5);
    const auto limit = std::chrono::steady_clock::now() + 5s;
    while (!done() && std::chrono::steady_clock::now() < limit) uv_run(&loop_, UV_RUN_ONCE);
    uv_close(reinterpret_cast<uv_handle_t*>(&tick), nullptr);
    uv_run(&loop_, UV_RUN_NOWAIT);
    return done();
  }
  void run(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    run_until([end] { return std::chrono::steady_clock::now() >= end; });
  }

  void expect_one_call(const char* what) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(run_until([this] { return calls_ > 0; })) << what;
    EXPECT_LT(std::chrono::steady_clock::now() - began, 1500ms) << what << ": four times a second, not once in two";
    run(300ms);
    EXPECT_EQ(calls_, 1) << what;
    calls_ = 0;
  }

  void expect_all_changes_are_seen() {
    kernels_.write("layernorm_forward/2_b.cu", "new");
    expect_one_call("create");
    kernels_.write("layernorm_forward/2_b.cu", "changed");
    expect_one_call("change");
    std::filesystem::remove(kernels_.path() / "layernorm_forward/2_b.cu");
    expect_one_call("delete");
    kernels_.write("layernorm_backward/1_a.cu", "in a new folder");
    expect_one_call("new folder");
  }

  ScratchFolder kernels_;
  uv_loop_t loop_{};
  std::unique_ptr<Watcher> watcher_;
  int calls_ = 0;
};

TEST_F(CatalogWatcherPolling, NoInstanceLeft) {
  no_instance = EMFILE;
  watch();
  EXPECT_FALSE(watcher_->notified());
  run(300ms);
  EXPECT_EQ(calls_, 0) << "nothing has changed";
  expect_all_changes_are_seen();
  EXPECT_FALSE(watcher_->notified());
}

TEST_F(CatalogWatcherPolling, NoWatchLeft) {
  no_watch = ENOSPC;
  watch();
  EXPECT_FALSE(watcher_->notified());
  expect_all_changes_are_seen();
  EXPECT_FALSE(watcher_->notified());
}

TEST_F(CatalogWatcherPolling, WatchesForSomeFoldersOnly) {
  no_watch = ENOSPC;
  watches_left = 2;
  watch();
  EXPECT_FALSE(watcher_->notified());
  kernels_.write("layernorm_forward/1_a.cu", "changed");
  expect_one_call("change");
  EXPECT_FALSE(watcher_->notified());
}

TEST_F(CatalogWatcherPolling, NotificationsAreTakenAsSoonAsThereAreSome) {
  no_instance = EMFILE;
  watch();
  ASSERT_FALSE(watcher_->notified());
  no_instance = 0;
  EXPECT_TRUE(run_until([this] { return watcher_->notified(); }));
  EXPECT_EQ(calls_, 0) << "no file has changed";
  kernels_.write("layernorm_forward/1_a.cu", "changed");
  expect_one_call("change");
}

TEST_F(CatalogWatcherPolling, NotificationsMayRunOutLater) {
  watch();
  ASSERT_TRUE(watcher_->notified());
  no_watch = ENOSPC;
  kernels_.write("layernorm_forward/1_a.cu", "changed");
  expect_one_call("the last that was told");
  EXPECT_FALSE(watcher_->notified());
  kernels_.write("layernorm_forward/1_a.cu", "changed again");
  expect_one_call("looked for");
}

}  // namespace
}  // namespace knobscope::catalog
