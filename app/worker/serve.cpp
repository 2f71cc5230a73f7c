#include "worker/serve.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <uv.h>

#include "catalog/catalog.h"
#include "catalog/watcher.h"
#include "worker/engine_thread.h"
#include "worker/outbox.h"
#include "worker/protocol.h"

namespace knobscope::worker {
namespace {

/// A kernel that does not come back when the worker is to end is not waited for longer than this.
constexpr double kPatience_s = 1.5;
constexpr int kExitUsage = 2;

/// Keeps the protocol's two streams to ourselves: a kernel's printf goes to standard error, and whoever reads standard
/// input finds it empty.
struct Streams {
  int in = -1;
  int out = -1;

  bool take() {
    in = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    out = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (in < 0 || out < 0 || nothing < 0) return false;
    const bool taken = ::dup2(nothing, STDIN_FILENO) >= 0 && ::dup2(STDERR_FILENO, STDOUT_FILENO) >= 0;
    ::close(nothing);
    return taken;
  }
};

/// The I/O thread's state: reads requests, watches the kernel files.
class Service {
 public:
  Service(const ServeOptions& options, const Streams& streams)
      : kernels_(options.kernels_dir),
        kernel_files_(options.kernel_files.begin(), options.kernel_files.end()),
        in_(streams.in),
        outbox_(streams.out) {
    uv_loop_init(&loop_);
    outbox_.send(Hello{KNOBSCOPE_VERSION, static_cast<std::int64_t>(::getpid())});
    // Before the first scan: a file saved right after it would otherwise be known to the watcher and to nobody else.
    watcher_ = std::make_unique<catalog::Watcher>(&loop_, kernels_, [this] { rescan(); });
    auto first = std::make_shared<const Catalog>(catalog::scan(kernels_, kernel_files_));
    outbox_.send(CatalogChanged{first});

    device::Options device_options;
    device_options.kernels_dir = options.kernels_dir;
    device_options.cache_dir = options.cache_dir;
    engine_ = std::make_unique<EngineThread>(device_options, KNOBSCOPE_VERSION, outbox_);
    engine_->set_catalog(std::move(first));
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Until standard input ends, a shutdown is asked for, or the bytes make no sense.
  int run() {
    switch (uv_guess_handle(in_)) {
      case UV_NAMED_PIPE:
      case UV_TCP:
        read_pipe();
        break;
      case UV_FILE:
        read_file();
        break;
      default:
        std::fputs(
            "knobscope worker: standard input is neither a pipe nor a file; the window and the other commands "
            "start the worker themselves\n",
            stderr);
        exit_code_ = kExitUsage;
    }
    watcher_.reset();
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_loop_close(&loop_);
    if (!engine_->end(drain_, drain_ ? 1e9 : kPatience_s)) std::_Exit(exit_code_);
    return exit_code_;
  }

 private:
  void read_pipe() {
    uv_pipe_init(&loop_, &pipe_, 0);
    pipe_.data = this;
    uv_pipe_open(&pipe_, in_);
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&pipe_),
        [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
          auto& space = static_cast<Service*>(handle->data)->space_;
          *buffer = uv_buf_init(space.data(), static_cast<unsigned>(space.size()));
        },
        [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
          auto* self = static_cast<Service*>(stream->data);
          const bool more = count >= 0 && self->take(std::string_view(buffer->base, static_cast<std::size_t>(count)));
          if (!more) uv_stop(&self->loop_);
        });
    uv_run(&loop_, UV_RUN_DEFAULT);
    uv_close(reinterpret_cast<uv_handle_t*>(&pipe_), nullptr);
  }

  /// A file of requests is a batch: all of it is measured.
  void read_file() {
    drain_ = true;
    while (true) {
      const ssize_t count = ::read(in_, space_.data(), space_.size());
      if (count <= 0) return;
      if (!take(std::string_view(space_.data(), static_cast<std::size_t>(count)))) return;
    }
  }

  /// False when nothing more is to be read.
  bool take(std::string_view bytes) {
    reader_.feed(bytes);
    while (true) {
      auto next = reader_.next();
      if (std::holds_alternative<std::monostate>(next)) return true;
      if (const auto* fault = std::get_if<ProtocolFault>(&next)) return refuse(*fault);
      auto message = decode_to_worker(std::get<Frame>(next));
      if (const auto* fault = std::get_if<ProtocolFault>(&message)) return refuse(*fault);
      if (!obey(std::get<ToWorker>(std::move(message)))) return false;
    }
  }

  bool obey(ToWorker message) {
    if (auto* measure = std::get_if<MeasurePoint>(&message)) {
      engine_->measure(std::move(measure->request));
    } else if (auto* find = std::get_if<FindErrors>(&message)) {
      engine_->look(std::move(find->request));
    } else if (const auto* cancel = std::get_if<CancelPoint>(&message)) {
      engine_->cancel(cancel->id);
    } else if (auto* know = std::get_if<KnowCeilings>(&message)) {
      engine_->know(std::move(know->known));
    } else {
      return false;
    }
    return true;
  }

  bool refuse(const ProtocolFault& fault) {
    outbox_.log(LogLevel::error, fault.message);
    std::fputs(("knobscope worker: " + fault.message + "\n").c_str(), stderr);
    exit_code_ = kExitProtocol;
    drain_ = false;
    return false;
  }

  void rescan() {
    auto scanned = std::make_shared<const Catalog>(catalog::scan(kernels_, kernel_files_));
    engine_->set_catalog(scanned);
    outbox_.send(CatalogChanged{std::move(scanned)});
  }

  std::string kernels_;
  std::vector<std::filesystem::path> kernel_files_;
  int in_;
  Outbox outbox_;
  uv_loop_t loop_{};
  uv_pipe_t pipe_{};
  std::array<char, 65536> space_{};
  FrameReader reader_;
  std::unique_ptr<EngineThread> engine_;
  std::unique_ptr<catalog::Watcher> watcher_;
  bool drain_ = false;
  int exit_code_ = 0;
};

}  // namespace

int serve(const ServeOptions& options) {
  Streams streams;
  if (!streams.take()) {
    std::perror("knobscope worker: standard streams");
    return kExitUsage;
  }
  // A client that went away must not kill the worker before it has tidied up, and a kernel that crashes, which is an
  // everyday event here, must not leave a core file behind.
  std::signal(SIGPIPE, SIG_IGN);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const auto service = std::make_unique<Service>(options, streams);
  return service->run();
}

}  // namespace knobscope::worker
