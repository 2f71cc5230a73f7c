// The emulated device by itself: what it is, what it refuses, and that it can be stopped. What it finds in kernels is
// tested in tests/emulated.

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/emulated/arena.h"
#include "device/emulated/compile.h"
#include "device/emulated/emulated_device.h"
#include "device/emulated/launch.h"
#include "device/emulated/shared_layout.h"
#include "unit/device_workshop.h"

namespace knobscope::device::emulated {
namespace {

using ::testing::HasSubstr;

constexpr const char* kScale = R"(
extern "C" __global__ void scale(const float* x, float* y, int count) {
  const int at = blockIdx.x * blockDim.x + threadIdx.x;
  if (at < count) y[at] = 2.0F * x[at];
}
)";

class Emulated : public ::testing::Test {
 protected:
  void SetUp() override { device_ = open(options_); }

  ProgramPtr compile(const std::string& text, const std::vector<std::string>& entries) {
    variant_.id = "layernorm_forward/50_test.cu";
    variant_.device = DeviceKind::cuda;
    variant_.source = text;
    return device_->compile({&variant_, {{"KNOBSCOPE_ELEMENT_F32", "1"}, {"KNOBSCOPE_DEVICE_CUDA", "1"}}, entries});
  }

  static Argument pointer(const Buffer& buffer, const std::string& name) {
    Argument argument;
    argument.pointer = buffer.data();
    argument.text = name;
    return argument;
  }
  static Argument integer(std::int64_t value) {
    Argument argument;
    argument.kind = Argument::Kind::integer;
    argument.integer = value;
    argument.text = "count";
    return argument;
  }

  /// `count` floats of 1.0, written as far as the device is concerned.
  BufferPtr ones(std::int64_t count) {
    BufferPtr buffer = device_->allocate(count * 4);
    const BufferPtr from = device_->allocate(count * 4);
    const std::vector<float> values(static_cast<std::size_t>(count), 1.0F);
    std::memcpy(from->data(), values.data(), values.size() * 4);
    device_->enqueue_copy(*buffer, *from, false);
    return buffer;
  }

  TemporaryFolder folder_;
  Options options_{(folder_.path() / "kernels").string(), (folder_.path() / "cache").string(), 64LL << 20};
  Variant variant_;
  DevicePtr device_;
};

TEST_F(Emulated, describes_a_gpu_so_that_launch_expressions_work) {
  const DeviceFacts& facts = device_->facts();
  EXPECT_EQ(facts.id, "emulated");
  EXPECT_EQ(facts.kind, DeviceKind::emulated);
  EXPECT_FALSE(is_timed(facts.kind));
  EXPECT_EQ(facts.warp_size, 32);
  EXPECT_EQ(facts.max_threads_per_block, 1024);
  EXPECT_GT(facts.multiprocessors, 1);
  EXPECT_EQ(facts.shared_per_block.count, 48 << 10);
  EXPECT_EQ(facts.shared_per_block_optin.count, 227 << 10);
  EXPECT_TRUE(facts.cooperative_launch);
  EXPECT_TRUE(facts.clusters);
  EXPECT_FALSE(facts.peak_bandwidth) << "it has no memory whose speed would mean anything";
}

TEST_F(Emulated, plays_a_kernel_and_finds_nothing) {
  const ProgramPtr program = compile(kScale, {"scale"});
  EXPECT_FALSE(program->compile_ms()) << "times of this device are never told";
  const BufferPtr x = ones(1000);
  const BufferPtr y = device_->allocate(4000);
  Work work;
  work.program = program.get();
  work.launches = {{0, {8, 1, 1}, {128, 1, 1}, 0, false, {}, {pointer(*x, "x"), pointer(*y, "y"), integer(1000)}}};
  for (const bool watch : {false, true}) {
    device_->poison(*y, ElementType::f32);
    work.play.watch_races = watch;
    device_->enqueue(work);
    device_->synchronize();
    EXPECT_TRUE(device_->take_findings().empty());
    std::vector<float> values(1000);
    device_->read_back(*y, 0, std::as_writable_bytes(std::span(values)));
    EXPECT_EQ(values, std::vector<float>(1000, 2.0F));
  }
}

TEST_F(Emulated, says_where_an_access_is_outside) {
  const ProgramPtr program = compile(kScale, {"scale"});
  const BufferPtr x = ones(1000);
  const BufferPtr y = device_->allocate(4000);
  Work work;
  work.program = program.get();
  work.launches = {{0, {8, 1, 1}, {128, 1, 1}, 0, false, {}, {pointer(*x, "x"), pointer(*y, "y"), integer(1001)}}};
  work.play.watch_races = true;
  device_->enqueue(work);
  const std::vector<Finding> findings = device_->take_findings();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].kind, FindingKind::out_of_bounds);
  EXPECT_EQ(findings[0].message, "reads 4 bytes of x at element 1000, but it has only 1000");
  EXPECT_EQ(findings[0].launch, "scale");
  EXPECT_EQ(findings[0].at, (SourcePlace{"layernorm_forward/50_test.cu", 4}));
  ASSERT_TRUE(findings[0].who);
  EXPECT_EQ(findings[0].who->block[0], 7);
  EXPECT_EQ(findings[0].who->thread[0], 104);
  EXPECT_TRUE(device_->take_findings().empty()) << "they are taken once";
}

