#pragma once
// What is the same on every device whose memory is this process's own: inputs, hashes, the reference and the judging of
// outputs, on all threads of the CPU.

#include <atomic>

#include "device/device.h"
#include "device/host/thread_pool.h"

namespace knobscope::device::host {

/// Relies on nothing of a buffer but data() and size(), except in guards_intact(): a device with buffers of its own
/// overrides that together with allocate().
class HostDevice : public Device {
 public:
  const DeviceFacts& facts() const override { return facts_; }

  /// A GuardedBuffer.
  BufferPtr allocate(std::int64_t bytes) override;
  void read_back(const Buffer& from, std::int64_t offset, std::span<std::byte> to) override;
  bool guards_intact(const Buffer& buffer) override;

  void fill_input(Buffer& buffer, const Problem& problem, const TensorInfo& tensor,
                  const NamedBuffers& inputs) override;
  void poison(Buffer& buffer, ElementType type) override;
  std::uint64_t hash(const Buffer& buffer) override;

  /// The reference refers to the input buffers.
  ReferencePtr make_reference(const Problem& problem, const NamedBuffers& inputs) override;
  Comparison compare(const Reference& reference, const TensorInfo& output, const Buffer& actual, MapSize map) override;
  RegionComparison compare_region(const Reference& reference, const TensorInfo& output, const Buffer& actual,
                                  const RegionSpec& region) override;

  void request_stop(bool stop) override { stop_.store(stop); }

 protected:
  /// `threads`: how many judge, the calling one included; at least 1.
  HostDevice(DeviceFacts facts, int threads) : facts_(std::move(facts)), pool_(threads) {}

  ThreadPool& pool() { return pool_; }
  /// What request_stop() set last.
  const std::atomic<bool>& stop() const { return stop_; }
  void throw_if_stopped() const {
    if (stop_.load()) throw Cancelled();
  }

  /// Checks what enqueue_copy() was given. Throws DeviceError.
  static void check_copy(const Buffer& to, const Buffer& from);

 private:
  DeviceFacts facts_;
  ThreadPool pool_;
  std::atomic<bool> stop_{false};
};

inline std::byte* bytes_of(const Buffer& buffer) { return static_cast<std::byte*>(buffer.data()); }

}  // namespace knobscope::device::host
