// Figures as people read them, wherever they stand: thin spaces between thousands and before units. Read off the frames
// themselves, so that a panel nobody has thought of is looked at, too.

#include <regex>
#include <string>

#include <gtest/gtest.h>

#include "gui/drawn_text.h"
#include "gui/harness.h"
#include "gui/sample_many.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/views/lenses.h"

namespace knobscope::test {
namespace {

/// Written by somebody else, and shown letter by letter: a kernel's source, and what the worker said.
bool is_quoted(const DrawnText& text) {
  return text.window.find("source") != std::string::npos || text.window.find("changes") != std::string::npos ||
         text.window.find("###Log") != std::string::npos;
}

/// What is wrong with the figures of a text; empty when nothing is. "block=16384" is what one types: a command line
/// takes it as it stands.
std::string fault_of(const std::string& text) {
  static const std::regex run("(^|[^0-9=.])[0-9]{5,}");
  static const std::regex unit(
      "[0-9] "
      "?((ns|µs|us|ms|s|min|h|B|KB|MB|GB|TB|[KMGT]?B/s|[KMGT]?Elem/s|[KMGT]?FLOP/s|FLOP/B|%|MHz|W|°C|ULP|ulp|Ki|Mi)"
      "(?![A-Za-z0-9_])|×(?! ?[0-9]))");
  std::smatch found;
  if (std::regex_search(text, found, run)) return "no spaces between thousands: " + text;
  if (std::regex_search(text, found, unit)) return "no thin space before the unit: " + text;
  return {};
}

TEST(FigureRules, TellRightFromWrong) {
  for (const char* right : {"150.6\u2009µs", "4\u2009194\u2009304", "8\u2009192×4\u2009096", "block=16384 packs=4",
                            "1.1e-6", "f32", "2026-11-22", "64 × 512", "12 samples", "32\u2009Ki", "h200.session"}) {
    EXPECT_EQ(fault_of(right), "") << right;
  }
  for (const char* wrong :
       {"150.6 µs", "150.6µs", "4194304", "69.9ms ?", "92%", "92 % of copy", "×16384", "1755 MHz"}) {
    EXPECT_NE(fault_of(wrong), "") << wrong;
  }
}

class FiguresOnScreen : public testing::Test {
 protected:
  void look(Harness& harness, const std::string& state) {
    harness.frames(6);
    std::size_t figures = 0;
    for (const DrawnText& text : drawn_texts()) {
      if (is_quoted(text)) continue;
      if (text.text.find("\u2009") != std::string::npos) ++figures;
      EXPECT_EQ(fault_of(text.text), "") << state << ", in " << text.window;
    }
    EXPECT_GE(figures, 5U) << state << ": the frame cannot be read";
  }

  void every_panel(Harness& harness, const std::string& state) {
    for (const std::string& title : gui::view_titles()) {
      gui::bring_panel_to_front(title);
      look(harness, state + ", " + title);
    }
    for (const gui::LensFacts& facts : gui::lenses()) {
      harness.state().lens = facts.lens;
      gui::bring_panel_to_front("Throughput");
      look(harness, state + ", " + facts.title);
    }
  }
};

TEST_F(FiguresOnScreen, HaveThinSpacesInEveryPanelAndLens) {
  Harness harness({{1920, 1080}, 1.0F});
  harness.frames(4);
  harness.state().baseline_point = harness.snapshot().points->front()->request.id;
  every_panel(harness, "measuring");
  harness.snapshot() = sample_many_snapshot();
  every_panel(harness, "many variants");
}

TEST_F(FiguresOnScreen, HaveThinSpacesForLargeShapes) {
  Harness harness({{1920, 1080}, 1.0F});
  harness.frames(4);
  harness.state().plan.shapes = {{16, 64, 256, 25'600}};
  look(harness, "rank 4");
  harness.state().plan.shapes = {{16, 4'194'304}};
  look(harness, "long rows");
}

TEST_F(FiguresOnScreen, HaveThinSpacesInARecordedSession) {
  Harness harness({{1920, 1080}, 1.0F});
  harness.frames(4);
  ASSERT_TRUE(harness.stage().interface().open_session(KNOBSCOPE_SOURCE_DIR "/assets/sessions/h200.session"));
  harness.show_what_was_opened();
  every_panel(harness, "recorded");
  harness.state().x_axis = "columns";
  look(harness, "over the row length");
}

}  // namespace
}  // namespace knobscope::test
