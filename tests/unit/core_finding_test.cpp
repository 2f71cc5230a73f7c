// Findings in words.

#include <gtest/gtest.h>

#include "core/point.h"

namespace knobscope {
namespace {

Finding race() {
  Finding finding;
  finding.kind = FindingKind::race;
  finding.message = "writes 4 bytes of s_sum";
  finding.at = {"layernorm_forward/05_welford.cu", 57};
  finding.who = ThreadPlace{{4, 0, 0}, {37, 0, 0}};
  finding.other_at = {"layernorm_forward/05_welford.cu", 52};
  finding.other_who = ThreadPlace{{4, 0, 0}, {5, 0, 0}};
  finding.count = 12;
  return finding;
}

TEST(CoreFinding, KindsHaveWordsThatReadBack) {
  for (const FindingKind kind : kFindingKinds) EXPECT_EQ(finding_kind_named(name_of(kind)), kind) << name_of(kind);
  EXPECT_FALSE(finding_kind_named("smell"));
}

TEST(CoreFinding, ThreadsLeaveOutWhatIsZeroAtTheEnd) {
  EXPECT_EQ(format_thread({{4, 0, 0}, {37, 0, 0}}), "block 4, thread 37");
  EXPECT_EQ(format_thread({{0, 2, 0}, {1, 2, 3}}), "block (0, 2), thread (1, 2, 3)");
  EXPECT_EQ(format_thread({{0, 0, 1}, {0, 0, 0}}), "block (0, 0, 1), thread 0");
}

TEST(CoreFinding, IsOneSentenceWithWhatIsKnown) {
  EXPECT_EQ(format_finding(race()),
            "layernorm_forward/05_welford.cu:57: race: writes 4 bytes of s_sum (block 4, thread 37; earlier: line 52, "
            "block 4, thread 5; 12 times)");
  Finding other = race();
  other.within = {"include/knobscope/reduce.h", 31};
  other.other_at = {"include/knobscope/reduce.h", 30};
  other.other_who.reset();
  other.count = 1;
  EXPECT_EQ(format_finding(other),
            "layernorm_forward/05_welford.cu:57: race: writes 4 bytes of s_sum (block 4, thread 37; in "
            "include/knobscope/reduce.h:31; earlier: include/knobscope/reduce.h:30)");
  Finding plain;
  plain.kind = FindingKind::deadlock;
  plain.message = "threads wait for each other";
  EXPECT_EQ(format_finding(plain), "deadlock: threads wait for each other");
  plain.at.file = "layernorm_forward/05_welford.cu";
  EXPECT_EQ(format_finding(plain), "layernorm_forward/05_welford.cu: deadlock: threads wait for each other");
}

TEST(CoreFinding, OnlyTheEmulatedDeviceLooksAndItHasNoTimes) {
  Point point;
  point.request.device = "cuda:0";
  EXPECT_FALSE(point.is_emulated());
  point.request.device = kEmulatedDevice;
  EXPECT_TRUE(point.is_emulated());
  EXPECT_FALSE(is_timed(DeviceKind::emulated));
  EXPECT_TRUE(is_timed(DeviceKind::cuda) && is_timed(DeviceKind::cpu));
}

}  // namespace
}  // namespace knobscope