TEST_F(Emulated, refuses_launches_that_no_gpu_takes) {
  const ProgramPtr program = compile(kScale, {"scale"});
  const BufferPtr x = ones(10);
  Work work;
  work.program = program.get();
  const auto refusal = [&](const std::array<std::int64_t, 3>& grid, const std::array<std::int64_t, 3>& block,
                           std::int64_t shared, bool cooperative) {
    work.launches = {{0, grid, block, shared, cooperative, {}, {pointer(*x, "x"), pointer(*x, "y"), integer(10)}}};
    return message_of<DeviceError>([&] { device_->inspect(work); });
  };
  EXPECT_THAT(refusal({1, 1, 1}, {1025, 1, 1}, 0, false), HasSubstr("at most 1024"));
  EXPECT_THAT(refusal({1, 1, 1}, {1, 1, 65}, 0, false), HasSubstr("64 in z"));
  EXPECT_THAT(refusal({1, 65536, 1}, {32, 1, 1}, 0, false), HasSubstr("65535"));
  EXPECT_THAT(refusal({1, 1, 1}, {32, 1, 1}, 228 << 10, false), HasSubstr("232448"));
  EXPECT_THAT(refusal({100, 1, 1}, {1024, 1, 1}, 0, true), HasSubstr("only 8 can be alive"));
  const auto cluster_refusal = [&](const std::array<std::int64_t, 3>& cluster) {
    work.launches = {{0, {6, 4, 1}, {32, 1, 1}, 0, false, cluster, {pointer(*x, "x"), pointer(*x, "y"), integer(10)}}};
    return message_of<DeviceError>([&] { device_->inspect(work); });
  };
  EXPECT_THAT(cluster_refusal({4, 1, 1}), HasSubstr("a grid of 6×4×1 blocks is no multiple of its clusters of 4×1×1"));
  EXPECT_THAT(cluster_refusal({6, 4, 1}), HasSubstr("at most 16"));
}

TEST_F(Emulated, takes_no_times) {
  EXPECT_THAT(message_of<DeviceError>([&] { device_->time_cold([] {}); }), HasSubstr("mean nothing"));
  std::vector<Nanoseconds> times(1);
  EXPECT_THAT(message_of<DeviceError>([&] { device_->time_hot([] {}, times); }), HasSubstr("mean nothing"));
  EXPECT_THAT(message_of<DeviceError>([&] { device_->time_wall([] {}); }), HasSubstr("mean nothing"));
  EXPECT_THAT(message_of<DeviceError>([&] { device_->capture([] {}, 20); }), HasSubstr("mean nothing"));
}

