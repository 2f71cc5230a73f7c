#include "device/cuda/kernel_records.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "device/device.h"

namespace knobscope::device::cuda {

std::optional<Nanoseconds> time_of_last(std::vector<KernelRecord> records, std::size_t count) {
  if (count == 0 || records.size() < count) return std::nullopt;
  std::ranges::sort(records, {}, &KernelRecord::begin_ns);
  std::uint64_t together = 0;
  for (auto record = records.end() - static_cast<std::ptrdiff_t>(count); record != records.end(); ++record) {
    together += record->end_ns - record->begin_ns;
  }
  return Nanoseconds(static_cast<double>(together));
}

#if KNOBSCOPE_HAS_CUPTI

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::size_t kAlignment = 8;  // of a record, as CUPTI asks

// CUPTI calls back from a thread of its own or from ours, and hands nothing through: what the callbacks need can only
// be static.
struct Mailbox {
  std::mutex mutex;
  std::shared_ptr<const CuptiLibrary> cupti;  ///< null: nobody records
  std::vector<KernelRecord> records;
};

Mailbox& mailbox() {
  static Mailbox* box = new Mailbox;  // never goes: CUPTI may still call while the process ends
  return *box;
}

void CUPTIAPI give_buffer(std::uint8_t** buffer, std::size_t* size, std::size_t* most_records) {
  *buffer = static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, kBufferBytes));
  *size = *buffer == nullptr ? 0 : kBufferBytes;
  *most_records = 0;  // as many as fit
}

void CUPTIAPI take_buffer(CUcontext, std::uint32_t, std::uint8_t* buffer, std::size_t, std::size_t filled) {
  Mailbox& box = mailbox();
  const std::lock_guard lock(box.mutex);
  CUpti_Activity* record = nullptr;
  while (box.cupti && box.cupti->cuptiActivityGetNextRecord(buffer, filled, &record) == CUPTI_SUCCESS) {
    // Newer CUPTIs add fields behind those that are read here.
    if (record->kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) {
      const auto* kernel = reinterpret_cast<const CUpti_ActivityKernel9*>(record);
      box.records.push_back({kernel->start, kernel->end});
    } else if (record->kind == CUPTI_ACTIVITY_KIND_MEMSET) {
      const auto* clear = reinterpret_cast<const CUpti_ActivityMemset4*>(record);
      box.records.push_back({clear->start, clear->end});
    }
  }
  std::free(buffer);
}

}  // namespace

KernelRecorder::KernelRecorder(std::shared_ptr<const CuptiLibrary> cupti) : cupti_(std::move(cupti)) {
  Mailbox& box = mailbox();
  {
    const std::lock_guard lock(box.mutex);
    if (box.cupti) throw std::logic_error("kernels are being recorded already");
    box.cupti = cupti_;
    box.records.clear();
  }
  try {
    check_cupti(*cupti_, cupti_->cuptiActivityRegisterCallbacks(give_buffer, take_buffer), "asking for kernel records");
    check_cupti(*cupti_, cupti_->cuptiActivityEnable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL), "recording kernels");
    check_cupti(*cupti_, cupti_->cuptiActivityEnable(CUPTI_ACTIVITY_KIND_MEMSET), "recording clears");
  } catch (...) {
    disable();
    throw;
  }
}

KernelRecorder::~KernelRecorder() { disable(); }

void KernelRecorder::disable() noexcept {
  cupti_->cuptiActivityDisable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL);
  cupti_->cuptiActivityDisable(CUPTI_ACTIVITY_KIND_MEMSET);
  cupti_->cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  Mailbox& box = mailbox();
  const std::lock_guard lock(box.mutex);
  box.cupti = nullptr;
  box.records.clear();
}

std::vector<KernelRecord> KernelRecorder::take() {
  check_cupti(*cupti_, cupti_->cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED), "reading kernel records");
  Mailbox& box = mailbox();
  const std::lock_guard lock(box.mutex);
  return std::exchange(box.records, {});
}

#else

KernelRecorder::KernelRecorder(std::shared_ptr<const CuptiLibrary> cupti) : cupti_(std::move(cupti)) {}
KernelRecorder::~KernelRecorder() = default;
void KernelRecorder::disable() noexcept {}
std::vector<KernelRecord> KernelRecorder::take() { return {}; }

#endif

}  // namespace knobscope::device::cuda
