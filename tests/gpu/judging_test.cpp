// The GPU fills, hashes, computes the reference and compares as the CPU does.

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "device/cuda/driver.h"
#include "device/cuda/judge.h"
#include "device/numerics/element.h"
#include "gpu_device.h"

namespace knobscope::device {
namespace {

class GpuJudging : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (!IsSkipped()) cpu_ = open_device("cpu", gpu_options());
  }
  Device& cpu() const { return *cpu_; }

  BufferPtr filled(Device& device, const Problem& problem, const TensorInfo& tensor) const {
    BufferPtr made = device.allocate(elements_of(tensor, extents_of(problem)) * element_size_of(tensor, problem.type));
    device.fill_input(*made, problem, tensor, {});
    return made;
  }

 private:
  DevicePtr cpu_;
};

Problem layernorm(std::vector<std::int64_t> shape, ElementType type, DistributionKind kind, int normalized_dims = 1) {
  Problem problem;
  problem.shape = std::move(shape);
  problem.normalized_dims = normalized_dims;
  problem.type = type;
  problem.distribution.kind = kind;
  problem.seed = 0x1234'5678'9ABC'DEF0ULL;
  return problem;
}

Problem batchnorm(std::vector<std::int64_t> shape, ElementType type, DistributionKind kind) {
  Problem problem = layernorm(std::move(shape), type, kind);
  problem.operation = Operation::batchnorm_inference;
  return problem;
}

// Inputs of an operation on one device, by name.
struct Inputs {
  std::map<std::string, BufferPtr> owned;
  NamedBuffers named;
};

Inputs inputs_of(Device& device, const Problem& problem) {
  Inputs inputs;
  for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
    if (tensor.role != TensorRole::input) continue;
    BufferPtr made = device.allocate(elements_of(tensor, extents_of(problem)) * element_size_of(tensor, problem.type));
    device.fill_input(*made, problem, tensor, inputs.named);
    inputs.named[std::string(tensor.name)] = made.get();
    inputs.owned[std::string(tensor.name)] = std::move(made);
  }
  return inputs;
}

void expect_same_bits(Device& gpu, const Buffer& on_gpu, Device& cpu, const Buffer& on_cpu, const std::string& what) {
  ASSERT_EQ(on_gpu.size(), on_cpu.size()) << what;
  const auto a = read_values<std::uint16_t>(gpu, on_gpu);
  const auto b = read_values<std::uint16_t>(cpu, on_cpu);
  std::size_t differing = 0;
  std::size_t first = a.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == b[i]) continue;
    first = std::min(first, i);
    ++differing;
  }
  EXPECT_EQ(differing, 0U) << what << ": first at halfword " << first;
}

TEST_F(GpuJudging, GeneratorMakesTheCpusBits) {
  std::vector<Problem> problems;
  for (const ElementType type : kElementTypes) {
    for (const DistributionKind kind : kDistributionKinds) {
      for (const auto& shape : {std::vector<std::int64_t>{3, 5}, {7, 1}, {1, 9}, {64, 1001}}) {
        problems.push_back(layernorm(shape, type, kind));
      }
      problems.push_back(batchnorm({3, 5, 7, 3}, type, kind));
    }
  }
  problems.push_back(layernorm({2048, 4096}, ElementType::f32, DistributionKind::normal));
  for (const Problem& problem : problems) {
    for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
      if (tensor.role != TensorRole::input) continue;
      expect_same_bits(gpu(), *filled(gpu(), problem, tensor), cpu(), *filled(cpu(), problem, tensor),
                       fmt::format("{} {} {} {}", tensor.name, format_shape(problem.shape), name_of(problem.type),
                                   name_of(problem.distribution.kind)));
    }
  }
}

