#include "device/cpu/cpu_device.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <variant>

#include <fmt/format.h>
#include <unistd.h>

#include "device/compile_cache.h"
#include "device/cpu/compiler.h"
#include "device/cpu/cpu_facts.h"
#include "device/cpu/memory.h"
#include "device/cpu/numbers.h"
#include "device/cpu/program.h"
#include "device/cpu/thread_pool.h"
#include "device/judging.h"

namespace knobscope::device::cpu {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// A folder of its own, removed with all in it.
class WorkFolder {
 public:
  explicit WorkFolder(const fs::path& cache_folder) {
    std::error_code error;
    for (const fs::path& parent : {cache_folder, fs::temp_directory_path(error)}) {
      if (parent.empty()) continue;
      fs::create_directories(parent, error);
      std::string name = (fs::absolute(parent, error) / "knobscope-XXXXXX").string();
      if (::mkdtemp(name.data()) != nullptr) {
        path_ = name;
        return;
      }
    }
    throw DeviceError(fmt::format("no folder for the compiler's files could be made in {}: choose another cache folder",
                                  cache_folder.empty() ? "the folder for temporary files" : cache_folder.string()));
  }
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct CpuReference final : Reference {
  Problem problem;
  numerics::ReferenceInputs inputs;  // refers to the input buffers: y is computed anew from x rather than kept
  std::vector<numerics::RowStatistics> statistics;
};

struct ClearStep {
  std::byte* memory = nullptr;
  std::int64_t bytes = 0;
};
struct CopyStep {
  std::byte* to = nullptr;
  const std::byte* from = nullptr;
  std::int64_t bytes = 0;
  bool by_kernel = false;
};
struct ReadStep {
  const std::byte* from = nullptr;
  std::int64_t bytes = 0;
};
using Step = std::variant<ClearStep, BoundLaunch, CopyStep, ReadStep>;

std::byte* bytes_of(const Buffer& buffer) { return static_cast<std::byte*>(buffer.data()); }

class CpuDevice final : public Device {
 public:
  explicit CpuDevice(const Options& options)
      : search_(find_compiler()),
        facts_(facts_of_machine(search_.compiler ? search_.compiler->title : std::string{})),
        kernels_dir_(options.kernels_dir),
        cache_(options.cache_dir, options.cache_limit_bytes),
        machine_(machine_identity()),
        pool_(facts_.multiprocessors) {}

  const DeviceFacts& facts() const override { return facts_; }

  ProgramPtr compile(const CompileRequest& request) override {
    if (stop_.load()) throw Cancelled();
    if (!search_.compiler) throw CompileError(search_.fault, search_.fault);
    const WorkFolder folder(cache_.folder());
    ObjectRequest object{&request, kernels_dir_, machine_, folder.path()};
    CompiledObject compiled = compile_object(*search_.compiler, cache_, object, stop_);
    return std::make_unique<CpuProgram>(std::make_shared<const LoadedObject>(compiled.code, folder.path()),
                                        request.entries, std::move(compiled.log), compiled.compile_ms);
  }

  CompileFacts inspect(const Work& work) override {
    for (const Launch& launch : work.launches) bind(program_of(work), launch);
    CompileFacts facts;
    facts.compile_ms = program_of(work).compile_ms();
    return facts;
  }

  BufferPtr allocate(std::int64_t bytes) override { return std::make_unique<CpuBuffer>(bytes); }

  void read_back(const Buffer& from, std::int64_t offset, std::span<std::byte> to) override {
    const auto count = static_cast<std::int64_t>(to.size());
    if (offset < 0 || count > from.size() - offset) {
      throw DeviceError(
          fmt::format("{} bytes from offset {} were asked of a buffer of {}", count, offset, from.size()));
    }
    std::memcpy(to.data(), bytes_of(from) + offset, to.size());
  }

  bool guards_intact(const Buffer& buffer) override { return dynamic_cast<const CpuBuffer&>(buffer).guards_intact(); }

  void fill_input(Buffer& buffer, const Problem& problem, const TensorInfo& tensor) override {
    numerics::FillTask task = fill_task(problem, tensor);
    if (task.elements * numerics::element_bytes(task.type) != buffer.size()) {
      throw DeviceError(fmt::format("the buffer of {} has {} bytes, but {} elements are to be put there", tensor.name,
                                    buffer.size(), task.elements));
    }
    task.data = buffer.data();
    fill(pool_, task, stop_);
  }

  void poison(Buffer& buffer, ElementType type) override {
    cpu::poison(pool_, buffer.data(), buffer.size(), static_cast<numerics::Element>(type), stop_);
  }

  std::uint64_t hash(const Buffer& buffer) override { return cpu::hash(pool_, buffer.data(), buffer.size(), stop_); }

  ReferencePtr make_reference(const Problem& problem, const NamedBuffers& inputs) override {
    auto reference = std::make_unique<CpuReference>();
    reference->problem = problem;
    reference->inputs = reference_inputs(problem, inputs);
    if (needs_row_statistics(problem)) {
      reference->statistics = statistics_of_rows(pool_, reference->inputs, stop_);
      reference->inputs.statistics = reference->statistics.data();
    }
    return reference;
  }

