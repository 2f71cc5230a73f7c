#ifndef KNOBSCOPE_EMULATED_REFUSED_H
#define KNOBSCOPE_EMULATED_REFUSED_H
// What cannot be played. Using it is a compile error that contains knobscope_unplayable_<name>; ../../unplayable.h says
// what each name stands for and where the error is. Included last: no header of the C library likes its asm taken away.
#pragma GCC system_header

#define KNOBSCOPE_UNPLAYABLE(name) __attribute__((unavailable("knobscope_unplayable_" #name)))
/// A class template of which no use is possible: `template <...> requires knobscope_unplayable_x<...> class name;`
#define KNOBSCOPE_UNPLAYABLE_CONCEPT(name) \
  template <auto...>                       \
  concept knobscope_unplayable_##name = false

// A function of any arguments, with or without a type in <>.
#define KNOBSCOPE_REFUSED(function, name)            \
  template <typename T = int, typename... Arguments> \
  KNOBSCOPE_UNPLAYABLE(name)                         \
  T function(Arguments&&...)

KNOBSCOPE_REFUSED(__cvta_generic_to_shared, address_spaces);
KNOBSCOPE_REFUSED(__cvta_generic_to_global, address_spaces);
KNOBSCOPE_REFUSED(__cvta_generic_to_local, address_spaces);
KNOBSCOPE_REFUSED(__cvta_generic_to_constant, address_spaces);
KNOBSCOPE_REFUSED(__cvta_generic_to_grid_constant, address_spaces);
KNOBSCOPE_REFUSED(__cvta_shared_to_generic, address_spaces);
KNOBSCOPE_REFUSED(__cvta_global_to_generic, address_spaces);
KNOBSCOPE_REFUSED(__cvta_local_to_generic, address_spaces);
KNOBSCOPE_REFUSED(__cvta_constant_to_generic, address_spaces);
KNOBSCOPE_REFUSED(__isShared, address_spaces);
KNOBSCOPE_REFUSED(__isGlobal, address_spaces);
KNOBSCOPE_REFUSED(__isLocal, address_spaces);
KNOBSCOPE_REFUSED(__isConstant, address_spaces);
KNOBSCOPE_REFUSED(__isGridConstant, address_spaces);

KNOBSCOPE_REFUSED(__barrier_sync, named_barriers);
KNOBSCOPE_REFUSED(__barrier_sync_count, named_barriers);

KNOBSCOPE_REFUSED(__cluster_map_shared_multicast, cluster_multicast);
#define __cluster_dims__(...) __attribute__((aligned(knobscope_unplayable_cluster_dims)))

KNOBSCOPE_REFUSED(tex1D, textures);
KNOBSCOPE_REFUSED(tex1Dfetch, textures);
KNOBSCOPE_REFUSED(tex1DLod, textures);
KNOBSCOPE_REFUSED(tex1DLayered, textures);
KNOBSCOPE_REFUSED(tex2D, textures);
KNOBSCOPE_REFUSED(tex2DLod, textures);
KNOBSCOPE_REFUSED(tex2DLayered, textures);
KNOBSCOPE_REFUSED(tex2Dgather, textures);
KNOBSCOPE_REFUSED(tex3D, textures);
KNOBSCOPE_REFUSED(tex3DLod, textures);
KNOBSCOPE_REFUSED(texCubemap, textures);
KNOBSCOPE_REFUSED(surf1Dread, textures);
KNOBSCOPE_REFUSED(surf1Dwrite, textures);
KNOBSCOPE_REFUSED(surf2Dread, textures);
KNOBSCOPE_REFUSED(surf2Dwrite, textures);
KNOBSCOPE_REFUSED(surf3Dread, textures);
KNOBSCOPE_REFUSED(surf3Dwrite, textures);
typedef unsigned long long cudaTextureObject_t;
typedef unsigned long long cudaSurfaceObject_t;