TEST_F(Emulated, a_mistake_in_the_file_is_told_at_its_line) {
  try {
    compile("\nextern \"C\" __global__ void broken(float* y) { y[0] = nonsense; }\n", {"broken"});
    FAIL() << "it compiled";
  } catch (const CompileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("50_test.cu:2"));
    EXPECT_THAT(error.log, HasSubstr("nonsense"));
  }
}

TEST_F(Emulated, a_long_play_tells_how_far_it_is_and_can_be_stopped) {
  const ProgramPtr program = compile(R"(
extern "C" __global__ void slow(float* y, int count) {
  for (int i = 0; i < count; ++i) y[threadIdx.x] = i;
}
)",
                                     {"slow"});
  const BufferPtr y = device_->allocate(1024 * 4);
  Work work;
  work.program = program.get();
  work.play.watch_races = true;
  work.launches = {{0, {100000, 1, 1}, {32, 1, 1}, 0, false, {}, {pointer(*y, "y"), integer(1000)}}};
  std::vector<double> parts;
  device_->set_progress([&](double part) {
    parts.push_back(part);
    if (parts.size() == 3) device_->request_stop(true);
  });
  EXPECT_THROW(device_->enqueue(work), Cancelled);
  ASSERT_EQ(parts.size(), 3U);
  EXPECT_GT(parts[0], 0.0);
  EXPECT_LT(parts[0], parts[2]);
  EXPECT_LT(parts[2], 1.0);
  device_->request_stop(false);
  work.launches[0].grid[0] = 2;
  EXPECT_NO_THROW(device_->enqueue(work)) << "and goes on with other work";
}

TEST_F(Emulated, a_block_that_never_ends_can_be_stopped) {
  const ProgramPtr program = compile(R"(
extern "C" __global__ void waits(volatile int* flag, volatile int* other) {
  while (*flag == 0) *other = *other + 1;
}
)",
                                     {"waits"});
  const BufferPtr flag = device_->allocate(4);
  const BufferPtr other = device_->allocate(4);
  Work work;
  work.program = program.get();
  work.clears = {flag.get(), other.get()};
  work.launches = {{0, {1, 1, 1}, {32, 1, 1}, 0, false, {}, {pointer(*flag, "flag"), pointer(*other, "other")}}};
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    device_->request_stop(true);
  });
  EXPECT_THROW(device_->enqueue(work), Cancelled);
  stopper.join();
}

TEST(EmulatedArena, buffers_lie_far_apart_and_memory_comes_back) {
  Arena arena;
  Region& a = arena.allocate(100);
  Region& b = arena.allocate(100);
  EXPECT_GE(b.data - a.data, std::uintptr_t{1} << 26) << "no index that went astray a little hits the next";
  EXPECT_EQ(&arena.region_of(a.data + 99), &a);
  EXPECT_EQ(a.written[99], 0);
  std::memset(reinterpret_cast<void*>(a.data), 7, 100);
  const std::uintptr_t where = a.data;
  arena.release(a);
  Region& c = arena.allocate(50);
  EXPECT_EQ(c.data, where);
  EXPECT_EQ(*reinterpret_cast<unsigned char*>(c.data), 0) << "what was there before is gone";
  EXPECT_THAT(message_of<DeviceError>([&] { arena.allocate(1LL << 50); }), HasSubstr("smaller shape"));
  std::vector<Region*> all;
  const std::string full = message_of<DeviceError>([&] {
    while (true) all.push_back(&arena.allocate(1));
  });
  EXPECT_THAT(full, HasSubstr("256 buffers"));
}

