// The exact texts that scripts read. After a wanted change: KNOBSCOPE_UPDATE_GOLDEN=1 ctest -R golden_export, and look
// at what git says has changed.

#include "session/export.h"

#include <gtest/gtest.h>

#include "golden/golden_file.h"
#include "session/plan_file.h"
#include "unit/session_samples.h"

namespace knobscope::session {
namespace {

using testing::expect_golden;

std::vector<PointPtr> points() {
  return {std::make_shared<const Point>(testing::full_point(1)),
          std::make_shared<const Point>(testing::failed_point(2)),
          std::make_shared<const Point>(testing::passing_point(3)),
          std::make_shared<const Point>(testing::emulated_point(4))};
}

std::vector<DeviceFacts> devices() {
  DeviceFacts gpu;
  gpu.id = "cuda:1";
  gpu.kind = DeviceKind::cuda;
  gpu.name = "NVIDIA H200";
  gpu.driver_version = "580.159.04";
  gpu.toolkit_version = "NVRTC 13.0";
  gpu.peak_bandwidth = BytesPerSecond{4.8e12};
  gpu.compute_capability = 90;
  gpu.multiprocessors = 132;
  DeviceFacts cpu;
  cpu.id = "cpu";
  cpu.name = "A CPU";
  return {gpu, cpu};
}

TEST(Golden, Json) { expect_golden("points.json", to_json(points(), devices())); }
TEST(Golden, Csv) { expect_golden("points.csv", to_csv(points())); }
TEST(Golden, Markdown) { expect_golden("points.md", to_markdown(points())); }
TEST(Golden, Table) { expect_golden("points.txt", to_table(points(), 120, false)); }
TEST(Golden, Devices) { expect_golden("devices.json", devices_to_json(devices())); }
TEST(Golden, DefaultPlan) { expect_golden("default_plan.toml", write_plan(Plan{})); }

}  // namespace
}  // namespace knobscope::session
