#include "gui/shell/picture_clipboard.h"

#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <uv.h>

namespace knobscope::gui {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// A tool that runs.
struct Run {
  uv_process_t process{};
  uv_timer_t timer{};
  bool late = false;
  std::int64_t exit_status = 0;
  int signal = 0;
};

uv_handle_t* as_handle(void* handle) { return static_cast<uv_handle_t*>(handle); }

void on_exit(uv_process_t* process, std::int64_t status, int signal) {
  Run& run = *static_cast<Run*>(process->data);
  run.exit_status = status;
  run.signal = signal;
  uv_close(as_handle(process), nullptr);
  uv_close(as_handle(&run.timer), nullptr);
}

void on_limit(uv_timer_t* timer) {
  Run& run = *static_cast<Run*>(timer->data);
  run.late = true;
  uv_process_kill(&run.process, SIGKILL);
}

/// Runs it with `input` as its standard input. False when it could not be started.
bool run_tool(const ClipboardTool& tool, uv_file input, std::chrono::milliseconds limit, Run& run) {
  uv_loop_t loop;
  if (uv_loop_init(&loop) != 0) return false;
  std::vector<std::string> owned = tool.command;
  std::vector<char*> arguments;
  arguments.reserve(owned.size() + 1);
  for (std::string& argument : owned) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  // What serves the clipboard later inherits these: nothing of ours may be kept open by it.
  std::array<uv_stdio_container_t, 3> streams{};
  streams[0].flags = UV_INHERIT_FD;
  streams[0].data.fd = input;
  streams[1].flags = streams[2].flags = UV_IGNORE;
  uv_process_options_t options{};
  options.file = arguments.front();
  options.args = arguments.data();
  options.stdio = streams.data();
  options.stdio_count = static_cast<int>(streams.size());
  options.exit_cb = on_exit;
  options.flags = UV_PROCESS_DETACHED | UV_PROCESS_WINDOWS_HIDE;
  uv_timer_init(&loop, &run.timer);
  run.process.data = run.timer.data = &run;
  const bool started = uv_spawn(&loop, &run.process, &options) == 0;
  if (started) {
    uv_timer_start(&run.timer, on_limit, static_cast<std::uint64_t>(limit.count()), 0);
  } else {
    uv_close(as_handle(&run.process), nullptr);
    uv_close(as_handle(&run.timer), nullptr);
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  return started;
}

std::string what_went_wrong(const Run& run, std::chrono::milliseconds limit) {
  if (run.late) return fmt::format("did not take it within {} s", static_cast<double>(limit.count()) / 1000.0);
  if (run.signal != 0) return fmt::format("was ended by signal {}", run.signal);
  return fmt::format("ended with exit code {}", run.exit_status);
}

/// A file that is open for reading; -1 when it cannot be.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& file) {
    uv_fs_t request;
    file_ = uv_fs_open(nullptr, &request, file.string().c_str(), O_RDONLY, 0, nullptr);
    uv_fs_req_cleanup(&request);
  }
  ~OpenFile() {
    if (file_ < 0) return;
    uv_fs_t request;
    uv_fs_close(nullptr, &request, file_, nullptr);
    uv_fs_req_cleanup(&request);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  uv_file get() const { return file_; }

 private:
  uv_file file_ = -1;
};

}  // namespace

Desktop desktop_of_environment() { return {is_set("WAYLAND_DISPLAY"), is_set("DISPLAY")}; }

std::vector<ClipboardTool> clipboard_tools(const Desktop& desktop) {
  std::vector<ClipboardTool> tools;
  if (desktop.wayland) tools.push_back({{"wl-copy", "--type", "image/png"}, "wl-clipboard"});
  if (desktop.x11) tools.push_back({{"xclip", "-selection", "clipboard", "-t", "image/png"}, "xclip"});
  return tools;
}

CopiedPicture copy_picture(const std::filesystem::path& png, std::span<const ClipboardTool> tools,
                           std::chrono::milliseconds limit) {
  const std::string saved = fmt::format("The picture is saved as {}", png.string());
  if (tools.empty()) return {saved + "."};
  for (const ClipboardTool& tool : tools) {
    const OpenFile input(png);
    if (input.get() < 0) return {fmt::format("{}, but it cannot be read to be copied.", saved), true};
    Run run;
    if (!run_tool(tool, input.get(), limit, run)) continue;
    if (!run.late && run.signal == 0 && run.exit_status == 0) {
      return {fmt::format("The picture is copied and saved as {}.", png.string())};
    }
    return {fmt::format("{}, but not copied: {} {}.", saved, tool.command.front(), what_went_wrong(run, limit)), true};
  }
  return {fmt::format("{}. To have it in the clipboard too, install the package {}.", saved, tools.front().package)};
}

}  // namespace knobscope::gui
