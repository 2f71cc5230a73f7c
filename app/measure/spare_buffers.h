#pragma once
// Outputs and extra buffers of the last point, for the next one: a sweep over knobs asks for the same sizes every time,
// and a device takes longer to allocate and free than a small kernel takes to run.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "device/device.h"

namespace knobscope::measure {

class SpareBuffers {
 public:
  /// What lies here at most, in buffers; and in bytes a share of the device's memory.
  static constexpr std::size_t kMost = 16;
  static constexpr std::int64_t kShareOfMemory = 16;

  explicit SpareBuffers(const device::Device& device) : device_(device) {}

  /// One of exactly so many bytes, or null. Its content is whatever its last owner left, as that of a new one is.
  std::shared_ptr<device::Buffer> take(std::int64_t bytes);
  /// Precondition: the bands around it are intact. The oldest go when there are too many.
  void give(std::shared_ptr<device::Buffer> buffer);
  bool empty() const { return buffers_.empty(); }
  void clear();

 private:
  const device::Device& device_;
  std::list<std::shared_ptr<device::Buffer>> buffers_;  ///< the latest first
  std::int64_t bytes_ = 0;
};

}  // namespace knobscope::measure
