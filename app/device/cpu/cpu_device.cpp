#include "device/cpu/cpu_device.h"

#include <algorithm>
#include <chrono>
#include <variant>

#include "device/compile_cache.h"
#include "device/cpu/compiler.h"
#include "device/cpu/cpu_facts.h"
#include "device/cpu/program.h"
#include "device/host/compiler.h"
#include "device/host/host_device.h"
#include "device/host/machine.h"
#include "device/host/memory.h"
#include "device/host/work_folder.h"

namespace knobscope::device::cpu {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPurpose = "kernels for the CPU";

std::string title_of(const host::CompilerSearch& search) {
  return search.compiler ? search.compiler->title : std::string{};
}

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
struct WriteStep {
  std::byte* to = nullptr;
  std::int64_t bytes = 0;
};
using Step = std::variant<ClearStep, BoundLaunch, CopyStep, ReadStep, WriteStep>;

class CpuDevice final : public host::HostDevice {
 public:
  explicit CpuDevice(const Options& options) : CpuDevice(options, host::find_compiler(kPurpose)) {}

  ProgramPtr compile(const CompileRequest& request) override {
    throw_if_stopped();
    if (!search_.compiler) throw CompileError(search_.fault, search_.fault);
    const host::WorkFolder folder(cache_.folder());
    ObjectRequest object{&request, kernels_dir_, machine_, folder.path()};
    host::CompiledObject compiled = compile_object(*search_.compiler, cache_, object, stop());
    return std::make_unique<CpuProgram>(std::make_shared<const host::LoadedObject>(compiled.code, folder.path()),
                                        request.entries, std::move(compiled.log), compiled.compile_ms);
  }

  CompileFacts inspect(const Work& work) override {
    for (const Launch& launch : work.launches) bind(program_of(work), launch);
    CompileFacts facts;
    facts.compile_ms = program_of(work).compile_ms();
    return facts;
  }

  void enqueue(const Work& work) override {
    std::vector<BoundLaunch> launches;  // all are checked before anything runs
    for (const Launch& launch : work.launches) launches.push_back(bind(program_of(work), launch));
    for (Buffer* buffer : work.clears) take(ClearStep{host::bytes_of(*buffer), buffer->size()});
    for (BoundLaunch& launch : launches) take(std::move(launch));
  }

  void enqueue_copy(Buffer& to, const Buffer& from, bool by_kernel) override {
    check_copy(to, from);
    take(CopyStep{host::bytes_of(to), host::bytes_of(from), from.size(), by_kernel});
  }

  void enqueue_read(const Buffer& from) override { take(ReadStep{host::bytes_of(from), from.size()}); }

  void enqueue_write(Buffer& to, bool by_kernel) override {
    if (by_kernel) {
      take(WriteStep{host::bytes_of(to), to.size()});
    } else {
      take(ClearStep{host::bytes_of(to), to.size()});
    }
  }

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

  GraphPtr capture(const std::function<void()>&, int) override { throw Uncapturable("a CPU has no graphs"); }
  Nanoseconds time_graph(Graph&) override { throw Uncapturable("a CPU has no graphs"); }

  Nanoseconds time_wall(const std::function<void()>& enqueue_work) override {
    throw_if_stopped();
    const Clock::time_point begin = Clock::now();
    enqueue_work();  // a step runs when it is taken
    return Clock::now() - begin;
  }

  Telemetry telemetry() override {
    Telemetry telemetry;
    telemetry.sm_clock_mhz = host::clock_mhz();
    return telemetry;
  }

 private:
  CpuDevice(const Options& options, host::CompilerSearch search)
      : HostDevice(facts_of_machine(title_of(search)), host::usable_processors()),
        search_(std::move(search)),
        kernels_dir_(options.kernels_dir),
        cache_(options.cache_dir, options.cache_limit_bytes),
        machine_(host::machine_identity()) {}

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
      host::set_to_zero(pool(), clear->memory, clear->bytes);
    } else if (const auto* launch = std::get_if<BoundLaunch>(&step)) {
      launch->run(pool(), stop());
    } else if (const auto* copy = std::get_if<CopyStep>(&step)) {
      (copy->by_kernel ? host::copy_by_streaming : host::copy_by_library)(pool(), copy->to, copy->from, copy->bytes);
    } else if (const auto* read = std::get_if<ReadStep>(&step)) {
      read_sum_ = host::read_all(pool(), read->from, read->bytes);
    } else if (const auto* write = std::get_if<WriteStep>(&step)) {
      host::write_by_streaming(pool(), write->to, write->bytes);
    }
  }

  void collect(const std::function<void()>& enqueue_work) {
    throw_if_stopped();
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
      flush_bytes_ = std::max<std::int64_t>(2 * facts().last_level_cache.count, 16 << 20);
      if (facts().memory.count > 0) flush_bytes_ = std::min(flush_bytes_, facts().memory.count / 4);
      flush_ = host::take_memory(flush_bytes_, "flushing the caches");
    }
    host::write_through(pool(), flush_.get(), flush_bytes_);
  }

  host::CompilerSearch search_;
  std::string kernels_dir_;
  CompileCache cache_;
  std::string machine_;
  bool collecting_ = false;
  std::vector<Step> steps_;
  volatile std::uint64_t read_sum_ = 0;  // somewhere to put the sum, so that it must be computed
  host::Memory flush_;
  std::int64_t flush_bytes_ = 0;
};

}  // namespace

DeviceFacts list(std::vector<std::string>* notes) {
  const host::CompilerSearch search = host::find_compiler(kPurpose);
  if (!search.compiler && notes != nullptr) notes->push_back("cpu: " + search.fault);
  return facts_of_machine(title_of(search));
}

DevicePtr open(const Options& options) { return std::make_unique<CpuDevice>(options); }

}  // namespace knobscope::device::cpu
