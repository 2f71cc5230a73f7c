#ifndef KNOBSCOPE_DEVICE_EMULATED_UNPLAYABLE_H
#define KNOBSCOPE_DEVICE_EMULATED_UNPLAYABLE_H
// What a CUDA file may say and the emulated device cannot play. The headers under include/ turn each of these into a
// compile error that contains "knobscope_unplayable_<name>"; here is what the name stands for. Plain data, compiled
// into the program.
//
// Where it is: the compiler's last line with "error:" at or before the marker names the file and line that use it. (A
// marker in a later line, without "error:", is a note to that error.) Code that #if leaves out gives none.

#include <array>
#include <string_view>

namespace knobscope::emulated {

inline constexpr std::string_view kUnplayableMarker = "knobscope_unplayable_";

struct Unplayable {
  std::string_view name;   ///< behind the marker
  std::string_view words;  ///< for people: "inline PTX (asm)"
};

inline constexpr std::array kUnplayables = {
    Unplayable{"inline_ptx", "inline PTX (asm)"},
    Unplayable{"cluster_dims", "a cluster's size in the code (__cluster_dims__; write cluster = … in the launch)"},
    Unplayable{"cluster_multicast", "copies into several blocks of a cluster at once"},
    Unplayable{"address_spaces", "address space conversions and tests (__cvta_…, __isShared …)"},
    Unplayable{"named_barriers", "named barriers (__barrier_sync)"},
    Unplayable{"pipelines", "asynchronous copies (__pipeline_…, cuda::pipeline, memcpy_async)"},
    Unplayable{"cuda_barrier", "cuda::barrier"},
    Unplayable{"cuda_ptx", "PTX instructions (cuda::ptx)"},
    Unplayable{"wmma", "tensor core matrices (nvcuda::wmma)"},
    Unplayable{"textures", "textures and surfaces"},
    Unplayable{"host_api", "calls of the CUDA runtime inside a kernel file"},
    Unplayable{"heap", "memory from the heap (malloc, new; [[buffers]] gives memory, too)"},
    Unplayable{"cub", "CUB"},
    Unplayable{"thrust", "Thrust"},
    Unplayable{"curand", "cuRAND"},
    Unplayable{"tensor_map", "tensor maps (bulk copies)"},
    Unplayable{"multi_grid", "groups over several devices"},
};

/// A launch from inside a kernel has no name that could carry the marker: a compile error on a line with this text.
inline constexpr std::string_view kLaunchFromKernel = "<<<";
inline constexpr std::string_view kLaunchFromKernelWords = "launches from inside a kernel (<<<…>>>)";

/// Where a kernel throws or catches, compilers say this; there is no such thing on a GPU, so it is an error.
inline constexpr std::array<std::string_view, 3> kExceptionErrors = {"exception handling disabled",
                                                                     "cannot use 'throw' with exceptions disabled",
                                                                     "cannot use 'try' with exceptions disabled"};
inline constexpr std::string_view kExceptionWords = "there are no exceptions (throw, try) on a GPU";

/// What `name` stands for; the name itself when it is not in the table.
constexpr std::string_view words_of_unplayable(std::string_view name) {
  for (const Unplayable& each : kUnplayables) {
    if (each.name == name) return each.words;
  }
  return name;
}

}  // namespace knobscope::emulated

#endif
