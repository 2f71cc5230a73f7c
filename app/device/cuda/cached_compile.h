#pragma once
// NVRTC behind the cache on disk.

#include <optional>
#include <string_view>

#include "device/compile_cache.h"
#include "device/cuda/compile.h"

namespace knobscope::device::cuda {

struct CachedCubin {
  Cubin cubin;
  std::optional<double> compile_ms;  ///< nothing when it came from the cache
};

/// `headers_hash` stands for the texts of headers that NVRTC reads from the request's folders. Throws as
/// compile_to_cubin; a cache that cannot be read or written only costs time.
CachedCubin compile_cached(const NvrtcLibrary& nvrtc, const CompileCache& cache, const CubinRequest& request,
                           std::string_view headers_hash);

}  // namespace knobscope::device::cuda
