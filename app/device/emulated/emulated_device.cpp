#include "device/emulated/emulated_device.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include <fmt/format.h>

#include "device/compile_cache.h"
#include "device/emulated/compile.h"
#include "device/emulated/launch.h"
#include "device/emulated/loaded_kernel.h"
#include "device/emulated/places.h"
#include "device/emulated/player.h"
#include "device/host/arguments.h"
#include "device/host/compiler.h"
#include "device/host/host_device.h"
#include "device/host/machine.h"
#include "device/host/work_folder.h"

namespace knobscope::device::emulated {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPurpose = "kernels for the emulated GPU";
constexpr std::int64_t kMostInCluster = 16;
constexpr auto kProgressEvery = std::chrono::milliseconds(50);

DeviceFacts facts_of_played_gpu(const host::CompilerSearch& search) {
  DeviceFacts facts;
  facts.id = "emulated";
  facts.kind = DeviceKind::emulated;
  const std::string processor = host::processor_name();
  facts.name = processor.empty() ? "Emulated GPU" : "Emulated GPU on " + processor;
  facts.driver_version = host::system_name();
  facts.toolkit_version = search.compiler ? search.compiler->title : std::string{};
  // What is known of each byte takes up to twelve times its size.
  facts.memory = Bytes{host::total_memory().count / 16};
  facts.last_level_cache = Bytes{4 << 20};
  facts.compute_capability = 90;
  facts.multiprocessors = static_cast<int>(kMultiprocessors);
  facts.max_threads_per_multiprocessor = static_cast<int>(kThreadsPerMultiprocessor);
  facts.shared_per_block = Bytes{48 << 10};
  facts.shared_per_block_optin = Bytes{kMostSharedBytes};
  facts.shared_per_multiprocessor = Bytes{228 << 10};
  facts.cooperative_launch = true;
  facts.clusters = true;
  return facts;
}

class EmulatedProgram final : public Program {
 public:
  EmulatedProgram(const std::string& code, const CompileCache& cache, const CompileRequest& request, std::string log)
      : kernel(code, cache.folder()), entries(request.entries), id(request.variant->id), log_(std::move(log)) {
    // Neighbouring elements are other threads': what is remembered of accesses must tell them apart.
    granule_shift = request.macros.contains("KNOBSCOPE_ELEMENT_F32") ? 2 : 1;
  }

  const std::string& log() const override { return log_; }
  /// Times taken on this device are nobody's business.
  std::optional<double> compile_ms() const override { return std::nullopt; }

  LoadedKernel kernel;
  std::vector<std::string> entries;
  std::string id;
  int granule_shift = 2;

 private:
  std::string log_;
};

class EmulatedDevice final : public host::HostDevice {
 public:
  explicit EmulatedDevice(const Options& options) : EmulatedDevice(options, host::find_compiler(kPurpose)) {}

  ProgramPtr compile(const CompileRequest& request) override {
    throw_if_stopped();
    if (!search_.compiler) throw CompileError(search_.fault, search_.fault);
    const host::WorkFolder folder(cache_.folder());
    const EmulatedRequest emulated{&request, kernels_dir_, machine_, headers_.path(), folder.path()};
    host::CompiledObject compiled = compile_for_emulation(*search_.compiler, cache_, emulated, stop());
    return std::make_unique<EmulatedProgram>(compiled.code, cache_, request, std::move(compiled.log));
  }

  CompileFacts inspect(const Work& work) override {
    for (std::size_t i = 0; i < work.launches.size(); ++i) plan_of(work, i);
    return {};
  }

  BufferPtr allocate(std::int64_t bytes) override { return std::make_unique<EmulatedBuffer>(arena_, bytes); }
  bool guards_intact(const Buffer&) override { return true; }  // nothing outside can be written

  void fill_input(Buffer& buffer, const Problem& problem, const TensorInfo& tensor,
                  const NamedBuffers& inputs) override {
    HostDevice::fill_input(buffer, problem, tensor, inputs);
    Region& region = region_of(buffer);
    set_written(region, true);
    region.is_input = true;
  }
  void poison(Buffer& buffer, ElementType type) override {
    HostDevice::poison(buffer, type);
    set_written(region_of(buffer), false);
  }

  void enqueue(const Work& work) override {
    std::vector<LaunchPlan> plans;  // all are checked before anything runs
    for (std::size_t i = 0; i < work.launches.size(); ++i) plans.push_back(plan_of(work, i));
    for (Buffer* buffer : work.clears) {
      std::memset(buffer->data(), 0, static_cast<std::size_t>(buffer->size()));
      set_written(region_of(*buffer), true);
    }
    const EmulatedProgram& program = program_of(work);
    if (work.play.watch_races) arena_.watch(program.granule_shift);
    Report report;
    for (std::size_t i = 0; i < plans.size(); ++i) {
      play(plans[i], report, static_cast<double>(i) / static_cast<double>(plans.size()),
           1.0 / static_cast<double>(plans.size()));
      throw_if_stopped();
      if (given_up_) break;  // a GPU, too, runs nothing behind a fault
    }
    if (report.empty()) return;
    SourceNames names{kernels_dir_, program.id, program.kernel.file(), {}};
    for (const Launch& launch : work.launches) names.launches.push_back(program.entries[launch.entry]);
    for (Finding& finding : located(report.take(), names)) findings_.push_back(std::move(finding));
  }

