// The table of agreement that was recorded on a GPU, and the yardstick it was recorded with. Needs no GPU.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/numerics/element.h"
#include "gpu/agreement.h"

namespace knobscope::agreement {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kLibrary = KNOBSCOPE_SOURCE_DIR "/kernels";
constexpr const char* kTable = KNOBSCOPE_SOURCE_DIR "/assets/agreement/h200.csv";
constexpr const char* kPending = KNOBSCOPE_SOURCE_DIR "/assets/agreement/h200-pending.txt";
constexpr const char* kHowTo =
    "record the table anew on a machine with an H200: tests/gpu/on_device.sh BUILD_FOLDER OUT_FOLDER agree, then copy "
    "OUT_FOLDER/agreement.csv to assets/agreement/h200.csv";

device::Options options() { return {kLibrary, KNOBSCOPE_BINARY_DIR "/tests/emulated/cache", 512LL << 20}; }

std::filesystem::path temporary(const std::string& name) {
  return std::filesystem::path(testing::TempDir()) / ("knobscope_agreement_" + name);
}

const Variant& variant_in(const Catalog& library, const std::string& id) {
  const Variant* found = library.find(id);
  if (found == nullptr) throw std::runtime_error("no kernel file " + id);
  return *found;
}

Row plausible_row() {
  Row row;
  row.variant = "layernorm_forward/03_flat_index_rsqrt.cu";
  row.source = "0123456789ab";
  row.type = "f32";
  row.shape = "3x257";
  row.knobs = "block=96";
  row.output = "y";
  row.elements = 771;
  row.differing = 5;
  row.max_ulp = 1024.0;
  row.max_term_ulp = 1.5;
  return row;
}

template <typename T>
StoredOutput stored(ElementType type, const std::vector<T>& values) {
  StoredOutput output{"y", type, std::vector<std::byte>(values.size() * sizeof(T))};
  std::memcpy(output.bytes.data(), values.data(), output.bytes.size());
  return output;
}

// Kernel files that wait for their turn on a GPU, one a line: a list that is seen, and only gets shorter.
std::set<std::string> pending() {
  std::set<std::string> ids;
  std::ifstream file(kPending);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') ids.insert(line);
  }
  return ids;
}

TEST(AgreementTable, CoversTheLibraryAndKeepsItsBounds) {
  const Catalog library = catalog::scan(kLibrary);
  const std::vector<Row> rows = read_table(kTable).rows;
  std::set<std::string> covered;
  for (const Row& row : rows) {
    const Variant* variant = library.find(row.variant);
    ASSERT_NE(variant, nullptr) << row.variant << " is in " << kTable << " but no longer in the library; " << kHowTo;
    EXPECT_THAT(fault_of(row, *variant), IsEmpty());
    EXPECT_FALSE(pending().contains(row.variant)) << row.variant << " is in the table: strike it off " << kPending;
    covered.insert(fmt::format("{} {} {}", row.variant, row.type, row.output));
  }
  for (const std::string& id : pending()) {
    EXPECT_NE(library.find(id), nullptr) << id << " is no kernel file: strike it off " << kPending;
  }
  for (const Variant& variant : library.variants) {
    if (variant.device != DeviceKind::cuda || pending().contains(variant.id)) continue;
    for (const ElementType type : variant.types) {
      for (const TensorInfo& tensor : info_of(variant.operation).tensors) {
        const bool binds = std::ranges::any_of(variant.launches, [&](const LaunchSpec& launch) {
          return std::ranges::find(launch.arguments, tensor.name) != launch.arguments.end();
        });
        if (tensor.role != TensorRole::output || !binds) continue;
        EXPECT_TRUE(covered.contains(fmt::format("{} {} {}", variant.id, name_of(type), tensor.name)))
            << kTable << " has no row for " << tensor.name << " of " << variant.id << " in " << name_of(type) << "; "
            << kHowTo;
      }
    }
  }
}

TEST(AgreementTable, ReadsWhatItWrites) {
  Row statistics = plausible_row();
  statistics.output = "mean";
  statistics.differing = 0;
  statistics.max_ulp = statistics.max_term_ulp = 0.0;
  Row broken = plausible_row();
  broken.max_ulp = broken.max_term_ulp = INFINITY;
  const Table table{
      "GPU one, driver 580.1, NVRTC 13.0", "Emulated GPU, g++ 12.2.0", {plausible_row(), statistics, broken}};
  const std::filesystem::path file = temporary("written.csv");
  write_table(file, table);
  EXPECT_EQ(read_table(file), table);
  std::ofstream(file, std::ios::app) << "NVIDIA H200,1\n";
  try {
    read_table(file);
    FAIL() << "a line of two fields was taken for a row";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr(":7:"));
  }
  EXPECT_THROW(read_table(temporary("absent.csv")), std::runtime_error);
}

Row row_of(const char* type, const char* output, const char* knobs = "block=96") {
  Row row = plausible_row();
  row.type = type;
  row.output = output;
  row.knobs = knobs;
  return row;
}

