// CUPTI without a GPU: where it is looked for, what is said when it refuses, and that what was switched on is switched
// off again. A table of functions plays the library.

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/cuda/cupti_library.h"
#include "device/cuda/kernel_records.h"
#include "device/cuda/range_counters.h"
#include "device/device.h"

namespace knobscope::device::cuda {
namespace {

using testing::HasSubstr;

template <class Action>
std::string refusal_of(const Action& action) {
  try {
    action();
  } catch (const Unprofilable& error) {
    return error.what();
  }
  return "not refused";
}

TEST(Cupti, AFileThatIsNoneIsNamedWithTheWayOut) {
  ::setenv("KNOBSCOPE_CUPTI", "/nowhere/libcupti.so.13", 1);
  const std::string said = refusal_of([] { CuptiLibrary::load(); });
  ::unsetenv("KNOBSCOPE_CUPTI");
#if KNOBSCOPE_HAS_CUPTI
  EXPECT_THAT(said, HasSubstr("/nowhere/libcupti.so.13"));
  EXPECT_THAT(said, HasSubstr("install"));
#else
  EXPECT_THAT(said, HasSubstr("build"));
#endif
}

TEST(Cupti, EachRefusalSaysWhatToDo) {
  const auto said = [](int code) { return refusal_text(code, "CUPTI_ERROR_X", "counting"); };
  EXPECT_THAT(said(35), HasSubstr("ERR_NVGPUCTRPERM"));
  EXPECT_THAT(said(35), HasSubstr("NVreg_RestrictProfilingToAdminUsers=0"));
  EXPECT_THAT(said(40), HasSubstr("virtual machine"));
  EXPECT_THAT(said(26), HasSubstr("dcgmi profile --pause"));
  EXPECT_THAT(said(39), HasSubstr("another profiler"));
  for (const int code : {27, 33, 41, 43}) EXPECT_THAT(said(code), HasSubstr("not supported")) << code;
  EXPECT_THAT(said(999), HasSubstr("counting (CUPTI_ERROR_X, code 999)"));
}

TEST(KernelRecords, TheLastOnesCount) {
  // What held the stream, a flush, then two kernels with a gap; out of order, as CUPTI may tell them.
  const std::vector<KernelRecord> records = {{300, 450}, {0, 100}, {470, 500}, {100, 290}};
  EXPECT_EQ(time_of_last(records, 1), Nanoseconds(30.0));
  EXPECT_EQ(time_of_last(records, 2), Nanoseconds(180.0)) << "without the gap";
  EXPECT_EQ(time_of_last(records, 4), Nanoseconds(470.0));
  EXPECT_FALSE(time_of_last(records, 5)) << "one was lost";
  EXPECT_FALSE(time_of_last(records, 0));
  EXPECT_FALSE(time_of_last({}, 1));
}

#if KNOBSCOPE_HAS_RANGE_PROFILER

/// What the played library does. Its functions are plain ones, so this can only be static.
struct Played {
  CUptiResult enable_kernels = CUPTI_SUCCESS;
  CUptiResult set_config = CUPTI_SUCCESS;
  CUpti_Profiler_Support_Level supported = CUPTI_PROFILER_CONFIGURATION_SUPPORTED;
  int passes = 1;
  int kernels_on = 0;
  int ranges_on = 0;
  int hosts = 0;
  int starts = 0;
  std::vector<std::string> ranges;
};
Played* played = nullptr;

CuptiLibrary played_library() {
  CuptiLibrary library;
  const auto fine = [](auto) { return CUPTI_SUCCESS; };
  library.has_range_profiler = true;
  library.cuptiGetResultString = [](CUptiResult, const char** name) {
    *name = "CUPTI_ERROR_PLAYED";
    return CUPTI_SUCCESS;
  };
  library.cuptiActivityRegisterCallbacks = [](CUpti_BuffersCallbackRequestFunc, CUpti_BuffersCallbackCompleteFunc) {
    return CUPTI_SUCCESS;
  };
  library.cuptiActivityEnable = [](CUpti_ActivityKind) {
    if (played->enable_kernels == CUPTI_SUCCESS) ++played->kernels_on;
    return played->enable_kernels;
  };
  library.cuptiActivityDisable = [](CUpti_ActivityKind) {
    if (played->kernels_on > 0) --played->kernels_on;
    return CUPTI_SUCCESS;
  };
  library.cuptiActivityFlushAll = [](std::uint32_t) { return CUPTI_SUCCESS; };
  library.cuptiActivityGetNextRecord = [](std::uint8_t*, std::size_t, CUpti_Activity**) {
    return CUPTI_ERROR_MAX_LIMIT_REACHED;
  };
  library.cuptiProfilerInitialize = fine;
  library.cuptiProfilerDeviceSupported = [](CUpti_Profiler_DeviceSupported_Params* params) {
    params->isSupported = played->supported;
    return CUPTI_SUCCESS;
  };
  library.cuptiProfilerGetCounterAvailability = [](CUpti_Profiler_GetCounterAvailability_Params* params) {
    params->counterAvailabilityImageSize = 8;
    return CUPTI_SUCCESS;
  };
  library.cuptiDeviceGetChipName = [](CUpti_Device_GetChipName_Params* params) {
    params->pChipName = "GH100";
    return CUPTI_SUCCESS;
  };
  library.cuptiProfilerHostInitialize = [](CUpti_Profiler_Host_Initialize_Params*) {
    ++played->hosts;
    return CUPTI_SUCCESS;
  };
  library.cuptiProfilerHostDeinitialize = [](CUpti_Profiler_Host_Deinitialize_Params*) {
    --played->hosts;
    return CUPTI_SUCCESS;
  };
  library.cuptiProfilerHostConfigAddMetrics = fine;
  library.cuptiProfilerHostGetConfigImageSize = [](CUpti_Profiler_Host_GetConfigImageSize_Params* params) {
    params->configImageSize = 16;
    return CUPTI_SUCCESS;
  };
  library.cuptiProfilerHostGetConfigImage = fine;
  // The first range's numbers, and ten times of them for the second.
  library.cuptiProfilerHostEvaluateToGpuValues = [](CUpti_Profiler_Host_EvaluateToGpuValues_Params* params) {
    const double times = params->rangeIndex == 0 ? 1.0 : 10.0;
    const double values[] = {4096.0, 1024.0, 62.5, 75.0};
    for (std::size_t i = 0; i < params->numMetrics; ++i) params->pMetricValues[i] = times * values[i];
    return CUPTI_SUCCESS;
  };
  library.cuptiRangeProfilerEnable = [](CUpti_RangeProfiler_Enable_Params*) {
    ++played->ranges_on;
    return CUPTI_SUCCESS;
  };
  library.cuptiRangeProfilerDisable = [](CUpti_RangeProfiler_Disable_Params*) {
    --played->ranges_on;
    return CUPTI_SUCCESS;
  };
  library.cuptiRangeProfilerGetCounterDataSize = [](CUpti_RangeProfiler_GetCounterDataSize_Params* params) {
    params->counterDataSize = 32;
    return CUPTI_SUCCESS;
  };
  library.cuptiRangeProfilerCounterDataImageInitialize = fine;
  library.cuptiRangeProfilerSetConfig = [](CUpti_RangeProfiler_SetConfig_Params*) { return played->set_config; };
  library.cuptiRangeProfilerStart = [](CUpti_RangeProfiler_Start_Params*) {
    ++played->starts;
    return CUPTI_SUCCESS;
  };
  library.cuptiRangeProfilerStop = [](CUpti_RangeProfiler_Stop_Params* params) {
    params->isAllPassSubmitted = played->starts >= played->passes ? 1 : 0;
    return CUPTI_SUCCESS;
  };
  library.cuptiRangeProfilerPushRange = [](CUpti_RangeProfiler_PushRange_Params* params) {
    played->ranges.emplace_back(params->pRangeName);
    return CUPTI_SUCCESS;
  };
  library.cuptiRangeProfilerPopRange = fine;
  library.cuptiRangeProfilerDecodeData = fine;
  library.cuptiRangeProfilerGetCounterDataInfo = [](CUpti_RangeProfiler_GetCounterDataInfo_Params* params) {
    params->numTotalRanges = 2;
    return CUPTI_SUCCESS;
  };
  library.cuptiRangeProfilerCounterDataGetRangeInfo = [](CUpti_RangeProfiler_CounterData_GetRangeInfo_Params* params) {
    params->rangeName = params->rangeIndex == 0 ? "run" : "drain";
    return CUPTI_SUCCESS;
  };
  return library;
}

class PlayedCupti : public testing::Test {
 protected:
  PlayedCupti() { played = &state; }
  ~PlayedCupti() override {
    EXPECT_EQ(state.kernels_on, 0) << "kernel records stayed on";
    EXPECT_EQ(state.ranges_on, 0) << "counters stayed on";
    EXPECT_EQ(state.hosts, 0) << "an object of the host was left";
    played = nullptr;
  }
  std::unique_ptr<RangeCounters> counters() const {
    return std::make_unique<RangeCounters>(library, 0, CUdevice{0}, CUcontext{nullptr});
  }
  CountedWork work() {
    return {[this] { done += "p"; }, [this] { done += "r"; }, [this] { done += "d"; }};
  }

