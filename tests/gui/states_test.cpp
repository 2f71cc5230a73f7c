// Every state of the window says what it is and what to do, in words that can be read: at the smallest and the largest
// size, in both themes, not cut at any edge.

#include <algorithm>
#include <array>
#include <string>

#include <gtest/gtest.h>

#include "gui/drawn_text.h"
#include "gui/harness.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/theme.h"

namespace knobscope::test {
namespace {

constexpr const char* kSession = KNOBSCOPE_SOURCE_DIR "/assets/sessions/h200.session";

class States : public testing::TestWithParam<Look> {
 protected:
  Snapshot& snapshot() { return harness_.snapshot(); }

  void settle(const std::string& state) {
    harness_.frames(8);
    harness_.picture(std::string(look_.name) + "_state_" + state);
    texts_ = drawn_texts();
    for (const DrawnText& text : texts_) {
      // The source scrolls sideways.
      if (text.window.find("source") != std::string::npos) continue;
      EXPECT_FALSE(text.cut) << state << ": " << text.text << " in " << text.window;
    }
  }

  void expect_reads(const std::string& words) const {
    EXPECT_TRUE(reads(texts_, words)) << "\"" << words << "\" cannot be read:\n" << listed(texts_);
  }

  static void expect_reads_in(const char* panel, const std::string& words) {
    EXPECT_TRUE(reads(drawn_in(panel), words)) << "\"" << words << "\" cannot be read in " << panel << ":\n"
                                               << listed(drawn_in(panel));
  }

  /// Text that informs is readable; so all of it, where nothing is a control.
  void expect_contrast_in(const char* panel) {
    const gui::Theme theme = gui::make_theme(look_.theme);
    const std::vector<DrawnText> texts = drawn_in(panel);
    EXPECT_GT(texts.size(), 5U) << panel;
    for (const DrawnText& text : texts) {
      EXPECT_GE(text.ink.w, 0.99F) << panel << ": " << text.text;
      EXPECT_GE(gui::contrast(text.ink, theme.panel), 4.5) << panel << ": " << text.text;
    }
  }

