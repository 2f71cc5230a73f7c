// Compiling, binding and starting kernels, and being refused with a reason.

#include <chrono>
#include <cstdio>

#include <gmock/gmock.h>

#include "gpu_device.h"

namespace knobscope::device {
namespace {

using testing::HasSubstr;

class GpuLaunch : public GpuTest {};

TEST_F(GpuLaunch, FactsAreComplete) {
  const DeviceFacts& facts = gpu().facts();
  EXPECT_EQ(facts.id, "cuda:0");
  EXPECT_EQ(facts.kind, DeviceKind::cuda);
  EXPECT_FALSE(facts.name.empty());
  EXPECT_FALSE(facts.driver_version.empty());
  EXPECT_THAT(facts.toolkit_version, HasSubstr("NVRTC"));
  EXPECT_GT(facts.memory.count, std::int64_t{1} << 30);
  EXPECT_GT(facts.last_level_cache.count, 1 << 18);
  ASSERT_TRUE(facts.peak_bandwidth.has_value());
  EXPECT_GT(facts.peak_bandwidth->value, 1e11);
  EXPECT_LT(facts.peak_bandwidth->value, 2e13);
  EXPECT_GE(facts.compute_capability, 75);
  EXPECT_GE(facts.multiprocessors, 8);
  EXPECT_GE(facts.shared_per_block_optin, facts.shared_per_block);
  EXPECT_EQ(list_devices(nullptr).front(), facts);
  std::printf("  %s, driver %s, %s, %d multiprocessors, L2 %.0f MiB, peak %.2f TB/s\n", facts.name.c_str(),
              facts.driver_version.c_str(), facts.toolkit_version.c_str(), facts.multiprocessors,
              static_cast<double>(facts.last_level_cache.count) / 1048576.0, facts.peak_bandwidth->value * 1e-12);
}

TEST_F(GpuLaunch, TelemetryTellsClocks) {
  const Telemetry telemetry = gpu().telemetry();
  EXPECT_GT(telemetry.sm_clock_mhz.value_or(0.0), 50.0);
  EXPECT_GT(telemetry.memory_clock_mhz.value_or(0.0), 50.0);
  EXPECT_GT(telemetry.temperature_c.value_or(0.0), 1.0);
  EXPECT_TRUE(telemetry.throttle_reasons.has_value());
}

constexpr const char* kWidths = R"(
extern "C" __global__ void widths(double* out, int a, long long b, float c, double d, unsigned char e, short f) {
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
  out[4] = e;
  out[5] = f;
}
template <typename T>
__global__ void typed(T* out, float a, int b) {
  out[0] = a;
  out[1] = b;
}
)";

TEST_F(GpuLaunch, ArgumentsTakeTheParametersWidth) {
  const SmallProgram program(gpu(), kWidths, {"widths"});
  const BufferPtr out = gpu().allocate(6 * 8);
  gpu().enqueue(program.work(
      {buffer(*out), integer(-7), integer(std::int64_t{1} << 40), real(0.25), real(1e-5), integer(200), integer(-3)}));
  gpu().synchronize();
  EXPECT_THAT(read_values<double>(gpu(), *out), testing::ElementsAre(-7.0, 1099511627776.0, 0.25, 1e-5, 200.0, -3.0));
}

TEST_F(GpuLaunch, TemplatesConvertNumbersToTheSignature) {
  const SmallProgram program(gpu(), kWidths, {"typed<double>"});
  const BufferPtr out = gpu().allocate(2 * 8);
  gpu().enqueue(program.work({buffer(*out), integer(3), real(4.0)}));
  gpu().synchronize();
  EXPECT_THAT(read_values<double>(gpu(), *out), testing::ElementsAre(3.0, 4.0));
}

TEST_F(GpuLaunch, WrongArgumentsAreRefusedByName) {
  const SmallProgram program(gpu(), kWidths, {"widths"});
  const BufferPtr out = gpu().allocate(6 * 8);
  const auto with = [&](std::vector<Argument> arguments) {
    return refusal_of([&] { gpu().enqueue(program.work(std::move(arguments))); });
  };
  EXPECT_THAT(with({buffer(*out), integer(1)}), HasSubstr("widths takes 7 parameters, but its launch gives 2"));
  EXPECT_THAT(with({buffer(*out), integer(std::int64_t{1} << 40, "elements"), integer(1), real(1), real(1), integer(1),
                    integer(1)}),
              HasSubstr("argument 2 of widths (\"elements\")"));
  EXPECT_THAT(with({buffer(*out), buffer(*out, "gamma"), integer(1), real(1), real(1), integer(1), integer(1)}),
              HasSubstr("\"gamma\""));
  gpu().synchronize();  // nothing ran, nothing broke
}

constexpr const char* kBlocks = R"(
extern "C" __global__ void __launch_bounds__(128) small(int* out) { atomicAdd(out, 1); }
extern "C" __global__ void shared(int* out, int words) {
  extern __shared__ int memory[];
  for (int i = threadIdx.x; i < words; i += blockDim.x) memory[i] = i;
  __syncthreads();
  if (threadIdx.x == 0) out[0] = memory[words - 1];
}
)";

