// The CPU device at work: launches that are refused, guard bands, timing, copies, cancelling.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <thread>

#include "device/guard_bands.h"
#include "device/numerics/element.h"
#include "device_workshop.h"

namespace knobscope::device {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class DeviceCpu : public Workshop {
 protected:
  std::string refusal(const Work& asked) {
    const std::string inspected = message_of<DeviceError>([&] { device_->inspect(asked); });
    EXPECT_EQ(inspected, message_of<DeviceError>([&] { device_->enqueue(asked); }));
    return inspected;
  }
};

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

TEST_F(DeviceCpu, RefusesWrongArguments) {
  const ProgramPtr program = compile(R"(
struct Pair { int a, b; };
void narrow(float* y, int rows, unsigned columns, float epsilon) { y[0] = float(rows) + float(columns) + epsilon; }
void by_value(Pair pair) { (void)pair; }
)",
                                     {"narrow", "by_value"});
  const BufferPtr y = device_->allocate(64);
  const auto with = [&](std::vector<Argument> arguments) { return work(program, std::move(arguments)); };

  const std::string few = refusal(with({pointer(y, "y"), integer(1)}));
  EXPECT_HAS(few, "narrow takes 4 arguments");
  EXPECT_HAS(few, "gives 2");
  const std::string wide = refusal(with({pointer(y, "y"), integer(3'000'000'000, "elements"), integer(1), real(1)}));
  EXPECT_HAS(wide, "elements");
  EXPECT_HAS(wide, "3000000000 does not fit");
  EXPECT_HAS(refusal(with({pointer(y), integer(-2'147'483'649), integer(1), real(1)})), "does not fit");
  EXPECT_HAS(refusal(with({pointer(y), integer(1), integer(-1, "columns"), real(1)})), "columns");
  EXPECT_HAS(refusal(with({pointer(y), integer(1), integer(1LL << 32), real(1)})), "does not fit");
  EXPECT_HAS(refusal(with({pointer(y), integer(1), integer(1), real(1e300)})), "does not fit");
  EXPECT_HAS(refusal(with({integer(1, "rows"), integer(1), integer(1), real(1)})), "the parameter is a pointer");
  EXPECT_HAS(refusal(with({pointer(y), pointer(y, "gamma"), integer(1), real(1)})),
             "argument 2 (gamma): it is a buffer");
  EXPECT_HAS(refusal(with({pointer(y), real(0.5, "epsilon"), integer(1), real(1)})), "argument 2 (epsilon)");
  EXPECT_HAS(refusal(with({pointer(y), integer(1), integer(1), pointer(y)})), "floating-point");
  Work structure = with({integer(1)});
  structure.launches[0].entry = 1;
  EXPECT_HAS(refusal(structure), "cannot be bound");
  structure.launches[0].entry = 2;
  EXPECT_HAS(refusal(structure), "not compiled");

  EXPECT_NO_THROW(device_->enqueue(with({pointer(y), integer(2'147'483'647), integer((1LL << 32) - 1), integer(1)})));
}

TEST_F(DeviceCpu, RefusesWhatOnlyGpusHave) {
  const ProgramPtr program = compile("void f(int block) { (void)block; }\n", {"f"});
  Work asked = work(program, {block_index()});
  asked.launches[0].block = {32, 1, 1};
  EXPECT_HAS(refusal(asked), "block");
  asked.launches[0].block = {1, 1, 1};
  asked.launches[0].shared_bytes = 4;
  EXPECT_HAS(refusal(asked), "shared memory");
  asked.launches[0].shared_bytes = 0;
  asked.launches[0].cooperative = true;
  EXPECT_HAS(refusal(asked), "cooperative");
  asked.launches[0].cooperative = false;
  asked.launches[0].grid = {1, 0, 1};
  EXPECT_HAS(refusal(asked), "1×0×1");
  asked.launches[0].grid = {1LL << 32, 1, 1};  // the last block's number does not fit an int
  EXPECT_HAS(refusal(asked), "does not fit");
  Work without;
  without.launches = asked.launches;
  EXPECT_HAS(refusal(without), "without a program");
}

TEST_F(DeviceCpu, NothingRunsWhenALaterLaunchIsRefused) {
  const ProgramPtr program = compile("void f(int* x) { *x += 1; }\n", {"f"});
  const BufferPtr x = buffer_of(std::vector<int>{0});
  Work asked = work(program, {pointer(x)});
  asked.clears = {x.get()};
  asked.launches.push_back(asked.launches[0]);
  asked.launches[1].arguments.clear();
  EXPECT_THROW(device_->enqueue(asked), DeviceError);
  EXPECT_EQ(values_of<int>(x).at(0), 0);
}

TEST_F(DeviceCpu, AKernelThatThrowsIsADeviceError) {
  const ProgramPtr program =
      compile("#include <stdexcept>\nvoid f() { throw std::runtime_error(\"no rows\"); }\n", {"f"});
  const std::string what = message_of<DeviceError>([&] { device_->enqueue(work(program, {})); });
  EXPECT_HAS(what, "f threw an exception: no rows");
}

TEST_F(DeviceCpu, WritesPastEitherEndAreFound) {
  const ProgramPtr program = compile(
      "#include <cstdint>\nvoid put(unsigned char* x, std::int64_t at) { x[at] = static_cast<unsigned char>(x[at] ^ "
      "1); }\n",
      {"put"});
  for (const std::int64_t bytes : {1, 6, 100, 4096, 5'000'000}) {
    for (const std::int64_t at : {std::int64_t{0}, bytes - 1}) {
      const BufferPtr x = device_->allocate(bytes);
      std::memset(x->data(), 0, static_cast<std::size_t>(bytes));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(x->data()) % 256, 0u);
      EXPECT_TRUE(device_->guards_intact(*x));
      device_->enqueue(work(program, {pointer(x), integer(at)}));
      EXPECT_TRUE(device_->guards_intact(*x)) << bytes << ' ' << at;
    }
    for (const std::int64_t at : {std::int64_t{-4096}, std::int64_t{-1}, bytes, bytes + 1, bytes + 4095}) {
      const BufferPtr x = device_->allocate(bytes);
      device_->enqueue(work(program, {pointer(x), integer(at)}));
      EXPECT_FALSE(device_->guards_intact(*x)) << bytes << ' ' << at;
    }
  }
}

TEST_F(DeviceCpu, ReadsPastEitherEndBringNaN) {
  const BufferPtr x = device_->allocate(40);
  const auto* data = static_cast<const std::byte*>(x->data());
  for (const std::int64_t at : {-4096, -4, 40, 4132}) {
    float single = 0.0F;
    std::memcpy(&single, data + at, 4);
    EXPECT_TRUE(std::isnan(single)) << at;
    std::uint16_t half = 0;
    std::memcpy(&half, data + at, 2);
    EXPECT_EQ(half, kGuardHalf);
    EXPECT_TRUE(std::isnan(numerics::f32_of_f16(half)));
    EXPECT_TRUE(std::isnan(numerics::f32_of_bf16(half)));
  }
  double real = 0.0;
  std::memcpy(&real, data + 40, 8);
  EXPECT_TRUE(std::isnan(real));
}

TEST_F(DeviceCpu, PoisonFillsWholeBuffersAndLeavesGuards) {
  for (const ElementType type : kElementTypes) {
    for (const std::int64_t elements : {1, 3, 1001, 3'000'001}) {
      const BufferPtr x = device_->allocate(elements * size_of(type));
      device_->poison(*x, type);
      EXPECT_TRUE(device_->guards_intact(*x));
      const auto element = static_cast<numerics::Element>(type);
      for (std::int64_t i = 0; i < elements; ++i) {
        ASSERT_EQ(numerics::load_bits(x->data(), element, i), numerics::poison_bits(element)) << i;
      }
    }
  }
}

TEST_F(DeviceCpu, HashSeesEveryChangeAndNothingElse) {
  std::vector<std::uint8_t> bytes(1'000'003);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  const BufferPtr x = buffer_of(bytes);
  const std::uint64_t before = device_->hash(*x);
  EXPECT_EQ(device_->hash(*buffer_of(bytes)), before);
  for (const std::size_t at : {std::size_t{0}, std::size_t{500'000}, bytes.size() - 1}) {
    auto* byte = static_cast<std::uint8_t*>(x->data()) + at;
    *byte = static_cast<std::uint8_t>(*byte ^ 0x40U);
    EXPECT_NE(device_->hash(*x), before) << at;
    *byte = static_cast<std::uint8_t>(*byte ^ 0x40U);
  }
  EXPECT_EQ(device_->hash(*x), before);
}

TEST_F(DeviceCpu, TooMuchMemoryIsRefused) {
  const std::string what = message_of<DeviceError>([&] { device_->allocate(1LL << 50); });
  EXPECT_HAS(what, "MiB");
  EXPECT_THROW(device_->allocate(-1), DeviceError);
  EXPECT_NO_THROW(device_->allocate(0));
}

TEST_F(DeviceCpu, ReadBackStaysInside) {
  const BufferPtr x = buffer_of(std::vector<int>{1, 2, 3});
  int value = 0;
  device_->read_back(*x, 8, std::as_writable_bytes(std::span(&value, 1)));
  EXPECT_EQ(value, 3);
  EXPECT_THROW(device_->read_back(*x, 9, std::as_writable_bytes(std::span(&value, 1))), DeviceError);
  EXPECT_THROW(device_->read_back(*x, -1, std::as_writable_bytes(std::span(&value, 1))), DeviceError);
}

TEST_F(DeviceCpu, BothCopiesCopy) {
  std::vector<std::uint8_t> bytes(3'000'037);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 >> 3);
  const BufferPtr from = buffer_of(bytes);
  for (const bool by_kernel : {false, true}) {
    const BufferPtr to = device_->allocate(from->size());
    device_->enqueue_copy(*to, *from, by_kernel);
    device_->synchronize();
    EXPECT_EQ(values_of<std::uint8_t>(to), bytes);
    EXPECT_TRUE(device_->guards_intact(*to));
  }
  const BufferPtr small = device_->allocate(8);
  EXPECT_THROW(device_->enqueue_copy(*small, *from, false), DeviceError);
}

TEST_F(DeviceCpu, CeilingsAreTimedLikeWork) {
  const BufferPtr from = device_->allocate(32 << 20);
  const BufferPtr to = device_->allocate(32 << 20);
  std::memset(from->data(), 1, static_cast<std::size_t>(from->size()));
  std::memset(to->data(), 1, static_cast<std::size_t>(to->size()));
  const auto rate = [&](const std::function<void()>& enqueue) {  // GB/s, best of some
    double best = 0.0;
    for (int i = 0; i < 3; ++i) best = std::max(best, (32 << 20) / device_->time_cold(enqueue).count());
    return best;
  };
  for (const bool by_kernel : {false, true}) {
    const double copied = rate([&] { device_->enqueue_copy(*to, *from, by_kernel); });
    EXPECT_GT(copied, 0.05);
    EXPECT_LT(copied, 5000.0);
  }
  // A read that the compiler had removed would be a thousand times faster than any memory.
  const double read = rate([&] { device_->enqueue_read(*from); });
  EXPECT_GT(read, 0.05);
  EXPECT_LT(read, 5000.0);
}

constexpr const char* kWait = R"(
#include <chrono>
void wait(int* runs, double milliseconds) {
  ++*runs;
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count() < milliseconds) {
  }
}
)";

TEST_F(DeviceCpu, TimesWhatTheWorkTakes) {
  const ProgramPtr program = compile(kWait, {"wait"});
  const BufferPtr runs = buffer_of(std::vector<int>{0});
  const Work waiting = work(program, {pointer(runs), real(4.0)});
  const Nanoseconds cold = device_->time_cold([&] { device_->enqueue(waiting); });
  EXPECT_GE(cold, 4ms);
  EXPECT_EQ(values_of<int>(runs).at(0), 1);
  std::vector<Nanoseconds> times(6);
  device_->time_hot([&] { device_->enqueue(waiting); }, times);
  EXPECT_EQ(values_of<int>(runs).at(0), 7);
  for (const Nanoseconds time : times) EXPECT_GE(time, 4ms);
  EXPECT_LT(*std::min_element(times.begin(), times.end()), 400ms);  // of the right unit, however busy the machine is
}

TEST_F(DeviceCpu, WallTimesAllOfItAndAGraphIsRefusedInAWord) {
  const ProgramPtr program = compile(kWait, {"wait"});
  const BufferPtr runs = buffer_of(std::vector<int>{0});
  const Work waiting = work(program, {pointer(runs), real(4.0)});
  const Nanoseconds wall = device_->time_wall([&] {
    std::this_thread::sleep_for(2ms);
    device_->enqueue(waiting);
  });
  EXPECT_GE(wall, 6ms) << "what the host does for a run is a part of it";
  EXPECT_EQ(values_of<int>(runs).at(0), 1);
  try {
    device_->capture([&] { device_->enqueue(waiting); }, 20);
    FAIL() << "it was captured";
  } catch (const Uncapturable& error) {
    EXPECT_STREQ(error.what(), "a CPU has no graphs");
  }
  EXPECT_EQ(values_of<int>(runs).at(0), 1);
  EXPECT_EQ(device_->take_exposed_launches(), 0);
}

TEST_F(DeviceCpu, FlushingAndPreparingAreNotTimed) {
  const ProgramPtr program = compile("void nothing() {}\n", {"nothing"});
  const Work empty = work(program, {});
  std::vector<Nanoseconds> times;
  for (int i = 0; i < 10; ++i) {
    times.push_back(device_->time_cold([&] {
      std::this_thread::sleep_for(2ms);
      device_->enqueue(empty);
    }));
  }
  EXPECT_LT(*std::min_element(times.begin(), times.end()), 1ms);
  EXPECT_GT(times[0].count(), 0.0);
}

TEST_F(DeviceCpu, ClearsComeBeforeTheLaunchesOfEveryRun) {
  const ProgramPtr program = compile("void add(int* x, int* keep) { *x += 5; *keep += 5; }\n", {"add"});
  const BufferPtr x = buffer_of(std::vector<int>(300'000, 7));
  const BufferPtr keep = buffer_of(std::vector<int>{7});
  Work adding = work(program, {pointer(x), pointer(keep)});
  adding.clears = {x.get()};
  std::vector<Nanoseconds> times(3);
  device_->time_hot([&] { device_->enqueue(adding); }, times);
  const std::vector<int> values = values_of<int>(x);
  EXPECT_EQ(values[0], 5);
  EXPECT_EQ(*std::max_element(values.begin() + 1, values.end()), 0);
  EXPECT_EQ(values_of<int>(keep).at(0), 7 + 3 * 5);
}

TEST_F(DeviceCpu, AFailureWhileCollectingLeavesTheDeviceUsable) {
  const ProgramPtr program = compile(kWait, {"wait"});
  const BufferPtr runs = buffer_of(std::vector<int>{0});
  EXPECT_THROW(device_->time_cold([&] { device_->enqueue(work(program, {})); }), DeviceError);
  device_->enqueue(work(program, {pointer(runs), real(0.0)}));  // at once again, not collected
  EXPECT_EQ(values_of<int>(runs).at(0), 1);
}

TEST_F(DeviceCpu, LongCallsEndEarlyWhenAskedTo) {
  const ProgramPtr program = compile(kWait, {"wait"});
  const BufferPtr runs = buffer_of(std::vector<int>{0});
  std::thread stopper([&] {
    std::this_thread::sleep_for(50ms);
    device_->request_stop(true);
  });
  const auto begin = Clock::now();
  // 20 seconds of work on one thread, in blocks of 2 ms.
  EXPECT_THROW(device_->enqueue(work(program, {pointer(runs), real(2.0)}, {10'000, 1, 1})), Cancelled);
  stopper.join();
  EXPECT_LT(Clock::now() - begin, 8s);
  const BufferPtr x = device_->allocate(4 << 20);
  Problem problem;
  problem.shape = {1024, 1024};
  EXPECT_THROW(device_->fill_input(*x, problem, info_of(problem.operation).tensors[0], {}), Cancelled);
  EXPECT_THROW(device_->hash(*x), Cancelled);
  EXPECT_THROW(device_->poison(*x, ElementType::f32), Cancelled);
  EXPECT_THROW(device_->time_cold([] {}), Cancelled);
  device_->request_stop(false);
  EXPECT_NO_THROW(device_->hash(*x));
}

TEST_F(DeviceCpu, FactsAreThoseOfAMachine) {
  const DeviceFacts& facts = device_->facts();
  EXPECT_EQ(facts.id, "cpu");
  EXPECT_EQ(facts.kind, DeviceKind::cpu);
  EXPECT_FALSE(facts.name.empty());
  EXPECT_FALSE(facts.driver_version.empty());
  EXPECT_GE(facts.multiprocessors, 1);
  EXPECT_GT(facts.memory.count, 64 << 20);
  EXPECT_GT(facts.last_level_cache.count, 0);
  EXPECT_LT(facts.last_level_cache.count, facts.memory.count);
  const Telemetry telemetry = device_->telemetry();
  if (telemetry.sm_clock_mhz) {
    EXPECT_GT(*telemetry.sm_clock_mhz, 100.0);
    EXPECT_LT(*telemetry.sm_clock_mhz, 20'000.0);
  }
}

TEST_F(DeviceCpu, DevicesAreListedAndOpenedByTheirIds) {
  std::vector<std::string> notes;
  const std::vector<DeviceFacts> devices = list_devices(&notes);
  ASSERT_FALSE(devices.empty());
  ASSERT_GE(devices.size(), 2U);
  EXPECT_EQ(devices.back().id, "emulated") << "what has no times is nobody's first choice";
  EXPECT_EQ(open_device("emulated", options())->facts(), devices.back());
  const DeviceFacts& cpu = devices[devices.size() - 2];
  EXPECT_EQ(cpu.id, "cpu");
  EXPECT_EQ(open_device("cpu", options())->facts(), cpu);
  const std::string what = message_of<DeviceError>([&] { open_device("tpu:0", options()); });
  EXPECT_HAS(what, "tpu:0");
  EXPECT_HAS(what, "cpu");
  EXPECT_THROW(open_device("cuda:x", options()), DeviceError);
  EXPECT_THROW(open_device("cuda:9999", options()), DeviceError);
}

}  // namespace
}  // namespace knobscope::device