  void enqueue_copy(Buffer& to, const Buffer& from, bool) override {
    check_copy(to, from);
    std::memcpy(to.data(), from.data(), static_cast<std::size_t>(from.size()));
    set_written(region_of(to), true);
  }
  void enqueue_read(const Buffer&) override {}
  void enqueue_write(Buffer& to, bool) override {
    std::memset(to.data(), 0, static_cast<std::size_t>(to.size()));
    set_written(region_of(to), true);
  }
  void synchronize() override {}

  Nanoseconds time_cold(const std::function<void()>&) override { throw_untimed(); }
  void time_hot(const std::function<void()>&, std::span<Nanoseconds>) override { throw_untimed(); }
  GraphPtr capture(const std::function<void()>&, int) override { throw_untimed(); }
  Nanoseconds time_graph(Graph&) override { throw_untimed(); }
  Nanoseconds time_wall(const std::function<void()>&) override { throw_untimed(); }
  Telemetry telemetry() override { return {}; }

  std::vector<Finding> take_findings() override { return std::exchange(findings_, {}); }
  void set_progress(std::function<void(double)> progress) override { progress_ = std::move(progress); }

 private:
  EmulatedDevice(const Options& options, host::CompilerSearch search)
      : HostDevice(facts_of_played_gpu(search), host::usable_processors()),
        search_(std::move(search)),
        kernels_dir_(options.kernels_dir),
        cache_(options.cache_dir, options.cache_limit_bytes),
        machine_(host::machine_identity()),
        headers_(cache_.folder()) {
    write_headers(headers_.path());
    for (int i = 0; i < pool().size(); ++i) players_.push_back(std::make_unique<Player>(arena_));
  }

  [[noreturn]] static void throw_untimed() {
    throw DeviceError("times taken on the emulated device mean nothing, so it takes none");
  }

  static Region& region_of(const Buffer& buffer) {
    const auto* emulated = dynamic_cast<const EmulatedBuffer*>(&buffer);
    if (emulated == nullptr) throw DeviceError("a buffer that was not allocated on the emulated device");
    return emulated->region();
  }

  static EmulatedProgram& program_of(const Work& work) {
    auto* program = dynamic_cast<EmulatedProgram*>(work.program);
    if (program == nullptr) throw DeviceError("work without a program that was compiled for the emulated device");
    return *program;
  }

  LaunchPlan plan_of(const Work& work, std::size_t number);
  void play(const LaunchPlan& plan, Report& report, double done_before, double share);

