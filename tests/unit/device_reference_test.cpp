// The device's reference and comparison against an independent, plain one: two passes in long double.

#include <cmath>
#include <limits>

#include "device/numerics/element.h"
#include "device_workshop.h"

namespace knobscope::device {
namespace {

using numerics::Element;

// Everything the naive way, from the values as stored.
struct Plain {
  std::vector<long double> y, mean, rstd;
};

using Numbers = std::vector<long double>;
using Outputs = std::map<std::string, Numbers>;

class DeviceReference : public Workshop {
 protected:
  void prepare(const Problem& problem) {
    problem_ = problem;
    buffers_.clear();
    inputs_.clear();
    const Extents extents = extents_of(problem);
    for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
      const std::int64_t bytes = elements_of(tensor, extents) * element_size_of(tensor, problem.type);
      BufferPtr buffer = device_->allocate(bytes);
      if (tensor.role == TensorRole::input) {
        device_->fill_input(*buffer, problem, tensor, inputs_);
        inputs_[std::string(tensor.name)] = buffer.get();
      } else {
        device_->poison(*buffer, type_of(tensor));
      }
      buffers_[std::string(tensor.name)] = std::move(buffer);
    }
  }

  ElementType type_of(const TensorInfo& tensor) const { return tensor.always_f32 ? ElementType::f32 : problem_.type; }

  const TensorInfo& tensor(std::string_view name) const {
    for (const TensorInfo& each : info_of(problem_.operation).tensors) {
      if (each.name == name) return each;
    }
    throw std::logic_error("no such tensor");
  }

  long double input(std::string_view name, std::int64_t index) const {
    const auto type = static_cast<Element>(type_of(tensor(name)));
    return static_cast<long double>(numerics::load(buffers_.find(name)->second->data(), type, index));
  }

  Plain plain() const {
    const Extents e = extents_of(problem_);
    Plain result;
    for (std::int64_t row = 0; row < e.rows; ++row) {
      long double mean = 0;
      long double variance = 0;
      if (problem_.operation == Operation::layernorm_forward) {
        for (std::int64_t i = 0; i < e.columns; ++i) mean += input("x", row * e.columns + i);
        mean /= static_cast<long double>(e.columns);
        for (std::int64_t i = 0; i < e.columns; ++i) {
          const long double d = input("x", row * e.columns + i) - mean;
          variance += d * d;
        }
        variance /= static_cast<long double>(e.columns);
      } else {
        mean = input("running_mean", row % e.channels);
        variance = input("running_var", row % e.channels);
      }
      const long double rstd = 1 / std::sqrt(variance + static_cast<long double>(problem_.epsilon));
      result.mean.push_back(mean);
      result.rstd.push_back(rstd);
      for (std::int64_t i = 0; i < e.columns; ++i) {
        const std::int64_t p = problem_.operation == Operation::layernorm_forward ? i : row % e.channels;
        result.y.push_back((input("x", row * e.columns + i) - mean) * rstd * input("gamma", p) + input("beta", p));
      }
    }
    return result;
  }

  // The channel of an element, and where a row's or a position's channels lie, told without extents_of().
  std::int64_t channel_of(std::int64_t index) const {
    const auto& shape = problem_.shape;
    return problem_.layout == Layout::nhwc ? index % shape[1] : index / (shape[2] * shape[3]) % shape[1];
  }

