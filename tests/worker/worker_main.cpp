// The worker of the tests: the real service, or one of the ways in which a worker can be bad.
//   worker --serves PIDFILE --kernels FOLDER --cache FOLDER [--file FILE]…   the real one
//   worker --garbage                    prints what a shell would
//   worker --old                        speaks an older protocol
//   worker --dies                       ends at once
//   worker --deaf                       never says anything
//   worker --plays STEPS                tells of a long play in so many steps of 0.1 s, then is silent
//   worker --loses-device MARKER        loses its device with the first point, unless MARKER exists

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "worker/protocol.h"
#include "worker/serve.h"

// A crash is to look as it does without a sanitizer: the client reads the signal.
extern "C" const char* __asan_default_options() {  // NOLINT: the sanitizer's name
  return "handle_segv=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0:handle_sigbus=0:allow_user_segv_handler=1:"
         "detect_leaks=0";
}
extern "C" const char* __tsan_default_options() {  // NOLINT: the sanitizer's name
  return "handle_segv=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0:handle_sigbus=0";
}

namespace {

using namespace knobscope;
using namespace knobscope::worker;

void say(const FromWorker& message) {
  const std::string frame = encode(message).value();
  std::fwrite(frame.data(), 1, frame.size(), stdout);
  std::fflush(stdout);
}

int lose_device(const std::string& marker) {
  const bool lost_before = std::ifstream(marker).good();
  say(Hello{"test", ::getpid()});
  DeviceFacts facts;
  facts.id = "cpu";
  say(DevicesFound{{facts}});
  FrameReader reader;
  char bytes[4096];
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count <= 0) return 0;
    reader.feed(std::string_view(bytes, static_cast<std::size_t>(count)));
    for (auto next = reader.next(); std::holds_alternative<Frame>(next); next = reader.next()) {
      const auto message = decode_to_worker(std::get<Frame>(next));
      const auto& order = std::get<ToWorker>(message);
      const auto* measure = std::get_if<MeasurePoint>(&order);
      if (measure == nullptr) return 0;
      auto point = std::make_shared<Point>();
      point->request = measure->request;
      point->verdict = lost_before ? Verdict::pass : Verdict::failed;
      point->reason = lost_before ? "" : "an illegal memory access";
      say(PointDone{point});
      if (!lost_before) {
        std::ofstream(marker) << "lost";
        ::usleep(100'000);  // long enough for the next point to be on its way
        return kExitDeviceLost;
      }
    }
  }
}

/// Plays one point, a step each 0.1 s, and then falls silent.
int play(int steps) {
  say(Hello{"test", ::getpid()});
  DeviceFacts facts;
  facts.id = "emulated";
  facts.kind = DeviceKind::emulated;
  say(DevicesFound{{facts}});
  FrameReader reader;
  char bytes[4096];
  auto next = reader.next();
  while (!std::holds_alternative<Frame>(next)) {
    const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (count <= 0) return 0;
    reader.feed(std::string_view(bytes, static_cast<std::size_t>(count)));
    next = reader.next();
  }
  const auto message = decode_to_worker(std::get<Frame>(next));
  const auto* measure = std::get_if<MeasurePoint>(&std::get<ToWorker>(message));
  if (measure == nullptr) return 0;
  const std::int64_t id = measure->request.id;
  say(PhaseChanged{id, Phase::verify});
  for (int step = 1; step <= steps; ++step) {
    ::usleep(100'000);
    say(Alive{id, step / (steps + 1.0)});
    say(PhaseChanged{id, Phase::verify});  // the next order of the same phase
  }
  ::sleep(60);
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  const std::string first = count > 1 ? arguments[1] : "";
  if (first == "--garbage") {
    std::puts("bash: line 1: knobscope: command not found");
    std::fflush(stdout);
    ::sleep(60);
    return 0;
  }
  if (first == "--old") {
    std::string frame = encode(FromWorker(Hello{"0.0.1", 1})).value();
    frame[4] = 99;
    std::fwrite(frame.data(), 1, frame.size(), stdout);
    std::fflush(stdout);
    ::sleep(60);
    return 0;
  }
  if (first == "--dies") {
    std::fputs("no libcuda here\n", stderr);
    return 42;
  }
  if (first == "--deaf") {
    ::sleep(60);
    return 0;
  }
  if (first == "--plays" && count > 2) return play(std::atoi(arguments[2]));
  if (first == "--loses-device" && count > 2) return lose_device(arguments[2]);
  if (first != "--serves" || count < 3) return 2;
  std::ofstream(arguments[2]) << ::getpid();
  ServeOptions options;
  for (int at = 3; at + 1 < count; at += 2) {
    const std::string name = arguments[at];
    if (name == "--kernels") options.kernels_dir = arguments[at + 1];
    if (name == "--cache") options.cache_dir = arguments[at + 1];
    if (name == "--file") options.kernel_files.emplace_back(arguments[at + 1]);
  }
  return serve(options);
}
