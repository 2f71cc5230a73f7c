#include "device/cuda/cuda_device.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "device/cuda/buffer.h"
#include "device/cuda/cached_compile.h"
#include "device/cuda/context.h"
#include "device/cuda/event_overhead.h"
#include "device/cuda/gpu_facts.h"
#include "device/cuda/graph.h"
#include "device/cuda/judge.h"
#include "device/cuda/profiler.h"
#include "device/cuda/program.h"
#include "device/cuda/region_judge.h"
#include "device/cuda/surroundings.h"
#include "device/cuda/timer.h"

namespace knobscope::device::cuda {
namespace {

constexpr unsigned kThreads = 256;  // kBlock in memory.cu
constexpr std::int64_t kPackBytes = 16;
constexpr std::int64_t kReadsInFlight = 4;

// What belongs to one of this device, given to it by the interface as a base class.
template <typename Ours, typename Base>
Ours& ours(Base& object, const char* what) {
  auto* result = dynamic_cast<Ours*>(&object);
  if (result == nullptr) throw DeviceError(fmt::format("{} belongs to another device", what));
  return *result;
}

class CudaDevice final : public Device {
 public:
  CudaDevice(std::shared_ptr<const Driver> driver, std::shared_ptr<const NvrtcLibrary> nvrtc, int ordinal,
             const Options& options)
      : options_(options),
        nvrtc_(std::move(nvrtc)),
        cache_(options.cache_dir, options.cache_limit_bytes),
        context_(std::make_shared<const Context>(driver, ordinal)),
        nvml_(Nvml::open(pci_bus_id(*driver, context_->device()))),
        surroundings_(*driver, context_->device(), nvml_.get()),
        facts_(facts_of(*driver, ordinal, *nvrtc_, nvml_.get())),
        architecture_(nvrtc_->architecture_for(facts_.compute_capability)),
        memory_program_(std::make_shared<const OwnProgram>(context_, *nvrtc_, cache_, architecture_, "memory.cu")),
        judge_(context_, std::make_shared<const OwnProgram>(context_, *nvrtc_, cache_, architecture_, "judge.cu"),
               facts_.multiprocessors, stop_),
        timer_(context_, memory_program_, facts_.last_level_cache),
        profiler_(context_, ordinal, timer_),
        sink_(context_, sizeof(unsigned)) {}

  const DeviceFacts& facts() const override { return facts_; }

  ProgramPtr compile(const CompileRequest& request) override {
    context_->activate();
    CubinRequest cubin_request = request_for(request, options_.kernels_dir, architecture_);
    cubin_request.stop = &stop_;
    const CachedCubin made = compile_cached(*nvrtc_, cache_, cubin_request, request.variant->source_hash);
    return std::make_unique<CudaProgram>(context_, facts_, request.variant->id, made.cubin, request.entries,
                                         made.compile_ms);
  }

  CompileFacts inspect(const Work& work) override {
    context_->activate();
    return program_of(work).inspect(work.launches);
  }

  BufferPtr allocate(std::int64_t bytes) override {
    context_->activate();
    return std::make_unique<CudaBuffer>(context_, memory_program_, bytes);
  }

  void read_back(const Buffer& from, std::int64_t offset, std::span<std::byte> to) override {
    context_->activate();
    if (offset < 0 || offset + static_cast<std::int64_t>(to.size()) > from.size()) {
      throw DeviceError(
          fmt::format("reading {} bytes from offset {} leaves a buffer of {}", to.size(), offset, from.size()));
    }
    if (to.empty()) return;
    KNOBSCOPE_CU(context_->driver(), "reading a buffer back",
                 cuMemcpyDtoHAsync(to.data(), address_of(from) + static_cast<CUdeviceptr>(offset), to.size(),
                                   context_->stream()));
    context_->synchronize("reading a buffer back");
  }

  bool guards_intact(const Buffer& buffer) override {
    context_->activate();
    return ours<const CudaBuffer>(buffer, "the buffer").guards_intact();
  }

  void fill_input(Buffer& buffer, const Problem& problem, const TensorInfo& tensor,
                  const NamedBuffers& inputs) override {
    context_->activate();
    if (tensor.derived) {
      const numerics::ReferenceInputs from = derivation_inputs(problem, inputs);
      if (buffer.size() != numerics::group_count(from) * static_cast<std::int64_t>(sizeof(float))) {
        throw DeviceError(fmt::format("the buffer of {} has the wrong size: {} bytes", tensor.name, buffer.size()));
      }
      judge_.derive(buffer, from, derived_formula(tensor));
      return;
    }
    numerics::FillTask task = fill_task(problem, tensor);
    if (buffer.size() < task.elements * numerics::element_bytes(task.type)) {
      throw DeviceError(fmt::format("the buffer of {} is too small: {} bytes", tensor.name, buffer.size()));
    }
    task.data = buffer.data();
    judge_.fill(task);
  }