  Played state;
  std::shared_ptr<const CuptiLibrary> library = std::make_shared<const CuptiLibrary>(played_library());
  std::string done;
};

TEST_F(PlayedCupti, OnePassCountsTheRunAndWhatItLeft) {
  const Counters counted = counters()->count(work());
  EXPECT_EQ(done, "prd");
  EXPECT_EQ(state.ranges, (std::vector<std::string>{"run", "drain"}));
  EXPECT_EQ(counted.dram_read, Bytes{4096});
  EXPECT_EQ(counted.dram_written, Bytes{1024});
  EXPECT_EQ(counted.dram_left, Bytes{10240}) << "what was written while the cache was drained";
  EXPECT_DOUBLE_EQ(counted.l2_hit_rate, 0.625);
  EXPECT_DOUBLE_EQ(counted.occupancy, 0.75);
  EXPECT_EQ(counted.passes, 1);
}

TEST_F(PlayedCupti, EveryPassIsAWholeRun) {
  state.passes = 3;
  EXPECT_EQ(counters()->count(work()).passes, 3);
  EXPECT_EQ(done, "prdprdprd");
}

TEST_F(PlayedCupti, PassesWithoutEndAreEnded) {
  state.passes = 1'000'000;
  EXPECT_THAT(refusal_of([&] { counters()->count(work()); }), HasSubstr("passes"));
  EXPECT_LT(done.size(), 200U);
}

TEST_F(PlayedCupti, MissingPermissionIsSaidAndNothingRuns) {
  state.set_config = CUPTI_ERROR_INSUFFICIENT_PRIVILEGES;
  EXPECT_THAT(refusal_of([&] { counters()->count(work()); }), HasSubstr("ERR_NVGPUCTRPERM"));
  EXPECT_EQ(done, "");
}

TEST_F(PlayedCupti, AGpuThatCannotCountIsRefused) {
  state.supported = CUPTI_PROFILER_CONFIGURATION_UNSUPPORTED;
  EXPECT_THAT(refusal_of([&] { counters(); }), HasSubstr("not supported"));
}

TEST_F(PlayedCupti, ALibraryWithoutTheRangeProfilerIsRefused) {
  CuptiLibrary old = *library;
  old.has_range_profiler = false;
  library = std::make_shared<const CuptiLibrary>(old);
  EXPECT_THAT(refusal_of([&] { counters(); }), HasSubstr("older than CUDA 12.6"));
}

TEST_F(PlayedCupti, WhatTheWorkThrowsComesThroughAndTheCountersGoOff) {
  CountedWork broken = work();
  broken.run = [] { throw DeviceLost("an illegal address"); };
  EXPECT_THROW(counters()->count(broken), DeviceLost);
}

TEST_F(PlayedCupti, KernelRecordsAreSwitchedOffAgain) {
  {
    KernelRecorder recorder(library);
    EXPECT_EQ(state.kernels_on, 2);
    EXPECT_TRUE(recorder.take().empty());
    EXPECT_THROW(KernelRecorder second(library), std::logic_error);
  }
  EXPECT_EQ(state.kernels_on, 0);
  state.enable_kernels = CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED;
  EXPECT_THAT(refusal_of([&] { KernelRecorder recorder(library); }), HasSubstr("another profiler"));
  state.enable_kernels = CUPTI_SUCCESS;
  const KernelRecorder again(library);
}

#endif

}  // namespace
}  // namespace knobscope::device::cuda
