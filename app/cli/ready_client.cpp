#include "cli/ready_client.h"

#include <chrono>

#include <fmt/format.h>

#include "cli/output.h"

namespace knobscope::cli {
namespace {

/// A first start on a machine with several GPUs and a cold disk is slow; a worker that says nothing for longer is not.
constexpr double kStartLimit_s = 90.0;
constexpr double kLook_s = 0.05;

}  // namespace

worker::ClientOptions client_options(const Places& places) {
  worker::ClientOptions options;
  options.kernels_dir = places.kernels.string();
  options.cache_dir = places.cache.string();
  return options;
}

Readiness wait_until_ready(const worker::Client& client, Interrupt& interrupt) {
  const auto known = [](const Snapshot& snapshot) {
    return !snapshot.devices.empty() && snapshot.worker != WorkerState::starting;
  };
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(kStartLimit_s);
  while (std::chrono::steady_clock::now() < end) {
    client.wait([&](const Snapshot& snapshot) { return known(snapshot) || snapshot.worker == WorkerState::gone; },
                kLook_s);
    const SnapshotPtr snapshot = client.snapshot();
    if (known(*snapshot)) return Readiness::ready;
    if (snapshot->worker == WorkerState::gone) return Readiness::gone;
    if (interrupt.take() != 0) return Readiness::interrupted;
  }
  return Readiness::silent;
}

int complain_not_ready(const worker::Client& client, Readiness readiness) {
  switch (readiness) {
    case Readiness::ready:
      return kExitOk;
    case Readiness::interrupted:
      return kExitInterrupted;
    case Readiness::gone:
      return complain(fmt::format("no worker: {}", client.snapshot()->worker_message), kExitBadResult);
    case Readiness::silent:
      break;
  }
  return complain(fmt::format("the worker did not say within {:.0f} s what it can measure on", kStartLimit_s),
                  kExitBadResult);
}

}  // namespace knobscope::cli
