#pragma once
// Whether two points are the same in every field, and two files in every byte.

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "core/point.h"

namespace knobscope::testing {

inline void expect_same_samples(const Samples& actual, const Samples& expected) {
  ASSERT_EQ(actual == nullptr, expected == nullptr);
  if (expected) {
    EXPECT_EQ(*actual, *expected);
  }
}

inline void expect_same(const Point& actual, const Point& expected) {
  EXPECT_EQ(actual.request, expected.request);
  EXPECT_EQ(actual.variant_name, expected.variant_name);
  EXPECT_EQ(actual.variant_title, expected.variant_title);
  EXPECT_EQ(actual.source_hash, expected.source_hash);
  EXPECT_EQ(actual.verdict, expected.verdict);
  EXPECT_EQ(actual.reason, expected.reason);
  EXPECT_EQ(actual.compile_log, expected.compile_log);
  EXPECT_EQ(actual.compiled, expected.compiled);
  EXPECT_EQ(actual.bytes, expected.bytes);
  EXPECT_EQ(actual.modelled_reads, expected.modelled_reads);
  EXPECT_EQ(actual.modelled_writes, expected.modelled_writes);
  for (const Timing timing : kTimings) {
    expect_same_samples(actual.samples(timing), expected.samples(timing));
    EXPECT_EQ(actual.summary(timing), expected.summary(timing)) << name_of(timing);
  }
  EXPECT_EQ(actual.timing_notes, expected.timing_notes);
  EXPECT_EQ(actual.event_overhead, expected.event_overhead);
  EXPECT_EQ(actual.profile, expected.profile);
  EXPECT_EQ(actual.series_environments, expected.series_environments);
  EXPECT_EQ(actual.ceiling, expected.ceiling);
  EXPECT_EQ(actual.size_ceilings, expected.size_ceilings);
  ASSERT_EQ(actual.rival.has_value(), expected.rival.has_value());
  if (expected.rival) {
    EXPECT_EQ(actual.rival->variant_name, expected.rival->variant_name);
    EXPECT_EQ(actual.rival->variant_title, expected.rival->variant_title);
    EXPECT_EQ(actual.rival->source_hash, expected.rival->source_hash);
    EXPECT_EQ(actual.rival->verdict, expected.rival->verdict);
    EXPECT_EQ(actual.rival->reason, expected.rival->reason);
    EXPECT_EQ(actual.rival->timing, expected.rival->timing);
    EXPECT_EQ(actual.rival->summary, expected.rival->summary);
    expect_same_samples(actual.rival->samples, expected.rival->samples);
  }
  EXPECT_EQ(actual.spent, expected.spent);
  EXPECT_EQ(actual.window, expected.window);
  EXPECT_EQ(actual.environment, expected.environment);
  EXPECT_EQ(actual.findings, expected.findings);
  ASSERT_EQ(actual.error.has_value(), expected.error.has_value());
  if (!expected.error) return;
  EXPECT_EQ(actual.error->outputs, expected.error->outputs);
  EXPECT_EQ(actual.error->inputs_changed, expected.error->inputs_changed);
  EXPECT_EQ(actual.error->damaged_guards, expected.error->damaged_guards);
  ASSERT_EQ(actual.error->map == nullptr, expected.error->map == nullptr);
  if (expected.error->map) {
    EXPECT_EQ(*actual.error->map, *expected.error->map);
  }
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace knobscope::testing
