#include "device/cuda/range_counters.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "device/device.h"

namespace knobscope::device::cuda {

#if KNOBSCOPE_HAS_RANGE_PROFILER

namespace {

enum Metric : std::size_t { dram_read, dram_written, l2_hit_rate, occupancy, metric_count };

std::array<const char*, metric_count> metric_names() {
  return {"dram__bytes_read.sum", "dram__bytes_write.sum", "lts__t_sector_hit_rate.pct",
          "sm__warps_active.avg.pct_of_peak_sustained_active"};
}
using Values = std::array<double, metric_count>;

constexpr const char* kRun = "run";
constexpr const char* kDrain = "drain";
constexpr std::size_t kRanges = 2;
constexpr int kMostPasses = 32;  // far more than these counters can need

/// CUPTI's calls take a struct that begins with its size.
template <class Params>
Params params(std::size_t size) {
  Params made{};
  made.structSize = size;
  return made;
}
#define KNOBSCOPE_PARAMS(type) params<type>(type##_STRUCT_SIZE)

Bytes bytes_of(double value) { return {std::llround(value)}; }

double share_of(double percent) { return percent / 100.0; }

}  // namespace

/// The profiler switched on for one context, until the end of its scope.
class RangeCounters::Session {
 public:
  Session(const CuptiLibrary& cupti, CUcontext context, const std::vector<std::uint8_t>& config) : cupti_(cupti) {
    auto enable = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_Enable_Params);
    enable.ctx = context;
    check_cupti(cupti_, cupti_.cuptiRangeProfilerEnable(&enable), "switching the counters on");
    profiler_ = enable.pRangeProfilerObject;
    try {
      configure(config);
    } catch (...) {
      disable();
      throw;
    }
  }
  ~Session() { disable(); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Returns how many passes it took.
  int run(const CountedWork& work) {
    for (int pass = 1; pass <= kMostPasses; ++pass) {
      auto start = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_Start_Params);
      start.pRangeProfilerObject = profiler_;
      check_cupti(cupti_, cupti_.cuptiRangeProfilerStart(&start), "starting to count");
      work.prepare();
      range(kRun, work.run);
      range(kDrain, work.drain);
      auto stop = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_Stop_Params);
      stop.pRangeProfilerObject = profiler_;
      check_cupti(cupti_, cupti_.cuptiRangeProfilerStop(&stop), "ending to count");
      if (stop.isAllPassSubmitted == 0) continue;
      auto decode = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_DecodeData_Params);
      decode.pRangeProfilerObject = profiler_;
      check_cupti(cupti_, cupti_.cuptiRangeProfilerDecodeData(&decode), "reading the counters");
      return pass;
    }
    throw Unprofilable("the counters did not fit into 32 passes");
  }

  std::map<std::string, Values> values(CUpti_Profiler_Host_Object* host) const {
    auto info = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_GetCounterDataInfo_Params);
    info.pCounterDataImage = image_.data();
    info.counterDataImageSize = image_.size();
    check_cupti(cupti_, cupti_.cuptiRangeProfilerGetCounterDataInfo(&info), "reading the counters");
    std::map<std::string, Values> found;
    for (std::size_t index = 0; index < info.numTotalRanges; ++index) {
      auto range = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_CounterData_GetRangeInfo_Params);
      range.pCounterDataImage = image_.data();
      range.counterDataImageSize = image_.size();
      range.rangeIndex = index;
      range.rangeDelimiter = "/";
      check_cupti(cupti_, cupti_.cuptiRangeProfilerCounterDataGetRangeInfo(&range), "reading the counters");
      auto names = metric_names();
      Values values{};
      auto evaluate = KNOBSCOPE_PARAMS(CUpti_Profiler_Host_EvaluateToGpuValues_Params);
      evaluate.pHostObject = host;
      evaluate.pCounterDataImage = image_.data();
      evaluate.counterDataImageSize = image_.size();
      evaluate.rangeIndex = index;
      evaluate.ppMetricNames = names.data();
      evaluate.numMetrics = names.size();
      evaluate.pMetricValues = values.data();
      check_cupti(cupti_, cupti_.cuptiProfilerHostEvaluateToGpuValues(&evaluate), "evaluating the counters");
      if (range.rangeName != nullptr) found[range.rangeName] = values;
    }
    return found;
  }

 private:
  void configure(const std::vector<std::uint8_t>& config) {
    auto names = metric_names();
    auto size = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_GetCounterDataSize_Params);
    size.pRangeProfilerObject = profiler_;
    size.pMetricNames = names.data();
    size.numMetrics = names.size();
    size.maxNumOfRanges = kRanges;
    size.maxNumRangeTreeNodes = kRanges;
    check_cupti(cupti_, cupti_.cuptiRangeProfilerGetCounterDataSize(&size), "choosing the counters");
    image_.resize(size.counterDataSize);
    auto image = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_CounterDataImage_Initialize_Params);
    image.pRangeProfilerObject = profiler_;
    image.counterDataSize = image_.size();
    image.pCounterData = image_.data();
    check_cupti(cupti_, cupti_.cuptiRangeProfilerCounterDataImageInitialize(&image), "choosing the counters");
    auto set = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_SetConfig_Params);
    set.pRangeProfilerObject = profiler_;
    set.configSize = config.size();
    set.pConfig = config.data();
    set.counterDataImageSize = image_.size();
    set.pCounterDataImage = image_.data();
    set.range = CUPTI_UserRange;
    set.replayMode = CUPTI_UserReplay;
    set.maxRangesPerPass = kRanges;
    set.numNestingLevels = 1;
    set.minNestingLevel = 1;
    set.targetNestingLevel = 1;
    check_cupti(cupti_, cupti_.cuptiRangeProfilerSetConfig(&set), "choosing the counters");
  }

  void range(const char* name, const std::function<void()>& work) {
    auto push = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_PushRange_Params);
    push.pRangeProfilerObject = profiler_;
    push.pRangeName = name;
    check_cupti(cupti_, cupti_.cuptiRangeProfilerPushRange(&push), "beginning a range");
    work();
    auto pop = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_PopRange_Params);
    pop.pRangeProfilerObject = profiler_;
    check_cupti(cupti_, cupti_.cuptiRangeProfilerPopRange(&pop), "ending a range");
  }

  void disable() noexcept {
    auto disable = KNOBSCOPE_PARAMS(CUpti_RangeProfiler_Disable_Params);
    disable.pRangeProfilerObject = profiler_;
    cupti_.cuptiRangeProfilerDisable(&disable);
  }

  const CuptiLibrary& cupti_;
  CUpti_RangeProfiler_Object* profiler_ = nullptr;
  std::vector<std::uint8_t> image_;
};

