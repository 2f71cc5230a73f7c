#pragma once
// The GPU's counters over a piece of work, by CUPTI's range profiler.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <cuda.h>

#include "core/profile.h"
#include "device/cuda/cupti_library.h"

namespace knobscope::device::cuda {

/// What is done in each pass. Each returns when the GPU is idle.
struct CountedWork {
  std::function<void()> prepare;  ///< not counted: leaves a cache of other, clean data
  std::function<void()> run;      ///< counted; all of it in one range, which its kernels may share and wait in
  std::function<void()> drain;    ///< counted apart: makes the cache write back what the run left in it
};

/// Ready to count on one GPU. Bytes and occupancy fit into one pass, the cache's hits need a second one: for each pass
/// the whole work is started again, as it is for each sample of its times. No kernel is replayed on its own, for
/// kernels that wait for each other or count their launches would not stand it, and nothing of their memory is put
/// back.
class RangeCounters {
 public:
  /// `ordinal`: of the GPU among CUDA's devices; `context` is current. Throws Unprofilable, at the latest when it
  /// counts.
  RangeCounters(std::shared_ptr<const CuptiLibrary> cupti, int ordinal, CUdevice device, CUcontext context);
  ~RangeCounters();
  RangeCounters(const RangeCounters&) = delete;
  RangeCounters& operator=(const RangeCounters&) = delete;

  /// Throws Unprofilable, and whatever `work` throws.
  Counters count(const CountedWork& work);

 private:
  class Session;
  std::vector<std::uint8_t> configure();

  std::shared_ptr<const CuptiLibrary> cupti_;
  CUcontext context_ = nullptr;
#if KNOBSCOPE_HAS_RANGE_PROFILER
  std::vector<std::uint8_t> availability_;
  CUpti_Profiler_Host_Object* host_ = nullptr;
#endif
  std::vector<std::uint8_t> config_;
};

}  // namespace knobscope::device::cuda
