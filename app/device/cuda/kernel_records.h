#pragma once
// Times of kernels by CUPTI's activity records: the GPU's own begin and end of each, without events and without
// launches.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/units.h"
#include "device/cuda/cupti_library.h"

namespace knobscope::device::cuda {

/// A kernel or a memory clear on the GPU's clock.
struct KernelRecord {
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
};

/// The `count` records that began last, each from its begin to its end, together; nothing when there are fewer. What
/// lies between them is not in it: recording makes it longer. `records`: in any order.
std::optional<Nanoseconds> time_of_last(std::vector<KernelRecord> records, std::size_t count);

/// Records everything that runs on this process's GPUs, from construction to destruction. One at a time in a process,
/// for CUPTI calls back without saying for whom; a second one throws std::logic_error.
class KernelRecorder {
 public:
  /// Throws Unprofilable.
  explicit KernelRecorder(std::shared_ptr<const CuptiLibrary> cupti);
  ~KernelRecorder();
  KernelRecorder(const KernelRecorder&) = delete;
  KernelRecorder& operator=(const KernelRecorder&) = delete;

  /// What ended since the last call. Only after the GPU was waited for. Throws Unprofilable.
  std::vector<KernelRecord> take();

 private:
  void disable() noexcept;

  std::shared_ptr<const CuptiLibrary> cupti_;
};

}  // namespace knobscope::device::cuda
