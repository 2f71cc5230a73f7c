#pragma once
// What a device is: it compiles a variant, owns memory, launches, times, and judges outputs on the spot.
// One interface for real GPUs (cuda/), the CPU (cpu/) and the emulated GPU (emulated/). All calls come from one thread
// (the engine's) except request_stop(). Calls are synchronous unless their name starts with enqueue_.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/device_facts.h"
#include "core/error_region.h"
#include "core/error_report.h"
#include "core/finding.h"
#include "core/point.h"
#include "core/problem.h"
#include "core/variant.h"

namespace knobscope::device {

/// The kernel file did not compile; `log` is the compiler's whole output with the file's own line numbers.
struct CompileError : std::runtime_error {
  CompileError(const std::string& what, std::string compiler_log)
      : std::runtime_error(what), log(std::move(compiler_log)) {}
  std::string log;
};

/// A request the device refused (out of memory, launch out of resources, wrong argument count). The device stays
/// usable.
struct DeviceError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A launch's arguments are not what its entry takes, by number or by kind.
struct ArgumentError : DeviceError {
  ArgumentError(std::size_t of_launch, const std::string& what) : DeviceError(what), launch(of_launch) {}
  std::size_t launch;  ///< index into CompileRequest::entries
};

/// The kernel file uses what this device cannot do (inline PTX on the emulated device). The sentence names it, its
/// line, and what to do; the variant does not fit, but nothing is wrong with it.
struct Unplayable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The work cannot be made a graph, and why; nothing else is wrong with it.
struct Uncapturable : DeviceError {
  using DeviceError::DeviceError;
};

/// The device's context is broken (illegal address, trap): nothing but a new process helps.
struct DeviceLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The device's profiler cannot be had; what() says why and what to do.
struct Unprofilable : DeviceError {
  using DeviceError::DeviceError;
};

/// The user cancelled while a long call ran.
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

/// Device memory between two guard bands. Movable; frees itself. `data` is 256-byte aligned.
class Buffer {
 public:
  virtual ~Buffer() = default;
  virtual void* data() const = 0;
  virtual std::int64_t size() const = 0;  ///< bytes, without guards
};
using BufferPtr = std::unique_ptr<Buffer>;

/// Compiled launches of one variant for one type and one choice of knobs.
class Program {
 public:
  virtual ~Program() = default;
  virtual const std::string& log() const = 0;            ///< compiler output (warnings), may be empty
  virtual std::optional<double> compile_ms() const = 0;  ///< nothing when it came from the cache
};
using ProgramPtr = std::unique_ptr<Program>;

struct CompileRequest {
  const Variant* variant = nullptr;
  std::map<std::string, std::string> macros;  ///< catalog::compile_macros
  std::vector<std::string> entries;           ///< one per launch, in order
};

/// One bound argument. Integers and reals take the width the kernel's parameter has; an integer that does not fit a
/// 32-bit parameter is a DeviceError that names it. `block_index` and `grid_size` are filled in by the CPU device for
/// each block it runs (int64: the block's flat index, x fastest, and the number of blocks).
struct Argument {
  enum class Kind : std::uint8_t { pointer, integer, real, block_index, grid_size } kind = Kind::pointer;
  void* pointer = nullptr;
  std::int64_t integer = 0;
  double real = 0.0;
  std::string text;  ///< as the kernel file writes it, for messages
};

struct Launch {
  std::size_t entry = 0;  ///< index into CompileRequest::entries
  std::array<std::int64_t, 3> grid = {1, 1, 1};
  std::array<std::int64_t, 3> block = {1, 1, 1};
  std::int64_t shared_bytes = 0;
  bool cooperative = false;
  std::optional<std::array<std::int64_t, 3>> cluster;
  std::vector<Argument> arguments;
};

/// How the emulated device plays a work. Other devices have an order of their own, and see no races.
struct Play {
  enum class Order : std::uint8_t { forwards, backwards, shuffled } order = Order::forwards;
  std::uint64_t seed = 1;    ///< of the shuffled order
  bool watch_races = false;  ///< play one block after the other and look for accesses that nothing orders
};

/// Clears and launches in the order they run; what is timed is all of it.
struct Work {
  Program* program = nullptr;
  Play play;
  std::vector<Buffer*> clears;  ///< set to zero first
  std::vector<Launch> launches;
};

/// The operation's tensors by name ("x", "gamma", …).
using NamedBuffers = std::map<std::string, Buffer*, std::less<>>;

/// The answer in double precision, kept on the device.
class Reference {
 public:
  virtual ~Reference() = default;
};
using ReferencePtr = std::unique_ptr<Reference>;

/// Runs of a work that were captured, to be started again as a whole. Needs the work's program and buffers.
class Graph {
 public:
  virtual ~Graph() = default;
};
using GraphPtr = std::unique_ptr<Graph>;

struct MapSize {
  int rows = 0;  ///< 0: no map wanted
  int columns = 0;
};

struct Comparison {
  OutputError error;
  std::shared_ptr<const ErrorMap> map;  ///< null unless asked for
};

/// A part of an output to look at closely.
struct RegionSpec {
  TensorView view;
  Area area;      ///< inside the view, not empty
  MapSize tiles;  ///< at most so many
  ErrorMeasure measure = ErrorMeasure::absolute;
  std::int64_t most_elements = 0;  ///< listed one by one where no tile holds two and there are no more than these
};

/// See ErrorRegion.
struct RegionComparison {
  OutputError error;
  std::shared_ptr<const ErrorMap> map;
  UlpHistogram histogram;
  std::optional<ErrorElements> elements;
};

/// Clocks and temperatures, as far as the device tells (fills only those fields of Environment).
struct Telemetry {
  std::optional<double> sm_clock_mhz;  ///< the cores' mean on the CPU
  std::optional<double> memory_clock_mhz;
  std::optional<double> temperature_c;
  std::optional<double> power_w;
  std::optional<std::uint64_t> throttle_reasons;
};

/// What a point is measured among, as far as the device tells.
struct Surroundings {
  std::optional<double> expected_sm_clock_mhz;  ///< Environment::expected_sm_clock_mhz
  std::optional<int> other_processes;
  std::optional<bool> ecc;
  std::optional<bool> mig;
  std::string untold;  ///< "temperature: not supported; ECC: no permission"
};

class Device {
 public:
  virtual ~Device() = default;
  virtual const DeviceFacts& facts() const = 0;

