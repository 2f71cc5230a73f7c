#include "device/cuda/graph.h"

#include <fmt/format.h>

namespace knobscope::device::cuda {
namespace {

/// A graph as captured, before it can be started.
class Captured {
 public:
  Captured(const Context& context, const std::function<void()>& enqueue_work, int runs) : context_(context) {
    const Driver& driver = context.driver();
    // Only this thread's calls: another one may allocate or wait meanwhile.
    KNOBSCOPE_CU(driver, "starting to capture a graph",
                 cuStreamBeginCapture(context.stream(), CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    try {
      for (int run = 0; run < runs; ++run) enqueue_work();
    } catch (const DeviceError& error) {
      end();
      throw Uncapturable(fmt::format("it cannot be captured: {}", error.what()));
    } catch (...) {
      end();
      throw;
    }
    const CUresult result = end();
    if (result != CUDA_SUCCESS) refuse(result, "the capture ended");
  }
  ~Captured() {
    if (graph_ != nullptr) context_.driver().cuGraphDestroy(graph_);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;

  CUgraphExec instantiate() const {
    CUgraphExec executable = nullptr;
    const CUresult result = context_.driver().cuGraphInstantiateWithFlags(&executable, graph_, 0);
    if (result != CUDA_SUCCESS) refuse(result, "the graph was made ready");
    return executable;
  }

 private:
  /// The stream must leave the capture in any case, or nothing else can run in it.
  CUresult end() { return context_.driver().cuStreamEndCapture(context_.stream(), &graph_); }

  [[noreturn]] void refuse(CUresult result, const char* when) const {
    if (is_sticky(result)) throw_result(context_.driver(), result, "cuStreamEndCapture(", "capturing a graph");
    throw Uncapturable(
        fmt::format("it cannot be captured: the driver said {} when {}", context_.driver().text_of(result), when));
  }

  const Context& context_;
  CUgraph graph_ = nullptr;
};

}  // namespace

CudaGraph::CudaGraph(ContextPtr context, const std::function<void()>& enqueue_work, int runs)
    : context_(std::move(context)), executable_(Captured(*context_, enqueue_work, runs).instantiate()) {
  // Sent to the GPU now, so that the first replay is like the others.
  const CUresult result = context_->driver().cuGraphUpload(executable_, context_->stream());
  if (result == CUDA_SUCCESS) return;
  context_->driver().cuGraphExecDestroy(executable_);
  throw_result(context_->driver(), result, "cuGraphUpload(", "sending a graph to the GPU");
}

CudaGraph::~CudaGraph() {
  context_->activate_quietly();
  context_->driver().cuStreamSynchronize(context_->stream());
  context_->driver().cuGraphExecDestroy(executable_);
}

void CudaGraph::enqueue() const {
  KNOBSCOPE_CU(context_->driver(), "starting a graph", cuGraphLaunch(executable_, context_->stream()));
}

}  // namespace knobscope::device::cuda
