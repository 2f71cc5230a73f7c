// The same points as JSON, CSV, Markdown and a terminal's table.

#include <algorithm>
#include <cmath>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "session/export.h"
#include "session/number_text.h"
#include "session_samples.h"

namespace knobscope::session {
namespace {

using nlohmann::json;
using testing::emulated_point;
using testing::failed_point;
using testing::full_point;
using testing::passing_point;

std::vector<PointPtr> three_points() {
  return {std::make_shared<const Point>(full_point(1)), std::make_shared<const Point>(failed_point(2)),
          std::make_shared<const Point>(passing_point(3))};
}

// The fields people's scripts read; a change here breaks them.
constexpr const char* kPointFields[] = {"id",
                                        "operation",
                                        "shape",
                                        "normalized_dims",
                                        "dtype",
                                        "distribution",
                                        "seed",
                                        "variant",
                                        "knobs",
                                        "method",
                                        "samples",
                                        "median_s",
                                        "ci_low_s",
                                        "ci_high_s",
                                        "bytes",
                                        "bandwidth",
                                        "copy_fraction",
                                        "max_abs_error",
                                        "nonfinite",
                                        "unwritten",
                                        "max_rel_error",
                                        "max_ulp",
                                        "relative_l2_error",
                                        "verdict",
                                        "reason"};

TEST(Json, HasThePromisedFields) {
  const json object = json::parse(to_json(three_points(), {}));
  for (const char* field : {"version", "device", "environment", "points"}) EXPECT_TRUE(object.contains(field)) << field;
  ASSERT_EQ(object["points"].size(), 3U);
  for (const json& point : object["points"]) {
    for (const char* field : kPointFields) EXPECT_TRUE(point.contains(field)) << field;
  }
}

TEST(Json, SaysWhatWasMeasuredInBaseUnits) {
  const json point = json::parse(to_json(three_points(), {}))["points"][2];
  EXPECT_EQ(point["id"], 3);
  EXPECT_EQ(point["operation"], "layernorm_forward");
  EXPECT_EQ(point["shape"], (json{2048, 4096}));
  EXPECT_EQ(point["normalized_dims"], 1);
  EXPECT_EQ(point["dtype"], "f32");
  EXPECT_EQ(point["distribution"], "normal");
  EXPECT_EQ(point["seed"], 1);
  EXPECT_EQ(point["variant"], "welford");
  EXPECT_EQ(point["knobs"], (json{{"block", 256}}));
  EXPECT_EQ(point["method"], "cold");
  EXPECT_EQ(point["samples"], 7);
  EXPECT_DOUBLE_EQ(point["median_s"].get<double>(), 8.1e-3);
  EXPECT_EQ(point["cold_samples_s"].size(), 7U);
  EXPECT_DOUBLE_EQ(point["bandwidth"].get<double>(), 2.0 * 2048 * 4096 * 4 / 8.1e-3);
  EXPECT_DOUBLE_EQ(point["max_abs_error"].get<double>(), 4.5e-7);
  EXPECT_EQ(point["nonfinite"], 0);
  EXPECT_EQ(point["verdict"], "pass");
}

TEST(Json, WhatWasNotMeasuredIsNull) {
  const json failed = json::parse(to_json(three_points(), {}))["points"][1];
  for (const char* field : {"method", "samples", "median_s", "ci_low_s", "ci_high_s", "bytes", "bandwidth",
                            "copy_fraction", "max_abs_error", "max_rel_error", "relative_l2_error", "max_ulp",
                            "nonfinite", "unwritten", "registers", "hot_median_s"}) {
    EXPECT_TRUE(failed[field].is_null()) << field << ": " << failed[field];
  }
  EXPECT_EQ(failed["verdict"], "failed");
  EXPECT_EQ(failed["reason"], "did not compile; see its log");
  const json passing = json::parse(to_json(three_points(), {}))["points"][2];
  EXPECT_TRUE(passing["copy_fraction"].is_null());  // no ceiling
  EXPECT_TRUE(passing["reason"].is_null());
}

/// Whatever is a time, or made of one.
constexpr const char* kTimeFields[] = {"method",        "samples",      "median_s",       "ci_low_s",      "ci_high_s",
                                       "cold_median_s", "hot_median_s", "cold_samples_s", "hot_samples_s", "bandwidth",
                                       "copy_fraction", "ceiling_copy", "ceiling_read",   "compile_ms"};

TEST(Json, AnEmulatedPointHasFindingsAndNoTimes) {
  const json point =
      json::parse(to_json(std::vector{std::make_shared<const Point>(emulated_point(4))}, {}))["points"][0];
  for (const char* field : kTimeFields) EXPECT_TRUE(point.at(field).is_null()) << field << ": " << point[field];
  EXPECT_FALSE(point["max_abs_error"].is_null());
  EXPECT_EQ(point["settings"]["thorough"], true);
  ASSERT_EQ(point["findings"].size(), 1U);
  const json expected = {{"kind", "out of bounds"},
                         {"message", "reads 4 bytes past the end of gamma (element 4096 of 4096)"},
                         {"launch", "welford"},
                         {"at", {{"file", "layernorm_forward/05_welford.cu"}, {"line", 57}}},
                         {"within", nullptr},
                         {"block", {4, 0, 0}},
                         {"thread", {37, 0, 0}},
                         {"other_at", nullptr},
                         {"other_block", nullptr},
                         {"other_thread", nullptr},
                         {"count", 2048}};
  EXPECT_EQ(point["findings"][0], expected);
}

TEST(Json, NoFindingsAndNeverLookedAreTwoThings) {
  Point clean = emulated_point(4);
  clean.findings.clear();
  const json points = json::parse(
      to_json(std::vector{std::make_shared<const Point>(clean), std::make_shared<const Point>(passing_point(5))},
              {}))["points"];
  EXPECT_EQ(points[0]["findings"], json::array());
  EXPECT_TRUE(points[1]["findings"].is_null());
  const json both = json::parse(to_json(three_points(), {}))["points"][0]["findings"];
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[0]["within"], (json{{"file", "include/knobscope/reduce.h"}, {"line", 31}}));
  EXPECT_EQ(both[0]["other_thread"], (json{10, 11, 12}));
  EXPECT_TRUE(both[1]["at"].is_null() && both[1]["launch"].is_null() && both[1]["block"].is_null());
}

TEST(Json, IsValidWhateverTheNumbersAndTextsAre) {
  // full_point has infinities, a reason with quotes and line breaks, a log that is not UTF-8.
  Point point = full_point(1);
  point.cold_summary->median = Nanoseconds(std::nan(""));
  point.ceiling->copy = {0.0};
  const std::string text = to_json(std::vector{std::make_shared<const Point>(point)}, {});
  const json object = json::parse(text);
  EXPECT_TRUE(object["points"][0]["max_abs_error"].is_null());
  EXPECT_EQ(object["points"][0]["nonfinite"], 1);
  EXPECT_EQ(object["points"][0]["seed"], 0xfedcba9876543210ULL);
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_EQ(text.find("inf\""), std::string::npos);
}

TEST(Json, NamesTheDeviceOfThePoints) {
  DeviceFacts gpu;
  gpu.id = "cuda:1";
  gpu.name = "NVIDIA H200";
  DeviceFacts cpu;
  cpu.id = "cpu";
  const std::vector<DeviceFacts> devices = {cpu, gpu};
  const json object = json::parse(to_json(three_points(), devices));
  EXPECT_EQ(object["device"]["id"], "cuda:1");
  EXPECT_EQ(object["devices"].size(), 2U);
  EXPECT_EQ(object["environment"]["driver_version"], "580.159.04");
  const json empty = json::parse(to_json({}, {}));
  EXPECT_TRUE(empty["device"].is_null());
  EXPECT_TRUE(empty["points"].empty());
}

/// A reader of RFC 4180.
std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        rows.back().back() += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        rows.back().back() += '"';
        ++i;
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      rows.back().emplace_back();
    } else if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      ++i;
      rows.emplace_back(1);
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();  // after the last line break
  return rows;
}

