// What leaves the window: pictures and data of panels, points and plans as command lines; filters of columns; what
// changed between two kernels.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/shell/interface.h"
#include "gui/views/plot_data.h"
#include "gui/views/point_index.h"
#include "gui/views/sweep_plan.h"
#include "session/plan_file.h"

namespace knobscope::test {
namespace {

std::string clipboard() {
  const char* text = ImGui::GetClipboardText();
  return text != nullptr ? text : "";
}

class Copies : public testing::Test {
 protected:
  Copies() : engine_(options_in(folder_.path())) {}
  static HarnessOptions options_in(const std::filesystem::path& folder) {
    HarnessOptions options;
    options.save_folder = folder;
    return options;
  }
  gui::ViewState& state() { return engine_.harness().state(); }
  gui::Interface& interface() { return engine_.harness().stage().interface(); }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }
  std::filesystem::path file_with(const std::string& end) const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path().string().ends_with(end)) return entry.path();
    }
    return {};
  }

  TemporaryFolder folder_;
  Engine engine_;
};

TEST_F(Copies, ThePointThatIsSelected) {
  engine_.run([this](ImGuiTestContext* ctx) {
    state().selected_point = snapshot().points->at(10)->request.id;
    ctx->KeyPress(ImGuiKey_C);
    ctx->Yield(3);
    const std::string line = clipboard();
    IM_CHECK(line.starts_with("knobscope run --device cuda:0 --op layernorm_forward --shape 8192x4096 "));
    IM_CHECK(line.find("--variant " + snapshot().points->at(10)->request.variant) != std::string::npos);
    IM_CHECK(line.find("--timeout 0.2") != std::string::npos);
    IM_CHECK(interface().notice().find("clipboard") != std::string::npos);
  });
}

TEST_F(Copies, ThePlanOfWhatIsOnScreen) {
  engine_.run([this](ImGuiTestContext* ctx) {
    state().x_axis = "block";
    state().ticked = {"layernorm_forward/04_welford.cu", "layernorm_forward/05_float4.cu"};
    ctx->KeyPress(ImGuiMod_Shift | ImGuiKey_C);
    ctx->Yield(3);
    const std::string line = clipboard();
    IM_CHECK(line.starts_with("knobscope sweep "));
    IM_CHECK(line.find("--variant welford,float4") != std::string::npos);
    IM_CHECK(line.find("-a block=32,64,128,256,320,512,768,1024") != std::string::npos);
    choose(ctx, "save the plan of what");
    const std::filesystem::path file = file_with("-plan.toml");
    IM_CHECK(!file.empty());
    IM_CHECK(interface().notice().find(file.string()) != std::string::npos);
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    const auto plan = session::parse_plan(text.str());
    IM_CHECK(std::holds_alternative<Plan>(plan));
    IM_CHECK(std::get<Plan>(plan).knobs == gui::plan_on_screen(snapshot(), state()).knobs);
  });
}

TEST_F(Copies, APanelsPictureAndData) {
  engine_.run([this](ImGuiTestContext* ctx) {
    const ImGuiWindow* panel = ctx->WindowInfo("//###Throughput").Window;
    ctx->MouseMoveToPos(panel->InnerRect.GetCenter());
    ctx->MouseClick(ImGuiMouseButton_Right);
    ctx->Yield(2);
    ctx->ItemClick("//$FOCUSED/Copy data (CSV)");
    ctx->Yield(2);
    const std::string csv = clipboard();
    IM_CHECK(csv.starts_with("id,"));
    IM_CHECK_EQ(std::ranges::count(csv, '\n'), 64);  // the titles and 63 points
    ctx->MouseMoveToPos(panel->InnerRect.GetCenter());
    ctx->MouseClick(ImGuiMouseButton_Right);
    ctx->Yield(2);
    ctx->ItemClick("//$FOCUSED/Copy and save picture (PNG)");
    ctx->Yield(12);
    const std::filesystem::path picture = file_with("-throughput.png");
    IM_CHECK(!picture.empty());
    IM_CHECK(interface().notice().find(picture.string()) != std::string::npos);
    // Width and height stand in bytes 16 to 23 of a PNG.
    std::ifstream stream(picture, std::ios::binary);
    unsigned char header[24] = {};
    stream.read(reinterpret_cast<char*>(header), sizeof header);
    const int width = header[18] * 256 + header[19];
    const int height = header[22] * 256 + header[23];
    IM_CHECK_EQ(width, static_cast<int>(panel->Size.x));
    IM_CHECK_EQ(height, static_cast<int>(panel->Size.y));
  });
}

TEST_F(Copies, EveryPanelWithDataHasSome) {
  engine_.run([this](ImGuiTestContext* ctx) {
    for (const char* title : {"Throughput", "Error", "Scope", "Time", "Error map", "Results"}) {
      IM_CHECK(gui::has_data(title));
      ImGui::SetClipboardText("");
      choose(ctx, (std::string("copy data of ") + title).c_str());
      IM_CHECK_GT(std::ranges::count(clipboard(), '\n'), 1);
      IM_CHECK(interface().notice().find(title) != std::string::npos);
    }
    IM_CHECK(!gui::has_data("Problem"));
    choose(ctx, "save picture of scope");
    ctx->Yield(12);
    IM_CHECK(!file_with("-scope.png").empty());
  });
}

