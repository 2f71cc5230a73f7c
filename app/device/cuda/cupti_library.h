#pragma once
// CUPTI, NVIDIA's profiling library, opened when it is first asked for: nothing of it is in a process that only times.

#include <memory>
#include <string>

#if __has_include(<cupti.h>)
#include <cupti.h>
#define KNOBSCOPE_HAS_CUPTI 1
#else
#define KNOBSCOPE_HAS_CUPTI 0
#endif
#if __has_include(<cupti_range_profiler.h>)  // since CUDA 12.6
#include <cupti_profiler_host.h>
#include <cupti_profiler_target.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>
#define KNOBSCOPE_HAS_RANGE_PROFILER 1
#else
#define KNOBSCOPE_HAS_RANGE_PROFILER 0
#endif

namespace knobscope::device::cuda {

#if KNOBSCOPE_HAS_CUPTI
#define KNOBSCOPE_CUPTI_FUNCTIONS(X) \
  X(cuptiGetResultString)            \
  X(cuptiActivityRegisterCallbacks)  \
  X(cuptiActivityEnable)             \
  X(cuptiActivityDisable)            \
  X(cuptiActivityFlushAll)           \
  X(cuptiActivityGetNextRecord)
#else
#define KNOBSCOPE_CUPTI_FUNCTIONS(X)
#endif

#if KNOBSCOPE_HAS_RANGE_PROFILER
// Missing in libraries before CUDA 12.6: null then.
#define KNOBSCOPE_CUPTI_RANGE_FUNCTIONS(X)        \
  X(cuptiProfilerInitialize)                      \
  X(cuptiProfilerDeviceSupported)                 \
  X(cuptiProfilerGetCounterAvailability)          \
  X(cuptiDeviceGetChipName)                       \
  X(cuptiProfilerHostInitialize)                  \
  X(cuptiProfilerHostDeinitialize)                \
  X(cuptiProfilerHostConfigAddMetrics)            \
  X(cuptiProfilerHostGetConfigImageSize)          \
  X(cuptiProfilerHostGetConfigImage)              \
  X(cuptiProfilerHostEvaluateToGpuValues)         \
  X(cuptiRangeProfilerEnable)                     \
  X(cuptiRangeProfilerDisable)                    \
  X(cuptiRangeProfilerGetCounterDataSize)         \
  X(cuptiRangeProfilerCounterDataImageInitialize) \
  X(cuptiRangeProfilerSetConfig)                  \
  X(cuptiRangeProfilerStart)                      \
  X(cuptiRangeProfilerStop)                       \
  X(cuptiRangeProfilerPushRange)                  \
  X(cuptiRangeProfilerPopRange)                   \
  X(cuptiRangeProfilerDecodeData)                 \
  X(cuptiRangeProfilerGetCounterDataInfo)         \
  X(cuptiRangeProfilerCounterDataGetRangeInfo)
#else
#define KNOBSCOPE_CUPTI_RANGE_FUNCTIONS(X)
#endif

struct CuptiLibrary {
#define KNOBSCOPE_DECLARE(name) decltype(&::name) name = nullptr;  // NOLINT(bugprone-macro-parentheses)
  KNOBSCOPE_CUPTI_FUNCTIONS(KNOBSCOPE_DECLARE)
  KNOBSCOPE_CUPTI_RANGE_FUNCTIONS(KNOBSCOPE_DECLARE)
#undef KNOBSCOPE_DECLARE
  bool has_range_profiler = false;

  /// Looks at $KNOBSCOPE_CUPTI (the library file), else where NVRTC is looked for. Throws Unprofilable that says what
  /// to install.
  static std::shared_ptr<const CuptiLibrary> load();
};

/// Why CUPTI refused something, and what to do, for an Unprofilable: `code` is a CUptiResult, `name` what CUPTI calls
/// it.
std::string refusal_text(int code, const std::string& name, const char* doing);

#if KNOBSCOPE_HAS_CUPTI
/// Throws Unprofilable unless `result` is CUPTI_SUCCESS.
void check_cupti(const CuptiLibrary& cupti, CUptiResult result, const char* doing);
#endif

}  // namespace knobscope::device::cuda