TEST(Csv, EveryRowHasEveryColumnWhateverTheTextsHold) {
  const auto rows = read_csv(to_csv(three_points()));
  ASSERT_EQ(rows.size(), 4U);
  for (const auto& row : rows) EXPECT_EQ(row.size(), rows[0].size());
  const auto column = [&](const std::string& title) {
    const auto found = std::ranges::find(rows[0], title);
    EXPECT_NE(found, rows[0].end()) << title;
    return static_cast<std::size_t>(found - rows[0].begin());
  };
  for (const char* field : kPointFields) column(field);
  EXPECT_EQ(rows[1][column("reason")], "3 elements miss the tolerance,\n\"first\" at 17");
  EXPECT_EQ(rows[1][column("shape")], "16x64x256x255");
  EXPECT_EQ(rows[1][column("knobs")], "block=768 unroll=-4");
  EXPECT_EQ(rows[1][column("seed")], "18364758544493064720");
  EXPECT_EQ(rows[1][column("max_abs_error")], "inf");
  EXPECT_EQ(rows[2][column("median_s")], "");
  EXPECT_DOUBLE_EQ(std::stod(rows[3][column("median_s")]), 8.1e-3);
}

TEST(Csv, FindingsAreCountedAndTheFirstIsTold) {
  Point clean = emulated_point(5);
  clean.findings.clear();
  const auto rows = read_csv(
      to_csv(std::vector{std::make_shared<const Point>(emulated_point(4)), std::make_shared<const Point>(clean),
                         std::make_shared<const Point>(passing_point(6))}));
  const auto cell = [&](std::size_t row, const std::string& title) {
    return rows[row][static_cast<std::size_t>(std::ranges::find(rows[0], title) - rows[0].begin())];
  };
  EXPECT_EQ(cell(1, "findings"), "1");
  EXPECT_EQ(cell(1, "first_finding"), format_finding(emulated_point(4).findings[0]));
  EXPECT_EQ(cell(2, "findings"), "0");
  EXPECT_EQ(cell(2, "first_finding"), "");
  EXPECT_EQ(cell(3, "findings"), "") << "nobody looked";
  for (const char* title :
       {"method", "samples", "median_s", "ci_low_s", "ci_high_s", "hot_median_s", "bandwidth", "copy_fraction"}) {
    EXPECT_EQ(cell(1, title), "") << title;
  }
}