  Outputs plain_training() const {
    const auto channels = static_cast<std::size_t>(problem_.shape[1]);
    const std::int64_t elements = extents_of(problem_).elements;
    const auto count = static_cast<long double>(elements / problem_.shape[1]);
    Numbers mean(channels), squares(channels);
    const auto channel = [this](std::int64_t i) { return static_cast<std::size_t>(channel_of(i)); };
    for (std::int64_t i = 0; i < elements; ++i) mean[channel(i)] += input("x", i) / count;
    for (std::int64_t i = 0; i < elements; ++i) {
      const long double distance = input("x", i) - mean[channel(i)];
      squares[channel(i)] += distance * distance;
    }
    Outputs result;
    for (std::size_t c = 0; c < channels; ++c) {
      const auto at = static_cast<std::int64_t>(c);
      result["mean"].push_back(mean[c]);
      result["rstd"].push_back(1 / std::sqrt(squares[c] / count + static_cast<long double>(problem_.epsilon)));
      result["next_running_mean"].push_back(0.9L * input("running_mean", at) + 0.1L * mean[c]);
      result["next_running_var"].push_back(0.9L * input("running_var", at) + 0.1L * squares[c] / (count - 1));
    }
    for (std::int64_t i = 0; i < elements; ++i) {
      result["y"].push_back((input("x", i) - mean[channel(i)]) * result["rstd"][channel(i)] *
                                input("gamma", channel_of(i)) +
                            input("beta", channel_of(i)));
    }
    return result;
  }

  // From the definition: y = f(x, gamma, beta) of each row; gradients of sum(dy * y), written out as matrices would.
  Outputs plain_gradients() const {
    const Extents e = extents_of(problem_);
    const auto columns = static_cast<std::size_t>(e.columns);
    Outputs result;
    result["dgamma"].resize(columns);
    result["dbeta"].resize(columns);
    for (std::int64_t row = 0; row < e.rows; ++row) {
      const long double mean = input("mean", row);
      const long double rstd = input("rstd", row);
      long double sum_w = 0, sum_w_xhat = 0;
      for (std::int64_t i = 0; i < e.columns; ++i) {
        const std::int64_t at = row * e.columns + i;
        const long double xhat = (input("x", at) - mean) * rstd;
        result["dgamma"][static_cast<std::size_t>(i)] += input("dy", at) * xhat;
        result["dbeta"][static_cast<std::size_t>(i)] += input("dy", at);
        sum_w += input("dy", at) * input("gamma", i);
        sum_w_xhat += input("dy", at) * input("gamma", i) * xhat;
      }
      const auto n = static_cast<long double>(e.columns);
      for (std::int64_t i = 0; i < e.columns; ++i) {
        const std::int64_t at = row * e.columns + i;
        const long double xhat = (input("x", at) - mean) * rstd;
        result["dx"].push_back(rstd / n * (n * input("dy", at) * input("gamma", i) - sum_w - xhat * sum_w_xhat));
      }
    }
    return result;
  }

  // Every output, rounded to its type, is as right as can be.
  void expect_right(const Outputs& outputs) {
    for (const auto& [name, values] : outputs) {
      put(name, values);
      const OutputError error = compared(name).error;
      EXPECT_EQ(error.elements, static_cast<std::int64_t>(values.size())) << name;
      EXPECT_EQ(error.failing, 0) << name;
      EXPECT_EQ(error.unwritten, 0) << name;
      EXPECT_EQ(error.nonfinite, 0) << name;
      const bool cancels = name == "dx" || name == "dgamma" || name == "dbeta" || name == "y";
      EXPECT_LE(cancels ? error.relative_l2 : error.max_ulp, cancels ? 0.003 : 0.501) << name;
    }
  }

  void put(std::string_view output, const std::vector<long double>& values) {
    const auto type = static_cast<Element>(type_of(tensor(output)));
    for (std::size_t i = 0; i < values.size(); ++i) {
      numerics::store(buffers_.find(output)->second->data(), type, static_cast<std::int64_t>(i),
                      static_cast<float>(values[i]));
    }
  }

  Comparison compared(std::string_view output, MapSize map = {}) {
    const ReferencePtr reference = device_->make_reference(problem_, inputs_);
    return device_->compare(*reference, tensor(output), *buffers_.find(output)->second, map);
  }