  Look look_ = GetParam();
  Harness harness_{{look_.size, look_.scale, look_.theme}};
  std::vector<DrawnText> texts_;
};

TEST_P(States, FirstStart) {
  snapshot() = Snapshot{};
  settle("starting");
  expect_reads("starting");
  expect_reads_in("Throughput", "Starting");
  expect_reads_in("Throughput", "The built-in exploration begins as soon as the worker knows the devices.");
  expect_reads_in("Variants", "Looking for kernels");
  expect_reads_in("Results", "No results yet");
}

TEST_P(States, FirstPoint) {
  snapshot().points = std::make_shared<const std::vector<PointPtr>>();
  settle("first_point");
  expect_reads_in("Scope", "120 samples");
  expect_reads_in("Problem", "8 192 rows of 4 096");
}

TEST_P(States, Measuring) {
  settle("measuring");
  expect_reads("sweep 57 / 64 · 3.1 s left");
  expect_reads("Pause");
  expect_reads("Cancel");
  expect_reads_in("Throughput", "cold · median, 95 % interval");
  expect_reads_in("Throughput", "TB/s");
  expect_reads_in("Variants", "Whole grid on chip");
  expect_reads_in("Problem", "8 192 rows of 4 096 · moves ≥ 268.5 MB");
}

TEST_P(States, Paused) {
  snapshot().paused = true;
  snapshot().live.reset();
  snapshot().worker = WorkerState::idle;
  settle("paused");
  expect_reads("paused · 57 / 64");
  expect_reads("Run Space");
}

TEST_P(States, PausedBeforeThereIsAnything) {
  snapshot().paused = true;
  snapshot().live.reset();
  snapshot().points = std::make_shared<const std::vector<PointPtr>>();
  settle("paused_empty");
  expect_reads_in("Throughput", "Paused");
  expect_reads_in("Throughput", "Press Space to go on.");
}

TEST_P(States, NothingMatchesTheFilters) {
  harness_.frames(2);
  harness_.state().results_filter = "no such row";
  harness_.state().variants_filter = "no such variant";
  settle("nothing_matches");
  expect_reads_in("Results", "Nothing matches the filter");
  expect_reads_in("Results", "clear the filter to see all.");
  expect_reads_in("Results", "0 of " + std::to_string(snapshot().points->size()) + " points");
  expect_reads_in("Variants", "No variant matches the filter");
}

TEST_P(States, NothingIsTicked) {
  harness_.frames(2);
  harness_.state().ticked.clear();
  snapshot().live.reset();
  settle("nothing_ticked");
  expect_reads_in("Throughput", "No variant is ticked");
}

TEST_P(States, AKernelThatDoesNotCompileSaysSoAtItsLine) {
  harness_.frames(4);
  const Variant& variant = snapshot().catalog->variants[4];
  auto points = std::make_shared<std::vector<PointPtr>>(*snapshot().points);
  auto point = std::make_shared<Point>(*sample_point(900, variant, 256, 0, Verdict::failed, "does not compile"));
  point->compile_log = "05_float4.cu(13): error: identifier \"block_sum\" is undefined\n";
  points->push_back(point);
  snapshot().points = points;
  harness_.state().selected_variant = variant.id;
  harness_.state().selected_point = 900;
  gui::bring_panel_to_front("Kernel");
  settle("compile_error");
  // The message stands right below the line that it is about.
  std::vector<DrawnText> source;
  std::ranges::copy_if(texts_, std::back_inserter(source),
                       [](const DrawnText& text) { return text.window.find("source") != std::string::npos; });
  const auto line = std::ranges::find_if(source, [](const DrawnText& text) { return text.text == "13"; });
  const auto message = std::ranges::find_if(source, [](const DrawnText& text) {
    return text.text.find("identifier \"block_sum\" is undefined") != std::string::npos;
  });
  ASSERT_NE(line, source.end()) << listed(source);
  ASSERT_NE(message, source.end()) << listed(source);
  EXPECT_GT(message->area.GetCenter().y, line->area.GetCenter().y);
  EXPECT_LT(message->area.GetCenter().y - line->area.GetCenter().y, 3.0F * line->area.GetHeight());
}

TEST_P(States, AWorkerThatWasReplaced) {
  snapshot().worker_restarts = 1;
  snapshot().worker_message = "point 12 (float4, block=32) ended it: illegal address";
  settle("replaced");
  expect_reads("The worker was replaced: point 12 (float4, block=32) ended it: illegal address");
  expect_reads("Dismiss");
}

TEST_P(States, AWorkerThatIsGone) {
  snapshot().worker = WorkerState::gone;
  snapshot().live.reset();
  snapshot().points = std::make_shared<const std::vector<PointPtr>>();
  settle("gone");
  expect_reads("no worker");
  expect_reads("The worker ended and could not be started again.");
  expect_reads_in("Throughput", "No worker");
}

TEST_P(States, NoGpuSaysSoAndOffersWhatThereIs) {
  snapshot().devices.erase(snapshot().devices.begin());
  settle("no_gpu");
  expect_reads("No NVIDIA GPU here: the CPU's variants are measured.");
  expect_reads("Check the CUDA files, emulated");
  expect_reads("Read h200.session");
  expect_reads("Dismiss");
}

TEST_P(States, ReadingARecordedSessionSaysWhoseHardwareItIsAndInforms) {
  harness_.frames(2);
  ASSERT_TRUE(harness_.stage().interface().open_session(kSession));
  harness_.show_what_was_opened();
  settle("recorded");
  expect_reads("Recorded session h200.session · measured on NVIDIA H200 · driver ");
  expect_reads("nothing is measured here");
  expect_reads("Measure here");
  expect_reads_in("Problem", "Shape");
  expect_reads_in("Problem", "8 192 × 4 096");
  expect_reads_in("Problem", "8 192 rows of 4 096 · moves ≥ 268.5 MB");
  // Whole figures, however little room there is.
  expect_reads_in("Scope", "±");
  expect_reads_in("Scope", " samples");
}

TEST_P(States, WhatInformsWhileReadingIsReadable) {
  harness_.frames(2);
  harness_.state().recorded = true;
  harness_.state().selected_point = snapshot().points->back()->request.id;
  settle("reading");
  expect_contrast_in("Problem");
  gui::bring_panel_to_front("Knobs");
  settle("reading_knobs");
  expect_reads_in("Knobs", "rows per block");
  expect_contrast_in("Knobs");
}

constexpr std::array kSmallAndLarge = {kLooks[0], kLooks[1], kLooks[2]};

INSTANTIATE_TEST_SUITE_P(Looks, States, testing::ValuesIn(kSmallAndLarge),
                         [](const testing::TestParamInfo<Look>& look) { return std::string(look.param.name); });

}  // namespace
}  // namespace knobscope::test
