// The GPU looks at a part of an output as the CPU does: tiles, histogram and elements.

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "gpu_device.h"

namespace knobscope::device {
namespace {

class GpuRegions : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (!IsSkipped()) cpu_ = open_device("cpu", gpu_options());
  }
  Device& cpu() const { return *cpu_; }

 private:
  DevicePtr cpu_;
};

/// The inputs, the reference, and an output that holds x: wrong nearly everywhere, so that every rule has its say.
struct Judged {
  std::map<std::string, BufferPtr> owned;
  NamedBuffers named;
  ReferencePtr reference;
  BufferPtr output;

  Judged(Device& device, const Problem& problem, const TensorInfo& tensor) {
    for (const TensorInfo& input : info_of(problem.operation).tensors) {
      if (input.role != TensorRole::input) continue;
      BufferPtr made = device.allocate(elements_of(input, extents_of(problem)) * element_size_of(input, problem.type));
      device.fill_input(*made, problem, input, named);
      named[std::string(input.name)] = made.get();
      owned[std::string(input.name)] = std::move(made);
    }
    reference = device.make_reference(problem, named);
    const std::int64_t bytes = elements_of(tensor, extents_of(problem)) * element_size_of(tensor, problem.type);
    output = device.allocate(bytes);
    device.poison(*output, tensor.always_f32 ? ElementType::f32 : problem.type);
  }
};

std::vector<Problem> problems() {
  std::vector<Problem> list;
  for (const ElementType type : kElementTypes) {
    for (const DistributionKind kind : {DistributionKind::normal, DistributionKind::nonfinite}) {
      Problem layernorm;
      layernorm.shape = {3, 41, 70};
      layernorm.type = type;
      layernorm.distribution.kind = kind;
      list.push_back(layernorm);
      layernorm.operation = Operation::layernorm_backward;
      list.push_back(layernorm);
    }
    for (const Layout layout : {Layout::nchw, Layout::nhwc}) {
      Problem batchnorm;
      batchnorm.operation = Operation::batchnorm_training;
      batchnorm.shape = {3, 5, 9, 11};
      batchnorm.layout = layout;
      batchnorm.type = type;
      list.push_back(batchnorm);
    }
  }
  return list;
}

/// Statistics are summed in another order, so references differ in their last bits, and by as much all that follows.
bool near(double a, double b, double absolute) {
  if (a == b || (a != a && b != b)) return true;
  return std::abs(a - b) <= absolute + 1e-9 * std::abs(b);
}

void expect_same(const RegionComparison& gpu, const RegionComparison& cpu) {
  EXPECT_EQ(gpu.map->tile_rows, cpu.map->tile_rows);
  EXPECT_EQ(gpu.map->tile_columns, cpu.map->tile_columns);
  EXPECT_TRUE(near(gpu.map->tolerance, cpu.map->tolerance, 0.0));
  for (std::size_t i = 0; i < cpu.map->max_abs.size(); ++i) {
    const auto a = static_cast<double>(gpu.map->max_abs[i]);
    const auto b = static_cast<double>(cpu.map->max_abs[i]);
    ASSERT_TRUE(near(a, b, 1e-6 * std::abs(b) + 1e-12)) << "tile " << i << ": " << a << ", " << b;
  }
  std::int64_t moved = 0;
  for (std::size_t bin = 0; bin < cpu.histogram.size(); ++bin) {
    moved += std::abs(gpu.histogram[bin] - cpu.histogram[bin]);
  }
  EXPECT_LE(moved, 4) << "an element at the edge of its bin may fall into the next";
  EXPECT_EQ(gpu.error.elements, cpu.error.elements);
  EXPECT_EQ(gpu.error.failing, cpu.error.failing);
  EXPECT_EQ(gpu.error.unwritten, cpu.error.unwritten);
  EXPECT_EQ(gpu.error.nonfinite, cpu.error.nonfinite);
  EXPECT_EQ(gpu.error.first_bad, cpu.error.first_bad);
  EXPECT_TRUE(near(gpu.error.max_ulp, cpu.error.max_ulp, 1e-6));
  ASSERT_EQ(gpu.elements.has_value(), cpu.elements.has_value());
  if (!gpu.elements) return;
  EXPECT_EQ(gpu.elements->unwritten, cpu.elements->unwritten);
  for (std::size_t i = 0; i < gpu.elements->values.size(); ++i) {
    ASSERT_EQ(gpu.elements->fails(i), cpu.elements->fails(i)) << i;
    ASSERT_TRUE(near(gpu.elements->values[i], cpu.elements->values[i], 0.0)) << i;
    ASSERT_TRUE(near(gpu.elements->references[i], cpu.elements->references[i], 1e-12)) << i;
    ASSERT_TRUE(near(gpu.elements->ulps[i], cpu.elements->ulps[i], 1e-6)) << i;
  }
}

