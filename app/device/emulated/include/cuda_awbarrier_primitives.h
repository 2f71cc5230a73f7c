#ifndef KNOBSCOPE_EMULATED_CUDA_AWBARRIER_PRIMITIVES_H
#define KNOBSCOPE_EMULATED_CUDA_AWBARRIER_PRIMITIVES_H
// Barriers in shared memory, which cannot be played.
#pragma GCC system_header

KNOBSCOPE_REFUSED(__mbarrier_init, cuda_barrier);
KNOBSCOPE_REFUSED(__mbarrier_inval, cuda_barrier);
KNOBSCOPE_REFUSED(__mbarrier_arrive, cuda_barrier);
KNOBSCOPE_REFUSED(__mbarrier_arrive_and_drop, cuda_barrier);
KNOBSCOPE_REFUSED(__mbarrier_test_wait, cuda_barrier);
KNOBSCOPE_REFUSED(__mbarrier_try_wait, cuda_barrier);
KNOBSCOPE_REFUSED(__mbarrier_token_pending_count, cuda_barrier);

#endif
