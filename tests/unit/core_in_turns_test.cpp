// Two series taken in turns: what drifts under both cancels, what only one has is found, and a kernel beside itself is
// the same.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/in_turns.h"

namespace knobscope {
namespace {

/// A device whose clock drifts: two kernels' times on it, whenever they are asked for.
class DriftingDevice {
 public:
  /// `drift`: by what share times grow from the first sample to the `length`-th.
  DriftingDevice(std::uint64_t seed, double drift, std::size_t length, double noise = 0.004)
      : generator_(seed), drift_(drift / static_cast<double>(length)), noise_(noise) {}

  double time(double kernel_ns) {
    const double clock = 1.0 + drift_ * static_cast<double>(taken_++);
    wave_ = 0.5 * wave_ + 0.5 * normal_(generator_) * noise_;  // what one sample leaves to the next
    double sample = kernel_ns * clock * (1.0 + std::abs(wave_) + noise_ * tail_(generator_));
    if (uniform_(generator_) < 0.01) sample *= 1.0 + 3.0 * uniform_(generator_);  // something interrupted it
    return std::round(sample / 32.0) * 32.0;                                      // the clock's steps
  }

 private:
  std::mt19937_64 generator_;
  std::normal_distribution<double> normal_;
  std::lognormal_distribution<double> tail_{0.0, 0.8};
  std::uniform_real_distribution<double> uniform_;
  double drift_;
  double noise_;
  double wave_ = 0.0;
  std::size_t taken_ = 0;
};

struct Pair {
  std::vector<double> base;
  std::vector<double> next;
};

Pair in_turns(DriftingDevice device, std::size_t count, double base_ns, double next_ns) {
  Pair pair;
  for (std::size_t i = 0; i < count; ++i) {
    pair.base.push_back(device.time(base_ns));
    pair.next.push_back(device.time(next_ns));
  }
  return pair;
}

Pair one_after_the_other(DriftingDevice device, std::size_t count, double base_ns, double next_ns) {
  Pair pair;
  for (std::size_t i = 0; i < count; ++i) pair.base.push_back(device.time(base_ns));
  for (std::size_t i = 0; i < count; ++i) pair.next.push_back(device.time(next_ns));
  return pair;
}

bool is_false(Change change) { return change == Change::faster || change == Change::slower; }

TEST(CoreInTurns, DriftMakesAFalseVerdictOfOneAfterTheOtherAndNoneOfTurns) {
  constexpr std::size_t kCount = 60;
  int apart = 0;
  int together = 0;
  int same = 0;
  constexpr int kTrials = 100;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    // Up and down: 8 % over all samples, as a GPU that gets warm.
    const double drift = trial % 2 == 0 ? 0.08 : -0.08;
    const DriftingDevice device(trial, drift, 2 * kCount);
    const Pair separate = one_after_the_other(device, kCount, 68'000, 68'000);
    const Pair turns = in_turns(device, kCount, 68'000, 68'000);
    const Change said = compare_times(separate.base, separate.next).change;
    apart += is_false(said) ? 1 : 0;
    EXPECT_NE(said, drift > 0.0 ? Change::faster : Change::slower) << "the drift decides";
    const Change truth = compare_in_turns(turns.base, turns.next).change;
    together += is_false(truth) ? 1 : 0;
    same += truth == Change::same ? 1 : 0;
  }
  EXPECT_GE(apart, kTrials * 9 / 10);
  EXPECT_EQ(together, 0);
  EXPECT_GE(same, kTrials * 9 / 10);
}

TEST(CoreInTurns, AStepInTheMidstOfItCancels) {
  // The clock falls by a fifth after a third of the samples.
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    DriftingDevice device(seed, 0.0, 1);
    Pair turns;
    for (int i = 0; i < 90; ++i) {
      const double clock = i < 30 ? 1.0 : 1.25;
      turns.base.push_back(clock * device.time(68'000));
      turns.next.push_back(clock * device.time(68'000 * 1.03));
    }
    EXPECT_NE(compare_in_turns(turns.base, turns.next).change, Change::same) << seed;
    EXPECT_NE(compare_in_turns(turns.base, turns.next).change, Change::faster) << seed;
  }
}

TEST(CoreInTurns, AKernelBesideItselfIsRarelyAnythingButTheSame) {
  struct Kind {
    std::size_t samples;
    double kernel_ns;
    double noise;
    double drift;
  };
  constexpr Kind kKinds[] = {{11, 68'000, 0.004, 0.0}, {30, 68'000, 0.01, 0.05},    {100, 5'000, 0.02, -0.1},
                             {400, 2'000, 0.03, 0.2},  {20, 2'000'000, 0.05, 0.02}, {6, 68'000, 0.01, 0.1}};
  int false_verdicts = 0;
  int undecided = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Kind& kind = kKinds[static_cast<std::size_t>(trial) % std::size(kKinds)];
    const DriftingDevice device(static_cast<std::uint64_t>(trial), kind.drift, 2 * kind.samples, kind.noise);
    const Pair pair = in_turns(device, kind.samples, kind.kernel_ns, kind.kernel_ns);
    const Change change = compare_in_turns(pair.base, pair.next).change;
    false_verdicts += is_false(change) ? 1 : 0;
    undecided += change == Change::undecided ? 1 : 0;
  }
  RecordProperty("false_verdicts", false_verdicts);
  RecordProperty("undecided", undecided);
  EXPECT_LE(false_verdicts, kTrials / 100);
  EXPECT_LE(undecided, kTrials * 6 / 10);  // never to decide would be no art
}

TEST(CoreInTurns, AChangeBeyondTheThresholdIsFoundUnderDrift) {
  int found = 0;
  constexpr int kTrials = 100;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    const DriftingDevice device(trial, 0.1, 120);
    const Pair slower = in_turns(device, 60, 68'000, 68'000 * 1.03);
    const Pair faster = in_turns(device, 60, 68'000, 68'000 * 0.97);
    found += compare_in_turns(slower.base, slower.next).change == Change::slower &&
                     compare_in_turns(faster.base, faster.next).change == Change::faster
                 ? 1
                 : 0;
  }
  EXPECT_GE(found, kTrials * 95 / 100);
}

TEST(CoreInTurns, TheIntervalIsNarrowerThanOfSeriesThatKnowNothingOfEachOther) {
  const Pair pair = in_turns(DriftingDevice(1, 0.2, 200), 100, 68'000, 68'000);
  const MedianRatio paired = *ratio_of_pairs(pair.base, pair.next);
  const MedianRatio apart = *bootstrap_ratio(pair.base, pair.next);
  EXPECT_NEAR(paired.estimate, 1.0, 0.005);
  EXPECT_LT(paired.high - paired.low, 0.5 * (apart.high - apart.low));
  EXPECT_LE(paired.low, paired.estimate);
  EXPECT_GE(paired.high, paired.estimate);
}

TEST(CoreInTurns, TheIntervalCoversTheTruthAsOftenAsItSays) {
  int covered = 0;
  constexpr int kTrials = 400;
  for (std::uint64_t trial = 0; trial < kTrials; ++trial) {
    std::mt19937_64 generator(trial);
    std::normal_distribution<double> common(1.0, 0.03);
    std::normal_distribution<double> own(0.0, 0.01);
    Pair pair;
    for (int i = 0; i < 60; ++i) {
      const double clock = common(generator);
      pair.base.push_back(1e5 * (clock + own(generator)));
      pair.next.push_back(1.1e5 * (clock + own(generator)));
    }
    const MedianRatio ratio = *ratio_of_pairs(pair.base, pair.next);
    covered += ratio.low <= 1.1 && ratio.high >= 1.1 ? 1 : 0;
  }
  EXPECT_GE(covered, kTrials * 91 / 100);
  EXPECT_LE(covered, kTrials * 995 / 1000);
}

TEST(CoreInTurns, FewOrNoTimesDecideNothing) {
  const std::vector<double> five(5, 100.0);
  const std::vector<double> good(20, 100.0);
  EXPECT_EQ(compare_in_turns(five, good).change, Change::undecided);
  EXPECT_EQ(compare_in_turns(std::vector<double>(), std::vector<double>()).change, Change::undecided);
  EXPECT_FALSE(ratio_of_pairs({}, good));
  const std::vector<double> one = {42.0};
  const std::vector<double> other = {84.0};
  EXPECT_EQ(*ratio_of_pairs(one, other), (MedianRatio{2.0, 2.0, 2.0}));
  EXPECT_FALSE(ratio_of_pairs(good, std::vector<double>(20, 0.0)));
  EXPECT_FALSE(ratio_of_pairs(good, std::vector<double>(20, std::numeric_limits<double>::quiet_NaN())));
  EXPECT_EQ(compare_in_turns(good, std::vector<double>(20, 102.0)).change, Change::slower);
  EXPECT_EQ(compare_in_turns(good, good).change, Change::same);
}

PointPtr pair_of(Verdict base, Verdict next, double ratio, const char* device = "cpu") {
  auto point = std::make_shared<Point>();
  point->request.device = device;
  point->request.variant = "a";
  point->request.against = Against{"b", {{"block", 64}}};
  point->verdict = base;
  point->reason = base == Verdict::wrong ? "y differs" : "";
  Rival rival;
  rival.variant_name = "b";
  rival.verdict = next;
  rival.reason = next == Verdict::wrong ? "mean differs" : "";
  if (std::string_view(device) != kEmulatedDevice) {
    point->cold = std::make_shared<const std::vector<double>>(20, 100.0);
    rival.samples = std::make_shared<const std::vector<double>>(20, 100.0 * ratio);
  }
  point->rival = std::move(rival);
  return point;
}

TEST(CoreInTurns, APairOfPointsIsComparedAndSaysWhyNot) {
  const ComparedPoint faster = compare_in_turns(pair_of(Verdict::pass, Verdict::noisy, 0.5));
  EXPECT_EQ(faster.comparison.change, Change::faster);
  EXPECT_EQ(faster.next->request.variant, "b");
  EXPECT_EQ(faster.next->request.knobs, (KnobValues{{"block", 64}}));
  EXPECT_EQ(faster.timing, Timing::cold);
  EXPECT_TRUE(faster.reason.empty());

  const ComparedPoint wrong = compare_in_turns(pair_of(Verdict::wrong, Verdict::pass, 0.5));
  EXPECT_EQ(wrong.comparison.change, Change::undecided);
  EXPECT_EQ(wrong.reason, "A is wrong: y differs; there is nothing to compare");
  EXPECT_EQ(compare_in_turns(pair_of(Verdict::pass, Verdict::wrong, 0.5)).reason,
            "B is wrong: mean differs; there is nothing to compare");
  EXPECT_NE(compare_in_turns(pair_of(Verdict::pass, Verdict::pass, 1.0, "emulated")).reason.find("has no times"),
            std::string::npos);
}

TEST(CoreInTurns, OnlyPointsWithARivalAreCompared) {
  const std::vector<PointPtr> points = {std::make_shared<Point>(), pair_of(Verdict::pass, Verdict::pass, 2.0)};
  const ComparedSessions compared = compare_in_turns(points);
  ASSERT_EQ(compared.points.size(), 1U);
  EXPECT_TRUE(compared.in_turns);
  EXPECT_EQ(compared.count(Change::slower), 1);
  EXPECT_EQ(compared.threshold, kSameInTurns);
}

}  // namespace
}  // namespace knobscope