TEST(AgreementTable, WhatIsOutsideTheBoundsIsSaid) {
  constexpr double kAny = std::numeric_limits<double>::infinity();
  const Catalog library = catalog::scan(kLibrary);
  const Variant& rsqrt = variant_in(library, "layernorm_forward/03_flat_index_rsqrt.cu");
  const Variant& exact = variant_in(library, "layernorm_forward/02_block_per_row.cu");
  const Variant& atomics = variant_in(library, "layernorm_forward/01_global_atomics.cu");
  EXPECT_EQ(allowed_ulp(exact, row_of("f32", "y")), 0.0);
  EXPECT_EQ(allowed_ulp(exact, row_of("bf16", "rstd")), 0.0);
  EXPECT_EQ(allowed_ulp(rsqrt, row_of("f16", "mean")), 0.0);
  EXPECT_EQ(allowed_ulp(rsqrt, row_of("f32", "rstd")), 2.5);
  EXPECT_EQ(allowed_ulp(atomics, row_of("f32", "mean")), 1.0);
  EXPECT_EQ(allowed_ulp(atomics, row_of("f32", "mean", "bits=32 block=96")), kAny);
  Row gelu = row_of("f32", "y");
  gelu.shape = "3x1000 gelu";
  EXPECT_EQ(allowed_ulp(rsqrt, gelu), kAny);

  Row row = plausible_row();
  EXPECT_THAT(fault_of(row, rsqrt), IsEmpty());
  EXPECT_THAT(fault_of(row, exact), HasSubstr("5 of 771 elements differ"));
  row.max_term_ulp = 8.5;
  EXPECT_THAT(fault_of(row, rsqrt), HasSubstr("8 are allowed"));
  row.max_term_ulp = NAN;
  EXPECT_THAT(fault_of(row, rsqrt), HasSubstr("make no sense"));
  row = plausible_row();
  row.differing = 772;
  EXPECT_THAT(fault_of(row, rsqrt), HasSubstr("make no sense"));
  row = plausible_row();
  row.output = "mean";
  EXPECT_THAT(fault_of(row, rsqrt), HasSubstr("order of arithmetic is fixed"));
}

TEST(AgreementDifference, CountsUnitsInTheLastPlace) {
  const float next = std::nextafter(1.0F, 2.0F);
  const StoredOutput a = stored<float>(ElementType::f32, {1.0F, 2.0F, -4.0F, 0.0F});
  const StoredOutput b = stored<float>(ElementType::f32, {next, 2.0F, -4.0F, -0.0F});
  const Difference plain = difference_of(a, b, {});
  EXPECT_EQ(plain.elements, 4);
  EXPECT_EQ(plain.differing, 2);  // the zeros have different bits, and no distance
  EXPECT_EQ(plain.max_ulp, 1.0);
  EXPECT_EQ(plain.max_term_ulp, 1.0);
  // 1 = 1025 - 1024: the term is 1024 units in the last place of the sum.
  const Difference of_sum = difference_of(a, b, {-1023.0, 0.0, 0.0, 0.0});
  EXPECT_EQ(of_sum.max_ulp, 1.0);
  EXPECT_EQ(of_sum.max_term_ulp, 0x1p-10);

  using Bits = std::vector<std::uint16_t>;
  const auto halves = [](const Bits& x, const Bits& y, ElementType type) {
    return difference_of(stored(type, x), stored(type, y), {}).max_ulp;
  };
  EXPECT_EQ(halves({0x3C00}, {0x3C03}, ElementType::f16), 3.0);
  EXPECT_EQ(halves({0x3F80}, {0x3F82}, ElementType::bf16), 2.0);
  EXPECT_EQ(halves({0x0001}, {0x8001}, ElementType::f16), 2.0);  // subnormal, on either side of zero
  EXPECT_EQ(halves({0x7C00}, {0x7BFF}, ElementType::f16), INFINITY);
  EXPECT_EQ(halves({0x7E00}, {0x3C00}, ElementType::f16), INFINITY);
}

// The machinery of the comparison, with the emulated device in both places.
TEST(Agreement, OneDeviceAgreesWithItselfAndAnotherKernelDoesNot) {
  const Catalog library = catalog::scan(kLibrary);
  const device::DevicePtr first = device::open_device("emulated", options());
  const device::DevicePtr second = device::open_device("emulated", options());
  Runner one(*first, first->facts());
  Runner two(*second, first->facts());
  const Variant& variant = variant_in(library, "layernorm_forward/03_flat_index_rsqrt.cu");
  Variant coarse = variant;
  const std::string call = "rsqrtf(";
  coarse.source.replace(coarse.source.rfind(call), call.size(), "1.000001F * rsqrtf(");
  coarse.source_hash += "coarse";

  const KnobValues knobs = {{"block", 96}};
  for (const ElementType type : {ElementType::f32, ElementType::f16}) {
    Problem form;
    form.type = type;
    const std::vector<Problem> problems = problems_of(form);
    const Problem& problem = problems[3];
    std::array<device::ProgramPtr, 2> programs = {one.compile(variant, form, knobs), two.compile(variant, form, knobs)};
    std::vector<std::string> faults;
    const std::vector<Row> same = compare(one, two, variant, problem, knobs, programs, faults);
    EXPECT_THAT(faults, IsEmpty());
    ASSERT_EQ(same.size(), 3U);
    for (const Row& row : same) EXPECT_EQ(row.differing, 0) << row.output;
    EXPECT_EQ(same[0].elements, 3 * 1000);
    EXPECT_EQ(same[1].elements, 3);

    programs[1] = two.compile(coarse, form, knobs);
    const std::vector<Row> other = compare(one, two, variant, problem, knobs, programs, faults);
    EXPECT_EQ(other[1].differing, 0) << "the mean does not go through rsqrtf";
    EXPECT_EQ(other[2].differing, 3) << "eight units in the last place of rstd";
    EXPECT_THAT(faults, testing::Contains(HasSubstr("rstd of layernorm_forward/03_flat_index_rsqrt.cu")));
  }
}

