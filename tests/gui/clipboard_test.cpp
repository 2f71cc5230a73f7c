// Pictures on the clipboard, through stand-ins for the desktop's tools on PATH that write down what they are given.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/shell/interface.h"
#include "gui/shell/picture_clipboard.h"

namespace knobscope::test {
namespace {

constexpr gui::Desktop kWayland{true, true};
constexpr gui::Desktop kX11{false, true};
/// Writes down its arguments, one a line, and its input.
constexpr const char* kTakes = "printf '%s\\n' \"$@\" > \"$0.arguments\"\ncat > \"$0.input\"\n";

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// PATH is a folder of our own, then what a shell needs; the real tools may be installed there, ours come first.
class PictureClipboard : public testing::Test {
 protected:
  PictureClipboard() : path_before_(std::getenv("PATH")) { set_path(folder_.path().string() + ":/usr/bin:/bin"); }
  ~PictureClipboard() override { set_path(path_before_); }
  static void set_path(const std::string& path) { setenv("PATH", path.c_str(), 1); }
  /// Nothing is installed at all.
  void hide_everything() { set_path(folder_.path().string()); }
  void install(const std::string& tool, const std::string& script) {
    std::ofstream(file(tool)) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(file(tool), std::filesystem::perms::owner_all);
  }
  std::filesystem::path file(const std::string& name) const { return folder_.path() / name; }
  std::filesystem::path some_picture() const {
    std::ofstream(file("some.png"), std::ios::binary) << "\x89PNG and the rest";
    return file("some.png");
  }
  gui::CopiedPicture copied(const gui::Desktop& desktop, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
    return gui::copy_picture(some_picture(), gui::clipboard_tools(desktop), limit);
  }

  TemporaryFolder folder_;
  std::string path_before_;
};

TEST_F(PictureClipboard, WaylandsToolTakesIt) {
  install("wl-copy", kTakes);
  install("xclip", kTakes);
  const gui::CopiedPicture came = copied(kWayland);
  EXPECT_EQ(came.text, "The picture is copied and saved as " + file("some.png").string() + ".");
  EXPECT_FALSE(came.fault);
  EXPECT_EQ(text_of(file("wl-copy.arguments")), "--type\nimage/png\n");
  EXPECT_EQ(text_of(file("wl-copy.input")), text_of(file("some.png")));
  EXPECT_FALSE(std::filesystem::exists(file("xclip.input"))) << "one is enough";
}

TEST_F(PictureClipboard, XsToolTakesIt) {
  install("wl-copy", kTakes);
  install("xclip", kTakes);
  EXPECT_NE(copied(kX11).text.find("is copied and saved as"), std::string::npos);
  EXPECT_EQ(text_of(file("xclip.arguments")), "-selection\nclipboard\n-t\nimage/png\n");
  EXPECT_EQ(text_of(file("xclip.input")), text_of(file("some.png")));
  EXPECT_FALSE(std::filesystem::exists(file("wl-copy.input"))) << "there is no Wayland to talk to";
}

TEST_F(PictureClipboard, WithoutAToolItSaysWhichPackageHasOne) {
  hide_everything();
  const gui::CopiedPicture on_wayland = copied(kWayland);
  EXPECT_EQ(on_wayland.text, "The picture is saved as " + file("some.png").string() +
                                 ". To have it in the clipboard too, install the package wl-clipboard.");
  EXPECT_FALSE(on_wayland.fault);
  EXPECT_NE(copied(kX11).text.find("install the package xclip."), std::string::npos);
  EXPECT_EQ(copied({}).text, "The picture is saved as " + file("some.png").string() + ".") << "no clipboard at all";
}

TEST_F(PictureClipboard, AToolThatFailsSaysHow) {
  install("xclip", "exit 3\n");
  const gui::CopiedPicture came = copied(kX11);
  EXPECT_TRUE(came.fault);
  EXPECT_NE(came.text.find("but not copied: xclip ended with exit code 3."), std::string::npos) << came.text;
  install("xclip", "kill -TERM $$\n");
  EXPECT_NE(copied(kX11).text.find("xclip was ended by signal 15."), std::string::npos);
}

TEST_F(PictureClipboard, AToolThatHangsIsNotWaitedFor) {
  install("xclip", "exec sleep 600\n");
  const gui::CopiedPicture came = copied(kX11, std::chrono::milliseconds(300));
  EXPECT_TRUE(came.fault);
  EXPECT_NE(came.text.find("xclip did not take it within 0.3 s."), std::string::npos) << came.text;
}

/// As the real ones do, which hold the clipboard until something else is copied.
TEST_F(PictureClipboard, AToolMayServeOnInTheBackground) {
  install("xclip", std::string(kTakes) + "sleep 20 &\necho $! > \"$0.server\"\n");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(copied(kX11).fault);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(15));
  const int server = std::stoi(text_of(file("xclip.server")));
  EXPECT_EQ(kill(server, 0), 0) << "it was ended with the tool that started it";
  kill(server, SIGKILL);
}

/// From the palette to the tool, through the window.
TEST_F(PictureClipboard, APanelsPictureGoesThere) {
  install("wl-copy", kTakes);
  HarnessOptions options;
  options.save_folder = folder_.path();
  options.desktop = kWayland;
  Engine engine(options);
  engine.run([&](ImGuiTestContext* ctx) {
    choose(ctx, "picture of scope");
    const gui::Interface& interface = engine.harness().stage().interface();
    // The tool is a process: frames go on until it has taken the picture.
    for (int i = 0; i < 2000 && (interface.is_busy() || interface.notice().empty()); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      ctx->Yield();
    }
    IM_CHECK(interface.notice().find("copied and saved as") != std::string::npos);
    std::filesystem::path picture;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      if (entry.path().string().ends_with("-scope.png")) picture = entry.path();
    }
    IM_CHECK(!picture.empty());
    const std::string png = text_of(file("wl-copy.input"));
    IM_CHECK(png.starts_with("\x89PNG\r\n\x1a\n"));
    IM_CHECK(png == text_of(picture));
    // Width and height stand in bytes 16 to 23.
    const auto byte = [&](std::size_t at) { return static_cast<int>(static_cast<unsigned char>(png.at(at))); };
    const ImGuiWindow* panel = ctx->WindowInfo("//###Scope").Window;
    IM_CHECK_EQ(byte(18) * 256 + byte(19), static_cast<int>(panel->Size.x));
    IM_CHECK_EQ(byte(22) * 256 + byte(23), static_cast<int>(panel->Size.y));
  });
}