TEST(EmulatedLaunchPlan, counts_the_blocks_of_clusters) {
  LaunchPlan plan;
  plan.grid = {6, 4, 2};
  plan.cluster = {3, 2, 1};
  EXPECT_EQ(plan.clusters(), 8);
  std::set<std::int64_t> blocks;
  for (std::int64_t cluster = 0; cluster < plan.clusters(); ++cluster) {
    for (std::uint32_t rank = 0; rank < plan.cluster_blocks(); ++rank) {
      const std::int64_t block = plan.block_in_cluster(cluster, rank);
      EXPECT_EQ(plan.cluster_of(block), cluster);
      blocks.insert(block);
    }
  }
  EXPECT_EQ(blocks.size(), 48U);
  EXPECT_EQ(*blocks.rbegin(), 47);
  // The second of the two clusters in the first two rows, its second row.
  EXPECT_EQ(plan.block_in_cluster(1, 3), 9);
}

TEST(EmulatedOrder, every_block_has_one_turn) {
  constexpr std::int64_t kBlocks = 1000;
  for (const Play::Order order : {Play::Order::forwards, Play::Order::backwards, Play::Order::shuffled}) {
    const ClusterOrder blocks(kBlocks, Play{order, 5, false});
    std::set<std::int64_t> seen;
    for (std::int64_t turn = 0; turn < kBlocks; ++turn) seen.insert(blocks.cluster_at(turn));
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(kBlocks));
    EXPECT_EQ(*seen.begin(), 0);
    EXPECT_EQ(*seen.rbegin(), kBlocks - 1);
  }
  const ClusterOrder once(kBlocks, Play{Play::Order::shuffled, 5, false});
  const ClusterOrder again(kBlocks, Play{Play::Order::shuffled, 5, false});
  const ClusterOrder other(kBlocks, Play{Play::Order::shuffled, 6, false});
  int same_as_other = 0;
  for (std::int64_t turn = 0; turn < kBlocks; ++turn) {
    EXPECT_EQ(once.cluster_at(turn), again.cluster_at(turn)) << "a seed is an order";
    same_as_other += once.cluster_at(turn) == other.cluster_at(turn) ? 1 : 0;
  }
  EXPECT_LT(same_as_other, 20);
}

TEST(EmulatedLayout, what_is_no_object_file_is_refused) {
  EXPECT_THROW(read_shared_layout(""), DeviceError);
  EXPECT_THROW(read_shared_layout(std::string(1000, 'x')), DeviceError);
  std::string cut(
      "\x7f"
      "ELF\x02\x01\x01",
      7);
  cut.resize(200, '\xFF');  // a header that points nowhere
  EXPECT_THROW(read_shared_layout(cut), DeviceError);
  EXPECT_THROW(undefined_thread_locals(cut), DeviceError);
}

TEST(EmulatedLayout, every_byte_has_the_owner_that_the_launch_gives_it) {
  SharedLayout layout;
  layout.bytes = 100;
  layout.variables = {{"a", 0, 10, false, false}, {"b", 16, 4, false, false}, {"dynamic", 32, 0, true, false}};
  const std::vector<std::uint8_t> owners = owners_of(layout, 8);
  EXPECT_EQ(owners[9], 1);
  EXPECT_EQ(owners[10], 0);
  EXPECT_EQ(owners[19], 2);
  EXPECT_EQ(owners[31], 0);
  EXPECT_EQ(owners[39], 3);
  EXPECT_EQ(owners[40], 0);
  EXPECT_EQ(owners_of(layout, 1000).back(), 3) << "never past the end";
}

TEST(EmulatedRefusal, names_what_cannot_be_played_and_its_line) {
  const std::string log =
      "layernorm_forward/60_x.cu: In function 'void k()':\n"
      "layernorm_forward/60_x.cu:12:3: error: 'knobscope_unplayable_inline_ptx' was not declared in this scope\n"
      "   12 |   asm volatile(\"\");\n";
  const std::string sentence = unplayable_in(log, "layernorm_forward/60_x.cu");
  EXPECT_THAT(sentence, HasSubstr("layernorm_forward/60_x.cu:12: inline PTX (asm) cannot be played"));
  EXPECT_THAT(sentence, HasSubstr("run it on a GPU"));
  EXPECT_EQ(unplayable_in("a.cu:1:1: error: expected ';'\n", "a.cu"), "");
}

}  // namespace
}  // namespace knobscope::device::emulated
