// What a point was measured among, in words.

#include <gtest/gtest.h>

#include "core/environment_words.h"

namespace knobscope {
namespace {

TEST(EnvironmentWords, ADeviceThatTellsNothingHasNone) {
  EXPECT_FALSE(sharing_in_words({}));
  EXPECT_EQ(settings_in_words({}), "");
  EXPECT_EQ(clocks_in_words({}, " "), "");
}

TEST(EnvironmentWords, WhoSharesTheDeviceIsNamed) {
  Environment environment;
  environment.other_processes = 0;
  environment.mig = false;
  EXPECT_FALSE(sharing_in_words(environment));
  environment.other_processes = 1;
  EXPECT_EQ(sharing_in_words(environment), "1 other process uses the GPU");
  environment.other_processes = 3;
  environment.mig = true;
  EXPECT_EQ(sharing_in_words(environment), "3 other processes use the GPU; a part of a GPU (MIG)");
}

TEST(EnvironmentWords, SettingsAndClocks) {
  Environment environment;
  environment.ecc = true;
  environment.mig = false;
  environment.other_processes = 0;
  EXPECT_EQ(settings_in_words(environment), "ECC on · MIG off · no other process");
  environment.mig.reset();
  environment.other_processes = 2;
  EXPECT_EQ(settings_in_words(environment), "ECC on · 2 other processes");
  environment.sm_clock_mhz = 1979.6;
  environment.memory_clock_mhz = 3201;
  environment.power_w = 412.4;
  environment.temperature_c = 51;
  environment.throttle_reasons = 0;
  EXPECT_EQ(clocks_in_words(environment, ","), "1,980 MHz · memory 3,201 MHz · 412 W · 51 °C");
  environment.throttle_reasons = 0x4;
  environment.memory_clock_mhz.reset();
  EXPECT_EQ(clocks_in_words(environment, ""), "1980 MHz · 412 W · 51 °C · throttle reasons: power cap");
}

}  // namespace
}  // namespace knobscope
