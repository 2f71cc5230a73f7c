// Which ceilings of a session may be used again, and when they may not.

#include <gtest/gtest.h>

#include "core/known_ceilings.h"

namespace knobscope {
namespace {

constexpr Bytes kSize{1 << 20};

PointPtr point(double copy, Bytes bytes = kSize, const std::string& driver = "580") {
  auto made = std::make_shared<Point>();
  made->ceiling = Ceiling{"cuda:0", {4e12}, {4.2e12}, {1 << 30}, BytesPerSecond{4.5e12}};
  made->size_ceilings = {{Timing::cold, bytes, {copy}, {copy}, BytesPerSecond{1e12}, BytesPerSecond{2e12}}};
  made->environment.device_name = "NVIDIA H200";
  made->environment.driver_version = driver;
  made->environment.host = "node-7";
  return made;
}

TEST(KnownCeilings, TheLaterOfASizeCounts) {
  const auto known = known_ceilings(std::vector{point(1e12), point(2e12, {2 * kSize.count}), point(3e12)});
  ASSERT_EQ(known.size(), 1U);
  EXPECT_EQ(known[0].device, "cuda:0");
  ASSERT_EQ(known[0].sizes.size(), 2U);
  EXPECT_EQ(known[0].sizes[0].ceiling.copy.value, 3e12);
  EXPECT_EQ(known[0].sizes[1].ceiling.bytes.count, 2 * kSize.count);
}

TEST(KnownCeilings, AreApartByDriverAndByRule) {
  auto other_rule = std::make_shared<Point>(*point(2e12));
  other_rule->request.method.cold_stopping = StoppingCriterion::entropy;
  auto same_rule = std::make_shared<Point>(*point(3e12));
  same_rule->request.method.recheck = false;  // of no concern to a series
  same_rule->request.method.launch_limit_s = 1.0;
  const auto known =
      known_ceilings(std::vector<PointPtr>{point(1e12), other_rule, same_rule, point(1e12, kSize, "570")});
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known[0].sizes.size(), 2U);
  EXPECT_EQ(known[0].sizes[0].ceiling.copy.value, 3e12);
  EXPECT_EQ(known[1].driver_version, "570");
}

TEST(KnownCeilings, WhatIsNotWholeIsMeasuredAgain) {
  auto older = std::make_shared<Point>(*point(1e12));
  older->size_ceilings.front().read.reset();
  auto bare = std::make_shared<Point>(*point(1e12));
  bare->ceiling.reset();
  EXPECT_TRUE(known_ceilings(std::vector<PointPtr>{older, bare}).empty());
}

TEST(KnownCeilings, FitTheSameDeviceOnly) {
  const PointPtr recorded = point(1e12);
  const KnownCeilings known = known_ceilings(std::vector{recorded}).at(0);
  const Ceiling then = *recorded->ceiling;
  EXPECT_FALSE(why_outdated(known, recorded->environment, then));
  const auto why = [&](auto change) {
    Environment environment = recorded->environment;
    Ceiling now = then;
    change(environment, now);
    return why_outdated(known, environment, now).value_or("");
  };
  EXPECT_EQ(why([](Environment& each, Ceiling&) { each.device_name = "NVIDIA A100"; }),
            "they are those of NVIDIA H200, this is NVIDIA A100");
  EXPECT_EQ(why([](Environment& each, Ceiling&) { each.driver_version = "590"; }),
            "they were measured with driver 580, this is 590");
  EXPECT_EQ(why([](Environment& each, Ceiling&) { each.host = "node-8"; }),
            "they were measured on node-7, this is node-8");
  EXPECT_EQ(why([](Environment&, Ceiling& now) { now.copy.value = 4.1e12; }), "") << "within 3 %";
  EXPECT_EQ(why([](Environment&, Ceiling& now) { now.copy.value = 3.5e12; }),
            "the device copied 4000 GB/s then and copies 3500 GB/s now");
  EXPECT_NE(why([](Environment&, Ceiling& now) { now.copy.value = 0.0 / 0.0; }), "");
}

}  // namespace
}  // namespace knobscope