TEST_F(GpuRegions, AreTheCpus) {
  for (const Problem& problem : problems()) {
    for (const TensorInfo* tensor : outputs_of(problem.operation)) {
      SCOPED_TRACE(fmt::format("{} {} {}", tensor->name, format_shape(problem.shape), name_of(problem.type)));
      const Judged on_gpu(gpu(), problem, *tensor);
      const Judged on_cpu(cpu(), problem, *tensor);
      // The first three quarters are written with x, which is wrong; the rest keeps its poison.
      std::vector<std::byte> x(static_cast<std::size_t>(on_cpu.output->size()) / 4 * 3 / 8 * 8);
      cpu().read_back(*on_cpu.named.at("x"), 0, x);
      std::memcpy(on_cpu.output->data(), x.data(), x.size());
      upload(gpu(), *on_gpu.output, x.data(), x.size());
      std::vector<std::optional<Slice>> slices = {std::nullopt};
      const auto dims = dims_of(problem, *tensor);
      if (dims.size() > 2)
        slices.push_back(Slice{0, static_cast<int>(dims.size()) - 1, std::vector<std::int64_t>(dims.size(), 1)});
      for (const auto& slice : slices) {
        const auto view = std::get<TensorView>(view_of(problem, *tensor, slice));
        for (const ErrorMeasure measure : kErrorMeasures) {
          const Area whole = {0, 0, view.rows, view.columns};
          const Area part = {view.rows / 3, view.columns / 4, view.rows - view.rows / 3, view.columns / 2};
          for (const RegionSpec& spec :
               {RegionSpec{view, whole, {7, 9}, measure, 100}, RegionSpec{view, part, {512, 512}, measure, 1 << 20}}) {
            expect_same(gpu().compare_region(*on_gpu.reference, *tensor, *on_gpu.output, spec),
                        cpu().compare_region(*on_cpu.reference, *tensor, *on_cpu.output, spec));
          }
        }
      }
    }
  }
}

TEST_F(GpuRegions, OfAHundredMillionElementsTakeMoments) {
  Problem problem;
  problem.shape = {8192, 16384};
  const TensorInfo& y = *outputs_of(problem.operation).front();
  const Judged judged(gpu(), problem, y);
  const auto view = std::get<TensorView>(view_of(problem, y, std::nullopt));
  const RegionSpec spec{view, {0, 0, view.rows, view.columns}, {128, 256}, ErrorMeasure::absolute, kMostElements};
  gpu().compare_region(*judged.reference, y, *judged.output, spec);  // compiles
  const auto start = std::chrono::steady_clock::now();
  const RegionComparison region = gpu().compare_region(*judged.reference, y, *judged.output, spec);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  RecordProperty("milliseconds", std::to_string(took.count()));
  std::printf("134 million elements: %.1f ms\n", took.count());
  EXPECT_EQ(region.error.unwritten, 8192LL * 16384);
  EXPECT_LT(took.count(), 500.0);
}

}  // namespace
}  // namespace knobscope::device