// What the bits of every product that is added to something hang on.
TEST(Agreement, ProductAndSumAreRoundedOnceAsOnAGpu) {
  Variant variant;
  variant.id = "layernorm_forward/99_contraction.cu";
  variant.source =
      "#include <cuda_fp16.h>\n"
      "extern \"C\" __global__ void fused(const float* x, float* y, int n) {\n"
      "  float sum = 0.0F;\n"
      "  for (int i = 0; i < n; ++i) sum += x[i] * x[i];\n"
      "  y[0] = x[0] * x[0] - __fmul_rn(x[0], x[0]);\n"
      "  y[1] = __fadd_rn(__fmul_rn(x[0], x[0]), -1.0F);\n"
      "  y[2] = x[0] * x[0] - 1.0F;\n"
      "  y[3] = sum;\n"
      "  const __half factor = __float2half_rn(x[1]);\n"
      "  const __half addend = __float2half_rn(-__fmul_rn(x[0], __half2float(factor)));\n"
      "  y[4] = x[0] * __half2float(factor) + __half2float(addend);\n"
      "  y[5] = __half2float(__ushort_as_half(0xFE01));\n"
      "  y[6] = __half2float(__ushort_as_half(0xFC00));\n"
      "  y[7] = __half2float(__ushort_as_half(0x8001));\n"
      "}\n";
  variant.source_hash = "contraction";
  const device::DevicePtr emulated = device::open_device("emulated", options());
  device::CompileRequest request;
  request.variant = &variant;
  request.macros = {{"KNOBSCOPE_DEVICE_CUDA", "1"}, {"KNOBSCOPE_ELEMENT_F32", "1"}};
  request.entries = {"fused"};
  const device::ProgramPtr program = emulated->compile(request);

  Problem problem;
  problem.shape = {1, 64};
  const TensorInfo& x_tensor = info_of(problem.operation).tensors.front();
  const device::BufferPtr x = emulated->allocate(64 * 4);
  const device::BufferPtr y = emulated->allocate(8 * 4);
  emulated->fill_input(*x, problem, x_tensor, {});
  emulated->poison(*y, ElementType::f32);
  device::Launch launch;
  launch.arguments = {{.kind = device::Argument::Kind::pointer, .pointer = x->data(), .text = "x"},
                      {.kind = device::Argument::Kind::pointer, .pointer = y->data(), .text = "y"},
                      {.kind = device::Argument::Kind::integer, .integer = 64, .text = "n"}};
  device::Work work;
  work.program = program.get();
  work.launches.push_back(launch);
  emulated->enqueue(work);

  std::array<float, 64> values{};
  std::array<float, 8> got{};
  emulated->read_back(*x, 0, std::as_writable_bytes(std::span(values)));
  emulated->read_back(*y, 0, std::as_writable_bytes(std::span(got)));
  const float first = values[0];
  const float rounded = first * first;  // tests are compiled without contraction
  float sum = 0.0F;
  for (const float value : values) sum = std::fma(value, value, sum);
  ASSERT_NE(std::fma(first, first, -rounded), 0.0F) << "a square that a float holds tells nothing";
  EXPECT_EQ(got[0], std::fma(first, first, -rounded));
  EXPECT_EQ(got[1], rounded - 1.0F) << "__fmul_rn is never fused";
  EXPECT_EQ(got[2], std::fma(first, first, -1.0F));
  EXPECT_EQ(got[3], sum);

  namespace numerics = device::numerics;
  const auto through_half = [](float value) { return numerics::f32_of_f16(numerics::f16_bits_of(value)); };
  const float product = first * through_half(values[1]);
  const float addend = through_half(-product);
  const float fused = std::fma(first, through_half(values[1]), addend);
  ASSERT_NE(fused, product + addend) << "numbers that tell nothing";
  EXPECT_EQ(got[4], fused) << "the conversion from half stands between product and sum";
  EXPECT_EQ(std::bit_cast<std::uint32_t>(got[5]), 0x7FFFFFFFU) << "a GPU makes one NaN of all";
  EXPECT_EQ(got[6], -INFINITY);
  EXPECT_EQ(got[7], -0x1p-24F);
}

}  // namespace
}  // namespace knobscope::agreement