TEST(Markdown, IsOneTableWithAllPoints) {
  Point tricky = failed_point(4);
  tricky.variant_name = "a|b";
  std::vector<PointPtr> points = three_points();
  points.push_back(std::make_shared<const Point>(tricky));
  const std::string text = to_markdown(points);
  std::istringstream lines(text);
  std::string line;
  std::vector<std::ptrdiff_t> bars;
  while (std::getline(lines, line)) {
    if (line.starts_with("| ceiling")) break;  // another table
    if (!line.starts_with('|')) continue;
    std::ptrdiff_t count = std::ranges::count(line, '|');
    for (std::size_t at = line.find("\\|"); at != std::string::npos; at = line.find("\\|", at + 1)) --count;
    bars.push_back(count);
  }
  ASSERT_EQ(bars.size(), 6U);  // titles, rule, four points
  for (const auto count : bars) EXPECT_EQ(count, bars[0]);
  EXPECT_NE(text.find("8.100 ms"), std::string::npos) << text;
}

TEST(Table, CeilingsStandBelowThePointsEachOnce) {
  std::vector<PointPtr> points = three_points();
  EXPECT_NE(to_table(points, 120, false).find("cuda:1, size  132.1 MB  cold   3 600 GB/s  3 800 GB/s  4 100 GB/s"),
            std::string::npos)
      << to_table(points, 120, false);
  const std::string once = to_table(points, 120, false);
  points.push_back(points.front());
  const std::string twice = to_table(points, 120, false);
  const auto rows = [](const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = text.find(", size "); at != std::string::npos; at = text.find(", size ", at + 1)) ++count;
    return count;
  };
  EXPECT_EQ(rows(once), 1U);
  EXPECT_EQ(rows(twice), 1U);
  const json cold = json::parse(to_json(points, {}))["points"][0]["size_ceilings"][0];
  EXPECT_EQ(cold["timing"], "cold");
  EXPECT_EQ(cold["bytes"], 132'120'576);
  EXPECT_EQ(cold["write"], 4.0e12);
  const std::vector<PointPtr> bare = {points[1], points[2]};
  EXPECT_EQ(to_table(bare, 120, false).find("ceiling"), std::string::npos) << "none was measured";
}