TEST_F(GpuJudging, HashIsTheCpus) {
  std::mt19937_64 random(7);
  for (const std::int64_t bytes : {2, 6, 8, 10, 4098, 1'000'006}) {
    std::vector<std::uint8_t> content(static_cast<std::size_t>(bytes));
    for (std::uint8_t& byte : content) byte = static_cast<std::uint8_t>(random());
    const BufferPtr on_gpu = gpu().allocate(bytes);
    const BufferPtr on_cpu = cpu().allocate(bytes);
    upload(gpu(), *on_gpu, content.data(), content.size());
    std::memcpy(on_cpu->data(), content.data(), content.size());
    const std::uint64_t before = gpu().hash(*on_gpu);
    EXPECT_EQ(before, cpu().hash(*on_cpu)) << bytes << " bytes";
    content.back() ^= 0x10;
    upload(gpu(), *on_gpu, content.data(), content.size());
    EXPECT_NE(gpu().hash(*on_gpu), before) << bytes << " bytes";
  }
}

TEST_F(GpuJudging, PoisonCoversEveryElement) {
  const BufferPtr single = gpu().allocate(4 * 1003);
  gpu().poison(*single, ElementType::f32);
  for (const std::uint32_t word : read_values<std::uint32_t>(gpu(), *single)) {
    ASSERT_EQ(word, numerics::poison_bits(numerics::Element::f32));
  }
  for (const ElementType type : {ElementType::f16, ElementType::bf16}) {
    const BufferPtr half = gpu().allocate(2 * 1003);
    gpu().poison(*half, type);
    for (const std::uint16_t bits : read_values<std::uint16_t>(gpu(), *half)) {
      ASSERT_EQ(bits, numerics::poison_bits(static_cast<numerics::Element>(type)));
    }
    EXPECT_TRUE(gpu().guards_intact(*half));
  }
}

