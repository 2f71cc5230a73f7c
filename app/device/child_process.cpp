#include "device/child_process.h"

#include <array>
#include <csignal>

#include <fmt/format.h>
#include <uv.h>

namespace knobscope::device {
namespace {

constexpr std::uint64_t kStopCheckMs = 20;

struct Run {
  ChildResult result;
  const std::atomic<bool>* stop = nullptr;
  uv_process_t process{};
  uv_pipe_t output{};
  uv_timer_t timer{};
  bool exited = false;
  bool drained = false;  // both ends of the pipe are closed
  std::array<char, 65536> buffer{};

  void close_timer_when_done() {
    if (!exited || !drained) return;
    uv_timer_stop(&timer);
    auto* handle = reinterpret_cast<uv_handle_t*>(&timer);
    if (uv_is_closing(handle) == 0) uv_close(handle, nullptr);
  }
};

Run& run_of(const void* data) { return *static_cast<Run*>(const_cast<void*>(data)); }

void on_exit(uv_process_t* process, std::int64_t status, int signal) {
  Run& run = run_of(process->data);
  run.result.exit_status = static_cast<int>(status);
  run.result.signal = signal;
  run.exited = true;
  uv_close(reinterpret_cast<uv_handle_t*>(process), nullptr);
  run.close_timer_when_done();
}

void give_buffer(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  Run& run = run_of(handle->data);
  *buffer = uv_buf_init(run.buffer.data(), static_cast<unsigned>(run.buffer.size()));
}

void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  Run& run = run_of(stream->data);
  if (count > 0) run.result.output.append(buffer->base, static_cast<std::size_t>(count));
  if (count >= 0) return;
  run.drained = true;
  uv_close(reinterpret_cast<uv_handle_t*>(stream), nullptr);
  run.close_timer_when_done();
}

void on_timer(uv_timer_t* timer) {
  Run& run = run_of(timer->data);
  if (run.stop == nullptr || !run.stop->load() || run.result.stopped) return;
  run.result.stopped = true;
  // A compiler driver starts other programs; it was made the leader of a group of its own, so all go.
  if (!run.exited) uv_kill(-run.process.pid, SIGKILL);
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& arguments, const std::string& folder,
                      const std::atomic<bool>* stop) {
  Run run;
  run.stop = stop;
  if (arguments.empty()) {
    run.result.start_fault = "no program was named";
    return run.result;
  }
  uv_loop_t loop;
  if (const int error = uv_loop_init(&loop); error != 0) {
    run.result.start_fault = uv_strerror(error);
    return run.result;
  }
  uv_pipe_init(&loop, &run.output, 0);
  uv_timer_init(&loop, &run.timer);
  run.process.data = run.output.data = run.timer.data = &run;

  std::vector<std::string> owned = arguments;
  std::vector<char*> argv;
  argv.reserve(owned.size() + 1);
  for (std::string& argument : owned) argv.push_back(argument.data());
  argv.push_back(nullptr);

  // The child's two outputs share one pipe, in the order it writes them.
  std::array<int, 2> ends{-1, -1};
  int error = uv_pipe(ends.data(), 0, 0);
  if (error == 0) error = uv_pipe_open(&run.output, ends[0]);
  std::array<uv_stdio_container_t, 3> stdio{};
  stdio[0].flags = UV_IGNORE;
  stdio[1].flags = stdio[2].flags = UV_INHERIT_FD;
  stdio[1].data.fd = stdio[2].data.fd = ends[1];
  uv_process_options_t options{};
  options.file = argv[0];
  options.args = argv.data();
  options.cwd = folder.empty() ? nullptr : folder.c_str();
  options.stdio = stdio.data();
  options.stdio_count = static_cast<int>(stdio.size());
  options.exit_cb = on_exit;
  options.flags = UV_PROCESS_DETACHED | UV_PROCESS_WINDOWS_HIDE;
  if (error == 0) error = uv_spawn(&loop, &run.process, &options);
  if (ends[1] >= 0) {
    uv_fs_t close_request;
    uv_fs_close(nullptr, &close_request, ends[1], nullptr);
    uv_fs_req_cleanup(&close_request);
  }
  if (error != 0) {
    run.result.start_fault = fmt::format("{}: {}", arguments.front(), uv_strerror(error));
    if (uv_is_closing(reinterpret_cast<uv_handle_t*>(&run.output)) == 0) {
      uv_close(reinterpret_cast<uv_handle_t*>(&run.output), nullptr);
    }
    uv_close(reinterpret_cast<uv_handle_t*>(&run.timer), nullptr);
    // A process handle that failed to start after it was initialised must be closed as well.
    if (run.process.type == UV_PROCESS && uv_is_closing(reinterpret_cast<uv_handle_t*>(&run.process)) == 0) {
      uv_close(reinterpret_cast<uv_handle_t*>(&run.process), nullptr);
    }
  } else {
    uv_read_start(reinterpret_cast<uv_stream_t*>(&run.output), give_buffer, on_read);
    uv_timer_start(&run.timer, on_timer, 0, kStopCheckMs);
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  return run.result;
}

}  // namespace knobscope::device