  /// Compiles or takes from the cache. Throws CompileError, and Unplayable.
  virtual ProgramPtr compile(const CompileRequest& request) = 0;
  /// Facts of the launch with the most threads. Throws DeviceError when it can never be launched.
  virtual CompileFacts inspect(const Work& work) = 0;

  /// Uninitialised memory between fresh guard bands. Throws DeviceError when there is not enough.
  virtual BufferPtr allocate(std::int64_t bytes) = 0;
  virtual void read_back(const Buffer& from, std::int64_t offset, std::span<std::byte> to) = 0;
  /// False when anything wrote into the guard bands since allocate().
  virtual bool guards_intact(const Buffer& buffer) = 0;

  /// Fills an input tensor from the problem's seeded generator, the same bits on every device. A derived tensor is
  /// computed in double from x, which `inputs` must hold by then, and rounded (one bit may differ between devices).
  virtual void fill_input(Buffer& buffer, const Problem& problem, const TensorInfo& tensor,
                          const NamedBuffers& inputs) = 0;
  /// Fills with the poison pattern of the type: a NaN that no arithmetic produces.
  virtual void poison(Buffer& buffer, ElementType type) = 0;
  /// A 64-bit hash of the content; any changed bit changes it (except with probability 2^-64).
  virtual std::uint64_t hash(const Buffer& buffer) = 0;

  /// Computes what the outputs must be, in double, from the inputs' stored values.
  virtual ReferencePtr make_reference(const Problem& problem, const NamedBuffers& inputs) = 0;
  /// Compares one output with the reference. Tolerance: that of the output's stored type.
  virtual Comparison compare(const Reference& reference, const TensorInfo& output, const Buffer& actual,
                             MapSize map) = 0;
  /// The same for a part of it, more closely: by tile, by ULP, and by element where they are few.
  virtual RegionComparison compare_region(const Reference& reference, const TensorInfo& output, const Buffer& actual,
                                          const RegionSpec& region) = 0;

