// Problems: which are refused and why, what follows from a shape, how many bytes must move.

#include <limits>

#include <gtest/gtest.h>

#include "core/problem.h"

namespace knobscope {
namespace {

Problem layernorm(std::vector<std::int64_t> shape, int normalized_dims, ElementType type = ElementType::f32) {
  Problem problem;
  problem.shape = std::move(shape);
  problem.normalized_dims = normalized_dims;
  problem.type = type;
  return problem;
}

Problem batchnorm(std::vector<std::int64_t> shape, ElementType type = ElementType::f32) {
  Problem problem = layernorm(std::move(shape), 1, type);
  problem.operation = Operation::batchnorm_inference;
  return problem;
}

bool says(const std::optional<std::string>& fault, std::string_view words) {
  return fault && fault->find(words) != std::string::npos;
}

TEST(CoreProblem, LayerNormExtents) {
  const Problem problem = layernorm({16, 64, 256, 256}, 3);
  ASSERT_FALSE(find_fault(problem));
  const Extents extents = extents_of(problem);
  EXPECT_EQ(extents.rows, 16);
  EXPECT_EQ(extents.columns, 64 * 256 * 256);
  EXPECT_EQ(extents.elements, 16LL * 64 * 256 * 256);
}

TEST(CoreProblem, LayerNormOverEveryDimensionIsOneRow) {
  const Problem problem = layernorm({3, 5}, 2);
  ASSERT_FALSE(find_fault(problem));
  EXPECT_EQ(extents_of(problem).rows, 1);
  EXPECT_EQ(extents_of(problem).columns, 15);
}

TEST(CoreProblem, BatchNormExtents) {
  const Problem problem = batchnorm({16, 64, 32, 8});
  ASSERT_FALSE(find_fault(problem));
  const Extents extents = extents_of(problem);
  EXPECT_EQ(extents.batch, 16);
  EXPECT_EQ(extents.channels, 64);
  EXPECT_EQ(extents.height, 32);
  EXPECT_EQ(extents.width, 8);
  EXPECT_EQ(extents.plane, 256);
  EXPECT_EQ(extents.rows, 16 * 64);
  EXPECT_EQ(extents.columns, 256);
  EXPECT_EQ(extents.elements, 16 * 64 * 256);
}

TEST(CoreProblem, ChannelsLastHasARowForEachPosition) {
  Problem problem = batchnorm({16, 64, 32, 8});
  problem.layout = Layout::nhwc;
  ASSERT_FALSE(find_fault(problem));
  const Extents extents = extents_of(problem);
  EXPECT_EQ(extents.rows, 16 * 32 * 8);
  EXPECT_EQ(extents.columns, 64);
  EXPECT_EQ(extents.plane, 256);
  EXPECT_EQ(extents.elements, 16 * 64 * 256);
}

TEST(CoreProblem, WhatOnlySomeOperationsHaveIsRefusedElsewhere) {
  Problem rows = layernorm({8, 8}, 1);
  rows.layout = Layout::nhwc;
  EXPECT_TRUE(says(find_fault(rows), "Leave the layout out"));
  rows.layout = Layout::nchw;
  rows.activation = Activation::gelu;
  EXPECT_FALSE(find_fault(rows));
  rows.operation = Operation::layernorm_backward;
  EXPECT_TRUE(says(find_fault(rows), "Leave the activation out"));
  Problem planes = batchnorm({1, 5, 1, 1});
  EXPECT_FALSE(find_fault(planes));
  planes.operation = Operation::batchnorm_training;
  EXPECT_TRUE(says(find_fault(planes), "more than one value"));
  planes.shape[0] = 2;
  EXPECT_FALSE(find_fault(planes));
}

TEST(CoreProblem, CompulsoryBytesOfTheNewOperations) {
  Problem gradients = layernorm({32, 768}, 1, ElementType::bf16);
  gradients.operation = Operation::layernorm_backward;
  EXPECT_EQ(compulsory_bytes(gradients, false).count, 3 * 32 * 768 * 2 + 3 * 768 * 2 + 2 * 32 * 4);
  Problem training = batchnorm({2, 3, 4, 5}, ElementType::f16);
  training.operation = Operation::batchnorm_training;
  EXPECT_EQ(compulsory_bytes(training, false).count, 2 * 120 * 2 + 2 * 3 * 2 + 2 * 3 * 4);
  EXPECT_EQ(compulsory_bytes(training, true).count, 2 * 120 * 2 + 2 * 3 * 2 + 6 * 3 * 4);
}

TEST(CoreProblem, FaultsSayWhatToDo) {
  EXPECT_TRUE(says(find_fault(layernorm({8192}, 1)), "2 to 5 dimensions"));
  EXPECT_TRUE(says(find_fault(layernorm({2, 2, 2, 2, 2, 2}, 1)), "2 to 5 dimensions"));
  EXPECT_TRUE(says(find_fault(layernorm({}, 1)), "has 0"));
  EXPECT_TRUE(says(find_fault(batchnorm({8, 8})), "N, C, H, W"));
  EXPECT_TRUE(says(find_fault(layernorm({8, 0}, 1)), "at least 1"));
  EXPECT_TRUE(says(find_fault(layernorm({8, -4}, 1)), "-4"));
  EXPECT_TRUE(says(find_fault(layernorm({8, 8}, 0)), "choose 1 to 2"));
  EXPECT_TRUE(says(find_fault(layernorm({8, 8}, 3)), "choose 1 to 2"));
  EXPECT_FALSE(find_fault(layernorm({1, 1}, 1)));
  EXPECT_FALSE(find_fault(layernorm({2, 3, 4, 5, 6}, 4)));
}

TEST(CoreProblem, ProductsThatOverflowAreRefused) {
  constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(says(find_fault(layernorm({huge, huge}, 1)), "2^48"));
  EXPECT_TRUE(says(find_fault(layernorm({std::int64_t{1} << 32, std::int64_t{1} << 32}, 1)), "2^48"));
  // 2^16 * 2^16 * 2^16 * 2^16 = 2^64 wraps to 0.
  EXPECT_TRUE(says(find_fault(batchnorm({65536, 65536, 65536, 65536})), "2^48"));
  EXPECT_TRUE(says(find_fault(layernorm({(std::int64_t{1} << 48) + 1, 1}, 1)), "2^48"));
  EXPECT_FALSE(find_fault(layernorm({std::int64_t{1} << 48, 1}, 1)));
}

TEST(CoreProblem, EpsilonAndOffset) {
  Problem problem = layernorm({8, 8}, 1);
  for (const double epsilon :
       {0.0, -1e-5, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    problem.epsilon = epsilon;
    EXPECT_TRUE(says(find_fault(problem), "Epsilon")) << epsilon;
  }
  problem.epsilon = 1e-5;
  problem.distribution = {DistributionKind::offset, 1e6};
  EXPECT_FALSE(find_fault(problem));
  problem.type = ElementType::f16;
  EXPECT_TRUE(says(find_fault(problem), "f16"));
  problem.type = ElementType::bf16;
  EXPECT_FALSE(find_fault(problem));
  problem.distribution.offset = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(says(find_fault(problem), "finite"));
  problem.distribution.kind = DistributionKind::normal;  // reads no offset
  EXPECT_FALSE(find_fault(problem));
}

TEST(CoreProblem, CompulsoryBytes) {
  // x and y: 2 * 32 * 768 * 4; gamma and beta: 2 * 768 * 4; mean and rstd: 2 * 32 * 4.
  const Problem f32 = layernorm({32, 768}, 1);
  EXPECT_EQ(compulsory_bytes(f32, false).count, 2 * 32 * 768 * 4 + 2 * 768 * 4);
  EXPECT_EQ(compulsory_bytes(f32, true).count, 2 * 32 * 768 * 4 + 2 * 768 * 4 + 2 * 32 * 4);
  // Statistics stay f32 when the elements are not.
  const Problem f16 = layernorm({32, 768}, 1, ElementType::f16);
  EXPECT_EQ(compulsory_bytes(f16, true).count, 2 * 32 * 768 * 2 + 2 * 768 * 2 + 2 * 32 * 4);
  const Problem bf16 = batchnorm({2, 3, 4, 5}, ElementType::bf16);
  EXPECT_EQ(compulsory_bytes(bf16, true).count, 2 * 120 * 2 + 2 * 3 * 2 + 2 * 3 * 4);
}

TEST(CoreProblem, TensorsOfTheVocabulary) {
  for (const Operation operation : kOperations) {
    const OperationInfo& info = info_of(operation);
    EXPECT_EQ(info.operation, operation);
    EXPECT_EQ(operation_named(info.name), operation);
    EXPECT_EQ(name_of(operation), info.name);
    ASSERT_FALSE(info.tensors.empty());
    EXPECT_EQ(info.tensors.front().name, "x");
    int required = 0;
    for (const TensorInfo& tensor : info.tensors) {
      EXPECT_FALSE(tensor.meaning.empty()) << tensor.name;
      if (tensor.required) {
        ++required;
        EXPECT_EQ(tensor.role, TensorRole::output);
      }
      if (tensor.derived) {
        EXPECT_EQ(tensor.role, TensorRole::input) << tensor.name;
        EXPECT_TRUE(tensor.always_f32) << tensor.name;
      }
    }
    // The gradients are worth nothing apart; statistics are extra.
    EXPECT_EQ(required, operation == Operation::layernorm_backward ? 3 : 1) << info.name;
  }
  EXPECT_FALSE(operation_named("softmax"));
}

TEST(CoreProblem, ElementsAndSizesOfTensors) {
  const Problem problem = batchnorm({2, 3, 4, 5}, ElementType::f16);
  const Extents extents = extents_of(problem);
  for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
    const bool whole = tensor.name == "x" || tensor.name == "y";
    const bool running = tensor.name.starts_with("running");
    EXPECT_EQ(elements_of(tensor, extents), whole ? 120 : 3) << tensor.name;
    EXPECT_EQ(element_size_of(tensor, problem.type), running ? 4 : 2) << tensor.name;
  }
}

TEST(CoreProblem, ShapeScalars) {
  const auto layer = shape_scalars(layernorm({4, 6, 10}, 2, ElementType::bf16));
  EXPECT_EQ(layer.at("rows"), 4);
  EXPECT_EQ(layer.at("columns"), 60);
  EXPECT_EQ(layer.at("elements"), 240);
  EXPECT_EQ(layer.at("rank"), 3);
  EXPECT_EQ(layer.at("element_size"), 2);
  EXPECT_EQ(layer.at("d0"), 4);
  EXPECT_EQ(layer.at("d2"), 10);
  EXPECT_EQ(layer.at("d4"), 1);
  EXPECT_FALSE(layer.contains("channels"));
  const auto batch = shape_scalars(batchnorm({2, 3, 4, 5}));
  EXPECT_EQ(batch.at("batch"), 2);
  EXPECT_EQ(batch.at("channels"), 3);
  EXPECT_EQ(batch.at("plane"), 20);
  EXPECT_EQ(batch.at("rows"), 6);
}

TEST(CoreProblem, ShapesAsText) {
  EXPECT_EQ(format_shape({16, 64, 256}), "16x64x256");
  EXPECT_EQ(format_shape({16, 64}, "×"), "16×64");
  EXPECT_EQ(parse_shape("16x64x256x256"), (std::vector<std::int64_t>{16, 64, 256, 256}));
  EXPECT_EQ(parse_shape("16 × 64"), (std::vector<std::int64_t>{16, 64}));
  EXPECT_EQ(parse_shape("16,64X2"), (std::vector<std::int64_t>{16, 64, 2}));
  EXPECT_EQ(parse_shape("7"), (std::vector<std::int64_t>{7}));
  for (const char* bad :
       {"", "x", "16x", "x16", "16xx4", "16x-4", "0x4", "4.5x2", "16x4 GB", "99999999999999999999x2", "16 64"}) {
    EXPECT_FALSE(parse_shape(bad)) << bad;
  }
}

}  // namespace
}  // namespace knobscope
