// What the window decides without a window: which points are wanted, how numbers read, whether text can be read.

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "gui/gui.h"
#include "gui/harness.h"
#include "gui/render/error_scale.h"
#include "gui/render/shader_program.h"
#include "gui/sample_many.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/frame_times.h"
#include "gui/shell/interface.h"
#include "gui/shell/recorded_session.h"
#include "gui/theme.h"
#include "gui/views/code_colors.h"
#include "gui/views/exploration.h"
#include "gui/views/log_view.h"
#include "gui/views/problem_view.h"
#include "gui/views/series.h"
#include "gui/views/variants_view.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/rotary_knob.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

using test::sample_snapshot;

class Themes : public testing::TestWithParam<ThemeName> {};

TEST_P(Themes, TextIsReadableOnEveryGround) {
  const Theme theme = make_theme(GetParam());
  const std::pair<const char*, ImVec4> inks[] = {{"text", theme.text},
                                                 {"strong", theme.strong},
                                                 {"quiet", theme.quiet},
                                                 {"accent", theme.accent},
                                                 {"value", theme.value},
                                                 {"wrong", theme.wrong.ink},
                                                 {"noisy", theme.noisy.ink},
                                                 {"keyword", theme.syntax_keyword},
                                                 {"string", theme.syntax_string},
                                                 {"number", theme.syntax_number},
                                                 {"comment", theme.syntax_comment},
                                                 {"directive", theme.syntax_directive}};
  const std::pair<const char*, ImVec4> grounds[] = {
      {"ground", theme.ground}, {"panel", theme.panel}, {"raised", theme.raised}, {"sunken", theme.sunken}};
  for (const auto& [ink_name, ink] : inks) {
    for (const auto& [ground_name, ground] : grounds) {
      EXPECT_GE(contrast(ink, ground), 4.5) << ink_name << " on " << ground_name;
    }
  }
  for (const Tint& tint : {theme.pass, theme.wrong, theme.noisy, theme.invalid}) {
    EXPECT_GE(contrast(tint.ink, tint.ground), 4.5);
  }
  EXPECT_GE(contrast(theme.on_accent, theme.accent), 4.5);
}

/// What a colour looks like over a ground.
ImVec4 over(const ImVec4& ink, const ImVec4& ground) {
  const auto mixed = [alpha = ink.w](float a, float b) { return b + (a - b) * alpha; };
  return {mixed(ink.x, ground.x), mixed(ink.y, ground.y), mixed(ink.z, ground.z), 1.0F};
}

TEST_P(Themes, CodeIsReadableOnWhatChanged) {
  const Theme theme = make_theme(GetParam());
  for (const ChangedGround& changed : {theme.added, theme.removed}) {
    for (const ImVec4& ground : {changed.line, changed.words, theme.panel}) {
      for (int kind = 0; kind <= static_cast<int>(CodeKind::directive); ++kind) {
        const ImVec4 ink = ink_of(theme, static_cast<CodeKind>(kind));
        EXPECT_GE(contrast(over(ink, ground), ground), 4.5) << "kind " << kind;
      }
    }
    // Line numbers and marks stand beside the words, never on them.
    for (const ImVec4& ink : {theme.quiet, theme.pass.ink, theme.wrong.ink}) {
      EXPECT_GE(contrast(ink, changed.line), 4.5);
    }
    EXPECT_GE(contrast(changed.words, changed.line), 1.15);
    EXPECT_NE(packed(changed.line), packed(theme.panel));
  }
}

TEST_P(Themes, EveryVerdictHasItsOwnMarkAndWord) {
  const Theme theme = make_theme(GetParam());
  std::set<std::string_view> marks;
  std::set<std::string_view> words;
  for (const Verdict verdict : kVerdicts) {
    marks.insert(theme.verdict_style(verdict).mark);
    words.insert(theme.verdict_style(verdict).word);
  }
  EXPECT_EQ(marks.size(), kVerdicts.size());
  EXPECT_EQ(words.size(), kVerdicts.size());
}

TEST_P(Themes, SeriesAreToldApartByShapeAsWellAsColour) {
  const Theme theme = make_theme(GetParam());
  std::set<ImPlotMarker> markers;
  for (int slot = 0; slot < 8; ++slot) {
    markers.insert(theme.series_style(slot).marker);
    EXPECT_FALSE(theme.series_style(slot).dashed);
  }
  EXPECT_EQ(markers.size(), 8U);
  EXPECT_TRUE(theme.series_style(8).dashed);
  EXPECT_NE(theme.series_style(8).marker, theme.series_style(0).marker);
}

