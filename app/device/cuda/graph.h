#pragma once
// Runs captured from the stream, to be started again as one CUDA graph.

#include <functional>

#include "device/cuda/context.h"

namespace knobscope::device::cuda {

class CudaGraph final : public Graph {
 public:
  /// Captures `runs` calls of `enqueue_work` from the context's stream, where nothing runs meanwhile. Throws
  /// Uncapturable; errors of the work itself as they are.
  CudaGraph(ContextPtr context, const std::function<void()>& enqueue_work, int runs);
  ~CudaGraph() override;
  CudaGraph(const CudaGraph&) = delete;
  CudaGraph& operator=(const CudaGraph&) = delete;

  /// Starts all of it in the context's stream.
  void enqueue() const;

 private:
  ContextPtr context_;
  CUgraphExec executable_ = nullptr;
};

}  // namespace knobscope::device::cuda