TEST_F(Copies, APictureThatCannotBeWrittenSaysSo) {
  engine_.run([this](ImGuiTestContext* ctx) {
    std::filesystem::remove_all(folder_.path());
    std::ofstream(folder_.path()) << "a file where the folder was";
    choose(ctx, "save picture of error map");
    ctx->Yield(12);
    IM_CHECK(interface().notice().find("cannot be written") != std::string::npos);
  });
}

TEST_F(Copies, ColumnsAreFilteredByTheKeyboardAlone) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F);
    ctx->Yield(4);
    IM_CHECK(state().column_filters_shown);
    const auto rows = [&] {
      gui::PointIndex index;
      index.follow(snapshot());
      const gui::ViewContext context{
          snapshot(), state(), engine_.harness().sink(), interface().theme(), engine_.harness().stage().renderer(),
          index};
      const std::string csv = gui::data_of("Results", context);
      return csv.empty() ? 0 : static_cast<int>(std::ranges::count(csv, '\n')) - 1;
    };
    const int all = rows();
    IM_CHECK_EQ(all, 63);
    // A shape is found as it is typed, though it is shown with thin spaces.
    state().column_filters["shape"] = "8192×4096";
    ctx->Yield(3);
    IM_CHECK_GT(rows(), 0);
    state().column_filters["shape"] = "8192×4097";
    ctx->Yield(3);
    IM_CHECK_EQ(rows(), 0);
    state().column_filters.clear();
    state().column_filters["median"] = "< 1 ms";
    ctx->Yield(3);
    const int fast = rows();
    IM_CHECK_GT(fast, 0);
    IM_CHECK_LT(fast, all);
    state().column_filters["variant"] = "whole grid";
    ctx->Yield(3);
    IM_CHECK_EQ(rows(), 6);
    state().column_filters["verdict"] = "nothing is called so";
    ctx->Yield(3);
    IM_CHECK_EQ(rows(), 0);
    // The fields stay where they are, to be changed.
    IM_CHECK(ctx->ItemExists("**/##column filter"));
    ctx->KeyPress(ImGuiKey_F);
    ctx->Yield(3);
    IM_CHECK_EQ(rows(), all);
  });
}

TEST_F(Copies, WhatChangedSinceTheStepBefore) {
  auto catalog = std::make_shared<Catalog>(*snapshot().catalog);
  std::string& source = catalog->variants[4].source;
  source.replace(source.find("const float mean"), 11, "const double");
  source += "// one line more\n";
  snapshot().catalog = catalog;
  engine_.run([this](ImGuiTestContext* ctx) {
    state().selected_variant = "layernorm_forward/05_float4.cu";
    ctx->Yield(2);
    IM_CHECK(!ctx->ItemExists("//###Kernel/##from"));
    ctx->KeyPress(ImGuiKey_D);
    ctx->Yield(4);
    IM_CHECK(state().changes_shown);
    IM_CHECK(ctx->ItemExists("//###Kernel/##from"));
    const ImGuiWindow* changes = nullptr;
    for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
      if (window->Active && std::string(window->Name).find("##changes") != std::string::npos) changes = window;
    }
    IM_CHECK(changes != nullptr);
    const auto corners = [changes](const ImVec4& color) {
      return std::ranges::count(changes->DrawList->VtxBuffer, gui::packed(color), &ImDrawVert::col);
    };
    const gui::Theme& theme = interface().theme();
    // A rectangle a line: one is gone, that and another are new.
    IM_CHECK_EQ(corners(theme.removed.line), 4);
    IM_CHECK_EQ(corners(theme.added.line), 8);
    // Within the changed line a word on each side.
    IM_CHECK_GT(corners(theme.removed.words), 0);
    IM_CHECK_EQ(corners(theme.added.words), corners(theme.removed.words));
    // Coloured as the source is: "const" and "float" or "double", four corners a letter, and the comments.
    IM_CHECK_GE(corners(theme.syntax_keyword), 4 * static_cast<int>(std::string("constfloatconstdouble").size()));
    IM_CHECK_GT(corners(theme.syntax_comment), 0);
    ctx->KeyPress(ImGuiKey_D);
    ctx->Yield(3);
    IM_CHECK(!state().changes_shown);
  });
}

std::string kernel_text(const char* file) {
  std::ifstream stream(std::filesystem::path(KNOBSCOPE_SOURCE_DIR) / "kernels/layernorm_forward" / file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(CopyLook, ChangesAndFilters) {
  for (const Look& look : kLooks) {
    Engine engine({look.size, look.scale, look.theme});
    // Two kernels as they are, of which one follows from the other.
    auto catalog = std::make_shared<Catalog>(*engine.harness().snapshot().catalog);
    catalog->variants[3].source = kernel_text("04_single_pass.cu");
    catalog->variants[4].source = kernel_text("04_single_pass_shifted.cu");
    engine.harness().snapshot().catalog = catalog;
    engine.harness().frames(4);
    engine.harness().state().column_filters_shown = true;
    engine.harness().state().column_filters["median"] = "< 1 ms";
    engine.run([&](ImGuiTestContext* ctx) {
      engine.harness().state().changes_shown = true;
      engine.harness().state().selected_variant = "layernorm_forward/05_float4.cu";
      ctx->Yield(6);
    });
    engine.harness().picture(std::string("copy_") + look.name);
    engine.run([&](ImGuiTestContext* ctx) {
      ctx->KeyPress(ImGuiKey_D);
      ctx->KeyPress(ImGuiKey_D);
      ctx->Yield(6);
    });
    engine.harness().picture(std::string("changes_") + look.name);
  }
}

}  // namespace
}  // namespace knobscope::test
