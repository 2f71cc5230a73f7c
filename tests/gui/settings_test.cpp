// What the window remembers: as text, as a file that may be broken, and from one start to the next.

#include "gui/shell/settings.h"

#include <fstream>
#include <memory>
#include <sstream>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/shell/settings_file.h"
#include "gui/shell/style.h"
#include "gui/shell/zoom.h"
#include "gui/views/lenses.h"

namespace knobscope::test {
namespace {

using gui::Settings;
using gui::SettingsFault;

Settings some_settings() {
  Settings settings;
  settings.theme = gui::ThemeName::light;
  settings.zoom = 1.25F;
  settings.hidden_views = {"Log", "Scope"};
  settings.layout =
      "[Window][###Problem]\nPos=8,56\nDockId=0x00000001,0\n\n[Docking][Data]\n\"quoted\" ''' \"\"\" \\\n";
  settings.layout_as_built = false;
  settings.layout_room = "compact";
  settings.has_plan = true;
  settings.plan.device = "cuda:0";
  settings.plan.operation = Operation::batchnorm_inference;
  settings.plan.shapes = {{16, 64, 56, 56}};
  settings.plan.types = {ElementType::bf16};
  settings.plan.layout = Layout::nhwc;
  settings.plan.seed = 42;
  settings.knobs = {{"block", 320}, {"rows_per_block", 4}};
  settings.x_axis = "rows_per_block";
  settings.log_y = false;
  settings.lens = "heat-map";
  settings.quantity = "speed-up";
  settings.log_x = false;
  settings.heat_x = "type";
  settings.heat_y = "rows";
  settings.heat_winner = false;
  settings.selected_variant = "batchnorm_inference/01_plane.cu";
  settings.unticked = {"layernorm_forward/01_global_atomics.cu"};
  return settings;
}

SettingsFault fault_of(const std::string& text) {
  const auto read = gui::read_settings(text);
  const SettingsFault* fault = std::get_if<SettingsFault>(&read);
  EXPECT_NE(fault, nullptr) << text;
  return fault != nullptr ? *fault : SettingsFault{};
}

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

TEST(Settings, ReadAsWritten) {
  for (const Settings& settings : {Settings{}, some_settings()}) {
    const auto read = gui::read_settings(gui::write_settings(settings));
    ASSERT_TRUE(std::holds_alternative<Settings>(read)) << std::get<SettingsFault>(read).message;
    EXPECT_EQ(std::get<Settings>(read), settings) << gui::write_settings(settings);
  }
}

TEST(Settings, MistakesAreNamedWithTheirLine) {
  EXPECT_EQ(fault_of("version = 1\n[window]\ntheme = \"pink\"\n").line, 3);
  EXPECT_NE(fault_of("version = 1\n[window]\ntheme = \"pink\"\n").message.find("dark or light"), std::string::npos);
  EXPECT_EQ(fault_of("version = 1\n[window\n").line, 2);
  EXPECT_NE(fault_of("[(").message, "");
  EXPECT_NE(fault_of("").message.find("version"), std::string::npos);
  EXPECT_NE(fault_of("version = 1\nwindow = 3\n").message.find("table"), std::string::npos);
  EXPECT_NE(fault_of("version = 1\n[window]\nzoom = nan\n").message.find("zoom"), std::string::npos);
  EXPECT_NE(fault_of("version = 1\n[knobs]\nblock = \"x\"\n").message.find("block"), std::string::npos);
  EXPECT_NE(fault_of("version = 1\n[plan]\nshapes = [[0]]\n").message.find("plan"), std::string::npos);
  EXPECT_FALSE(fault_of("version = 1\n[knobs]\nblock = \"x\"\n").newer);
  EXPECT_TRUE(fault_of("version = 99\n").newer);
}

TEST(Settings, WhatIsMissingKeepsItsDefaultAndTheUnknownIsPassedOver) {
  const auto read = gui::read_settings("version = 1\n[window]\nzoom = 40.0\nfuture = 1\n");
  ASSERT_TRUE(std::holds_alternative<Settings>(read));
  EXPECT_EQ(std::get<Settings>(read).zoom, gui::kHighestZoom);
  EXPECT_EQ(std::get<Settings>(read).theme, gui::ThemeName::dark);
}

/// Every beginning of a file is a file that a full disk could have left: none of them may do worse than say so.
TEST(Settings, ATextThatEndsAnywhereIsHarmless) {
  const std::string whole = gui::write_settings(some_settings());
  for (std::size_t end = 0; end < whole.size(); ++end) (void)gui::read_settings(whole.substr(0, end));
}

TEST(SettingsFile, WrittenWholeAndOnlyWhenChanged) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "deeper" / "window.toml";
  gui::SettingsFile settings(file);
  EXPECT_EQ(settings.load(), Settings{});
  EXPECT_FALSE(std::filesystem::exists(file));
  settings.keep(some_settings());
  EXPECT_EQ(text_of(file), gui::write_settings(some_settings()));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(file.parent_path())) ++files;
  EXPECT_EQ(files, 1U);
  std::filesystem::remove(file);
  settings.keep(some_settings());
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_FALSE(settings.take_fault());
}

