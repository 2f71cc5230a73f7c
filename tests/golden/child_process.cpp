#include "golden/child_process.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace knobscope::testing {
namespace {

/// Appends what is there; false at the end of the stream.
bool take(int from, std::string& into) {
  std::array<char, 65536> space{};
  while (true) {
    const ssize_t count = ::read(from, space.data(), space.size());
    if (count > 0) {
      into.append(space.data(), static_cast<std::size_t>(count));
    } else {
      return count != 0;
    }
  }
}

[[noreturn]] void become_program(const std::vector<std::string>& arguments, const std::string& home, int out, int err) {
  ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::setenv("HOME", home.c_str(), 1);
  for (const char* name : {"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "KNOBSCOPE_ROOT", "COLUMNS"}) ::unsetenv(name);
  // Compiled kernels are shared by all tests of a machine: what is tested is the program, not the compiler.
  ::setenv("KNOBSCOPE_CACHE_DIR", KNOBSCOPE_BINARY_DIR "/test_cache", 1);
  std::vector<char*> argv;
  std::string program = KNOBSCOPE_PROGRAM;
  argv.push_back(program.data());
  std::vector<std::string> copies = arguments;
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  ::_exit(127);
}

}  // namespace

Ended run_program(const std::vector<std::string>& arguments, const std::filesystem::path& home, double limit_s,
                  const Watcher& watch) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) become_program(arguments, home.string(), out[1], err[1]);
  ::close(out[1]);
  ::close(err[1]);
  ::fcntl(out[0], F_SETFL, O_NONBLOCK);
  ::fcntl(err[0], F_SETFL, O_NONBLOCK);
  Ended ended;
  const auto start = std::chrono::steady_clock::now();
  bool out_open = true;
  bool err_open = true;
  while (out_open || err_open) {
    std::array<pollfd, 2> streams{{{out[0], POLLIN, 0}, {err[0], POLLIN, 0}}};
    ::poll(streams.data(), streams.size(), 20);
    if (out_open) out_open = take(out[0], ended.out);
    if (err_open) err_open = take(err[0], ended.err);
    if (watch) watch(child, ended.out, ended.err);
    if (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() > limit_s) {
      ended.err += "\n(killed by the test: it took too long)";
      ::kill(child, SIGKILL);
      break;
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(out[0]);
  ::close(err[0]);
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return ended;
}

}  // namespace knobscope::testing
