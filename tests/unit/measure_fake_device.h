#pragma once
// A device that plays what a test tells it: times, throttling, errors of the output, faults. Buffers are host memory.

#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "device/device.h"
#include "measure/observer.h"

namespace knobscope::measure {

class FakeBuffer final : public device::Buffer {
 public:
  FakeBuffer(std::int64_t bytes, std::int64_t* in_use) : memory_(static_cast<std::size_t>(bytes)), in_use_(in_use) {
    *in_use_ += bytes;
  }
  ~FakeBuffer() override { *in_use_ -= size(); }
  void* data() const override { return const_cast<std::byte*>(memory_.data()); }
  std::int64_t size() const override { return static_cast<std::int64_t>(memory_.size()); }
  mutable bool damaged = false;

 private:
  std::vector<std::byte> memory_;
  std::int64_t* in_use_;
};

class FakeProgram final : public device::Program {
 public:
  const std::string& log() const override { return log_; }
  std::optional<double> compile_ms() const override { return 12.5; }

 private:
  std::string log_ = "one warning";
};

class FakeReference final : public device::Reference {};

/// Starts what was captured once for each run.
class FakeGraph final : public device::Graph {
 public:
  FakeGraph(std::function<void()> work, int runs) : enqueue_work(std::move(work)), captured_runs(runs) {}
  std::function<void()> enqueue_work;
  int captured_runs;
};

class FakeDevice : public device::Device {
 public:
  FakeDevice() {
    facts_.id = "fake";
    facts_.kind = DeviceKind::cpu;
    facts_.name = "Fake";
    facts_.memory = {1 << 30};
    facts_.last_level_cache = {1 << 20};
  }

  // What a test sets.
  DeviceFacts facts_;
  std::function<double(int)> cold_ns = [](int) { return 1000.0; };  ///< of the n-th cold run
  std::function<double(int)> hot_ns = [](int) { return 500.0; };
  double graph_ns = 400.0;  ///< of each run in it
  double wall_ns = 6000.0;
  std::optional<std::string> uncapturable;  ///< why
  std::int64_t exposed_launches = 0;        ///< of each series of cold samples
  double copy_ns = 1e5;
  double read_ns = 1e5;
  double write_ns = 1e5;
  double kernel_gain = 1.0;                      ///< how much faster copy and write are by a kernel
  std::function<void(int)> on_run = [](int) {};  ///< the n-th launch of the kernel
  std::function<OutputError(const TensorInfo&, int)> error = [](const TensorInfo& tensor, int) {
    OutputError good;
    good.output = tensor.name;
    good.elements = 100;
    return good;
  };
  std::function<std::optional<std::uint64_t>(int)> throttle = [](int) { return std::nullopt; };  ///< n-th reading
  std::function<std::optional<double>(int)> sm_clock_mhz = [](int) {
    return std::nullopt;
  };  ///< of the n-th call timed
  device::Surroundings found;
  std::int64_t capacity = std::int64_t{1} << 40;
  std::function<void()> on_compile = [] {};

  // What a test reads.
  int runs = 0;
  int cold_runs = 0;
  int hot_runs = 0;
  int wall_runs = 0;
  int replays = 0;
  int ceiling_runs = 0;       ///< copies, reads and writes that were started
  int cold_ceiling_runs = 0;  ///< those of them that were timed cold
  int captured_runs = 0;
  std::vector<const device::Work*> works;  ///< in the order enqueued
  int compares = 0;
  std::vector<device::RegionSpec> regions;  ///< looked at
  int telemetries = 0;
  int timed_calls = 0;
  int references = 0;
  int compiles = 0;
  std::uint64_t filled_seed = 0;  ///< of the problem that the inputs were filled for last
  std::int64_t in_use = 0;
  int allocations = 0;
  std::map<std::string, device::Buffer*, std::less<>> inputs;
  bool stopped = false;

