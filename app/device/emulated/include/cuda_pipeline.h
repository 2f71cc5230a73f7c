#ifndef KNOBSCOPE_EMULATED_CUDA_PIPELINE_H
#define KNOBSCOPE_EMULATED_CUDA_PIPELINE_H
// Asynchronous copies, which cannot be played.
#pragma GCC system_header

KNOBSCOPE_REFUSED(__pipeline_memcpy_async, pipelines);
KNOBSCOPE_REFUSED(__pipeline_commit, pipelines);
KNOBSCOPE_REFUSED(__pipeline_wait_prior, pipelines);
KNOBSCOPE_REFUSED(__pipeline_arrive_on, pipelines);

#endif