  void poison(Buffer& buffer, ElementType type) override {
    context_->activate();
    judge_.poison(buffer, type);
  }

  std::uint64_t hash(const Buffer& buffer) override {
    context_->activate();
    return judge_.hash(buffer);
  }

  ReferencePtr make_reference(const Problem& problem, const NamedBuffers& inputs) override {
    context_->activate();
    return judge_.make_reference(problem, inputs);
  }

  Comparison compare(const Reference& reference, const TensorInfo& output, const Buffer& actual, MapSize map) override {
    context_->activate();
    return judge_.compare(ours<const CudaReference>(reference, "the reference"), output, actual, map);
  }

  /// Its kernel is compiled when somebody first looks.
  RegionComparison compare_region(const Reference& reference, const TensorInfo& output, const Buffer& actual,
                                  const RegionSpec& region) override {
    context_->activate();
    if (!region_judge_) {
      region_judge_.emplace(context_,
                            std::make_shared<const OwnProgram>(context_, *nvrtc_, cache_, architecture_, "region.cu"),
                            facts_.multiprocessors, stop_);
    }
    return region_judge_->compare(ours<const CudaReference>(reference, "the reference"), output, actual, region);
  }

  void enqueue(const Work& work) override {
    context_->activate();
    CudaProgram& program = program_of(work);
    for (const Buffer* buffer : work.clears) {
      if (buffer->size() == 0) continue;
      KNOBSCOPE_CU(
          context_->driver(), "clearing a buffer",
          cuMemsetD8Async(address_of(*buffer), 0, static_cast<std::size_t>(buffer->size()), context_->stream()));
    }
    for (const Launch& launch : work.launches) program.enqueue(launch);
  }

  void enqueue_copy(Buffer& to, const Buffer& from, bool by_kernel) override {
    context_->activate();
    if (to.size() < from.size()) throw DeviceError("the copy's target is smaller than its source");
    if (from.size() == 0) return;
    if (!by_kernel) {
      KNOBSCOPE_CU(context_->driver(), "copying a buffer",
                   cuMemcpyDtoDAsync(address_of(to), address_of(from), static_cast<std::size_t>(from.size()),
                                     context_->stream()));
      return;
    }
    const std::int64_t threads = std::max(from.size() / kPackBytes, from.size() % kPackBytes);
    memory_program_->enqueue("copy", (threads + kThreads - 1) / kThreads, kThreads, address_of(to), address_of(from),
                             from.size());
  }

  void enqueue_read(const Buffer& from) override {
    context_->activate();
    const std::int64_t packs = from.size() / kPackBytes;
    constexpr std::int64_t kTile = kThreads * kReadsInFlight;
    if (packs == 0) return;
    memory_program_->enqueue("read", (packs + kTile - 1) / kTile, kThreads, address_of(from), packs, sink_.address());
  }

  void enqueue_write(Buffer& to, bool by_kernel) override {
    context_->activate();
    if (to.size() == 0) return;
    if (!by_kernel) {
      KNOBSCOPE_CU(context_->driver(), "writing a buffer",
                   cuMemsetD8Async(address_of(to), 0, static_cast<std::size_t>(to.size()), context_->stream()));
      return;
    }
    const std::int64_t threads = std::max(to.size() / kPackBytes, to.size() % kPackBytes);
    memory_program_->enqueue("write", (threads + kThreads - 1) / kThreads, kThreads, address_of(to), to.size());
  }

  void synchronize() override {
    context_->activate();
    context_->synchronize("running a kernel");
  }

  Nanoseconds time_cold(const std::function<void()>& enqueue_work) override {
    context_->activate();
    return timer_.cold(enqueue_work);
  }

  void time_hot(const std::function<void()>& enqueue_work, std::span<Nanoseconds> times) override {
    context_->activate();
    timer_.hot(enqueue_work, times);
  }

  GraphPtr capture(const std::function<void()>& enqueue_work, int runs) override {
    context_->activate();
    context_->synchronize("running a kernel");
    return std::make_unique<CudaGraph>(context_, enqueue_work, runs);
  }

  Nanoseconds time_graph(Graph& graph) override {
    context_->activate();
    return timer_.graph(ours<CudaGraph>(graph, "the graph"));
  }

  Nanoseconds time_wall(const std::function<void()>& enqueue_work) override {
    context_->activate();
    return timer_.wall(enqueue_work);
  }

