#pragma once
// Looking at a part of an output on the GPU, by region.cu.

#include <atomic>
#include <memory>

#include "device/cuda/judge.h"
#include "device/region_judging.h"

namespace knobscope::device::cuda {

class RegionJudge {
 public:
  /// `program` is region.cu; `stop` must outlive the judge.
  RegionJudge(ContextPtr context, std::shared_ptr<const OwnProgram> program, int multiprocessors,
              const std::atomic<bool>& stop);

  /// Waits for the GPU; looks at `stop` between chunks and ends with Cancelled.
  RegionComparison compare(const CudaReference& reference, const TensorInfo& output, const Buffer& actual,
                           const RegionSpec& region) const;

 private:
  ContextPtr context_;
  std::shared_ptr<const OwnProgram> program_;
  int multiprocessors_;
  const std::atomic<bool>& stop_;
};

}  // namespace knobscope::device::cuda
