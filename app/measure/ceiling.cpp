#include "measure/ceiling.h"

#include <algorithm>

#include <fmt/format.h>

#include "measure/cold.h"

namespace knobscope::measure {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kSmallest = 32 * kMiB;

/// Ceilings are the first thing a person waits for, and need no more than this to settle.
Method ceiling_method() {
  Method method;
  method.max_samples = 200;
  method.time_limit_s = 0.2;
  return method;
}

struct Buffers {
  device::BufferPtr from;
  device::BufferPtr to;
};

/// The largest pair that memory allows, from `wanted` downwards; empty when not even `least` fits.
Buffers allocate_pair(device::Device& device, std::int64_t wanted, std::int64_t least) {
  for (std::int64_t size = wanted; size >= least; size /= 2) {
    try {
      Buffers pair;
      pair.from = device.allocate(size);
      pair.to = device.allocate(size);
      return pair;
    } catch (const device::DeviceError&) {
      // Too large for what is free now: half of it.
    }
  }
  return {};
}

/// A ceiling is what is reached at best: a moment in which something else used the memory must not lower it. The fifth
/// percentile rather than the minimum, which would be the clock's luckiest reading.
Nanoseconds best_of(const std::vector<double>& samples) { return Nanoseconds(quantile(samples, 0.05).value_or(0.0)); }

}  // namespace

Bytes ceiling_buffer_size(const DeviceFacts& facts) {
  if (facts.kind == DeviceKind::cuda) return {std::max(512 * kMiB, 4 * facts.last_level_cache.count)};
  return {std::clamp(4 * facts.last_level_cache.count, kSmallest, 256 * kMiB)};
}

CeilingFound measure_ceiling(Run& run) {
  run.observer.phase(Phase::ceiling);
  const DeviceFacts& facts = run.device.facts();
  const std::int64_t wanted = ceiling_buffer_size(facts).count;
  const std::int64_t least = std::clamp(2 * facts.last_level_cache.count, kMiB, wanted);
  const Buffers buffers = allocate_pair(run.device, wanted, least);
  if (!buffers.from) {
    run.observer.note(
        LogLevel::warning,
        fmt::format("{}: no room for two buffers of {} MiB, so the copy ceiling is not known; close other "
                    "programs that use its memory",
                    facts.id, least / kMiB));
    return {};
  }
  // Written once: memory that was never touched would be read from one shared page of zeros.
  run.device.poison(*buffers.from, ElementType::f32);
  run.device.poison(*buffers.to, ElementType::f32);

  const auto best = [&run](const Enqueue& enqueue) {
    enqueue();
    run.device.synchronize();
    return best_of(sample_cold(run, enqueue, ceiling_method(), std::nullopt));
  };
  const Nanoseconds driver = best([&] { run.device.enqueue_copy(*buffers.to, *buffers.from, false); });
  const Nanoseconds kernel = best([&] { run.device.enqueue_copy(*buffers.to, *buffers.from, true); });
  const Nanoseconds read = best([&] { run.device.enqueue_read(*buffers.from); });
  const Nanoseconds copy = std::min(driver, kernel);
  const Nanoseconds write = std::min(best([&] { run.device.enqueue_write(*buffers.to, false); }),
                                     best([&] { run.device.enqueue_write(*buffers.to, true); }));
  if (copy.count() <= 0.0 || read.count() <= 0.0 || write.count() <= 0.0) return {std::nullopt, true};

  const Bytes size{buffers.from->size()};
  return {Ceiling{facts.id, (size + size) / copy, size / read, size + size, size / write}, false};
}

}  // namespace knobscope::measure
