// What is kept from frame to frame against the same frame drawn at once, and drawn by ImGui alone: never one pixel
// apart.

#include "gui/render/canvas.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>

#include <GLFW/glfw3.h>
#include <glad/gl.h>
#include <gtest/gtest.h>
#include <imgui.h>
#include <imgui_impl_opengl3.h>

#include "gui/harness.h"
#include "gui/shell/interface.h"

namespace knobscope::test {
namespace {

HarnessOptions canvas_options() {
  HarnessOptions options = {{1280, 720}, 1.0F};
  const char* display = std::getenv("KNOBSCOPE_TEST_DISPLAY");
  if (display != nullptr && std::string(display) == "desktop") options.display = gui::Display::desktop;
  return options;
}

class Canvas : public testing::Test {
 protected:
  /// The frame that was drawn last, drawn as a whole.
  std::vector<unsigned char> drawn_at_once() {
    gui::Canvas whole(true);
    whole.draw(*ImGui::GetDrawData(), harness_.stage().platform().framebuffer_size(),
               harness_.stage().interface().theme().ground, 0);
    return whole.pixels();
  }

  /// A frame as ImGui's own renderer draws it; rows from the top.
  std::vector<unsigned char> drawn_by_imgui(ImDrawData* frame) {
    const gui::WindowSize size = harness_.stage().platform().framebuffer_size();
    const ImVec4 ground = harness_.stage().interface().theme().ground;
    const std::size_t stride = static_cast<std::size_t>(size.width) * 3;
    std::vector<unsigned char> from_below(stride * static_cast<std::size_t>(size.height));
    GLuint texture = 0;
    GLuint framebuffer = 0;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, size.width, size.height, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
    glGenFramebuffers(1, &framebuffer);
    glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
    glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
    glViewport(0, 0, size.width, size.height);
    glClearColor(ground.x, ground.y, ground.z, 1.0F);
    glClear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(frame);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, size.width, size.height, GL_RGB, GL_UNSIGNED_BYTE, from_below.data());
    glBindFramebuffer(GL_FRAMEBUFFER, 0);
    glDeleteFramebuffers(1, &framebuffer);
    glDeleteTextures(1, &texture);
    std::vector<unsigned char> rows;
    for (std::size_t end = from_below.size(); end > 0; end -= stride) {
      rows.insert(rows.end(), from_below.begin() + static_cast<std::ptrdiff_t>(end - stride),
                  from_below.begin() + static_cast<std::ptrdiff_t>(end));
    }
    return rows;
  }

  /// Draws frames, each compared; `before` does what somebody or the worker does.
  void check(
      const std::string& what, int frames, const std::function<void(int)>& before = [](int) {}) {
    for (int i = 0; i < frames; ++i) {
      before(i);
      harness_.frames(1);
      const gui::Canvas& canvas = harness_.stage().canvas();
      ASSERT_TRUE(canvas.is_complete());
      const std::vector<unsigned char> kept = canvas.pixels();
      const std::vector<unsigned char> whole = drawn_at_once();
      ASSERT_EQ(kept.size(), whole.size());
      const auto [at, other] = std::ranges::mismatch(kept, whole);
      const auto pixel = (at - kept.begin()) / 3;
      ASSERT_EQ(at, kept.end()) << what << ", frame " << i << ": pixel " << pixel % 1280 << ", " << pixel / 1280;
      if (canvas.drawn_share() > 0.0 && canvas.drawn_share() < 0.5) ++in_parts_;
    }
    EXPECT_EQ(harness_.stage().canvas().pixels(), drawn_by_imgui(ImGui::GetDrawData())) << what;
  }

  bool draws_in_parts() { return harness_.stage().platform().graphics_device().is_software(); }

  static void move_mouse(float x, float y) { ImGui::GetIO().AddMousePosEvent(x, y); }
  static void press(ImGuiKey key, ImGuiKey modifier = ImGuiKey_None) {
    ImGuiIO& io = ImGui::GetIO();
    if (modifier != ImGuiKey_None) io.AddKeyEvent(modifier, true);
    io.AddKeyEvent(key, true);
    io.AddKeyEvent(key, false);
    if (modifier != ImGuiKey_None) io.AddKeyEvent(modifier, false);
  }
  static void drag(float x, float y, int step, float dx, float dy) {
    move_mouse(x + dx * static_cast<float>(step), y + dy * static_cast<float>(step));
    if (step == 1) ImGui::GetIO().AddMouseButtonEvent(0, true);
    if (step == 9) ImGui::GetIO().AddMouseButtonEvent(0, false);
  }

