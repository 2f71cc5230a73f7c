// When the window stands still, and what it tells the worker's client.

#include "gui/shell/quiet_window.h"

#include <gtest/gtest.h>

#include "gui/harness.h"

namespace knobscope::test {
namespace {

constexpr const char* kUuid = "GPU-00112233-4455-6677-8899-aabbccddeeff";
constexpr const char* kOther = "GPU-ffeeddcc-bbaa-9988-7766-554433221100";

DeviceFacts cuda(const std::string& id, const std::string& uuid) {
  DeviceFacts facts;
  facts.id = id;
  facts.kind = DeviceKind::cuda;
  facts.name = "NVIDIA H200";
  facts.uuid = uuid;
  return facts;
}

DeviceFacts cpu() {
  DeviceFacts facts;
  facts.id = "cpu";
  facts.kind = DeviceKind::cpu;
  return facts;
}

Snapshot measuring(Phase phase, const std::string& device = "cuda:0") {
  Snapshot snapshot;
  snapshot.devices = {cuda("cuda:0", kUuid), cuda("cuda:1", kOther), cpu()};
  auto live = std::make_shared<LivePoint>();
  live->phase = phase;
  live->request.device = device;
  snapshot.live = std::move(live);
  return snapshot;
}

TEST(QuietWindow, TheGpuIsKnownByItsUuid) {
  EXPECT_TRUE(gui::draws_on({"NVIDIA H200/PCIe/SSE2", kUuid}, cuda("cuda:0", kUuid)));
  EXPECT_FALSE(gui::draws_on({"NVIDIA H200/PCIe/SSE2", kUuid}, cuda("cuda:1", kOther))) << "its twin";
}

TEST(QuietWindow, WithoutAUuidByItsName) {
  EXPECT_TRUE(gui::draws_on({"NVIDIA H200/PCIe/SSE2", ""}, cuda("cuda:0", kUuid)));
  EXPECT_TRUE(gui::draws_on({"NVIDIA H200/PCIe/SSE2", kUuid}, cuda("cuda:0", "")));
  EXPECT_FALSE(gui::draws_on({"Mesa Intel(R) UHD Graphics", ""}, cuda("cuda:0", kUuid)));
  EXPECT_FALSE(gui::draws_on({"NVIDIA H200/PCIe/SSE2", ""}, DeviceFacts{})) << "a device without a name";
}

TEST(QuietWindow, OpenGlOnTheProcessorDrawsOnTheCpuDevice) {
  EXPECT_TRUE(gui::draws_on({"llvmpipe (LLVM 15.0.6, 256 bits)", ""}, cpu()));
  EXPECT_FALSE(gui::draws_on({"llvmpipe (LLVM 15.0.6, 256 bits)", ""}, cuda("cuda:0", kUuid)));
  EXPECT_FALSE(gui::draws_on({"NVIDIA H200/PCIe/SSE2", kUuid}, cpu()));
}

TEST(QuietWindow, HoldsFramesWhileSamplesAreTakenOnItsGpu) {
  ScriptedSink sink;
  gui::QuietWindow quiet({"NVIDIA H200/PCIe/SSE2", kUuid}, sink);
  quiet.follow(measuring(Phase::queued), false);
  for (const Phase phase : kPhases) {
    const bool samples =
        phase == Phase::warm_up || phase == Phase::ceiling || phase == Phase::counters || timing_of(phase).has_value();
    EXPECT_EQ(quiet.holds(measuring(phase), 0.1), samples) << name_of(phase);
    EXPECT_FALSE(quiet.holds(measuring(phase, "cuda:1"), 0.1)) << name_of(phase) << " elsewhere";
  }
  EXPECT_FALSE(quiet.holds(Snapshot{}, 0.1)) << "nothing is measured";
}

TEST(QuietWindow, ShowsThatThereIsProgressFourTimesASecond) {
  ScriptedSink sink;
  gui::QuietWindow quiet({"NVIDIA H200/PCIe/SSE2", kUuid}, sink);
  quiet.follow(measuring(Phase::cold), false);
  EXPECT_TRUE(quiet.holds(measuring(Phase::cold), 0.2));
  EXPECT_FALSE(quiet.holds(measuring(Phase::cold), gui::QuietWindow::kFrameEvery_s));
}

TEST(QuietWindow, DrawsAllTheTimeWhenToldTo) {
  ScriptedSink sink;
  gui::QuietWindow quiet({"NVIDIA H200/PCIe/SSE2", kUuid}, sink);
  quiet.follow(measuring(Phase::cold), true);
  EXPECT_FALSE(quiet.holds(measuring(Phase::cold), 0.0));
}

TEST(QuietWindow, TellsTheClientOnceAndAgainWhenItChanges) {
  ScriptedSink sink;
  gui::QuietWindow quiet({"NVIDIA H200/PCIe/SSE2", kUuid}, sink);
  quiet.follow(measuring(Phase::cold), false);
  ASSERT_TRUE(sink.latest<worker::SetWindow>());
  EXPECT_EQ(sink.latest<worker::SetWindow>()->devices, std::vector<std::string>{"cuda:0"});
  EXPECT_FALSE(sink.latest<worker::SetWindow>()->live);
  EXPECT_EQ(sink.take().size(), 1U);
  quiet.follow(measuring(Phase::hot), false);
  EXPECT_TRUE(sink.take().empty());
  quiet.follow(measuring(Phase::hot), true);
  ASSERT_TRUE(sink.latest<worker::SetWindow>());
  EXPECT_TRUE(sink.latest<worker::SetWindow>()->live);
}

}  // namespace
}  // namespace knobscope::test