  host::CompilerSearch search_;
  std::string kernels_dir_;
  CompileCache cache_;
  std::string machine_;
  host::WorkFolder headers_;
  Arena arena_;
  std::vector<std::unique_ptr<Player>> players_;
  std::uint32_t next_number_ = 1;
  bool given_up_ = false;
  std::vector<Finding> findings_;
  std::function<void(double)> progress_;
};

void check_extents(const std::string& name, const Launch& launch) {
  const auto& [x, y, z] = launch.block;
  if (x < 1 || y < 1 || z < 1 || x > 1024 || y > 1024 || z > 64 || x * y * z > 1024) {
    throw DeviceError(
        fmt::format("{}: a block of {}×{}×{} threads cannot be launched: at most 1024 in all, 64 in z", name, x, y, z));
  }
  if (launch.grid[0] > 0x7FFFFFFF || launch.grid[1] > 65535 || launch.grid[2] > 65535) {
    throw DeviceError(fmt::format("{}: a grid of {}×{}×{} blocks cannot be launched: at most 2147483647×65535×65535",
                                  name, launch.grid[0], launch.grid[1], launch.grid[2]));
  }
}

void check_cluster(const std::string& name, const Launch& launch) {
  if (!launch.cluster) return;
  const auto& [x, y, z] = *launch.cluster;
  if (x < 1 || y < 1 || z < 1 || x > kMostInCluster || y > kMostInCluster || z > kMostInCluster ||
      x * y * z > kMostInCluster) {
    throw DeviceError(
        fmt::format("{}: a cluster of {}×{}×{} blocks cannot be launched: at most {}", name, x, y, z, kMostInCluster));
  }
  if (launch.grid[0] % x != 0 || launch.grid[1] % y != 0 || launch.grid[2] % z != 0) {
    throw DeviceError(fmt::format("{}: a grid of {}×{}×{} blocks is no multiple of its clusters of {}×{}×{}", name,
                                  launch.grid[0], launch.grid[1], launch.grid[2], x, y, z));
  }
}

void check_shared(const std::string& name, const SharedLayout& layout, std::int64_t dynamic_bytes) {
  std::uint64_t fixed = 0;
  for (const SharedVariable& variable : layout.variables) {
    if (!variable.is_compilers && !variable.is_dynamic) fixed += variable.size;
  }
  if (fixed > 48 * 1024) {
    throw DeviceError(
        fmt::format("the file's __shared__ variables take {} bytes, but without dynamic shared memory a "
                    "block has 49152",
                    fixed));
  }
  if (dynamic_bytes < 0 || fixed + static_cast<std::uint64_t>(dynamic_bytes) > kMostSharedBytes) {
    throw DeviceError(fmt::format("{}: {} bytes of shared memory a block cannot be had: at most {}", name,
                                  static_cast<std::int64_t>(fixed) + dynamic_bytes, kMostSharedBytes));
  }
}

LaunchPlan EmulatedDevice::plan_of(const Work& work, std::size_t number) {
  const Launch& launch = work.launches[number];
  const EmulatedProgram& program = program_of(work);
  const std::string& name = host::entry_name(program.entries, launch);
  LaunchPlan plan;
  const std::int64_t blocks = host::block_count(launch, name);
  check_extents(name, launch);
  check_cluster(name, launch);
  check_shared(name, program.kernel.shared(), launch.shared_bytes);
  plan.kernel = &program.kernel;
  plan.entry = &program.kernel.entry(static_cast<int>(launch.entry));
  plan.arguments = host::bind_arguments(name, *plan.entry, launch, blocks);
  plan.number = static_cast<std::uint32_t>(number);
  const auto index_of = [](const std::array<std::int64_t, 3>& extents) {
    return Index3{static_cast<unsigned>(extents[0]), static_cast<unsigned>(extents[1]),
                  static_cast<unsigned>(extents[2])};
  };
  plan.grid = index_of(launch.grid);
  plan.block = index_of(launch.block);
  if (launch.cluster) plan.cluster = index_of(*launch.cluster);
  plan.shared_bytes = static_cast<std::uint32_t>(launch.shared_bytes);
  plan.cooperative = launch.cooperative;
  plan.play = work.play;
  plan.granule_shift = program.granule_shift;
  if (plan.cooperative && blocks > plan.resident_blocks()) {
    throw DeviceError(fmt::format("{}: a cooperative launch of {} blocks of {} threads: only {} can be alive at once",
                                  name, blocks, plan.threads(), plan.resident_blocks()));
  }
  for (const Argument& argument : launch.arguments) {
    if (argument.kind != Argument::Kind::pointer || argument.pointer == nullptr) continue;
    const auto address = reinterpret_cast<std::uintptr_t>(argument.pointer);
    if (address - arena_.base() < arena_.bytes()) arena_.region_of(address).name = argument.text;
  }
  return plan;
}

void EmulatedDevice::play(const LaunchPlan& plan, Report& report, double done_before, double share) {
  if (next_number_ > 0x7FFFFFFFU) {  // long before running numbers begin anew
    arena_.forget_accesses();
    next_number_ = 1;
  }
  LaunchState launch(plan, report, stop(), next_number_);
  Clock::time_point said = Clock::now();
  const std::function<void()> progress = [&] {
    if (!progress_ || Clock::now() - said < kProgressEvery) return;
    said = Clock::now();
    progress_(done_before + share * static_cast<double>(launch.finished.load()) / static_cast<double>(plan.blocks()));
  };
  // What depends on the order must come out the same every time; and blocks that wait for each other share a core.
  const bool alone = plan.play.watch_races || plan.play.order != Play::Order::forwards || plan.cooperative;
  if (alone) {
    players_.front()->play(launch, progress);
  } else {
    const std::thread::id caller = std::this_thread::get_id();
    const auto count = static_cast<std::int64_t>(players_.size());
    pool().run(count, 1, [&](std::int64_t begin, std::int64_t) {
      const bool is_caller = std::this_thread::get_id() == caller;
      players_[static_cast<std::size_t>(begin)]->play(launch, is_caller ? progress : std::function<void()>());
    });
  }
  next_number_ = launch.next_number.load();
  given_up_ = launch.killed.load() > 0 || launch.given_up.load();
}

}  // namespace

DeviceFacts list(std::vector<std::string>* notes) {
  const host::CompilerSearch search = host::find_compiler(kPurpose);
  if (!search.compiler && notes != nullptr) notes->push_back("emulated: " + search.fault);
  return facts_of_played_gpu(search);
}

DevicePtr open(const Options& options) { return std::make_unique<EmulatedDevice>(options); }

}  // namespace knobscope::device::emulated