TEST_P(Themes, PaleLinesHaveAnOutline) {
  const Theme theme = make_theme(GetParam());
  for (int slot = 0; slot < 8; ++slot) {
    const SeriesStyle style = theme.series_style(slot);
    const double seen = contrast(style.cased ? style.outline : style.color, theme.panel);
    EXPECT_GE(seen, 2.0) << "slot " << slot;
  }
}

TEST_P(Themes, NoTwoOfManySeriesHaveTheSameColourAndShape) {
  const Theme theme = make_theme(GetParam());
  std::set<std::pair<ImU32, ImPlotMarker>> looks;
  for (int slot = 0; slot < 64; ++slot) {
    const SeriesStyle style = theme.series_style(slot);
    EXPECT_TRUE(looks.emplace(packed(style.color), style.marker).second) << "slot " << slot;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Themes, testing::Values(ThemeName::dark, ThemeName::light),
                         [](const auto& each) { return std::string(name_of(each.param)); });

TEST(Contrast, AgreesWithTheDefinitionAtItsEnds) {
  EXPECT_NEAR(contrast({0, 0, 0, 1}, {1, 1, 1, 1}), 21.0, 1e-9);
  EXPECT_NEAR(contrast({1, 0, 0, 1}, {1, 0, 0, 1}), 1.0, 1e-9);
}

TEST(Numbers, HaveThinSpacesAndFittingUnits) {
  EXPECT_EQ(format_count(4'194'304), "4\u2009194\u2009304");
  EXPECT_EQ(format_count(-1234), "-1\u2009234");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_time(Nanoseconds(150'600)), "150.6\u2009µs");
  EXPECT_EQ(format_time(Nanoseconds(1.73e6)), "1.73\u2009ms");
  EXPECT_EQ(format_time(Nanoseconds(999.9)), "1.00\u2009µs");
  EXPECT_EQ(format_bytes(Bytes{570'400'000}), "570.4\u2009MB");
  EXPECT_EQ(format_bytes(Bytes{16}), "16\u2009B");
  EXPECT_EQ(format_rate(BytesPerSecond{3.79e12}), "3.79\u2009TB/s");
  EXPECT_EQ(format_rate_tick(3e12), "3\u2009TB/s");
  EXPECT_EQ(format_percent(0.92), "92\u2009%");
  EXPECT_EQ(format_percent(0.004), "0.4\u2009%");
  EXPECT_EQ(format_error(2.9e-6), "2.9e-6");
  EXPECT_EQ(format_error(std::nan("")), "NaN");
  EXPECT_EQ(format_duration(3.1), "3.1\u2009s");
  EXPECT_EQ(format_duration(125.0), "2\u2009min 05\u2009s");
  EXPECT_EQ(format_power(1e6), "10⁶");
}

TEST(Numbers, ThatWereNotMeasuredAreDashesNotZeros) {
  for (const std::string& text : {format_time({}), format_bytes({}), format_rate({}), format_percent({}),
                                  format_error({}), format_ratio({}), format_elements_rate({})}) {
    EXPECT_EQ(text, "–");
  }
}

TEST(Numbers, LabelsAreCutBetweenCharacters) {
  char buffer[4];
  EXPECT_EQ(copy_label("1\u2009s", buffer, sizeof(buffer)), 1);
  EXPECT_STREQ(buffer, "1");
  EXPECT_EQ(copy_label("abc", buffer, sizeof(buffer)), 3);
  EXPECT_STREQ(buffer, "abc");
}

TEST(RotaryKnob, SnapsTypedTextToAnAllowedValue) {
  const std::vector<std::int64_t> values = {32, 64, 96, 768, 1024};
  EXPECT_EQ(parse_knob_value(values, " 700 "), 768);
  EXPECT_EQ(parse_knob_value(values, "-5"), 32);
  EXPECT_EQ(parse_knob_value(values, "1e3"), std::nullopt);
  EXPECT_EQ(parse_knob_value(values, ""), std::nullopt);
  EXPECT_EQ(parse_knob_value({}, "3"), std::nullopt);
}

TEST(OffsetSlider, GoesThereAndBackOverSixDecades) {
  EXPECT_EQ(offset_at(0.0), 0.0);
  EXPECT_EQ(offset_at(1.0), 1e6);
  EXPECT_EQ(offset_at(2.0), 1e6);
  for (const double offset : {1.0, 10.0, 1000.0, 25'000.0, 1e6}) {
    EXPECT_NEAR(offset_at(position_of_offset(offset)), offset, offset * 0.02);
  }
}

TEST(ErrorScales, MeetAtTheToleranceAndCoverTheMap) {
  ErrorMap map;
  map.tolerance = 1e-5;
  map.tile_rows = 1;
  map.tile_columns = 4;
  map.max_abs = {0.0F, 3e-9F, 2e-2F, INFINITY};
  const ErrorScale scale = error_scale_of(map);
  EXPECT_LE(scale.low, 3e-9);
  EXPECT_GE(scale.high, 2e-2);
  EXPECT_LT(scale.low, scale.tolerance);
  EXPECT_GT(scale.high, scale.tolerance);
  EXPECT_EQ(position_of(scale, 0.0), 0.0);
  EXPECT_EQ(position_of(scale, INFINITY), 1.0);
  EXPECT_EQ(position_of(scale, std::nan("")), 1.0);
  EXPECT_LT(position_of(scale, 9e-6), position_of(scale, 1.1e-5));
}

TEST(ShaderFaults, NameFileAndLineWhateverTheDriver) {
  EXPECT_EQ(readable_shader_log("a.frag", "0:12(5): error: `x' undeclared\nmore"), "a.frag:12: error: `x' undeclared");
  EXPECT_EQ(readable_shader_log("a.frag", "0(7) : error C1503: undefined"), "a.frag:7: error C1503: undefined");
  EXPECT_EQ(readable_shader_log("a.frag", ""), "a.frag: did not compile");
}

TEST(FrameTimes, KeepTheLatest) {
  FrameTimes times(3);
  EXPECT_EQ(times.quantile_ms(0.5), std::nullopt);
  for (const double ms : {100.0, 1.0, 2.0, 3.0}) times.add(ms);
  EXPECT_EQ(times.count(), 3U);
  EXPECT_EQ(times.quantile_ms(1.0), 3.0);
  EXPECT_EQ(times.quantile_ms(0.5), 2.0);
}

/// A state as the interface makes it: all of LayerNorm's variants ticked, the last one selected.
class ExplorationTest : public testing::Test {
 protected:
  ExplorationTest() : snapshot_(sample_snapshot()) {
    state_.plan = built_in_plan(DeviceKind::cuda);
    state_.plan.device = "cuda:0";
    for (const Variant* variant : variants_for(*snapshot_.catalog, state_.plan.operation, DeviceKind::cuda)) {
      state_.ticked.insert(variant->id);
      state_.selected_variant = variant->id;
    }
    state_.knobs = {{"block", 320}, {"rows_per_block", 1}};
  }
  Snapshot snapshot_;
  ViewState state_;
  test::ScriptedSink sink_;
};

TEST_F(ExplorationTest, SweepsTheXAxisForEveryTickedVariantTheCurrentValueFirst) {
  const std::vector<PointRequest> points = wanted_points(snapshot_, state_);
  ASSERT_EQ(points.size(), 8U * 8U);
  EXPECT_EQ(points.front().variant, state_.selected_variant);
  EXPECT_EQ(points.front().knobs.at("block"), 320);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(points[i].variant, state_.selected_variant);
  for (const PointRequest& point : points) EXPECT_EQ(point.knobs.at("rows_per_block"), 1);
}

TEST_F(ExplorationTest, AsksOnlyForWhatIsNotKnown) {
  // The sample lacks one point of one variant.
  const std::vector<PointRequest> missing = without_known(wanted_points(snapshot_, state_), snapshot_);
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing.front().knobs.at("block"), 1024);
}

TEST_F(ExplorationTest, AChangedSourceIsMeasuredAgain) {
  auto catalog = std::make_shared<Catalog>(*snapshot_.catalog);
  catalog->variants[3].source_hash = "saved again";
  snapshot_.catalog = catalog;
  EXPECT_EQ(without_known(wanted_points(snapshot_, state_), snapshot_).size(), 1U + 8U);
}

TEST_F(ExplorationTest, PostsOnChangeOnlyAndUnderOneTag) {
  Exploration exploration;
  exploration.update(snapshot_, state_, sink_);
  const auto first = sink_.latest<worker::MeasurePoints>();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->tag, kExploreTag);
  EXPECT_EQ(first->points.size(), 1U);
  sink_.take();
  exploration.update(snapshot_, state_, sink_);
  EXPECT_TRUE(sink_.take().empty());
  state_.plan.types = {ElementType::f16};
  exploration.update(snapshot_, state_, sink_);
  EXPECT_EQ(sink_.latest<worker::MeasurePoints>()->points.size(), 64U);
}

TEST_F(ExplorationTest, RunAgainMeasuresWhatIsKnownToo) {
  Exploration exploration;
  exploration.update(snapshot_, state_, sink_);
  state_.rerun_requested = true;
  exploration.update(snapshot_, state_, sink_);
  EXPECT_EQ(sink_.latest<worker::MeasurePoints>()->points.size(), 64U);
  EXPECT_FALSE(state_.rerun_requested);
}

TEST_F(ExplorationTest, UntickingTakesQueuedPointsBack) {
  Exploration exploration;
  exploration.update(snapshot_, state_, sink_);
  sink_.take();
  state_.ticked.clear();
  exploration.update(snapshot_, state_, sink_);
  const auto posted = sink_.latest<worker::MeasurePoints>();
  ASSERT_TRUE(posted);
  EXPECT_TRUE(posted->points.empty());
}

TEST_F(ExplorationTest, NothingIsMeasuredWhileARecordingIsReadOrTheShapeIsImpossible) {
  state_.recorded = true;
  EXPECT_TRUE(wanted_points(snapshot_, state_).empty());
  state_.recorded = false;
  state_.plan.shapes = {{8192, 0}};
  EXPECT_TRUE(wanted_points(snapshot_, state_).empty());
  state_.plan.shapes = {{8192, 4096}};
  state_.plan.device = "cuda:7";
  EXPECT_TRUE(wanted_points(snapshot_, state_).empty());
}

TEST_F(ExplorationTest, RowLengthsKeepTheNumberOfElements) {
  state_.x_axis = "columns";
  const std::vector<PointRequest> points = wanted_points(snapshot_, state_);
  ASSERT_FALSE(points.empty());
  std::set<std::int64_t> lengths;
  for (const PointRequest& point : points) {
    const Extents extents = extents_of(point.problem);
    lengths.insert(extents.columns);
    EXPECT_EQ(extents.elements, 8192 * 4096);
  }
  EXPECT_TRUE(lengths.contains(4096));
  EXPECT_EQ(lengths.size(), 11U);  // 64 to 65 536
}

TEST_F(ExplorationTest, OffsetsGoOverTheDecades) {
  state_.plan.distributions = {{DistributionKind::offset, 2500.0}};
  state_.x_axis = "offset";
  std::set<double> visited;
  for (const PointRequest& point : wanted_points(snapshot_, state_)) visited.insert(point.problem.distribution.offset);
  EXPECT_TRUE(visited.contains(0.0));
  EXPECT_TRUE(visited.contains(2500.0));
  EXPECT_TRUE(visited.contains(1e6));
}

/// The large library on the emulated device, the last variant selected.
class ManyTest : public testing::Test {
 protected:
  ManyTest() : snapshot_(test::sample_many_judged_snapshot()) {
    state_.plan = built_in_plan(DeviceKind::emulated);
    state_.plan.device = "emulated";
    for (const Variant& variant : snapshot_.catalog->variants) state_.ticked.insert(variant.id);
    state_.selected_variant = snapshot_.catalog->variants.back().id;
    state_.knobs = {{"block", 64}};
  }
  Snapshot snapshot_;
  ViewState state_;
};

TEST_F(ManyTest, PlaysEveryVariantAtWhatIsSetFirstAndTheEndsOfTheAxisLast) {
  const std::vector<PointRequest> points = wanted_points(snapshot_, state_);
  ASSERT_EQ(points.size(), 18U * 6U);
  EXPECT_EQ(points.front().variant, state_.selected_variant);
  std::set<std::string> variants;
  for (std::size_t i = 0; i < 18; ++i) {
    EXPECT_EQ(points[i].knobs.at("block"), 64);
    variants.insert(points[i].variant);
  }
  EXPECT_EQ(variants.size(), 18U);
  // 64 is the second of six values: its neighbours come next, and the last value, for all variants, at the end.
  for (std::size_t i = 18; i < 54; ++i) {
    EXPECT_TRUE(points[i].knobs.at("block") == 32 || points[i].knobs.at("block") == 128);
  }
  for (std::size_t i = 90; i < 108; ++i) EXPECT_EQ(points[i].knobs.at("block"), 1024);
}

TEST_F(ManyTest, VariantsWithoutTheKnobOfTheAxisArePlayedOnceAndAtOnce) {
  state_.x_axis = "splits";
  const std::vector<PointRequest> points = wanted_points(snapshot_, state_);
  ASSERT_EQ(points.size(), 16U + 2U * 4U);
  std::set<std::string> variants;
  for (std::size_t i = 0; i < 18; ++i) variants.insert(points[i].variant);
  EXPECT_EQ(variants.size(), 18U);
}

TEST_F(ManyTest, AxesWeighAsManyVariantsAsTheyBearOn) {
  const std::vector<std::string> axes = available_axes(snapshot_, state_);
  EXPECT_EQ(axes.size(), 10U) << "nine knobs and the row length";
  const std::vector<int> weights = axis_weights(snapshot_, state_, axes);
  ASSERT_EQ(weights.size(), axes.size());
  const auto weight = [&](const char* axis) {
    return weights[static_cast<std::size_t>(std::find(axes.begin(), axes.end(), axis) - axes.begin())];
  };
  EXPECT_EQ(weight("block"), 18);
  EXPECT_EQ(weight("columns"), 18);
  EXPECT_EQ(weight("splits"), 2);
  EXPECT_EQ(weight("stages"), 1);
  state_.ticked.erase(snapshot_.catalog->variants.back().id);
  EXPECT_EQ(axis_weights(snapshot_, state_, {"block", "stages"}), (std::vector<int>{17, 0}));
}

TEST_F(ManyTest, VariantsAreFilteredByEveryWord) {
  EXPECT_EQ(shown_variants(snapshot_, state_), listed_variants(snapshot_, state_));
  state_.variants_filter = "SPLIT  ticket";
  EXPECT_EQ(shown_variants(snapshot_, state_), (std::vector<std::string>{"layernorm_forward/07_ticket.cu"}));
  state_.variants_filter = "00 ";
  EXPECT_EQ(shown_variants(snapshot_, state_), (std::vector<std::string>{"layernorm_forward/00_thread_per_row.cu"}));
  state_.variants_filter = "no such kernel";
  EXPECT_TRUE(shown_variants(snapshot_, state_).empty());
  EXPECT_EQ(listed_variants(snapshot_, state_).size(), 18U);
}

TEST(Numbers, OfVariantsAreThoseOfTheirFiles) {
  EXPECT_EQ(number_of("layernorm_forward/00_thread_per_row.cu"), "00");
  EXPECT_EQ(number_of("layernorm_forward/12_x.cu"), "12");
  EXPECT_EQ(number_of("layernorm_forward/mine.cu"), "");
  EXPECT_EQ(number_of("7_alone.cu"), "7");
  EXPECT_EQ(number_of(""), "");
}

TEST(Segments, StayWholeAndTheHeaviestStay) {
  using Shown = std::vector<std::size_t>;
  const std::vector<float> widths = {40, 60, 50, 30, 70};
  EXPECT_EQ(shown_segments(widths, 45, 250, 0), (Shown{0, 1, 2, 3, 4})) << "all fit";
  EXPECT_EQ(shown_segments(widths, 45, 249, 0), (Shown{0, 1, 2, 3})) << "the first ones, then more";
  EXPECT_EQ(shown_segments(widths, 45, 165, 4), (Shown{0, 4})) << "the chosen one always";
  const std::vector<int> weights = {18, 1, 1, 2, 18};
  EXPECT_EQ(shown_segments(widths, 45, 200, 0, weights), (Shown{0, 3, 4}));
  EXPECT_EQ(shown_segments(widths, 45, 200, 1, weights), (Shown{0, 1, 3})) << "70 does not fit any more, 30 does";
  EXPECT_EQ(shown_segments(widths, 45, 120, 4), Shown{}) << "nothing beside the chosen one: a field";
  for (float room = 0; room < 260; ++room) {
    const Shown shown = shown_segments(widths, 45, room, 2);
    if (shown.empty()) continue;
    float taken = shown.size() < widths.size() ? 45.0F : 0.0F;
    for (const std::size_t index : shown) taken += widths[index];
    EXPECT_LE(taken, room);
    EXPECT_TRUE(std::find(shown.begin(), shown.end(), 2U) != shown.end());
  }
}

TEST(KnobsFor, SnapsToWhatTheVariantAllows) {
  const Variant variant = test::sample_variant(1, "v", "V", "", {64, 128});
  EXPECT_EQ(knobs_for(variant, {{"block", 120}, {"other", 3}}), (KnobValues{{"block", 128}, {"rows_per_block", 1}}));
}

TEST_F(ExplorationTest, StandingIsTheBestPointUnlessSomethingIsWrong) {
  const auto id = [&](std::size_t index) { return snapshot_.catalog->variants[index].id; };
  EXPECT_EQ(standing_of(*snapshot_.points, id(2)).trouble, Verdict::wrong);
  const VariantStanding best = standing_of(*snapshot_.points, id(7));
  EXPECT_FALSE(best.trouble) << "two values that do not fit are no trouble while others run";
  ASSERT_TRUE(best.copy_fraction);
  EXPECT_GT(*best.copy_fraction, *standing_of(*snapshot_.points, id(0)).copy_fraction);
  EXPECT_EQ(standing_of({}, id(0)).points, 0);
}

TEST(Neighbours, StayInsideTheList) {
  const std::vector<std::string> list = {"a", "b", "c"};
  EXPECT_EQ(neighbour_of(list, "a", 1), "b");
  EXPECT_EQ(neighbour_of(list, "c", 1), "c");
  EXPECT_EQ(neighbour_of(list, "a", -1), "a");
  EXPECT_EQ(neighbour_of(list, "gone", 1), "a");
  EXPECT_EQ(neighbour_of({}, "a", 1), "");
}

TEST(RecordedSessions, ShowTheProblemMostPointsAreAboutAndTheirHardware) {
  const Snapshot sample = sample_snapshot();
  session::Recorded recorded;
  recorded.points = *sample.points;
  recorded.devices = {sample.devices.front()};
  recorded.created_at = "2025-01-31T12:00:00Z";
  auto odd = std::make_shared<Point>(*recorded.points.front());
  odd->request.problem.shape = {3, 5};
  recorded.points.insert(recorded.points.begin(), odd);
  const ViewState state = state_for(recorded, "lab.session");
  EXPECT_TRUE(state.recorded);
  EXPECT_EQ(state.plan.shapes.front(), (std::vector<std::int64_t>{8192, 4096}));
  EXPECT_EQ(state.plan.device, "cuda:0");
  EXPECT_EQ(state.x_axis, "block");
  EXPECT_EQ(state.selected_variant, sample.catalog->variants[7].id) << "the fastest right point";
  const std::string text = provenance_of("lab.session", recorded);
  EXPECT_NE(text.find("Sample GPU"), std::string::npos);
  EXPECT_NE(text.find("lab.session"), std::string::npos);
  EXPECT_NE(text.find("2025-01-31"), std::string::npos);
}

TEST(LogLines, AreFilteredByLevelAndText) {
  const LogLine line{{}, LogLevel::warning, "Clock dropped"};
  EXPECT_TRUE(log_line_matches(line, LogLevel::info, "clock"));
  EXPECT_TRUE(log_line_matches(line, LogLevel::warning, ""));
  EXPECT_FALSE(log_line_matches(line, LogLevel::error, ""));
  EXPECT_FALSE(log_line_matches(line, LogLevel::info, "memory"));
}

TEST(Presets, ArePossibleProblems) {
  for (const Operation operation : kOperations) {
    for (const DeviceKind device : {DeviceKind::cuda, DeviceKind::cpu, DeviceKind::emulated}) {
      ASSERT_FALSE(shape_presets(operation, device).empty());
      for (const ShapePreset& preset : shape_presets(operation, device)) {
        Problem problem;
        problem.operation = operation;
        problem.shape = preset.shape;
        problem.normalized_dims = preset.normalized_dims;
        EXPECT_EQ(find_fault(problem), std::nullopt) << preset.name;
        if (is_timed(device)) continue;
        EXPECT_LE(extents_of(problem).elements, 1 << 18) << preset.name << ": played, not run";
      }
    }
  }
}

}  // namespace
}  // namespace knobscope::gui
