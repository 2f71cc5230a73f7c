#include "catalog/watcher.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <uv.h>

namespace knobscope::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kQuietMs = 75;  // after the last event of a burst
constexpr std::uint64_t kLongestBurstMs = 500;
constexpr std::uint64_t kSlowPollMs = 2000;  // beside notifications
constexpr std::uint64_t kFastPollMs = 250;   // instead of them

/// What tells one state of a file from another: seconds and nanoseconds of its change, size, inode. The inode shows a
/// file replaced by one with the same size and time.
using Stamp = std::tuple<std::int64_t, std::int64_t, std::uint64_t, std::uint64_t>;

struct Picture {
  std::vector<std::string> folders;
  std::map<std::string, Stamp> files;
  bool operator==(const Picture&) const = default;
};

bool counts(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.empty() || name[0] == '.' || name[0] == '#' || name.back() == '~') return false;
  const std::string extension = path.extension().string();
  return extension != ".swp" && extension != ".tmp" && extension != ".swx";
}

Stamp stamp_of(uv_loop_t* loop, const std::string& path) {
  uv_fs_t request;
  Stamp stamp{};
  if (uv_fs_stat(loop, &request, path.c_str(), nullptr) == 0) {
    const uv_stat_t& s = request.statbuf;
    stamp = {static_cast<std::int64_t>(s.st_mtim.tv_sec), static_cast<std::int64_t>(s.st_mtim.tv_nsec), s.st_size,
             s.st_ino};
  }
  uv_fs_req_cleanup(&request);
  return stamp;
}

Picture take_picture(uv_loop_t* loop, const fs::path& root) {
  Picture picture;
  std::error_code error;
  if (!fs::is_directory(root, error)) return picture;
  picture.folders.push_back(root.string());
  for (fs::recursive_directory_iterator it(root, fs::directory_options::skip_permission_denied, error), end;
       !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (it->is_directory(ignored)) {
      if (it->path().filename().string().starts_with('.')) {
        it.disable_recursion_pending();
      } else {
        picture.folders.push_back(it->path().string());
      }
    } else if (counts(it->path())) {
      picture.files.emplace(it->path().string(), stamp_of(loop, it->path().string()));
    }
  }
  std::ranges::sort(picture.folders);
  return picture;
}

}  // namespace

struct Watcher::State {
  uv_loop_t* loop;
  fs::path root;
  std::function<void()> on_change;
  Picture known;
  std::vector<std::unique_ptr<uv_fs_event_t>> events;  ///< one for each folder; those left over are stopped
  uv_timer_t quiet{};
  uv_timer_t poll{};
  std::uint64_t burst_began = 0;  ///< loop time of the first event not yet looked at; 0 when there is none
  bool notified = true;
  int open_handles = 0;

  State(uv_loop_t* on, fs::path kernels, std::function<void()> callback)
      : loop(on), root(std::move(kernels)), on_change(std::move(callback)) {
    open(uv_timer_init(loop, &quiet), quiet);
    open(uv_timer_init(loop, &poll), poll);
    known = take_picture(loop, root);
    watch_folders();
    // What changed while the watches were being set up would otherwise be missed.
    known = take_picture(loop, root);
    start_polling();
  }

  template <typename Handle>
  void open(int result, Handle& handle) {
    if (result != 0) return;
    handle.data = this;
    uv_unref(reinterpret_cast<uv_handle_t*>(&handle));
    ++open_handles;
  }

  void start_polling() {
    const std::uint64_t period = notified ? kSlowPollMs : kFastPollMs;
    uv_timer_start(
        &poll, [](uv_timer_t* timer) { static_cast<State*>(timer->data)->look(); }, period, period);
  }

  static void on_event(uv_fs_event_t* handle, const char*, int, int) {
    auto* self = static_cast<State*>(handle->data);
    const std::uint64_t now = uv_now(self->loop);
    if (self->burst_began == 0) self->burst_began = std::max<std::uint64_t>(now, 1);
    const std::uint64_t deadline = self->burst_began + kLongestBurstMs;
    const std::uint64_t wait = now >= deadline ? 0 : std::min(kQuietMs, deadline - now);
    uv_timer_start(
        &self->quiet, [](uv_timer_t* timer) { static_cast<State*>(timer->data)->look(); }, wait, 0);
  }

  /// Watches the folders known now. A watch belongs to the folder's inode, so after a change all are set anew: a
  /// folder that was removed and made again looks the same by name.
  void watch_folders() {
    const bool was_notified = notified;
    notified = !known.folders.empty();
    for (std::size_t i = 0; i < std::max(events.size(), known.folders.size()); ++i) {
      if (i >= events.size()) {
        auto handle = std::make_unique<uv_fs_event_t>();
        if (uv_fs_event_init(loop, handle.get()) != 0) {
          notified = false;
          break;
        }
        open(0, *handle);
        events.push_back(std::move(handle));
      }
      uv_fs_event_stop(events[i].get());
      if (i < known.folders.size() && uv_fs_event_start(events[i].get(), on_event, known.folders[i].c_str(), 0) != 0) {
        notified = false;  // out of inotify watches, or the folder has just gone: polling covers both
      }
    }
    if (notified != was_notified) start_polling();
  }

  void look() {
    burst_began = 0;
    Picture now = take_picture(loop, root);
    if (now == known && notified) return;
    const bool changed = now.files != known.files;
    known = std::move(now);
    watch_folders();
    // What happened while the watches were set anew, or in a new folder before it had one, told nobody.
    const Picture again = take_picture(loop, root);
    if (again != known) look_soon();
    if (!changed) return;
    // The callback may destroy the watcher, and with it the function being called.
    const std::function<void()> callback = on_change;
    if (callback) callback();
  }

  void look_soon() {
    uv_timer_start(
        &quiet, [](uv_timer_t* timer) { static_cast<State*>(timer->data)->look(); }, kQuietMs, 0);
  }

  void close() {
    on_change = nullptr;
    const auto close_handle = [](uv_handle_t* handle) {
      uv_close(handle, [](uv_handle_t* closed) {
        auto* self = static_cast<State*>(closed->data);
        if (--self->open_handles == 0) delete self;
      });
    };
    for (const auto& event : events) close_handle(reinterpret_cast<uv_handle_t*>(event.get()));
    close_handle(reinterpret_cast<uv_handle_t*>(&quiet));
    close_handle(reinterpret_cast<uv_handle_t*>(&poll));
  }
};

Watcher::Watcher(uv_loop_s* loop, std::filesystem::path kernels, std::function<void()> on_change)
    : state_(new State(loop, std::move(kernels), std::move(on_change))) {}

Watcher::~Watcher() { state_->close(); }

bool Watcher::notified() const { return state_->notified; }

}  // namespace knobscope::catalog