RangeCounters::RangeCounters(std::shared_ptr<const CuptiLibrary> cupti, int ordinal, CUdevice device, CUcontext context)
    : cupti_(std::move(cupti)), context_(context) {
  if (!cupti_->has_range_profiler) {
    throw Unprofilable("this CUPTI is older than CUDA 12.6: install a newer one or name its file in KNOBSCOPE_CUPTI");
  }
  auto initialize = KNOBSCOPE_PARAMS(CUpti_Profiler_Initialize_Params);
  check_cupti(*cupti_, cupti_->cuptiProfilerInitialize(&initialize), "starting the profiler");
  auto supported = KNOBSCOPE_PARAMS(CUpti_Profiler_DeviceSupported_Params);
  supported.cuDevice = device;
  supported.api = CUPTI_PROFILER_RANGE_PROFILING;
  check_cupti(*cupti_, cupti_->cuptiProfilerDeviceSupported(&supported), "asking whether the GPU can count");
  if (supported.isSupported != CUPTI_PROFILER_CONFIGURATION_SUPPORTED) {
    check_cupti(*cupti_, CUPTI_ERROR_NOT_SUPPORTED, "asking whether the GPU can count");
  }
  auto chip = KNOBSCOPE_PARAMS(CUpti_Device_GetChipName_Params);
  chip.deviceIndex = static_cast<std::size_t>(ordinal);
  check_cupti(*cupti_, cupti_->cuptiDeviceGetChipName(&chip), "asking for the GPU's chip");
  auto available = KNOBSCOPE_PARAMS(CUpti_Profiler_GetCounterAvailability_Params);
  available.ctx = context;
  check_cupti(*cupti_, cupti_->cuptiProfilerGetCounterAvailability(&available), "asking for the GPU's counters");
  availability_.resize(available.counterAvailabilityImageSize);
  available.pCounterAvailabilityImage = availability_.data();
  check_cupti(*cupti_, cupti_->cuptiProfilerGetCounterAvailability(&available), "asking for the GPU's counters");
  auto host = KNOBSCOPE_PARAMS(CUpti_Profiler_Host_Initialize_Params);
  host.profilerType = CUPTI_PROFILER_TYPE_RANGE_PROFILER;
  host.pChipName = chip.pChipName;
  host.pCounterAvailabilityImage = availability_.data();
  check_cupti(*cupti_, cupti_->cuptiProfilerHostInitialize(&host), "preparing the counters");
  host_ = host.pHostObject;
  try {
    config_ = configure();
  } catch (...) {
    auto gone = KNOBSCOPE_PARAMS(CUpti_Profiler_Host_Deinitialize_Params);
    gone.pHostObject = host_;
    cupti_->cuptiProfilerHostDeinitialize(&gone);
    throw;
  }
}

