#include <gtest/gtest.h>

#include "core/roofline.h"

namespace knobscope {
namespace {

Point timed_point() {
  Point point;
  point.request.problem.shape = {100, 1000};
  point.bytes = {800'000};
  Summary summary;
  summary.median = Nanoseconds(7'000.0);
  point.cold_summary = summary;
  return point;
}

TEST(Roofline, OperationsAreCountedFromTheFormulas) {
  Problem problem;
  problem.shape = {100, 1000};
  EXPECT_EQ(operations_per_element(problem), 1 + 1 + 2 + 1 + 2);
  EXPECT_DOUBLE_EQ(operations_of(problem), 700'000.0);
  problem.activation = Activation::relu;
  EXPECT_EQ(operations_per_element(problem), 8);
  problem.activation = Activation::gelu;
  EXPECT_EQ(operations_per_element(problem), 12);
  for (const auto& [operation, expected] :
       {std::pair(Operation::layernorm_backward, 13), std::pair(Operation::batchnorm_inference, 2),
        std::pair(Operation::batchnorm_training, 6)}) {
    problem = {};
    problem.operation = operation;
    problem.shape = {2, 3, 4, 5};
    EXPECT_EQ(operations_per_element(problem), expected) << name_of(operation);
  }
}

TEST(Roofline, APointStandsAtItsModelledBytesAndItsTime) {
  Point point = timed_point();
  auto place = roofline_place(point);
  ASSERT_TRUE(place);
  EXPECT_DOUBLE_EQ(place->intensity, 7.0 / 8.0) << "compulsory bytes where no file models them";
  EXPECT_DOUBLE_EQ(place->rate, 700'000.0 / 7e-6);
  point.modelled_reads = Bytes{800'000};
  point.modelled_writes = Bytes{400'000};
  place = roofline_place(point);
  EXPECT_DOUBLE_EQ(place->intensity, 7.0 / 12.0) << "reading twice is less intense";
  EXPECT_DOUBLE_EQ(place->rate, 700'000.0 / 7e-6) << "and no slower for it";
}

TEST(Roofline, CountedBytesGoBeforeModelledOnes) {
  Point point = timed_point();
  point.modelled_reads = Bytes{800'000};
  point.modelled_writes = Bytes{400'000};
  EXPECT_FALSE(roofline_place(point)->is_counted);
  point.profile.emplace();
  EXPECT_FALSE(roofline_place(point)->is_counted) << "counters were refused";
  Counters counters;
  counters.dram_read = {500'000};
  counters.dram_written = {150'000};
  counters.dram_left = {50'000};
  point.profile->counters = counters;
  const auto place = roofline_place(point);
  ASSERT_TRUE(place);
  EXPECT_TRUE(place->is_counted);
  EXPECT_EQ(place->traffic, Bytes{700'000});
  EXPECT_DOUBLE_EQ(place->intensity, 1.0);
  point.hot_summary = point.cold_summary;
  point.cold_summary.reset();
  EXPECT_FALSE(roofline_place(point)->is_counted) << "they are of a cold run";
}

TEST(Roofline, WithoutATimeThereIsNoPlace) {
  Point point = timed_point();
  point.cold_summary.reset();
  EXPECT_FALSE(roofline_place(point));
  point = timed_point();
  point.cold_summary->median = Nanoseconds(0.0);
  EXPECT_FALSE(roofline_place(point));
  point = timed_point();
  point.bytes = {};
  EXPECT_FALSE(roofline_place(point));
}

TEST(Roofline, ThePeakIsThatOfAllLanes) {
  DeviceFacts h200;
  h200.kind = DeviceKind::cuda;
  h200.compute_capability = 90;
  h200.multiprocessors = 132;
  EXPECT_DOUBLE_EQ(*peak_fp32(h200, 1980.0), 132 * 128 * 2 * 1.98e9);  // 66.9 TFLOP/s, as its data sheet says
  h200.compute_capability = 80;
  EXPECT_DOUBLE_EQ(*peak_fp32(h200, 1000.0), 132 * 64 * 2 * 1e9);
  EXPECT_FALSE(peak_fp32(h200, 0.0));
  h200.compute_capability = 13;
  EXPECT_FALSE(peak_fp32(h200, 1980.0));
  DeviceFacts cpu;
  cpu.compute_capability = 90;
  EXPECT_FALSE(peak_fp32(cpu, 3000.0));
}

}  // namespace
}  // namespace knobscope