  const DeviceFacts& facts() const override { return facts_; }
  device::ProgramPtr compile(const device::CompileRequest&) override {
    ++compiles;
    on_compile();
    return std::make_unique<FakeProgram>();
  }
  CompileFacts inspect(const device::Work&) override {
    CompileFacts facts;
    facts.registers = 40;
    return facts;
  }
  device::BufferPtr allocate(std::int64_t bytes) override {
    if (in_use + bytes > capacity) throw device::DeviceError("out of memory");
    ++allocations;
    return std::make_unique<FakeBuffer>(bytes, &in_use);
  }
  void read_back(const device::Buffer& from, std::int64_t offset, std::span<std::byte> to) override {
    std::memcpy(to.data(), static_cast<const std::byte*>(from.data()) + offset, to.size());
  }
  bool guards_intact(const device::Buffer& buffer) override { return !dynamic_cast<const FakeBuffer&>(buffer).damaged; }
  void fill_input(device::Buffer& buffer, const Problem& problem, const TensorInfo& tensor,
                  const device::NamedBuffers&) override {
    filled_seed = problem.seed;
    std::memset(buffer.data(), static_cast<int>(problem.seed), static_cast<std::size_t>(buffer.size()));
    inputs[std::string(tensor.name)] = &buffer;
  }
  void poison(device::Buffer& buffer, ElementType) override {
    std::memset(buffer.data(), 0xFF, static_cast<std::size_t>(buffer.size()));
  }
  std::uint64_t hash(const device::Buffer& buffer) override {
    std::uint64_t sum = 14695981039346656037ULL;
    const auto* bytes = static_cast<const unsigned char*>(buffer.data());
    for (std::int64_t i = 0; i < buffer.size(); ++i) sum = (sum ^ bytes[i]) * 1099511628211ULL;
    return sum;
  }
  device::ReferencePtr make_reference(const Problem&, const device::NamedBuffers&) override {
    ++references;
    return std::make_unique<FakeReference>();
  }
  device::Comparison compare(const device::Reference&, const TensorInfo& output, const device::Buffer&,
                             device::MapSize map) override {
    device::Comparison comparison;
    comparison.error = error(output, compares++);
    if (map.rows > 0) {
      auto drawn = std::make_shared<ErrorMap>();
      drawn->tile_rows = map.rows;
      drawn->tile_columns = map.columns;
      comparison.map = std::move(drawn);
    }
    return comparison;
  }
  device::RegionComparison compare_region(const device::Reference&, const TensorInfo& output, const device::Buffer&,
                                          const device::RegionSpec& region) override {
    regions.push_back(region);
    device::RegionComparison comparison;
    comparison.error.output = output.name;
    return comparison;
  }
  void enqueue(const device::Work& work) override {
    works.push_back(&work);
    on_run(runs++);
  }
  void enqueue_copy(device::Buffer& to, const device::Buffer& from, bool by_kernel) override {
    std::memcpy(to.data(), from.data(), static_cast<std::size_t>(from.size()));
    start_ceiling(by_kernel ? copy_ns / kernel_gain : copy_ns);
  }
  void enqueue_read(const device::Buffer&) override { start_ceiling(read_ns); }
  void enqueue_write(device::Buffer&, bool by_kernel) override {
    start_ceiling(by_kernel ? write_ns / kernel_gain : write_ns);
  }
  void synchronize() override {}
  Nanoseconds time_cold(const std::function<void()>& enqueue_work) override {
    ++timed_calls;
    next_is_ceiling_.reset();
    enqueue_work();
    if (next_is_ceiling_) {
      ++cold_ceiling_runs;
      return Nanoseconds(*next_is_ceiling_);
    }
    return Nanoseconds(cold_ns(cold_runs++));
  }
  void time_hot(const std::function<void()>& enqueue_work, std::span<Nanoseconds> times) override {
    ++timed_calls;
    for (Nanoseconds& time : times) {
      next_is_ceiling_.reset();
      enqueue_work();
      time = Nanoseconds(next_is_ceiling_ ? *next_is_ceiling_ : hot_ns(hot_runs++));
    }
  }
  device::GraphPtr capture(const std::function<void()>& enqueue_work, int captured) override {
    if (uncapturable) throw device::Uncapturable(*uncapturable);
    captured_runs = captured;
    return std::make_unique<FakeGraph>(enqueue_work, captured);
  }
  Nanoseconds time_graph(device::Graph& graph) override {
    ++timed_calls;
    const auto& captured = dynamic_cast<const FakeGraph&>(graph);
    next_is_ceiling_.reset();
    for (int run = 0; run < captured.captured_runs; ++run) captured.enqueue_work();
    if (next_is_ceiling_) return Nanoseconds(*next_is_ceiling_ * captured.captured_runs);
    ++replays;
    return Nanoseconds(graph_ns * captured.captured_runs);
  }
  Nanoseconds time_wall(const std::function<void()>& enqueue_work) override {
    ++timed_calls;
    next_is_ceiling_.reset();
    enqueue_work();
    if (next_is_ceiling_) return Nanoseconds(*next_is_ceiling_);
    ++wall_runs;
    return Nanoseconds(wall_ns);
  }
  std::optional<double> timed_sm_clock_mhz() override { return sm_clock_mhz(timed_calls - 1); }
  device::Surroundings surroundings() override { return found; }
  std::int64_t take_exposed_launches() override { return std::exchange(exposed_launches, 0); }
  device::Telemetry telemetry() override {
    device::Telemetry now;
    now.sm_clock_mhz = 1500.0;
    now.throttle_reasons = throttle(telemetries++);
    return now;
  }
  void request_stop(bool stop) override { stopped = stop; }

