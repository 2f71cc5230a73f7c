#include "worker/process.h"

#include <array>
#include <csignal>

#include <fmt/format.h>
#include <uv.h>

namespace knobscope::worker {
namespace {

/// Longer lines of standard error are cut into pieces of this size.
constexpr std::size_t kLongestLine = 2000;
/// Something the worker left behind may hold its output open; nothing is to be expected from it.
constexpr std::uint64_t kOutputAfterExit_ms = 500;

}  // namespace

/// Lives until libuv has closed every handle; `owner_gone` from the moment nobody listens.
struct Process::Handles {
  Events events;
  uv_process_t process{};
  uv_pipe_t in{};
  uv_pipe_t out{};
  uv_pipe_t err{};
  uv_timer_t grace{};
  int open = 0;
  bool owner_gone = false;
  bool exited = false;
  bool out_ended = false;
  bool ended = false;
  bool in_closed = false;
  int pid = 0;
  Death death;
  FrameReader reader;
  std::string error_text;
  std::array<char, 65536> space{};

  template <typename Handle>
  void opened(Handle& handle) {
    handle.data = this;
    ++open;
  }
  template <typename Handle>
  void close(Handle& handle) {
    auto* base = reinterpret_cast<uv_handle_t*>(&handle);
    if (uv_is_closing(base) != 0) return;
    uv_close(base, [](uv_handle_t* closed) {
      auto* self = static_cast<Handles*>(closed->data);
      if (--self->open == 0) delete self;
    });
  }
  void close_streams() {
    close(in);
    close(out);
    close(err);
    close(grace);
  }
  void kill_group() const {
    if (pid > 0) ::kill(-pid, SIGKILL);
  }

  void read_out(std::string_view bytes) {
    reader.feed(bytes);
    while (!owner_gone) {
      auto next = reader.next();
      if (std::holds_alternative<std::monostate>(next)) return;
      if (const auto* fault = std::get_if<ProtocolFault>(&next)) return fail(fault->message);
      auto message = decode_from_worker(std::get<Frame>(next));
      if (const auto* fault = std::get_if<ProtocolFault>(&message)) return fail(fault->message);
      events.on_message(std::get<FromWorker>(std::move(message)));
    }
  }
  void fail(const std::string& reason) {
    death.own_reason = reason;
    death.wrong_language = true;
    kill_group();
    uv_read_stop(reinterpret_cast<uv_stream_t*>(&out));
    out_ended = true;
    end_if_over();
  }
  void read_err(std::string_view bytes) {
    for (const char c : bytes) {
      if (c != '\n' && error_text.size() < kLongestLine) {
        error_text += c;
        continue;
      }
      flush_err();
      if (c != '\n') error_text += c;
    }
  }
  void flush_err() {
    if (!error_text.empty() && !owner_gone) events.on_error_line(std::move(error_text));
    error_text.clear();
  }
  /// Reports the end once the process is gone and all it had to say is read.
  void end_if_over() {
    if (!exited || !out_ended || ended || owner_gone) return;
    ended = true;
    drain_err();
    flush_err();
    const auto on_end = std::move(events.on_end);
    on_end(death);  // may delete the Process, which closes the handles; `this` lives until libuv has closed them
  }
  /// What is left of standard error was written before the end, and often says why it came.
  void drain_err() {
    uv_os_fd_t fd = -1;
    if (uv_fileno(reinterpret_cast<uv_handle_t*>(&err), &fd) != 0) return;
    constexpr int most_reads = 16;
    for (int reads = 0; reads < most_reads; ++reads) {
      uv_buf_t buffer = uv_buf_init(space.data(), static_cast<unsigned>(space.size()));
      uv_fs_t request;
      const int count = uv_fs_read(nullptr, &request, fd, &buffer, 1, -1, nullptr);
      uv_fs_req_cleanup(&request);
      if (count <= 0) return;
      read_err(std::string_view(space.data(), static_cast<std::size_t>(count)));
    }
  }
};

std::unique_ptr<Process> Process::start(uv_loop_s* loop, const std::vector<std::string>& command, Events events,
                                        std::string& error) {
  auto* handles = new Handles;
  handles->events = std::move(events);
  for (uv_pipe_t* pipe : {&handles->in, &handles->out, &handles->err}) {
    uv_pipe_init(loop, pipe, 0);
    handles->opened(*pipe);
  }
  uv_timer_init(loop, &handles->grace);
  handles->opened(handles->grace);

  std::vector<char*> arguments;
  std::vector<std::string> copies = command;
  arguments.reserve(copies.size() + 1);
  for (std::string& each : copies) arguments.push_back(each.data());
  arguments.push_back(nullptr);

  std::array<uv_stdio_container_t, 3> streams{};
  const auto wire = [](uv_pipe_t& pipe) { return reinterpret_cast<uv_stream_t*>(&pipe); };
  streams[0].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_READABLE_PIPE);
  streams[0].data.stream = wire(handles->in);
  streams[1].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  streams[1].data.stream = wire(handles->out);
  streams[2].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  streams[2].data.stream = wire(handles->err);