  Comparison compare(const Reference& reference, const TensorInfo& output, const Buffer& actual, MapSize map) override {
    const auto& known = dynamic_cast<const CpuReference&>(reference);
    numerics::CompareTask task = compare_task(known.problem, known.inputs, output, actual, map);
    std::vector<numerics::u32> tiles(static_cast<std::size_t>(task.tile_rows) *
                                     static_cast<std::size_t>(task.tile_columns));
    task.tiles = tiles.empty() ? nullptr : tiles.data();
    return comparison_of(task, output, cpu::compare(pool_, task, stop_), tiles);
  }

  void enqueue(const Work& work) override {
    std::vector<BoundLaunch> launches;  // all are checked before anything runs
    for (const Launch& launch : work.launches) launches.push_back(bind(program_of(work), launch));
    for (const auto& [buffer, clear] : work.clears) {
      if (clear) take(ClearStep{bytes_of(*buffer), buffer->size()});
    }
    for (BoundLaunch& launch : launches) take(std::move(launch));
  }

  void enqueue_copy(Buffer& to, const Buffer& from, bool by_kernel) override {
    if (to.size() != from.size()) {
      throw DeviceError(fmt::format("a copy of {} bytes into a buffer of {}", from.size(), to.size()));
    }
    take(CopyStep{bytes_of(to), bytes_of(from), from.size(), by_kernel});
  }

  void enqueue_read(const Buffer& from) override { take(ReadStep{bytes_of(from), from.size()}); }

  void synchronize() override {}

  Nanoseconds time_cold(const std::function<void()>& enqueue_work) override {
    collect(enqueue_work);
    flush_caches();
    return run_collected();
  }

  void time_hot(const std::function<void()>& enqueue_work, std::span<Nanoseconds> times) override {
    for (Nanoseconds& time : times) {
      collect(enqueue_work);
      time = run_collected();
    }
  }

  Telemetry telemetry() override {
    Telemetry telemetry;
    telemetry.sm_clock_mhz = clock_mhz();
    return telemetry;
  }

  void request_stop(bool stop) override { stop_.store(stop); }

 private:
  static const CpuProgram& program_of(const Work& work) {
    const auto* program = dynamic_cast<const CpuProgram*>(work.program);
    if (program == nullptr) throw DeviceError("work without a program that was compiled for the CPU");
    return *program;
  }

  // Outside of timing a step runs at once; while timing it waits, so that checking arguments is not timed.
  void take(Step step) {
    if (collecting_) {
      steps_.push_back(std::move(step));
    } else {
      run(step);
    }
  }

  void run(const Step& step) {
    if (const auto* clear = std::get_if<ClearStep>(&step)) {
      set_to_zero(pool_, clear->memory, clear->bytes);
    } else if (const auto* launch = std::get_if<BoundLaunch>(&step)) {
      launch->run(pool_, stop_);
    } else if (const auto* copy = std::get_if<CopyStep>(&step)) {
      (copy->by_kernel ? copy_by_streaming : copy_by_library)(pool_, copy->to, copy->from, copy->bytes);
    } else if (const auto* read = std::get_if<ReadStep>(&step)) {
      read_sum_ = read_all(pool_, read->from, read->bytes);
    }
  }

  void collect(const std::function<void()>& enqueue_work) {
    if (stop_.load()) throw Cancelled();
    steps_.clear();
    collecting_ = true;
    try {
      enqueue_work();
    } catch (...) {
      collecting_ = false;
      throw;
    }
    collecting_ = false;
  }

  Nanoseconds run_collected() {
    const Clock::time_point begin = Clock::now();
    for (const Step& step : steps_) run(step);
    return Clock::now() - begin;
  }

  void flush_caches() {
    if (!flush_) {
      // Twice the cache, for no cache replaces strictly the oldest; but never so much that the tensors have no room.
      flush_bytes_ = std::max<std::int64_t>(2 * facts_.last_level_cache.count, 16 << 20);
      if (facts_.memory.count > 0) flush_bytes_ = std::min(flush_bytes_, facts_.memory.count / 4);
      flush_ = take_memory(flush_bytes_, "flushing the caches");
    }
    write_through(pool_, flush_.get(), flush_bytes_);
  }

  CompilerSearch search_;
  DeviceFacts facts_;
  std::string kernels_dir_;
  CompileCache cache_;
  std::string machine_;
  ThreadPool pool_;
  std::atomic<bool> stop_{false};
  bool collecting_ = false;
  std::vector<Step> steps_;
  volatile std::uint64_t read_sum_ = 0;  // somewhere to put the sum, so that it must be computed
  Memory flush_;
  std::int64_t flush_bytes_ = 0;
};

}  // namespace

DeviceFacts list(std::vector<std::string>* notes) {
  const CompilerSearch search = find_compiler();
  if (!search.compiler && notes != nullptr) notes->push_back("cpu: " + search.fault);
  return facts_of_machine(search.compiler ? search.compiler->title : std::string{});
}

DevicePtr open(const Options& options) { return std::make_unique<CpuDevice>(options); }

}  // namespace knobscope::device::cpu