KNOBSCOPE_REFUSED(cudaMalloc, host_api);
KNOBSCOPE_REFUSED(cudaMallocAsync, host_api);
KNOBSCOPE_REFUSED(cudaMallocManaged, host_api);
KNOBSCOPE_REFUSED(cudaFree, host_api);
KNOBSCOPE_REFUSED(cudaFreeAsync, host_api);
KNOBSCOPE_REFUSED(cudaMemcpy, host_api);
KNOBSCOPE_REFUSED(cudaMemcpyAsync, host_api);
KNOBSCOPE_REFUSED(cudaMemset, host_api);
KNOBSCOPE_REFUSED(cudaMemsetAsync, host_api);
KNOBSCOPE_REFUSED(cudaDeviceSynchronize, host_api);
KNOBSCOPE_REFUSED(cudaStreamSynchronize, host_api);
KNOBSCOPE_REFUSED(cudaStreamCreateWithFlags, host_api);
KNOBSCOPE_REFUSED(cudaGetLastError, host_api);
KNOBSCOPE_REFUSED(cudaPeekAtLastError, host_api);
KNOBSCOPE_REFUSED(cudaGetErrorString, host_api);
KNOBSCOPE_REFUSED(cudaGetDevice, host_api);
KNOBSCOPE_REFUSED(cudaDeviceGetAttribute, host_api);
KNOBSCOPE_REFUSED(cudaFuncSetAttribute, host_api);
KNOBSCOPE_REFUSED(cudaLaunchKernel, host_api);
KNOBSCOPE_REFUSED(cudaLaunchKernelEx, host_api);
KNOBSCOPE_REFUSED(cudaLaunchCooperativeKernel, host_api);
KNOBSCOPE_REFUSED(cudaOccupancyMaxActiveBlocksPerMultiprocessor, host_api);
KNOBSCOPE_REFUSED(cudaTriggerProgrammaticLaunchCompletion, host_api);
KNOBSCOPE_REFUSED(cudaGridDependencySynchronize, host_api);

// Inline functions of the C++ library call these, which matters only where a kernel calls the inline function: to g++ a
// call that is left when all is compiled is the error. clang cannot say so of what it has declared itself, as it has
// the operators: there what is made new lies outside every buffer. Who deletes has made something new before.
#if defined(__clang__)
#define KNOBSCOPE_UNPLAYABLE_CALL(name) KNOBSCOPE_UNPLAYABLE(name)
#else
#define KNOBSCOPE_UNPLAYABLE_CALL(name) __attribute__((error("knobscope_unplayable_" #name)))
KNOBSCOPE_UNPLAYABLE_CALL(heap) void* operator new(size_t);
KNOBSCOPE_UNPLAYABLE_CALL(heap) void* operator new[](size_t);
#endif
extern "C" {
KNOBSCOPE_UNPLAYABLE_CALL(heap) void* malloc(size_t) noexcept;
KNOBSCOPE_UNPLAYABLE_CALL(heap) void* calloc(size_t, size_t) noexcept;
KNOBSCOPE_UNPLAYABLE_CALL(heap) void* realloc(void*, size_t) noexcept;
KNOBSCOPE_UNPLAYABLE_CALL(heap) void free(void*) noexcept;
}

struct KNOBSCOPE_UNPLAYABLE(tensor_map) CUtensorMap_st;
struct KNOBSCOPE_UNPLAYABLE(tensor_map) CUtensorMap;

// A kernel's asm is PTX. A word behind asm stays what it was: the marker's name is not declared, and that is the error.
// The C library's headers say __asm__ for the names of symbols: that word is refused in the kernel's own file only,
// where the level of inclusion is 0.
#define KNOBSCOPE_SECOND(first, second, ...) second
#define KNOBSCOPE_ASM_AT(level) KNOBSCOPE_ASM_JOINED(KNOBSCOPE_ASM_AT_##level)
#define KNOBSCOPE_ASM_JOINED(...) KNOBSCOPE_SECOND(__VA_ARGS__, __asm__, )
#define KNOBSCOPE_ASM_AT_0            \
  ~, knobscope_unplayable_inline_ptx; \
  __asm__
#define KNOBSCOPE_ASM_LEVEL(level) KNOBSCOPE_ASM_AT(level)
#define __asm__ KNOBSCOPE_ASM_LEVEL(__INCLUDE_LEVEL__)
#define asm                        \
  knobscope_unplayable_inline_ptx; \
  __asm__

#endif