  uv_process_options_t options{};
  options.file = arguments.front();
  options.args = arguments.data();
  options.stdio = streams.data();
  options.stdio_count = static_cast<int>(streams.size());
  options.flags = UV_PROCESS_DETACHED;  // its own process group
  options.exit_cb = [](uv_process_t* process, std::int64_t status, int signal) {
    auto* self = static_cast<Handles*>(process->data);
    self->exited = true;
    self->death.exit_status = status;
    self->death.signal = signal;
    self->kill_group();  // compilers it had started
    if (self->owner_gone) {
      self->close(self->process);
      return;
    }
    self->end_if_over();
    if (!self->ended) {
      uv_timer_start(
          &self->grace,
          [](uv_timer_t* timer) {
            auto* late = static_cast<Handles*>(timer->data);
            late->out_ended = true;
            late->end_if_over();
          },
          kOutputAfterExit_ms, 0);
    }
  };
  const int result = command.empty() ? UV_EINVAL : uv_spawn(loop, &handles->process, &options);
  handles->opened(handles->process);
  if (result != 0) {
    error =
        fmt::format("cannot start the worker \"{}\": {}", command.empty() ? "" : command.front(), uv_strerror(result));
    handles->owner_gone = true;
    if (command.empty()) {
      --handles->open;  // libuv never saw this handle
    } else {
      handles->close(handles->process);
    }
    handles->close_streams();
    return nullptr;
  }
  handles->pid = uv_process_get_pid(&handles->process);

  const auto allocate = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& space = static_cast<Handles*>(handle->data)->space;
    *buffer = uv_buf_init(space.data(), static_cast<unsigned>(space.size()));
  };
  uv_read_start(wire(handles->out), allocate, [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
    auto* self = static_cast<Handles*>(stream->data);
    if (count > 0) {
      self->read_out(std::string_view(buffer->base, static_cast<std::size_t>(count)));
    } else if (count < 0) {
      uv_read_stop(stream);
      self->out_ended = true;
      self->end_if_over();
    }
  });
  uv_read_start(wire(handles->err), allocate, [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
    auto* self = static_cast<Handles*>(stream->data);
    if (count > 0) {
      self->read_err(std::string_view(buffer->base, static_cast<std::size_t>(count)));
    } else if (count < 0) {
      uv_read_stop(stream);
    }
  });
  return std::unique_ptr<Process>(new Process(handles));
}

Process::~Process() {
  handles_->owner_gone = true;
  handles_->close_streams();
  if (handles_->exited) {
    handles_->close(handles_->process);
  } else {
    handles_->kill_group();  // the handle stays open until libuv has seen the end, or a zombie would be left
  }
}

bool Process::send(const ToWorker& message) {
  std::optional<std::string> frame = encode(message);
  if (!frame) return false;
  if (handles_->in_closed) return true;
  struct Write {
    uv_write_t request{};
    std::string bytes;
  };
  auto* write = new Write;
  write->bytes = std::move(*frame);
  write->request.data = write;
  const uv_buf_t buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  const int result = uv_write(&write->request, reinterpret_cast<uv_stream_t*>(&handles_->in), &buffer, 1,
                              [](uv_write_t* request, int) { delete static_cast<Write*>(request->data); });
  // A pipe that broke is told by the process's end.
  if (result != 0) delete write;
  return true;
}

void Process::close_input() {
  if (handles_->in_closed) return;
  handles_->in_closed = true;
  handles_->close(handles_->in);
}

void Process::kill(std::string reason) {
  if (handles_->exited) return;
  if (handles_->death.own_reason.empty()) handles_->death.own_reason = std::move(reason);
  handles_->kill_group();
}

}  // namespace knobscope::worker