TEST(SettingsFile, ABrokenOneIsPutAsideWithOneSentence) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "window.toml";
  std::ofstream(file) << "version = 1\n[window]\ntheme = 7\n";
  gui::SettingsFile settings(file);
  EXPECT_EQ(settings.load(), Settings{});
  const auto fault = settings.take_fault();
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->find("window.toml:3: theme"), std::string::npos) << *fault;
  EXPECT_FALSE(settings.take_fault());
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "window.toml.broken"));
  settings.keep(some_settings());
  EXPECT_EQ(gui::SettingsFile(file).load(), some_settings());
}

TEST(SettingsFile, OneOfALaterVersionIsLeftAlone) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "window.toml";
  std::ofstream(file) << "version = 2\n";
  gui::SettingsFile settings(file);
  EXPECT_EQ(settings.load(), Settings{});
  EXPECT_TRUE(settings.take_fault());
  settings.keep(some_settings());
  EXPECT_EQ(text_of(file), "version = 2\n");
}

TEST(SettingsFile, APlaceThatCannotBeWrittenIsSaidOnce) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "no folder";
  gui::SettingsFile settings(folder.path() / "file" / "window.toml");
  settings.keep(some_settings());
  EXPECT_TRUE(settings.take_fault());
  settings.keep(Settings{});
  EXPECT_FALSE(settings.take_fault());
}