  Harness harness_{canvas_options()};
  int in_parts_ = 0;
};

TEST_F(Canvas, IsWhatTheFrameIs) {
  check("start", 8);
  check("the mouse over the plot", 20, [](int i) {
    const auto step = static_cast<float>(i);
    move_mouse(400.0F + 30.0F * step, 180.0F + 6.0F * step);
  });
  check("a live kernel", 6, [this](int) {
    harness_.snapshot().progress.done += 1;
    ++harness_.snapshot().revision;
  });
  for (const ImGuiKey lens : {ImGuiKey_2, ImGuiKey_3, ImGuiKey_4, ImGuiKey_5, ImGuiKey_6, ImGuiKey_1}) {
    check("lens of key " + std::string(ImGui::GetKeyName(lens)), 5, [lens](int i) {
      if (i == 0) press(lens);
    });
  }
  check("the palette", 12, [](int i) {
    if (i == 0) press(ImGuiKey_K, ImGuiMod_Ctrl);
    if (i == 4) ImGui::GetIO().AddInputCharactersUTF8("Theme");
    if (i == 9) press(ImGuiKey_Escape);
  });
  check("a knob", 10, [](int i) { drag(120.0F, 180.0F, i, 0.0F, -4.0F); });
  check("a panel's edge", 12, [](int i) { drag(326.0F, 300.0F, i, 6.0F, 0.0F); });
  check("a panel torn off", 14, [](int i) { drag(370.0F, 365.0F, i, 12.0F, -8.0F); });
  check("the other theme", 6, [this](int i) {
    if (i == 1) harness_.stage().interface().set_theme(gui::ThemeName::light);
  });
  check("zoom", 6, [](int i) {
    if (i == 0) press(ImGuiKey_Equal, ImGuiMod_Ctrl);
  });
  check("fewer points", 4, [this](int i) {
    if (i != 1) return;
    auto points = *harness_.snapshot().points;
    points.resize(points.size() / 2);
    harness_.snapshot().points = std::make_shared<const std::vector<PointPtr>>(points);
    ++harness_.snapshot().revision;
  });
  if (draws_in_parts()) {
    EXPECT_GT(in_parts_, 20);
  }
}

/// As on a desktop whose coordinates are not pixels: no clip rectangle lies between pixels as it did.
TEST_F(Canvas, IsWhatTheFrameIsWherePixelsAreSmaller) {
  gui::Canvas canvas(true);
  harness_.frames(4);
  for (int i = 0; i < 12; ++i) {
    move_mouse(360.0F + 30.0F * static_cast<float>(i), 180.0F + 6.0F * static_cast<float>(i));
    harness_.frames(1);
    ImDrawData frame = *ImGui::GetDrawData();
    frame.DisplaySize = {1024.0F, 576.0F};
    frame.FramebufferScale = {1.25F, 1.25F};
    canvas.draw(frame, {1280, 720}, harness_.stage().interface().theme().ground, 0);
    ASSERT_EQ(canvas.pixels(), drawn_by_imgui(&frame)) << "frame " << i;
  }
  EXPECT_LT(canvas.drawn_share(), 0.5);
}

TEST_F(Canvas, AWindowAtRestIsNotDrawn) {
  if (!draws_in_parts()) GTEST_SKIP() << "a graphics card draws each frame as a whole";
  harness_.snapshot() = Snapshot{};
  harness_.frames(12);
  EXPECT_EQ(harness_.stage().canvas().drawn_share(), 0.0);
}

/// What Xvfb has on its screen, from the file that it keeps it in: a header of big-endian words, of which the first is
/// its length, a table of colours, and four bytes a pixel (X11/XWDFile.h).
struct Screen {
  std::vector<unsigned char> bytes;
  std::size_t word(std::size_t at) const {
    std::size_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8U | bytes.at(at * 4 + i);
    return value;
  }
  /// Blue, green, red and nothing.
  const unsigned char* pixel(std::size_t x, std::size_t y) const {
    constexpr std::size_t kHeaderSize = 0;
    constexpr std::size_t kBytesPerLine = 12;
    constexpr std::size_t kColors = 19;
    constexpr std::size_t kColorSize = 12;
    return &bytes.at(word(kHeaderSize) + word(kColors) * kColorSize + y * word(kBytesPerLine) + x * 4);
  }
};

Screen read_screen(const char* file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::vector<unsigned char>(std::istreambuf_iterator<char>(stream), {})};
}

/// How many pixels of the screen are not what was drawn. Around the middle, where X draws its pointer, none counts.
std::size_t differing_pixels(const Screen& screen, const std::vector<unsigned char>& drawn) {
  std::size_t differing = 0;
  for (std::size_t y = 0; y < 720; ++y) {
    for (std::size_t x = 0; x < 1280; ++x) {
      if (x > 600 && x < 680 && y > 360 && y < 440) continue;
      const unsigned char* shown = screen.pixel(x, y);
      const unsigned char* meant = drawn.data() + (y * 1280 + x) * 3;
      if (shown[2] != meant[0] || shown[1] != meant[1] || shown[0] != meant[2]) ++differing;
    }
  }
  return differing;
}

/// The display shows it, too: its content is read, not what was meant for it.
TEST_F(Canvas, IsWhatTheDisplayShows) {
  const char* file = std::getenv("KNOBSCOPE_TEST_SCREEN");
  if (file == nullptr) GTEST_SKIP() << "there is no screen that could be read";
  harness_.frames(8);
  ASSERT_TRUE(harness_.stage().platform().shows_parts());
  // Smaller and again larger than it was, to just what the test looks at.
  for (const gui::WindowSize size : {gui::WindowSize{1000, 600}, gui::WindowSize{1280, 720}}) {
    glfwSetWindowSize(harness_.stage().platform().handle(), size.width, size.height);
    for (int i = 0; i < 100 && harness_.stage().platform().framebuffer_size().height != size.height; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      harness_.stage().platform().poll_events();
    }
    harness_.frames(8);
  }
  for (int i = 0; i < 12; ++i) {
    move_mouse(400.0F + 40.0F * static_cast<float>(i), 180.0F + 6.0F * static_cast<float>(i));
    harness_.frames(1);
  }
  EXPECT_LT(harness_.stage().canvas().drawn_share(), 0.5);
  const std::vector<unsigned char> drawn = harness_.stage().canvas().pixels();
  // The server works through what it was sent by and by.
  std::size_t differing = 1;
  for (int i = 0; i < 100 && differing > 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    differing = differing_pixels(read_screen(file), drawn);
  }
  EXPECT_EQ(differing, 0U);
}

}  // namespace
}  // namespace knobscope::test