  Problem problem_;
  std::map<std::string, BufferPtr, std::less<>> buffers_;
  NamedBuffers inputs_;
};

Problem problem_of(Operation operation, std::vector<std::int64_t> shape, int dims, ElementType type,
                   DistributionKind kind, double offset = 1000.0) {
  Problem problem;
  problem.operation = operation;
  problem.shape = std::move(shape);
  problem.normalized_dims = dims;
  problem.type = type;
  problem.distribution = {kind, offset};
  problem.seed = 5;
  return problem;
}

// A correctly rounded answer is within half a unit in the last place, plus the reference's own tiny error.
TEST_F(DeviceReference, RoundedPlainAnswersPassWithinHalfAnUlp) {
  for (const ElementType type : kElementTypes) {
    for (const DistributionKind kind : kDistributionKinds) {
      const double offset = type == ElementType::bf16 ? 30.0 : 1000.0;
      std::vector<Problem> problems = {problem_of(Operation::layernorm_forward, {37, 129}, 1, type, kind, offset),
                                       problem_of(Operation::layernorm_forward, {2, 3, 5, 41}, 3, type, kind, offset),
                                       problem_of(Operation::layernorm_forward, {2, 70'001}, 1, type, kind, offset),
                                       problem_of(Operation::layernorm_forward, {9, 1}, 1, type, kind, offset),
                                       problem_of(Operation::batchnorm_inference, {3, 5, 7, 11}, 1, type, kind, offset),
                                       problem_of(Operation::batchnorm_inference, {1, 1, 1, 1}, 1, type, kind, offset)};
      for (const Problem& problem : problems) {
        SCOPED_TRACE(std::string(name_of(type)) + " " + std::string(name_of(kind)) + " " + format_shape(problem.shape));
        prepare(problem);
        const Plain expected = plain();
        put("y", expected.y);
        const OutputError y = compared("y").error;
        EXPECT_EQ(y.failing, 0);
        EXPECT_EQ(y.nonfinite, 0);
        EXPECT_EQ(y.unwritten, 0);
        EXPECT_FALSE(y.first_bad);
        // Where y is nearly 0, an offset of 1000 leaves the double reference itself some tenths of an f32's unit.
        EXPECT_LE(y.max_ulp, kind == DistributionKind::offset && type == ElementType::f32 ? 1.5 : 0.501);
        EXPECT_EQ(y.elements, extents_of(problem).elements);
        if (problem.operation != Operation::layernorm_forward) continue;
        put("mean", expected.mean);
        put("rstd", expected.rstd);
        for (const char* output : {"mean", "rstd"}) {
          const OutputError error = compared(output).error;
          EXPECT_EQ(error.output, output);
          EXPECT_EQ(error.failing, 0) << output;
          EXPECT_LE(error.max_ulp, 0.5 + 1e-3) << output;
          EXPECT_EQ(error.elements, extents_of(problem).rows);
        }
      }
    }
  }
}

TEST_F(DeviceReference, PlainTrainingStatisticsPassInBothLayouts) {
  for (const ElementType type : kElementTypes) {
    for (const Layout layout : kLayouts) {
      for (const DistributionKind kind : {DistributionKind::normal, DistributionKind::offset,
                                          DistributionKind::constant_rows, DistributionKind::outlier}) {
        for (const auto& shape : {std::vector<std::int64_t>{3, 5, 7, 11}, {2, 1, 1, 1}, {1, 3, 260, 257}}) {
          Problem problem = problem_of(Operation::batchnorm_training, shape, 1, type, kind, 30.0);
          problem.layout = layout;
          SCOPED_TRACE(std::string(name_of(type)) + " " + std::string(name_of(layout)) + " " +
                       std::string(name_of(kind)) + " " + format_shape(shape));
          prepare(problem);
          expect_right(plain_training());
        }
      }
    }
  }
}

TEST_F(DeviceReference, PlainGradientsPass) {
  for (const ElementType type : kElementTypes) {
    for (const DistributionKind kind : {DistributionKind::normal, DistributionKind::offset,
                                        DistributionKind::constant_rows, DistributionKind::outlier}) {
      for (const auto& shape : {std::vector<std::int64_t>{37, 129}, {700, 3}, {2, 70'001}, {9, 1}}) {
        SCOPED_TRACE(std::string(name_of(type)) + " " + std::string(name_of(kind)) + " " + format_shape(shape));
        prepare(problem_of(Operation::layernorm_backward, shape, 1, type, kind, 30.0));
        expect_right(plain_gradients());
      }
    }
  }
}

// The backward pass starts from what a forward pass would have left.
TEST_F(DeviceReference, MeanAndRstdOfTheBackwardPassAreThoseOfX) {
  prepare(problem_of(Operation::layernorm_forward, {41, 301}, 1, ElementType::f32, DistributionKind::offset));
  const Plain forward = plain();
  prepare(problem_of(Operation::layernorm_backward, {41, 301}, 1, ElementType::f32, DistributionKind::offset));
  for (std::size_t row = 0; row < 41; ++row) {
    const auto at = static_cast<std::int64_t>(row);
    EXPECT_EQ(static_cast<float>(input("mean", at)), static_cast<float>(forward.mean[row]));
    EXPECT_EQ(static_cast<float>(input("rstd", at)), static_cast<float>(forward.rstd[row]));
  }
}

// A sum may be off by the rounding of its terms, but not by one of them.
TEST_F(DeviceReference, AGradientWithoutOneRowFails) {
  prepare(problem_of(Operation::layernorm_backward, {4096, 8}, 1, ElementType::f32, DistributionKind::normal));
  Outputs outputs = plain_gradients();
  for (std::size_t i = 0; i < 8; ++i) {
    outputs["dgamma"][i] += 1e-4L;  // as adding up in f32 may
    outputs["dbeta"][i] -= input("dy", 4095 * 8 + static_cast<std::int64_t>(i));
  }
  put("dgamma", outputs["dgamma"]);
  put("dbeta", outputs["dbeta"]);
  EXPECT_EQ(compared("dgamma").error.failing, 0);
  EXPECT_EQ(compared("dbeta").error.failing, 8);
}

TEST_F(DeviceReference, TheBatchsVarianceIsUnbiasedInTheRunningOne) {
  prepare(problem_of(Operation::batchnorm_training, {3, 2, 2, 2}, 1, ElementType::f32, DistributionKind::normal));
  Outputs outputs = plain_training();
  for (std::size_t c = 0; c < 2; ++c) {
    const long double variance = 1 / (outputs["rstd"][c] * outputs["rstd"][c]);
    outputs["next_running_var"][c] = 0.9L * input("running_var", static_cast<std::int64_t>(c)) + 0.1L * variance;
  }
  put("next_running_var", outputs["next_running_var"]);
  EXPECT_EQ(compared("next_running_var").error.failing, 2);
}

TEST_F(DeviceReference, ActivationsAreAppliedLast) {
  for (const Activation activation : {Activation::relu, Activation::gelu}) {
    Problem problem =
        problem_of(Operation::layernorm_forward, {11, 333}, 1, ElementType::f32, DistributionKind::normal);
    problem.activation = activation;
    prepare(problem);
    Numbers y = plain().y;
    put("y", y);
    EXPECT_GT(compared("y").error.failing, 1000) << name_of(activation);
    for (long double& value : y) {
      value =
          activation == Activation::relu ? std::max(value, 0.0L) : value * (1 + std::erf(value / std::sqrt(2.0L))) / 2;
    }
    put("y", y);
    EXPECT_EQ(compared("y").error.failing, 0) << name_of(activation);
  }
}

TEST_F(DeviceReference, InferenceInNhwcTakesTheChannelFromTheEnd) {
  Problem problem =
      problem_of(Operation::batchnorm_inference, {2, 3, 5, 7}, 1, ElementType::f32, DistributionKind::normal);
  problem.layout = Layout::nhwc;
  prepare(problem);
  Numbers y;
  for (std::int64_t i = 0; i < 210; ++i) {
    const std::int64_t c = i % 3;
    y.push_back((input("x", i) - input("running_mean", c)) /
                    std::sqrt(input("running_var", c) + static_cast<long double>(problem.epsilon)) * input("gamma", c) +
                input("beta", c));
  }
  put("y", y);
  EXPECT_EQ(compared("y").error.failing, 0);
}

TEST_F(DeviceReference, ErrorsAreMeasuredAgainstThePlainAnswer) {
  prepare(problem_of(Operation::layernorm_forward, {50, 301}, 1, ElementType::f32, DistributionKind::normal));
  const Plain expected = plain();
  std::vector<long double> wrong = expected.y;
  for (std::size_t i = 0; i < wrong.size(); ++i)
    wrong[i] += (i % 2 == 0 ? 1.0L : -1.0L) * 0.001L * static_cast<long double>(i % 7);
  put("y", wrong);
  double max_abs = 0, max_rel = 0, errors = 0, references = 0;
  std::int64_t failing = 0, first = -1;
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    const double reference = static_cast<double>(expected.y[i]);
    const double error = std::abs(static_cast<double>(static_cast<float>(wrong[i])) - reference);
    max_abs = std::max(max_abs, error);
    max_rel = std::max(max_rel, error / std::abs(reference));
    errors += error * error;
    references += reference * reference;
    if (error <= 1e-5 + 1.3e-6 * std::abs(reference)) continue;
    ++failing;
    if (first < 0) first = static_cast<std::int64_t>(i);
  }
  const OutputError error = compared("y").error;
  EXPECT_NEAR(error.max_abs, max_abs, 1e-12);
  EXPECT_NEAR(error.max_rel / max_rel, 1.0, 1e-6);
  EXPECT_NEAR(error.rms, std::sqrt(errors / static_cast<double>(wrong.size())), 1e-12);
  EXPECT_NEAR(error.relative_l2, std::sqrt(errors / references), 1e-12);
  EXPECT_EQ(error.failing, failing);
  ASSERT_TRUE(error.first_bad);
  EXPECT_EQ(*error.first_bad, first);
  EXPECT_NEAR(error.first_bad_reference, static_cast<double>(expected.y[static_cast<std::size_t>(first)]), 1e-12);
  EXPECT_NEAR(error.first_bad_value, static_cast<double>(wrong[static_cast<std::size_t>(first)]), 1e-6);
}

TEST_F(DeviceReference, UnwrittenAndNonFiniteElementsAreCounted) {
  prepare(problem_of(Operation::batchnorm_inference, {2, 3, 4, 5}, 1, ElementType::f16, DistributionKind::normal));
  EXPECT_EQ(compared("y").error.unwritten, 120);
  EXPECT_EQ(compared("y").error.failing, 120);
  EXPECT_EQ(compared("y").error.first_bad, 0);
  std::vector<long double> y = plain().y;
  y[77] = std::numeric_limits<long double>::quiet_NaN();
  y[99] = std::numeric_limits<long double>::infinity();
  put("y", y);
  const OutputError error = compared("y").error;
  EXPECT_EQ(error.unwritten, 0);
  EXPECT_EQ(error.nonfinite, 2);
  EXPECT_EQ(error.failing, 2);
  EXPECT_EQ(error.first_bad, 77);
  EXPECT_TRUE(std::isfinite(error.max_abs));
}

TEST_F(DeviceReference, ARowOfNaNLeavesOtherRowsJudged) {
  prepare(problem_of(Operation::layernorm_forward, {7, 33}, 1, ElementType::f32, DistributionKind::nonfinite));
  std::vector<long double> y = plain().y;
  for (int i = 0; i < 33; ++i) EXPECT_TRUE(std::isnan(y[static_cast<std::size_t>(3 * 33 + i)]));
  for (int i = 0; i < 33; ++i) y[static_cast<std::size_t>(3 * 33 + i)] = 0.0L;  // a number where NaN must be
  put("y", y);
  const OutputError error = compared("y").error;
  EXPECT_EQ(error.failing, 33);
  EXPECT_EQ(error.nonfinite, 0);
  EXPECT_EQ(error.first_bad, 99);
}

TEST_F(DeviceReference, TheMapShowsWhereTheErrorIs) {
  prepare(problem_of(Operation::layernorm_forward, {40, 90}, 1, ElementType::f32, DistributionKind::normal));
  std::vector<long double> y = plain().y;
  y[25 * 90 + 61] += 0.5L;
  y[39 * 90 + 89] = std::numeric_limits<long double>::quiet_NaN();
  put("y", y);
  EXPECT_EQ(compared("y").map, nullptr);
  const Comparison comparison = compared("y", {8, 9});
  ASSERT_TRUE(comparison.map);
  const ErrorMap& map = *comparison.map;
  EXPECT_EQ(map.rows, 40);
  EXPECT_EQ(map.columns, 90);
  EXPECT_EQ(map.tile_rows, 8);
  EXPECT_EQ(map.tile_columns, 9);
  ASSERT_EQ(map.max_abs.size(), 72u);
  for (int row = 0; row < 8; ++row) {
    for (int column = 0; column < 9; ++column) {
      const float error = map.max_abs[static_cast<std::size_t>(row * 9 + column)];
      if (row == 5 && column == 6) {
        EXPECT_NEAR(error, 0.5F, 1e-5F);
      } else if (row == 7 && column == 8) {
        EXPECT_TRUE(std::isinf(error));
      } else {
        EXPECT_LT(error, 1e-6F) << row << ' ' << column;
      }
    }
  }
  // rms of y is about 1: absolute + relative * rms
  EXPECT_NEAR(map.tolerance, 1e-5 + 1.3e-6, 2e-7);
}

TEST_F(DeviceReference, TheMapHasAtMostATileForEachElement) {
  prepare(problem_of(Operation::layernorm_forward, {3, 5}, 1, ElementType::f32, DistributionKind::normal));
  put("y", plain().y);
  const Comparison comparison = compared("y", {256, 256});
  EXPECT_EQ(comparison.map->tile_rows, 3);
  EXPECT_EQ(comparison.map->tile_columns, 5);
  const Comparison rows = compared("mean", {256, 256});
  EXPECT_EQ(rows.map->tile_rows, 3);
  EXPECT_EQ(rows.map->tile_columns, 1);
}

TEST_F(DeviceReference, TheSameSeedFillsTheSameBits) {
  const Problem problem =
      problem_of(Operation::layernorm_forward, {64, 1000}, 1, ElementType::bf16, DistributionKind::outlier);
  prepare(problem);
  const std::uint64_t x = device_->hash(*inputs_["x"]);
  prepare(problem);
  EXPECT_EQ(device_->hash(*inputs_["x"]), x);
  Problem other = problem;
  other.seed = 6;
  prepare(other);
  EXPECT_NE(device_->hash(*inputs_["x"]), x);
}

TEST_F(DeviceReference, WrongBuffersAreRefused) {
  prepare(problem_of(Operation::layernorm_forward, {4, 8}, 1, ElementType::f32, DistributionKind::normal));
  const ReferencePtr reference = device_->make_reference(problem_, inputs_);
  const BufferPtr small = device_->allocate(16);
  EXPECT_THROW(device_->compare(*reference, tensor("y"), *small, {}), DeviceError);
  EXPECT_THROW(device_->compare(*reference, tensor("gamma"), *buffers_["gamma"], {}), DeviceError);
  EXPECT_THROW(device_->fill_input(*small, problem_, tensor("x"), {}), DeviceError);
  NamedBuffers without = inputs_;
  without.erase("gamma");
  EXPECT_NE(message_of<DeviceError>([&] { device_->make_reference(problem_, without); }).find("gamma"),
            std::string::npos);
}

}  // namespace
}  // namespace knobscope::device