/// Starts the window again and again over one file.
class Remembered : public testing::Test {
 protected:
  void start(gui::WindowSize size = {1680, 1050}) {
    harness_.reset();
    HarnessOptions options;
    options.size = size;
    options.theme.reset();
    options.settings_file = folder_.path() / "window.toml";
    harness_ = std::make_unique<Harness>(options);
    harness_->frames(8);
  }
  gui::Interface& interface() { return harness_->stage().interface(); }
  static ImGuiID place_of(const char* title) {
    const ImGuiWindow* window = ImGui::FindWindowByName(gui::window_id(title).c_str());
    return window != nullptr && window->DockNode != nullptr ? window->DockId : 0;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Harness> harness_;
};

TEST_F(Remembered, ThemeZoomPlanKnobsAndTicksReturn) {
  start();
  EXPECT_EQ(interface().theme().name, gui::ThemeName::dark);
  const std::string first = harness_->snapshot().catalog->variants[0].id;
  const std::string fifth = harness_->snapshot().catalog->variants[4].id;
  interface().set_theme(gui::ThemeName::light);
  interface().set_zoom(1.1F);
  harness_->state().plan.shapes = {{4096, 1024}};
  harness_->state().plan.types = {ElementType::bf16};
  harness_->state().knobs["block"] = 512;
  harness_->state().x_axis = "rows_per_block";
  harness_->state().selected_variant = fifth;
  harness_->state().ticked.erase(first);
  harness_->frames(8);
  const Plan plan = harness_->state().plan;
  start();
  EXPECT_EQ(interface().theme().name, gui::ThemeName::light);
  EXPECT_FLOAT_EQ(interface().zoom(), 1.1F);
  EXPECT_EQ(harness_->state().plan, plan);
  EXPECT_EQ(harness_->state().knobs.at("block"), 512);
  EXPECT_EQ(harness_->state().x_axis, "rows_per_block");
  EXPECT_EQ(harness_->state().selected_variant, fifth);
  EXPECT_FALSE(harness_->state().ticked.contains(first));
  EXPECT_TRUE(harness_->state().ticked.contains(fifth));
  EXPECT_EQ(interface().notice(), "");
}

TEST_F(Remembered, TheLensAndWhatItShowsReturn) {
  start();
  gui::ViewState& state = harness_->state();
  state.lens = gui::Lens::heat;
  state.quantity = gui::Quantity::time;
  state.x_form = gui::AxisForm::linear;
  state.log_y = false;
  state.heat_x = "type";
  state.heat_y = "block";
  state.heat_winner = false;
  harness_->frames(3);
  start();
  EXPECT_EQ(harness_->state().lens, gui::Lens::heat);
  EXPECT_EQ(harness_->state().quantity, gui::Quantity::time);
  EXPECT_EQ(harness_->state().x_form, gui::AxisForm::linear);
  EXPECT_EQ(harness_->state().log_y, false);
  EXPECT_EQ(harness_->state().heat_x, "type");
  EXPECT_EQ(harness_->state().heat_y, "block");
  EXPECT_FALSE(harness_->state().heat_winner);
  // A session is looked at as everything else, and what is chosen then returns, too.
  ASSERT_TRUE(interface().open_session(KNOBSCOPE_SOURCE_DIR "/assets/sessions/h200.session"));
  EXPECT_EQ(harness_->state().lens, gui::Lens::heat);
  harness_->state().lens = gui::Lens::roofline;
  start();
  EXPECT_EQ(harness_->state().lens, gui::Lens::roofline);
  EXPECT_EQ(harness_->state().quantity, gui::Quantity::time);
}

TEST_F(Remembered, ALensThatIsNotKnownIsTheFirst) {
  std::ofstream(folder_.path() / "window.toml") << "version = 1\n[view]\nlens = \"fog\"\nquantity = \"hope\"\n";
  start();
  EXPECT_EQ(harness_->state().lens, gui::Lens::lines);
  EXPECT_EQ(harness_->state().quantity, gui::Quantity::bytes_per_second);
  EXPECT_EQ(interface().notice(), "");
}

TEST_F(Remembered, AMovedPanelStaysWhereItWasPut) {
  start();
  ASSERT_NE(place_of("Kernel"), place_of("Results"));
  ImGui::DockBuilderDockWindow(gui::window_id("Kernel").c_str(), place_of("Results"));
  harness_->frames(8);
  ASSERT_EQ(place_of("Kernel"), place_of("Results"));
  start();
  EXPECT_EQ(place_of("Kernel"), place_of("Results"));
  // Also in a window of another size: it was somebody's choice.
  start({1280, 720});
  EXPECT_EQ(place_of("Kernel"), place_of("Results"));
  EXPECT_NE(place_of("Knobs"), place_of("Problem"));
}

TEST_F(Remembered, AnUntouchedLayoutFitsTheSizeOfTheWindow) {
  start();
  ASSERT_NE(place_of("Knobs"), place_of("Problem"));
  start({1280, 720});
  EXPECT_EQ(place_of("Knobs"), place_of("Problem"));
}

TEST_F(Remembered, ADeviceThatIsGoneIsSaid) {
  start();
  harness_->state().plan.device = "cpu";
  harness_->frames(3);
  std::string text = text_of(folder_.path() / "window.toml");
  harness_.reset();
  text = text_of(folder_.path() / "window.toml");
  const std::string device = "device = \"cpu\"";
  ASSERT_NE(text.find(device), std::string::npos) << text;
  text.replace(text.find(device), device.size(), "device = \"cuda:7\"");
  std::ofstream(folder_.path() / "window.toml") << text;
  start();
  EXPECT_EQ(harness_->state().plan.device, "cuda:0");
  EXPECT_NE(interface().notice().find("cuda:7"), std::string::npos);
}

TEST_F(Remembered, ABrokenFileIsOneSentenceInTheWindow) {
  std::ofstream(folder_.path() / "window.toml") << "version = 1\n[window]\ntheme = \"pink\"\n";
  start();
  EXPECT_NE(interface().notice().find("pink"), std::string::npos);
  harness_->picture("settings_broken");
  start();
  EXPECT_EQ(interface().notice(), "");
}

TEST(Zoom, StepsEndAtBothEnds) {
  EXPECT_FLOAT_EQ(gui::zoom_beside(1.0F, 1), 1.1F);
  EXPECT_FLOAT_EQ(gui::zoom_beside(1.0F, -1), 0.9F);
  EXPECT_FLOAT_EQ(gui::zoom_beside(3.0F, 1), 3.0F);
  EXPECT_FLOAT_EQ(gui::zoom_beside(0.5F, -1), 0.5F);
  EXPECT_FLOAT_EQ(gui::zoom_beside(1.03F, 1), 1.1F);
}

/// Both themes, small and large: keys zoom, letters are made anew at their size, and the panels fit again.
TEST(Zoom, KeysZoomAndThePanelsFit) {
  for (const Look& look : kLooks) {
    HarnessOptions options;
    options.size = look.size;
    options.theme = look.theme;
    Engine engine(options);
    gui::Interface& interface = engine.harness().stage().interface();
    const float before = interface.theme().scale;
    engine.run([&](ImGuiTestContext* ctx) {
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Equal);
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiMod_Shift | ImGuiKey_Equal);
      ctx->Yield(8);
      IM_CHECK(interface.zoom() == 1.25F);
      IM_CHECK(ImGui::GetStyle().FontScaleDpi == before * 1.25F);
    });
    EXPECT_FLOAT_EQ(interface.theme().scale, before * 1.25F);
    // The test engine has put the style back to what it was before the steps.
    gui::apply_style(interface.theme());
    engine.harness().frames(6);
    engine.harness().picture(std::string("zoom_in_") + look.name);
    // A glyph was made for just the size it is drawn at.
    const float body = gui::text_size::body * interface.theme().scale;
    const ImFontBaked* baked = interface.theme().fonts.words->GetFontBaked(body);
    EXPECT_NEAR(baked->Size, body, 0.51F);
    for (const char* title : {"Problem", "Throughput", "Results"}) {
      const ImGuiWindow* window = ImGui::FindWindowByName(gui::window_id(title).c_str());
      ASSERT_NE(window, nullptr);
      EXPECT_FLOAT_EQ(window->ScrollMax.x, 0.0F) << title << " " << look.name;
    }
    engine.run([&](ImGuiTestContext* ctx) {
      for (int i = 0; i < 4; ++i) ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_Minus);
      ctx->Yield(8);
      IM_CHECK(interface.zoom() == 0.8F);
    });
    gui::apply_style(interface.theme());
    engine.harness().frames(6);
    engine.harness().picture(std::string("zoom_out_") + look.name);
    engine.run([&](ImGuiTestContext* ctx) {
      ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_0);
      ctx->Yield(4);
      IM_CHECK(interface.zoom() == 1.0F);
    });
  }
}

}  // namespace
}  // namespace knobscope::test