/// Not a stand-in: what another program would paste.
TEST(PictureClipboardOfX, GivesThePictureBack) {
  const char* display = std::getenv("KNOBSCOPE_TEST_DISPLAY");
  if (display == nullptr || std::string(display) != "desktop") GTEST_SKIP() << "there is no display";
  if (std::system("command -v xclip > /dev/null") != 0) GTEST_SKIP() << "xclip is not installed";
  const TemporaryFolder folder;
  const std::filesystem::path picture = folder.path() / "some.png";
  const std::filesystem::path pasted = folder.path() / "pasted.png";
  std::ofstream(picture, std::ios::binary) << "\x89PNG and the rest" << std::string(300'000, 'x');
  const gui::CopiedPicture came =
      gui::copy_picture(picture, gui::clipboard_tools({false, true}), std::chrono::seconds(20));
  EXPECT_FALSE(came.fault) << came.text;
  const std::string paste = "timeout 20 xclip -selection clipboard -t image/png -o > '" + pasted.string() + "'";
  EXPECT_EQ(std::system(paste.c_str()), 0);
  EXPECT_EQ(text_of(pasted), text_of(picture));
}

TEST(Desktop, IsWhatTheEnvironmentNames) {
  const auto with = [](const char* wayland, const char* x11) {
    setenv("WAYLAND_DISPLAY", wayland, 1);
    setenv("DISPLAY", x11, 1);
    return gui::desktop_of_environment();
  };
  const char* wayland_before = std::getenv("WAYLAND_DISPLAY");
  const std::string wayland_kept = wayland_before != nullptr ? wayland_before : "";
  const char* x11_before = std::getenv("DISPLAY");
  const std::string x11_kept = x11_before != nullptr ? x11_before : "";
  EXPECT_TRUE(with("wayland-0", "").wayland);
  EXPECT_FALSE(with("wayland-0", "").x11);
  EXPECT_TRUE(with("wayland-0", ":0").x11);
  EXPECT_FALSE(with("", ":0").wayland);
  EXPECT_FALSE(with("", "").x11);
  with(wayland_kept.c_str(), x11_kept.c_str());
}

}  // namespace
}  // namespace knobscope::test