 private:
  void start_ceiling(double takes_ns) {
    ++ceiling_runs;
    next_is_ceiling_ = takes_ns;
  }

  std::optional<double> next_is_ceiling_;
};

/// A device that plays works out: it has findings and progress to tell, and no times.
class EmulatedFake final : public FakeDevice {
 public:
  EmulatedFake() {
    facts_.id = "emulated";
    facts_.kind = DeviceKind::emulated;
    facts_.name = "Emulated";
    facts_.peak_bandwidth.reset();
  }

  // What a test sets.
  /// What the kernel does when played; `output("y")` is where it writes.
  std::function<void(const device::Work&)> on_play = [](const device::Work&) {};
  std::vector<Finding> findings;       ///< to be taken
  std::vector<double> progress_steps;  ///< told during each play

  // What a test reads.
  std::vector<device::Play> plays;
  int timings = 0;
  bool watched = false;  ///< somebody would hear of progress

  /// Where the argument that the kernel file calls `name` points.
  static float* argument(const device::Work& work, std::string_view name) {
    for (const device::Argument& each : work.launches.front().arguments) {
      if (each.text == name) return static_cast<float*>(each.pointer);
    }
    throw std::logic_error("the kernel has no such argument");
  }

  void enqueue(const device::Work& work) override {
    FakeDevice::enqueue(work);
    plays.push_back(work.play);
    for (const double step : progress_steps) {
      if (progress_) progress_(step);
    }
    on_play(work);
  }
  std::vector<Finding> take_findings() override { return std::exchange(findings, {}); }
  void set_progress(std::function<void(double)> progress) override {
    progress_ = std::move(progress);
    watched = static_cast<bool>(progress_);
  }
  Nanoseconds time_cold(const std::function<void()>&) override {
    ++timings;
    throw device::DeviceError("times mean nothing here");
  }
  void time_hot(const std::function<void()>&, std::span<Nanoseconds>) override {
    ++timings;
    throw device::DeviceError("times mean nothing here");
  }

 private:
  std::function<void(double)> progress_;
};

/// Keeps all it hears.
class Recorder final : public Observer {
 public:
  void phase(Phase phase) override {
    phases.push_back(phase);
    if (on_phase) on_phase(phase);
  }
  void samples(Phase phase, const SeriesStep& step) override {
    series[phase].take(step);
    (phase == Phase::hot ? hot : phase == Phase::cold ? cold : other[phase]) = series[phase].samples_ns;
    ++batches;
  }
  void alive() override { ++signs; }
  void progress(double done) override { progressed.push_back(done); }
  void ceiling(const Ceiling& ceiling) override { ceilings.push_back(ceiling); }
  void note(LogLevel, const std::string& text) override { notes.push_back(text); }

  std::function<void(Phase)> on_phase;
  std::vector<Phase> phases;
  std::vector<double> cold;
  std::vector<double> hot;
  std::map<Phase, std::vector<double>> other;  ///< by the phase they were filed under
  std::map<Phase, GrowingSeries> series;       ///< the same with what the device was like
  int batches = 0;
  int signs = 0;
  std::vector<double> progressed;
  std::vector<Ceiling> ceilings;
  std::vector<std::string> notes;
};

/// A variant as its file would describe it.
inline Variant sample_variant() {
  Variant variant;
  variant.id = "layernorm_forward/01_sample.cpp";
  variant.name = "sample";
  variant.order = 1;
  variant.title = "Sample";
  variant.device = DeviceKind::cpu;
  variant.types = {ElementType::f32};
  variant.knobs = {{"width", {1, 2, 4}, 2, "elements at once"}};
  variant.requirements = {{"columns % width == 0", "rows must divide into vectors"}};
  variant.buffers = {{"partial", "f32", "rows", true}};
  LaunchSpec launch;
  launch.entry = "layernorm";
  launch.grid = {"rows", "1", "1"};
  launch.arguments = {"x", "gamma", "beta", "y", "mean", "rstd", "partial", "columns", "block_index", "epsilon"};
  variant.launches = {launch};
  variant.traffic = {"elements * 8", "elements * 4", ""};
  variant.source_hash = "00112233445566778899aabbccddeeff";
  return variant;
}

inline PointRequest sample_request() {
  PointRequest request;
  request.id = 7;
  request.device = "fake";
  request.problem.shape = {64, 128};
  request.variant = "layernorm_forward/01_sample.cpp";
  request.knobs = {{"width", 2}};
  request.method.time_limit_s = 0.02;
  return request;
}

}  // namespace knobscope::measure
