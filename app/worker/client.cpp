#include "worker/client.h"

#include <array>
#include <atomic>
#include <mutex>
#include <thread>

#include <uv.h>

#include "worker/publisher.h"
#include "worker/supervisor.h"

namespace knobscope::worker {
namespace {

/// At most about 60 snapshots a second: more than any window draws.
constexpr std::uint64_t kPublishEvery_ms = 16;
constexpr std::uint64_t kTick_ms = 50;
/// A worker that was asked to end has this long.
constexpr std::uint64_t kPoliteEnd_ms = 1000;

std::vector<std::string> own_worker() {
  std::array<char, 4096> path{};
  std::size_t size = path.size();
  if (uv_exepath(path.data(), &size) != 0) return {"knobscope", "worker"};
  return {std::string(path.data(), size), "worker"};
}

std::vector<std::string> worker_command(const ClientOptions& options) {
  std::vector<std::string> command = options.command.empty() ? own_worker() : options.command;
  if (!options.kernels_dir.empty()) command.insert(command.end(), {"--kernels", options.kernels_dir});
  if (!options.cache_dir.empty()) command.insert(command.end(), {"--cache", options.cache_dir});
  for (const std::string& file : options.kernel_files) command.insert(command.end(), {"--file", file});
  return command;
}

template <typename Handle>
uv_handle_t* base(Handle& handle) {
  return reinterpret_cast<uv_handle_t*>(&handle);
}

}  // namespace

struct Client::Impl {
  explicit Impl(ClientOptions wanted) : options(std::move(wanted)) {
    options.command = worker_command(options);
    uv_loop_init(&loop);
    uv_async_init(&loop, &wake, [](uv_async_t* handle) { static_cast<Impl*>(handle->data)->take_commands(); });
    wake.data = this;
    for (uv_timer_t* timer : {&tick_timer, &publish_timer, &end_timer}) {
      uv_timer_init(&loop, timer);
      timer->data = this;
    }
    thread = std::thread([this] { run(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    uv_async_send(&wake);
    thread.join();
    uv_loop_close(&loop);
  }

  void post(Command command) {
    {
      const std::lock_guard lock(mutex);
      commands.push_back(std::move(command));
    }
    uv_async_send(&wake);
  }

  // On the loop's thread from here on.

  void run() {
    supervisor = std::make_unique<Supervisor>(&loop, options);
    uv_timer_start(
        &tick_timer, [](uv_timer_t* timer) { static_cast<Impl*>(timer->data)->supervisor->tick(); }, kTick_ms,
        kTick_ms);
    uv_check_init(&loop, &after_events);
    after_events.data = this;
    uv_check_start(&after_events, [](uv_check_t* check) { static_cast<Impl*>(check->data)->after_io(); });
    publish();
    uv_run(&loop, UV_RUN_DEFAULT);
  }

  void take_commands() {
    std::vector<Command> taken;
    bool stop = false;
    {
      const std::lock_guard lock(mutex);
      taken.swap(commands);
      stop = stopping;
    }
    if (stop) {
      begin_end();
      return;
    }
    for (Command& command : taken) supervisor->obey(std::move(command));
  }

  /// After every round of events: whatever they changed is published, soon or now.
  void after_io() {
    if (ending) {
      if (!supervisor->has_process()) finish_end();
      return;
    }
    if (!supervisor->changed() || uv_is_active(base(publish_timer)) != 0) return;
    const std::uint64_t since = uv_now(&loop) - published_ms;
    if (since >= kPublishEvery_ms) {
      publish();
    } else {
      uv_timer_start(
          &publish_timer, [](uv_timer_t* timer) { static_cast<Impl*>(timer->data)->publish(); },
          kPublishEvery_ms - since, 0);
    }
  }

  void publish() {
    if (ending) return;
    published_ms = uv_now(&loop);
    publisher.publish(supervisor->take_snapshot());
    if (options.on_change) options.on_change();
  }

  void begin_end() {
    if (ending) return;
    ending = true;
    supervisor->shut_down();
    uv_timer_stop(&tick_timer);
    uv_timer_stop(&publish_timer);
    uv_timer_start(
        &end_timer, [](uv_timer_t* timer) { static_cast<Impl*>(timer->data)->supervisor->kill(); }, kPoliteEnd_ms, 0);
    if (!supervisor->has_process()) finish_end();
  }

  void finish_end() {
    if (uv_is_closing(base(wake)) != 0) return;
    for (uv_handle_t* handle :
         {base(wake), base(tick_timer), base(publish_timer), base(end_timer), base(after_events)}) {
      uv_close(handle, nullptr);
    }
  }

  ClientOptions options;
  Publisher publisher;

  std::mutex mutex;
  std::vector<Command> commands;
  bool stopping = false;

  uv_loop_t loop{};
  uv_async_t wake{};
  uv_timer_t tick_timer{};
  uv_timer_t publish_timer{};
  uv_timer_t end_timer{};
  uv_check_t after_events{};
  std::unique_ptr<Supervisor> supervisor;
  std::uint64_t published_ms = 0;
  bool ending = false;
  std::thread thread;
};

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Client::~Client() = default;

void Client::post(Command command) { impl_->post(std::move(command)); }
SnapshotPtr Client::snapshot() const { return impl_->publisher.latest(); }
bool Client::wait(const std::function<bool(const Snapshot&)>& done, double timeout_s) const {
  return impl_->publisher.wait(done, timeout_s);
}

}  // namespace knobscope::worker