TEST(Table, CeilingsOfSeveralProcessesAreTheirMedianAndRange) {
  const auto measured = [](std::int64_t id, double device_copy, double copy, std::int64_t bytes) {
    Point point = full_point(id);
    point.ceiling->copy = {device_copy};
    point.size_ceilings.front().bytes = {bytes};
    point.size_ceilings.front().copy = {copy};
    return std::make_shared<const Point>(point);
  };
  // The third process measured two points; its ceiling counts once.
  const std::vector<PointPtr> points = {measured(1, 4.1e12, 3.8e12, 1'000'000), measured(2, 4.2e12, 3.7e12, 1'000'000),
                                        measured(3, 4.3e12, 3.5e12, 1'000'000), measured(4, 4.3e12, 3.5e12, 1'000'000),
                                        measured(5, 4.3e12, 3.0e12, 500'000)};
  const std::string text = to_table(points, 200, false);
  const std::size_t at = text.find("\nceiling ");
  ASSERT_NE(at, std::string::npos) << text;
  std::istringstream lines(text.substr(at + 1));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line) && !line.empty();) rows.push_back(line);
  ASSERT_EQ(rows.size(), 4U) << text;
  EXPECT_NE(rows[0].find("processes"), std::string::npos);
  EXPECT_NE(rows[1].find("4 200 GB/s (4 100–4 300)"), std::string::npos) << rows[1];
  EXPECT_NE(rows[2].find("500.0 kB"), std::string::npos) << "the smallest first: " << rows[2];
  EXPECT_NE(rows[2].find("3 000 GB/s  "), std::string::npos) << rows[2];
  EXPECT_NE(rows[3].find("3 700 GB/s (3 500–3 800)"), std::string::npos) << rows[3];
  EXPECT_TRUE(rows[3].ends_with("3")) << rows[3];
  EXPECT_TRUE(rows[2].ends_with("1")) << rows[2];
}

TEST(Table, FitsTheTerminalAndKeepsWhatMatters) {
  for (const int width : {200, 120, 80, 60}) {
    const std::string text = to_table(three_points(), width, false);
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) EXPECT_LE(width_of(line), static_cast<std::size_t>(width)) << line;
    EXPECT_NE(text.find("welford"), std::string::npos);
    EXPECT_NE(text.find("did not compile"), std::string::npos);
  }
  const std::string wide = to_table(three_points(), 300, false);
  EXPECT_NE(wide.find("8.100 ms"), std::string::npos) << wide;
  EXPECT_NE(wide.find("8.285 GB/s"), std::string::npos) << wide;
  EXPECT_EQ(wide.find('\x1b'), std::string::npos);
  EXPECT_NE(to_table(three_points(), 300, true).find("\x1b[31mfailed"), std::string::npos);
  EXPECT_EQ(to_table({}, 80, false), "No points.\n");
}

TEST(Table, FindingsHaveAColumnWhereSomebodyLooked) {
  const std::vector<PointPtr> looked = {std::make_shared<const Point>(emulated_point(4)),
                                        std::make_shared<const Point>(passing_point(5))};
  const std::string text = to_table(looked, 300, false);
  EXPECT_NE(text.find("findings"), std::string::npos) << text;
  EXPECT_NE(
      text.find(
          "#4 welford block=256: layernorm_forward/05_welford.cu:57: out of bounds: reads 4 bytes past the end of "
          "gamma (element 4096 of 4096) (block 4, thread 37; 2048 times)"),
      std::string::npos)
      << text;
  EXPECT_EQ(to_table(std::vector{looked[1]}, 300, false).find("findings"), std::string::npos);
}