// Against plain sums in long double, an independent way.
TEST_F(GpuJudging, ReferenceStatisticsAreExact) {
  for (const DistributionKind kind : {DistributionKind::normal, DistributionKind::offset,
                                      DistributionKind::constant_rows, DistributionKind::outlier}) {
    for (const auto& shape : {std::vector<std::int64_t>{1, 1}, {5, 31}, {3, 8193}, {700, 768}, {2, 300'001}}) {
      const Problem problem = layernorm(shape, ElementType::f32, kind);
      const Inputs inputs = inputs_of(gpu(), problem);
      const ReferencePtr reference = gpu().make_reference(problem, inputs.named);
      const auto& ours = dynamic_cast<const cuda::CudaReference&>(*reference);
      const auto rows = static_cast<std::size_t>(shape[0]);
      const auto columns = static_cast<std::size_t>(shape[1]);
      std::vector<numerics::GroupStatistics> statistics(rows);
      const auto driver = cuda::Driver::load(nullptr);
      KNOBSCOPE_CU(
          *driver, "reading statistics",
          cuMemcpyDtoHAsync(statistics.data(), ours.statistics.address(), rows * sizeof(statistics[0]), nullptr));
      KNOBSCOPE_CU(*driver, "reading statistics", cuStreamSynchronize(nullptr));
      const auto x = read_values<float>(gpu(), *inputs.named.at("x"));
      for (std::size_t row = 0; row < rows; ++row) {
        long double sum = 0.0L;
        for (std::size_t i = 0; i < columns; ++i) sum += static_cast<long double>(x[row * columns + i]);
        const long double mean = sum / static_cast<long double>(columns);
        long double squares = 0.0L;
        for (std::size_t i = 0; i < columns; ++i) {
          const long double distance = static_cast<long double>(x[row * columns + i]) - mean;
          squares += distance * distance;
        }
        const long double variance = squares / static_cast<long double>(columns);
        const auto rstd = static_cast<double>(1.0L / std::sqrt(variance + static_cast<long double>(problem.epsilon)));
        const double scale = std::abs(static_cast<double>(mean)) + std::sqrt(static_cast<double>(variance));
        const std::string where = fmt::format("{} {} row {}", name_of(kind), format_shape(shape), row);
        ASSERT_NEAR(statistics[row].mean, static_cast<double>(mean), 1e-14 * scale) << where;
        // Rounding of the mean and of m2 reach rstd through the variance: relative to it, a few 1e-14 at most.
        ASSERT_NEAR(statistics[row].rstd, rstd, 1e-13 * rstd) << where;
      }
    }
  }
}

void expect_close(double a, double b, const std::string& what) {
  if (a == b) return;  // infinities too
  EXPECT_NEAR(a, b, 1e-6 * std::max(std::abs(a), std::abs(b))) << what;
}

void expect_same_report(const Comparison& gpu, const Comparison& cpu, const std::string& what) {
  const OutputError& a = gpu.error;
  const OutputError& b = cpu.error;
  EXPECT_EQ(a.output, b.output) << what;
  EXPECT_EQ(a.elements, b.elements) << what;
  EXPECT_EQ(a.nonfinite, b.nonfinite) << what;
  EXPECT_EQ(a.unwritten, b.unwritten) << what;
  EXPECT_EQ(a.failing, b.failing) << what;
  EXPECT_EQ(a.first_bad, b.first_bad) << what;
  EXPECT_TRUE(a.first_bad_value == b.first_bad_value ||
              (std::isnan(a.first_bad_value) && std::isnan(b.first_bad_value)))
      << what;
  expect_close(a.max_abs, b.max_abs, what + " max_abs");
  expect_close(a.max_rel, b.max_rel, what + " max_rel");
  expect_close(a.rms, b.rms, what + " rms");
  expect_close(a.relative_l2, b.relative_l2, what + " relative_l2");
  expect_close(a.max_ulp, b.max_ulp, what + " max_ulp");
  ASSERT_EQ(gpu.map == nullptr, cpu.map == nullptr) << what;
  if (gpu.map == nullptr) return;
  ASSERT_EQ(gpu.map->max_abs.size(), cpu.map->max_abs.size()) << what;
  EXPECT_EQ(gpu.map->tile_rows, cpu.map->tile_rows) << what;
  for (std::size_t i = 0; i < gpu.map->max_abs.size(); ++i) {
    expect_close(static_cast<double>(gpu.map->max_abs[i]), static_cast<double>(cpu.map->max_abs[i]),
                 fmt::format("{} tile {}", what, i));
  }
}

// An output with every kind of mistake: noise, a wrong number, NaN, infinity, poison left in place.
std::vector<std::byte> crafted_output(std::int64_t elements, ElementType type) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal;
  const auto element = static_cast<numerics::Element>(type);
  std::vector<std::byte> bytes(static_cast<std::size_t>(elements * size_of(type)));
  for (std::int64_t i = 0; i < elements; ++i) {
    float value = normal(random);
    if (i % 97 == 13) value = std::numeric_limits<float>::quiet_NaN();
    if (i % 101 == 17) value = -std::numeric_limits<float>::infinity();
    numerics::store(bytes.data(), element, i, value);
    if (i % 89 != 5) continue;
    const numerics::u32 poison = numerics::poison_bits(element);
    std::memcpy(bytes.data() + i * size_of(type), &poison, static_cast<std::size_t>(size_of(type)));
  }
  return bytes;
}

TEST_F(GpuJudging, ComparesAsTheCpuDoes) {
  std::vector<Problem> problems;
  for (const ElementType type : kElementTypes) {
    for (const DistributionKind kind : {DistributionKind::normal, DistributionKind::nonfinite}) {
      problems.push_back(layernorm({1, 1}, type, kind));
      problems.push_back(layernorm({37, 1003}, type, kind));
      problems.push_back(layernorm({3, 4, 5, 70}, type, kind, 2));
      problems.push_back(batchnorm({4, 6, 9, 31}, type, kind));
    }
  }
  for (const Problem& problem : problems) {
    const Inputs on_gpu = inputs_of(gpu(), problem);
    const Inputs on_cpu = inputs_of(cpu(), problem);
    const ReferencePtr gpu_reference = gpu().make_reference(problem, on_gpu.named);
    const ReferencePtr cpu_reference = cpu().make_reference(problem, on_cpu.named);
    for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
      if (tensor.role != TensorRole::output) continue;
      const std::int64_t elements = elements_of(tensor, extents_of(problem));
      const ElementType type = tensor.always_f32 ? ElementType::f32 : problem.type;
      const std::vector<std::byte> output = crafted_output(elements, type);
      const BufferPtr gpu_output = gpu().allocate(static_cast<std::int64_t>(output.size()));
      const BufferPtr cpu_output = cpu().allocate(static_cast<std::int64_t>(output.size()));
      upload(gpu(), *gpu_output, output.data(), output.size());
      std::memcpy(cpu_output->data(), output.data(), output.size());
      const MapSize map = tensor.name == "y" ? MapSize{16, 24} : MapSize{};
      expect_same_report(gpu().compare(*gpu_reference, tensor, *gpu_output, map),
                         cpu().compare(*cpu_reference, tensor, *cpu_output, map),
                         fmt::format("{} {} {} {}", tensor.name, format_shape(problem.shape), name_of(problem.type),
                                     name_of(problem.distribution.kind)));
    }
  }
}