RangeCounters::~RangeCounters() {
  auto gone = KNOBSCOPE_PARAMS(CUpti_Profiler_Host_Deinitialize_Params);
  gone.pHostObject = host_;
  cupti_->cuptiProfilerHostDeinitialize(&gone);
}

std::vector<std::uint8_t> RangeCounters::configure() {
  auto names = metric_names();
  auto add = KNOBSCOPE_PARAMS(CUpti_Profiler_Host_ConfigAddMetrics_Params);
  add.pHostObject = host_;
  add.ppMetricNames = names.data();
  add.numMetrics = names.size();
  check_cupti(*cupti_, cupti_->cuptiProfilerHostConfigAddMetrics(&add), "choosing the counters");
  auto size = KNOBSCOPE_PARAMS(CUpti_Profiler_Host_GetConfigImageSize_Params);
  size.pHostObject = host_;
  check_cupti(*cupti_, cupti_->cuptiProfilerHostGetConfigImageSize(&size), "choosing the counters");
  std::vector<std::uint8_t> config(size.configImageSize);
  auto image = KNOBSCOPE_PARAMS(CUpti_Profiler_Host_GetConfigImage_Params);
  image.pHostObject = host_;
  image.configImageSize = config.size();
  image.pConfigImage = config.data();
  check_cupti(*cupti_, cupti_->cuptiProfilerHostGetConfigImage(&image), "choosing the counters");
  return config;
}

Counters RangeCounters::count(const CountedWork& work) {
  Session session(*cupti_, context_, config_);
  const int passes = session.run(work);
  const auto values = session.values(host_);
  const auto run = values.find(kRun);
  const auto drain = values.find(kDrain);
  if (run == values.end() || drain == values.end()) throw Unprofilable("CUPTI lost what it had counted: try again");
  Counters counters;
  counters.dram_read = bytes_of(run->second[dram_read]);
  counters.dram_written = bytes_of(run->second[dram_written]);
  counters.dram_left = bytes_of(drain->second[dram_written]);
  // Its two parts are of two passes: of a few sectors, more may be found than were looked for.
  counters.l2_hit_rate = std::clamp(share_of(run->second[l2_hit_rate]), 0.0, 1.0);
  counters.occupancy = share_of(run->second[occupancy]);
  counters.passes = passes;
  return counters;
}

#else

RangeCounters::RangeCounters(std::shared_ptr<const CuptiLibrary> cupti, int, CUdevice, CUcontext context)
    : cupti_(std::move(cupti)), context_(context) {
  throw Unprofilable("this build knows no counters: build it with the headers of CUDA 12.6 or newer");
}
RangeCounters::~RangeCounters() = default;
std::vector<std::uint8_t> RangeCounters::configure() { return {}; }
Counters RangeCounters::count(const CountedWork&) { return {}; }

#endif

}  // namespace knobscope::device::cuda