TEST_F(GpuLaunch, WhatTheKernelCannotHaveIsRefused) {
  const SmallProgram program(gpu(), kBlocks, {"small"});
  const BufferPtr out = gpu().allocate(4);
  const auto with = [&](std::array<std::int64_t, 3> grid, std::array<std::int64_t, 3> block, std::int64_t shared) {
    return refusal_of([&] { gpu().enqueue(program.work({buffer(*out)}, grid, block, shared)); });
  };
  EXPECT_EQ(with({1, 1, 1}, {128, 1, 1}, 0), "no error");
  EXPECT_THAT(with({1, 1, 1}, {129, 1, 1}, 0), HasSubstr("a block may have 128 threads"));
  EXPECT_THAT(with({0, 1, 1}, {1, 1, 1}, 0), HasSubstr("grid"));
  EXPECT_THAT(with({1, 70'000, 1}, {1, 1, 1}, 0), HasSubstr("grid's y"));
  EXPECT_THAT(with({1, 1, 1}, {1, 1, 1}, 10 << 20), HasSubstr("shared memory"));
  gpu().synchronize();
}

TEST_F(GpuLaunch, SharedMemoryPast48KiBIsOptedInto) {
  const SmallProgram program(gpu(), kBlocks, {"shared"});
  const BufferPtr out = gpu().allocate(4);
  const std::int64_t bytes = gpu().facts().shared_per_block_optin.count;
  ASSERT_GT(bytes, 48 << 10);
  gpu().enqueue(program.work({buffer(*out), integer(bytes / 4)}, {1, 1, 1}, {256, 1, 1}, bytes));
  gpu().synchronize();
  EXPECT_EQ(read_values<std::int32_t>(gpu(), *out).front(), bytes / 4 - 1);
}

TEST_F(GpuLaunch, ClearsRunBeforeTheLaunches) {
  const SmallProgram program(gpu(), kBlocks, {"small"});
  const BufferPtr out = gpu().allocate(4);
  Work work = program.work({buffer(*out)}, {3, 1, 1}, {96, 1, 1});
  work.clears.push_back(out.get());
  for (int run = 0; run < 3; ++run) gpu().enqueue(work);
  gpu().synchronize();
  EXPECT_EQ(read_values<std::int32_t>(gpu(), *out).front(), 3 * 96);
}

TEST_F(GpuLaunch, InspectTellsRegistersOccupancyAndWaves) {
  const SmallProgram program(gpu(), kBlocks, {"small"});
  const BufferPtr out = gpu().allocate(4);
  const CompileFacts facts = gpu().inspect(program.work({buffer(*out)}, {1 << 20, 1, 1}, {128, 1, 1}, 1024));
  EXPECT_GT(facts.registers.value_or(0), 1);
  EXPECT_EQ(facts.spill.value_or(Bytes{-1}).count, 0);
  EXPECT_EQ(facts.shared.value_or(Bytes{}).count, 1024);
  EXPECT_GT(facts.occupancy.value_or(0.0), 0.2);
  EXPECT_LE(facts.occupancy.value_or(2.0), 1.0);
  EXPECT_GT(facts.waves.value_or(0.0), 1.0);
}

constexpr const char* kTogether = R"(
#include <cooperative_groups.h>
extern "C" __global__ void together(int* out) {
  atomicAdd(out, 1);
  cooperative_groups::this_grid().sync();
  if (blockIdx.x == 0 && threadIdx.x == 0) out[1] = out[0];
}
extern "C" __global__ void ranks(unsigned* out) {
#if __CUDA_ARCH__ >= 900
  unsigned rank = 0;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  out[blockIdx.x] = rank;
#endif
}
)";

TEST_F(GpuLaunch, CooperativeGridsSynchronize) {
  const SmallProgram program(gpu(), kTogether, {"together"});
  const BufferPtr out = gpu().allocate(8);
  const int blocks = gpu().facts().multiprocessors;
  Work work = program.work({buffer(*out)}, {blocks, 1, 1}, {64, 1, 1});
  work.launches.front().cooperative = true;
  work.clears.push_back(out.get());
  gpu().inspect(work);
  gpu().enqueue(work);
  gpu().synchronize();
  EXPECT_EQ(read_values<std::int32_t>(gpu(), *out)[1], blocks * 64);
  work.launches.front().grid = {1 << 20, 1, 1};
  EXPECT_THAT(refusal_of([&] { gpu().inspect(work); }), HasSubstr("a cooperative grid may have at most"));
  EXPECT_NE(refusal_of([&] { gpu().enqueue(work); }), "no error");
  gpu().synchronize();
}

TEST_F(GpuLaunch, ClustersHaveRanks) {
  if (!gpu().facts().clusters) GTEST_SKIP() << "this GPU has no clusters";
  const SmallProgram program(gpu(), kTogether, {"ranks"});
  const BufferPtr out = gpu().allocate(32 * 4);
  Work work = program.work({buffer(*out)}, {32, 1, 1}, {32, 1, 1});
  for (const std::int64_t cluster : {4, 16}) {  // 16 must be opted into
    work.launches.front().cluster = {{cluster, 1, 1}};
    if (refusal_of([&] { gpu().inspect(work); }) != "no error" && cluster > 8) continue;  // not every chip has them
    gpu().enqueue(work);
    gpu().synchronize();
    const auto ranks = read_values<std::uint32_t>(gpu(), *out);
    for (std::size_t i = 0; i < ranks.size(); ++i) ASSERT_EQ(ranks[i], i % static_cast<std::size_t>(cluster));
  }
}

TEST_F(GpuLaunch, TooMuchMemoryIsRefusedAndTheGpuStaysUsable) {
  EXPECT_THAT(refusal_of([&] { gpu().allocate(2 * gpu().facts().memory.count); }), HasSubstr("free"));
  const BufferPtr small = gpu().allocate(1024);
  EXPECT_TRUE(gpu().guards_intact(*small));
}

TEST_F(GpuLaunch, CompileErrorsCarryTheirLineAndTheCacheItsTime) {
  try {
    const SmallProgram broken(gpu(), "\n__global__ void f(float* x) {\n  x[0] = y;\n}\n", {"f"});
    FAIL() << "compiled";
  } catch (const CompileError& error) {
    EXPECT_THAT(error.what(), HasSubstr("99_test.cu(3): error"));
  }
  const std::string source = "extern \"C\" __global__ void f(float* x) { x[0] = KNOB_A; } // " +
                             std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
  const SmallProgram first(gpu(), source, {"f"}, {{"KNOB_A", "1"}});
  const SmallProgram second(gpu(), source, {"f"}, {{"KNOB_A", "1"}});
  EXPECT_TRUE(first.program->compile_ms().has_value());
  EXPECT_FALSE(second.program->compile_ms().has_value());
}

}  // namespace
}  // namespace knobscope::device