TEST(Table, PlayedPointsHaveNoTimes) {
  const std::vector<PointPtr> played = {std::make_shared<const Point>(emulated_point(4))};
  for (const std::string& text : {to_table(played, 300, false), to_markdown(played)}) {
    for (const char* title : {"median", "95 %", "samples", "bandwidth", "of copy"}) {
      EXPECT_EQ(text.find(title), std::string::npos) << title << "\n" << text;
    }
    EXPECT_NE(text.find("max abs"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("\n\nemulated: errors are real, times are not measured\n")) << text;
  }
}

TEST(CheckJson, EachMistakeOnceWithThePointThatToldItFirst) {
  Point misfit = failed_point(3);
  misfit.verdict = Verdict::unfit;
  misfit.reason = "needs a multiple of 4 columns";
  Point again = emulated_point(2);
  again.request.problem.shape = {3, 7};
  const std::vector<PointPtr> points = {std::make_shared<const Point>(emulated_point(1)),
                                        std::make_shared<const Point>(again), std::make_shared<const Point>(misfit),
                                        std::make_shared<const Point>(failed_point(4))};
  const auto result = nlohmann::json::parse(check_to_json(points, {}, make_check_report(points)));
  ASSERT_EQ(result["points"].size(), 4U);
  ASSERT_EQ(result["findings"].size(), 1U);
  nlohmann::json finding = result["findings"][0];
  EXPECT_EQ(finding["variant_id"], "layernorm_forward/05_welford.cu");
  EXPECT_EQ(finding["points"], 2);
  EXPECT_EQ(finding["of_points"], 2);
  EXPECT_EQ(finding["first_seen"]["id"], 1);
  EXPECT_EQ(finding["first_seen"]["shape"], (nlohmann::json{2048, 4096}));
  EXPECT_EQ(finding["text"], format_finding(points[0]->findings[0]));
  for (const char* own : {"text", "variant", "variant_id", "points", "of_points", "first_seen"}) finding.erase(own);
  EXPECT_EQ(finding, result["points"][0]["findings"][0]) << "told as the point tells it";
  EXPECT_EQ(result["wrong"], nlohmann::json::array());
  ASSERT_EQ(result["failed"].size(), 1U);
  EXPECT_EQ(result["failed"][0]["reason"], "did not compile; see its log");
  ASSERT_EQ(result["unfit"].size(), 1U);
  EXPECT_EQ(result["unfit"][0]["first_seen"]["id"], 3);
  const nlohmann::json summary = {
      {"clean", false},    {"points", 3},   {"bad_points", 3},
      {"unfit_points", 1}, {"findings", 1}, {"text", "1 finding and 1 failure in 3 of 3 points; 1 more does not fit"}};
  EXPECT_EQ(result["summary"], summary);
}

TEST(Table, SharedFactsAreSaidOnce) {
  const std::vector<PointPtr> points = {std::make_shared<const Point>(passing_point(1)),
                                        std::make_shared<const Point>(passing_point(2))};
  const std::string text = to_table(points, 200, false);
  EXPECT_EQ(text.find("2048×4096"), text.rfind("2048×4096"));
  EXPECT_NE(text.find("A CPU (cpu) · layernorm_forward"), std::string::npos) << text;
}

TEST(Table, ControlCharactersOfAKernelDoNotReachTheTerminal) {
  Point point = failed_point(1);
  point.reason = "error: \x1b]0;title\x07 gone";
  EXPECT_EQ(to_table(std::vector{std::make_shared<const Point>(point)}, 80, false).find('\x1b'), std::string::npos);
}

TEST(NumberText, FourDigitsAndAFittingUnit) {
  EXPECT_EQ(time_text(Nanoseconds(12.0)), "12.00 ns");
  EXPECT_EQ(time_text(Nanoseconds(812345.5)), "812.3 µs");
  EXPECT_EQ(time_text(Nanoseconds(999999.9)), "1.000 ms");
  EXPECT_EQ(time_text(Nanoseconds(3.5e12), kPlainSpace), "3 500 s");
  EXPECT_EQ(rate_text({4.1e12}), "4 100 GB/s");
  EXPECT_EQ(rate_text({4.1e12}, kThinSpace), "4\u2009100 GB/s");
  EXPECT_EQ(rate_text({8.286e9}), "8.286 GB/s");
  EXPECT_EQ(count_text(16777216), "16 777 216");
  EXPECT_EQ(count_text(-1234), "-1 234");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(error_text(0.0), "0");
  EXPECT_EQ(error_text(4.53e-7), "4.5e-07");
  EXPECT_EQ(percent_text(0.7134), "71.3 %");
}

}  // namespace
}  // namespace knobscope::session