  /// Starts the work (the emulated device plays it to its end; what a kernel does wrong becomes a finding); errors of
  /// the launch itself throw DeviceError at once, faults while it runs show at synchronize().
  virtual void enqueue(const Work& work) = 0;
  /// Starts a plain copy (driver's own / a copy kernel), a read-only pass and a write-only pass (driver's own / a
  /// kernel; of zeros), for the ceilings.
  virtual void enqueue_copy(Buffer& to, const Buffer& from, bool by_kernel) = 0;
  virtual void enqueue_read(const Buffer& from) = 0;
  virtual void enqueue_write(Buffer& to, bool by_kernel) = 0;
  /// Waits. Throws DeviceLost when the work faulted.
  virtual void synchronize() = 0;

  /// Writes through more memory than the last-level cache holds, then times one run of `enqueue_work`. Throws
  /// DeviceError on a device whose times mean nothing (is_timed), as time_hot does.
  virtual Nanoseconds time_cold(const std::function<void()>& enqueue_work) = 0;
  /// Times `times.size()` runs back to back, each on its own.
  virtual void time_hot(const std::function<void()>& enqueue_work, std::span<Nanoseconds> times) = 0;
  /// Captures `runs` calls of `enqueue_work`. Throws Uncapturable.
  virtual GraphPtr capture(const std::function<void()>& enqueue_work, int runs) = 0;
  /// Times one replay of the whole graph.
  virtual Nanoseconds time_graph(Graph& graph) = 0;
  /// The host's time from before `enqueue_work` until the device, idle before, has ended it.
  virtual Nanoseconds time_wall(const std::function<void()>& enqueue_work) = 0;
  /// Since the last call: times of time_cold() and time_graph() that the launch could not be kept out of, because the
  /// host was slower to enqueue it than the device may be kept waiting.
  virtual std::int64_t take_exposed_launches() { return 0; }

  /// What each cold time holds beside the work: the time by time_cold() of a kernel that does nothing, less that
  /// kernel's own. Measured when first asked for. Nothing where there is no such thing.
  virtual std::optional<Nanoseconds> event_overhead() { return std::nullopt; }

  /// Runs of `work`, each cold as by time_cold(), by the device's own records: its kernels and clears, each from begin
  /// to end, together. Throws Unprofilable.
  virtual void time_kernels(const Work& work, std::span<Nanoseconds> times) {
    static_cast<void>(work), static_cast<void>(times);
    throw Unprofilable("kernel times by the device's own records are there on NVIDIA GPUs only");
  }
  /// What the device counts over one run of `work`, which is started again for each pass. Throws Unprofilable.
  virtual Counters count(const Work& work) {
    static_cast<void>(work);
    throw Unprofilable("counters are there on NVIDIA GPUs only");
  }

  /// The SM clock averaged over what the last time_…() call ran, from the GPU's own counts of cycles and time; nothing
  /// where that is not known.
  virtual std::optional<double> timed_sm_clock_mhz() { return std::nullopt; }

  /// Takes up to milliseconds. From any thread, also while something is timed, as long as the device is there.
  virtual Telemetry telemetry() = 0;
  /// Whether telemetry() may be called from another thread without disturbing what is timed.
  virtual bool telemetry_is_apart() const { return false; }
  virtual Surroundings surroundings() { return {}; }

  /// What was found in the works played since the last call, each place once; only the emulated device finds anything.
  virtual std::vector<Finding> take_findings() { return {}; }
  /// Called on the engine's thread now and then while a long work is played, with the part of it that is done (0 to 1).
  virtual void set_progress(std::function<void(double)> progress) { static_cast<void>(progress); }

  /// From any thread: long calls of this interface (compile, fill, reference, compare, compare_region) should end early
  /// with Cancelled.
  virtual void request_stop(bool stop) = 0;
};
using DevicePtr = std::unique_ptr<Device>;

struct Options {
  std::string kernels_dir;  ///< kernels/: its include/ folder is given to compilers
  std::string cache_dir;    ///< compiled code by content
  std::int64_t cache_limit_bytes = 512LL << 20;
};

/// Every device of this machine, best first: CUDA devices by index, the CPU, the emulated GPU. Never throws: a driver
/// that is there but does not work gives a sentence in `notes`.
std::vector<DeviceFacts> list_devices(std::vector<std::string>* notes);

/// Opens one by DeviceFacts::id. Throws DeviceError with the ids there are.
DevicePtr open_device(std::string_view id, const Options& options);

}  // namespace knobscope::device
