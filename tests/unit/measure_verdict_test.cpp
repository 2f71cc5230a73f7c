#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "measure/verdict.h"

namespace knobscope::measure {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

OutputError right(std::string name) {
  OutputError output;
  output.output = std::move(name);
  output.elements = 33'554'432;
  return output;
}

OutputError differing(std::string name, std::int64_t failing, std::int64_t first, double value, double reference) {
  OutputError output = right(std::move(name));
  output.failing = failing;
  output.first_bad = first;
  output.first_bad_value = value;
  output.first_bad_reference = reference;
  return output;
}

/// A pass: 1 MB in 1 µs would be 1 TB/s; here 20 samples of about 10 µs.
Evidence good() {
  Evidence evidence;
  evidence.problem.shape = {8192, 4096};
  evidence.first.emplace();
  evidence.first->report.outputs = {right("y"), right("mean"), right("rstd")};
  evidence.later = LaterCheck{"the last timed run", *evidence.first};
  evidence.timed = true;
  evidence.headline = summarize(std::vector<double>(20, 10'000.0));
  evidence.headline_timing = Timing::cold;
  evidence.bytes = {1'000'000};
  evidence.last_level_cache = {1 << 20};
  return evidence;
}

TEST(Verdict, a_plain_pass_needs_no_reason) {
  const Judgement judgement = judge(good());
  EXPECT_EQ(judgement.verdict, Verdict::pass);
  EXPECT_EQ(judgement.reason, "");
}

TEST(Verdict, says_how_many_differ_and_where_the_first_is) {
  Evidence evidence = good();
  evidence.first->report.outputs[0] = differing("y", 12'345, 7 * 4096 + 31, 1.25, 1.5);
  const Judgement judgement = judge(evidence);
  EXPECT_EQ(judgement.verdict, Verdict::wrong);
  EXPECT_EQ(judgement.reason,
            "y differs in 12 345 of 33 554 432 elements; first at [row 7, column 31]: 1.25, expected 1.5");
}

TEST(Verdict, values_that_differ_late_are_shown_with_enough_digits) {
  Evidence evidence = good();
  evidence.first->report.outputs[0] = differing("y", 1, 0, 1.00000012, 1.00000024);
  EXPECT_NE(judge(evidence).reason.find("1.00000012, expected 1.00000024"), std::string::npos)
      << judge(evidence).reason;
}

TEST(Verdict, places_are_told_in_the_operations_words) {
  Evidence evidence = good();
  evidence.first->report.outputs[1] = differing("mean", 2, 5, 0.5, 0.25);
  EXPECT_EQ(judge(evidence).reason, "mean differs in 2 of 33 554 432 elements; first at [row 5]: 0.5, expected 0.25");
  evidence = good();
  evidence.problem.operation = Operation::batchnorm_inference;
  evidence.problem.shape = {2, 3, 4, 5};
  evidence.first->report.outputs = {differing("y", 1, ((1 * 3 + 2) * 4 + 3) * 5 + 4, 0.5, 0.25)};
  EXPECT_NE(judge(evidence).reason.find("[n 1, c 2, h 3, w 4]"), std::string::npos) << judge(evidence).reason;
}

TEST(Verdict, a_finding_comes_before_what_it_did_to_the_outputs) {
  Evidence evidence = good();
  evidence.first->report.outputs[0].unwritten = 128;
  Finding finding;
  finding.kind = FindingKind::race;
  finding.message = "writes 4 bytes of s_sum";
  finding.at = {"layernorm_forward/05_welford.cu", 57};
  finding.within = {"include/knobscope/reduce.h", 31};
  finding.who = ThreadPlace{{4, 0, 0}, {37, 0, 0}};
  finding.other_at = {"layernorm_forward/05_welford.cu", 52};
  finding.other_who = ThreadPlace{{4, 0, 0}, {5, 0, 0}};
  finding.count = 12;
  evidence.findings = {finding};
  EXPECT_EQ(judge(evidence).verdict, Verdict::wrong);
  EXPECT_EQ(judge(evidence).reason,
            "layernorm_forward/05_welford.cu:57: race: writes 4 bytes of s_sum (block 4, thread 37; earlier: line 52)");
  evidence.findings.push_back(finding);
  EXPECT_TRUE(judge(evidence).reason.ends_with("; and 1 more finding")) << judge(evidence).reason;
  evidence.findings.push_back(finding);
  EXPECT_TRUE(judge(evidence).reason.ends_with("; and 2 more findings")) << judge(evidence).reason;
  evidence.misfit = "inline PTX";
  EXPECT_EQ(judge(evidence).verdict, Verdict::unfit);
  evidence.failure = "did not launch";
  EXPECT_EQ(judge(evidence).verdict, Verdict::failed);
}

TEST(Verdict, nan_is_never_a_number) {
  Evidence evidence = good();
  evidence.first->report.outputs[0] = differing("y", 3, 2, kNan, 1.5);
  EXPECT_EQ(judge(evidence).verdict, Verdict::wrong);
  EXPECT_EQ(judge(evidence).reason,
            "NaN where a number is expected: 3 of 33 554 432 elements of y; first at [row 0, "
            "column 2]: nan, expected 1.5");
  evidence.first->report.outputs[0] = differing("y", 3, 2, 0.0, kNan);
  EXPECT_EQ(judge(evidence).verdict, Verdict::wrong);
  EXPECT_NE(judge(evidence).reason.find("expected nan"), std::string::npos);
}

TEST(Verdict, unwritten_elements_are_counted) {
  Evidence evidence = good();
  evidence.first->report.outputs[1].unwritten = 3;
  evidence.first->report.outputs[1].failing = 3;
  EXPECT_EQ(judge(evidence).reason, "3 elements of mean never written");
  evidence.first->report.outputs[1].unwritten = 33'554'432;
  EXPECT_EQ(judge(evidence).reason, "mean was never written");
  evidence.first->report.outputs[1].unwritten = 1;
  EXPECT_EQ(judge(evidence).reason, "1 element of mean never written");
}

TEST(Verdict, damaged_memory_comes_before_values) {
  Evidence evidence = good();
  evidence.first->report.outputs[0] = differing("y", 1, 0, 1.0, 2.0);
  evidence.first->changed_inputs = {"gamma"};
  EXPECT_EQ(judge(evidence).reason, "gamma was changed by the kernel");
  evidence.first->report.damaged_guards = {"y"};
  EXPECT_EQ(judge(evidence).reason, "wrote outside the bounds of y");
  EXPECT_EQ(judge(evidence).verdict, Verdict::wrong);
}

TEST(Verdict, wrong_after_timing_is_wrong) {
  Evidence evidence = good();
  evidence.later->found.report.outputs[0] = differing("y", 1, 0, 1.0, 2.0);
  EXPECT_EQ(judge(evidence).verdict, Verdict::wrong);
  EXPECT_TRUE(
      judge(evidence).reason.starts_with("right before timing, wrong after (the last timed run): y differs in 1 of "));
  evidence.timed = false;
  evidence.later->circumstance = "on inputs of seed 2";
  EXPECT_TRUE(
      judge(evidence).reason.starts_with("right at first, wrong later (on inputs of seed 2): y differs in 1 of "));
}

TEST(Verdict, faster_than_the_memory_is_not_believed) {
  Evidence evidence = good();
  evidence.peak = BytesPerSecond{50e9};
  EXPECT_EQ(judge(evidence).verdict, Verdict::invalid);
  EXPECT_EQ(
      judge(evidence).reason,
      "cold: 100 GB/s is faster than the memory's peak of 50 GB/s: its data fit the cache of 1.049 MB and were in "
      "it in spite of the flush, or it does not read and write all of the 1 MB that the problem compels, or they "
      "are overstated; count its memory traffic with ncu");
  evidence.last_level_cache = {500'000};
  EXPECT_EQ(
      judge(evidence).reason,
      "cold: 100 GB/s is faster than the memory's peak of 50 GB/s: it does not read and write all of the 1 MB that "
      "the problem compels, or they are overstated; count its memory traffic with ncu");
  evidence.peak = BytesPerSecond{101e9};
  EXPECT_EQ(judge(evidence).verdict, Verdict::pass);
}

TEST(Verdict, rotating_times_read_memory_too) {
  Evidence evidence = good();
  evidence.peak = BytesPerSecond{150e9};
  evidence.rotating = summarize(std::vector<double>(20, 5'000.0));
  EXPECT_EQ(judge(evidence).verdict, Verdict::invalid) << "the cold ones, its headline, are possible";
  EXPECT_TRUE(judge(evidence).reason.starts_with("rotating: 200 GB/s is faster")) << judge(evidence).reason;
  EXPECT_NE(judge(evidence).reason.find("in spite of the rotation"), std::string::npos);
  evidence.headline_timing = Timing::rotating;
  evidence.headline = evidence.rotating;
  EXPECT_EQ(judge(evidence).verdict, Verdict::invalid);
  evidence.peak = BytesPerSecond{201e9};
  EXPECT_EQ(judge(evidence).verdict, Verdict::pass);
}

TEST(Verdict, what_is_wrong_is_not_merely_invalid_and_what_is_invalid_not_merely_noisy) {
  Evidence evidence = good();
  evidence.peak = BytesPerSecond{50e9};
  evidence.all_discarded = "cold: none";
  EXPECT_EQ(judge(evidence).verdict, Verdict::invalid);
  evidence.first->report.outputs[0].unwritten = 1;
  EXPECT_EQ(judge(evidence).verdict, Verdict::wrong);
}

TEST(Verdict, without_a_peak_the_measured_ceilings_bound_it) {
  Evidence evidence = good();
  evidence.ceiling = Ceiling{"cpu", {50e9}, {60e9}, {}, {}};
  EXPECT_EQ(judge(evidence).verdict, Verdict::invalid);
  EXPECT_TRUE(
      judge(evidence).reason.starts_with("cold: 100 GB/s is more than 1.5 times the measured read rate of 60 GB/s"))
      << judge(evidence).reason;
  evidence.ceiling->read = {70e9};
  EXPECT_EQ(judge(evidence).verdict, Verdict::pass);
  evidence.ceiling->read = {60e9};
  evidence.ceiling->write = BytesPerSecond{70e9};
  EXPECT_EQ(judge(evidence).verdict, Verdict::pass);
}

TEST(Verdict, what_a_size_reached_by_its_technique_bounds_it_too) {
  Evidence evidence = good();
  evidence.ceiling = Ceiling{"cpu", {50e9}, {60e9}, {}, {}};
  evidence.size_ceilings = {{Timing::hot, {1'000'000}, {500e9}, {500e9}, {}, {}}};
  EXPECT_EQ(judge(evidence).verdict, Verdict::invalid) << "another technique's is none";
  evidence.size_ceilings.push_back({Timing::cold, {1'000'000}, {60e9}, {61e9}, BytesPerSecond{80e9}, {}});
  EXPECT_EQ(judge(evidence).verdict, Verdict::pass);
}

TEST(Verdict, a_run_with_its_data_in_the_cache_may_beat_the_memory) {
  for (const Timing timing : {Timing::hot, Timing::graph, Timing::wall}) {
    Evidence evidence = good();
    evidence.headline_timing = timing;
    evidence.peak = BytesPerSecond{50e9};
    EXPECT_EQ(judge(evidence).verdict, Verdict::pass) << name_of(timing);
    evidence.last_level_cache = {600'000};
    EXPECT_EQ(judge(evidence).verdict, Verdict::pass) << name_of(timing) << ": 400 kB in 10 us are 40 GB/s";
    evidence.last_level_cache = {1000};
    EXPECT_EQ(judge(evidence).verdict, Verdict::invalid) << name_of(timing);
  }
}

TEST(Verdict, a_clock_that_stood_still_is_not_believed) {
  Evidence evidence = good();
  evidence.headline = summarize(std::vector<double>(20, 0.0));
  EXPECT_EQ(judge(evidence).verdict, Verdict::invalid);
}

TEST(Verdict, without_a_sample_that_counts_it_is_throttled) {
  Evidence evidence = good();
  evidence.headline.reset();
  evidence.all_discarded = "cold: none of 9 samples was accepted";
  EXPECT_EQ(judge(evidence).verdict, Verdict::throttled);
  EXPECT_EQ(judge(evidence).reason, "cold: none of 9 samples was accepted");
}

TEST(Verdict, noise_is_told_in_percent) {
  Evidence evidence = good();
  std::vector<double> spread;
  for (int i = 0; i < 20; ++i) spread.push_back(i % 2 == 0 ? 10'000.0 : 20'000.0);
  evidence.headline = summarize(spread);
  EXPECT_EQ(judge(evidence).verdict, Verdict::noisy);
  EXPECT_NE(judge(evidence).reason.find("after 20 samples; 2 % is wanted"), std::string::npos)
      << judge(evidence).reason;
  spread.assign(11, 1'000.0);
  for (int i = 0; i < 10; ++i) spread.push_back(1e6);
  evidence.headline = summarize(spread);
  EXPECT_EQ(judge(evidence).reason.find("e+"), std::string::npos) << judge(evidence).reason;
  evidence.headline = summarize(std::vector<double>{1e9});
  EXPECT_EQ(judge(evidence).verdict, Verdict::noisy);
  EXPECT_EQ(judge(evidence).reason, "only 1 sample fitted into the time limit of 0.5 s, too few to know the spread");
}

TEST(Verdict, priority) {
  Evidence evidence = good();
  evidence.headline = summarize(std::vector<double>{1.0});  // noisy
  evidence.all_discarded = "cold: none";
  EXPECT_EQ(judge(evidence).verdict, Verdict::throttled);
  evidence.peak = BytesPerSecond{1.0};
  EXPECT_EQ(judge(evidence).verdict, Verdict::invalid);
  evidence.first->changed_inputs = {"x"};
  EXPECT_EQ(judge(evidence).verdict, Verdict::wrong);
  evidence.misfit = "too large";
  EXPECT_EQ(judge(evidence).verdict, Verdict::unfit);
  evidence.failure = "did not compile";
  EXPECT_EQ(judge(evidence).verdict, Verdict::failed);
  EXPECT_EQ(judge(evidence).reason, "did not compile");
}

TEST(Verdict, nothing_checked_is_not_a_pass) { EXPECT_EQ(judge(Evidence{}).verdict, Verdict::failed); }

TEST(Verdict, counts_have_thin_groups) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1 000");
  EXPECT_EQ(format_count(33'554'432), "33 554 432");
  EXPECT_EQ(format_count(-1234), "-1 234");
}

}  // namespace
}  // namespace knobscope::measure
