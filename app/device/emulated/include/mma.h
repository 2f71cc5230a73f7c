#ifndef KNOBSCOPE_EMULATED_MMA_H
#define KNOBSCOPE_EMULATED_MMA_H
// Tensor core matrices, which cannot be played: the name of their namespace is where a kernel is told.
#pragma GCC system_header

#define nvcuda knobscope_unplayable_wmma

#endif
