#ifndef KNOBSCOPE_EMULATED_KNOBSCOPE_EMULATED_CUDA_REFUSED_H
#define KNOBSCOPE_EMULATED_KNOBSCOPE_EMULATED_CUDA_REFUSED_H
// cuda::barrier and cuda::pipeline: class templates that no type satisfies.
#pragma GCC system_header

namespace cuda {

KNOBSCOPE_UNPLAYABLE_CONCEPT(cuda_barrier);
KNOBSCOPE_UNPLAYABLE_CONCEPT(pipelines);
template <auto scope, typename Completion = int>
requires knobscope_unplayable_cuda_barrier<scope>
class barrier;
template <auto scope>
requires knobscope_unplayable_pipelines<scope>
class pipeline;
template <auto scope, unsigned char stages>
requires knobscope_unplayable_pipelines<scope>
class pipeline_shared_state;
KNOBSCOPE_REFUSED(make_pipeline, pipelines);
KNOBSCOPE_REFUSED(memcpy_async, pipelines);
KNOBSCOPE_REFUSED(pipeline_consumer_wait_prior, pipelines);
namespace device {
KNOBSCOPE_REFUSED(barrier_native_handle, cuda_barrier);
KNOBSCOPE_REFUSED(barrier_arrive_tx, cuda_barrier);
KNOBSCOPE_REFUSED(memcpy_async_tx, pipelines);
}  // namespace device

}  // namespace cuda

#endif