TEST_F(GpuJudging, ComparisonsRepeatToTheBit) {
  const Problem problem = layernorm({512, 4099}, ElementType::f32, DistributionKind::normal);
  const Inputs inputs = inputs_of(gpu(), problem);
  const TensorInfo& y = tensor_of(problem.operation, "y");
  const std::vector<std::byte> output = crafted_output(512 * 4099, ElementType::f32);
  const BufferPtr actual = gpu().allocate(static_cast<std::int64_t>(output.size()));
  upload(gpu(), *actual, output.data(), output.size());
  const Comparison first = gpu().compare(*gpu().make_reference(problem, inputs.named), y, *actual, {32, 32});
  const Comparison second = gpu().compare(*gpu().make_reference(problem, inputs.named), y, *actual, {32, 32});
  EXPECT_EQ(first.error.rms, second.error.rms);
  EXPECT_EQ(first.error.relative_l2, second.error.relative_l2);
  EXPECT_EQ(first.map->max_abs, second.map->max_abs);
}

TEST_F(GpuJudging, GuardsNoticeOneByte) {
  const SmallProgram poke(gpu(), "extern \"C\" __global__ void poke(unsigned char* p, long long at) { p[at] ^= 1; }",
                          {"poke"});
  for (const std::int64_t bytes : {std::int64_t{6}, std::int64_t{1} << 20}) {
    for (const std::int64_t at : {std::int64_t{-4096}, std::int64_t{-1}, bytes, bytes + 4095}) {
      const BufferPtr target = gpu().allocate(bytes);
      EXPECT_TRUE(gpu().guards_intact(*target));
      gpu().enqueue(poke.work({buffer(*target), integer(bytes - 1)}));
      EXPECT_TRUE(gpu().guards_intact(*target)) << "a write inside";
      gpu().enqueue(poke.work({buffer(*target), integer(at)}));
      EXPECT_FALSE(gpu().guards_intact(*target)) << bytes << " bytes, written at " << at;
    }
  }
}

TEST_F(GpuJudging, StopCancelsAndLifts) {
  const Problem problem = layernorm({64, 1024}, ElementType::f32, DistributionKind::normal);
  const TensorInfo& x = tensor_of(problem.operation, "x");
  gpu().request_stop(true);
  EXPECT_THROW(filled(gpu(), problem, x), Cancelled);
  gpu().request_stop(false);
  EXPECT_NO_THROW(filled(gpu(), problem, x));
}

}  // namespace
}  // namespace knobscope::device