  std::int64_t take_exposed_launches() override { return timer_.take_exposed_launches(); }

  std::optional<Nanoseconds> event_overhead() override {
    context_->activate();
    if (!event_overhead_) event_overhead_ = measure_event_overhead(context_, *memory_program_, timer_);
    return event_overhead_;
  }

  void time_kernels(const Work& work, std::span<Nanoseconds> times) override {
    context_->activate();
    const auto clears = std::ranges::count_if(work.clears, [](const Buffer* buffer) { return buffer->size() > 0; });
    profiler_.time_kernels([&] { enqueue(work); }, static_cast<std::size_t>(clears) + work.launches.size(), times);
  }

  Counters count(const Work& work) override {
    context_->activate();
    return profiler_.count([&] { enqueue(work); });
  }

  std::optional<double> timed_sm_clock_mhz() override { return timer_.sm_clock_mhz(); }

  /// NVML asks the driver, not the stream.
  bool telemetry_is_apart() const override { return true; }
  Surroundings surroundings() override { return surroundings_.find(); }
  Telemetry telemetry() override { return nvml_ != nullptr ? nvml_->read() : Telemetry{}; }

  void request_stop(bool stop) override { stop_.store(stop); }

 private:
  static CUdeviceptr address_of(const Buffer& buffer) { return ours<const CudaBuffer>(buffer, "the buffer").address(); }

  static CudaProgram& program_of(const Work& work) {
    if (work.program == nullptr) throw DeviceError("there is no program to run");
    return ours<CudaProgram>(*work.program, "the program");
  }

  Options options_;
  std::atomic<bool> stop_{false};
  std::shared_ptr<const NvrtcLibrary> nvrtc_;
  CompileCache cache_;
  ContextPtr context_;
  std::unique_ptr<Nvml> nvml_;
  SurroundingsFinder surroundings_;
  DeviceFacts facts_;
  std::string architecture_;
  std::shared_ptr<const OwnProgram> memory_program_;
  Judge judge_;
  std::optional<RegionJudge> region_judge_;
  Timer timer_;
  Profiler profiler_;
  std::optional<Nanoseconds> event_overhead_;
  Memory sink_;
};

}  // namespace

std::vector<DeviceFacts> list(std::vector<std::string>* notes) {
  const auto note = [&](const std::string& sentence) {
    if (notes != nullptr) notes->push_back(sentence);
  };
  std::vector<DeviceFacts> devices;
  try {
    std::string problem;
    const auto driver = Driver::load(&problem);
    if (!problem.empty()) note(problem);
    if (driver == nullptr) return devices;
    int count = 0;
    KNOBSCOPE_CU(*driver, "counting GPUs", cuDeviceGetCount(&count));
    if (count == 0) return devices;
    const auto nvrtc = NvrtcLibrary::load(&problem);
    if (nvrtc == nullptr) {
      note("there is an NVIDIA GPU, but " + problem);
      return devices;
    }
    for (int ordinal = 0; ordinal < count; ++ordinal) {
      try {
        CUdevice device = 0;
        KNOBSCOPE_CU(*driver, "looking for GPU " + std::to_string(ordinal), cuDeviceGet(&device, ordinal));
        const auto nvml = Nvml::open(pci_bus_id(*driver, device));
        DeviceFacts facts = facts_of(*driver, ordinal, *nvrtc, nvml.get());
        nvrtc->architecture_for(facts.compute_capability);  // throws for a GPU that NVRTC cannot serve
        devices.push_back(std::move(facts));
      } catch (const std::exception& error) {
        note(fmt::format("cuda:{} cannot be used: {}", ordinal, error.what()));
      }
    }
  } catch (const std::exception& error) {
    note(error.what());
  }
  return devices;
}

DevicePtr open(int ordinal, const Options& options) {
  std::string problem;
  auto driver = Driver::load(&problem);
  if (driver == nullptr) {
    throw DeviceError(problem.empty() ? "there is no NVIDIA driver or no GPU on this machine: choose the device cpu"
                                      : problem);
  }
  int count = 0;
  KNOBSCOPE_CU(*driver, "counting GPUs", cuDeviceGetCount(&count));
  if (ordinal < 0 || ordinal >= count) {
    throw DeviceError(
        fmt::format("there is no cuda:{}; this machine has {} GPU{}", ordinal, count, count == 1 ? "" : "s"));
  }
  auto nvrtc = NvrtcLibrary::load(&problem);
  if (nvrtc == nullptr) throw DeviceError(problem);
  return std::make_unique<CudaDevice>(std::move(driver), std::move(nvrtc), ordinal, options);
}

}  // namespace knobscope::device::cuda
