// Files that are dropped on the window: sessions are read beside the frames, others are explained.

#include <fstream>

#include <gtest/gtest.h>

#include "gui/engine.h"
#include "gui/shell/interface.h"
#include "session/session.h"

namespace knobscope::test {
namespace {

class DroppedFiles : public testing::Test {
 protected:
  gui::ViewState& state() { return engine_.harness().state(); }
  ScriptedSink& sink() { return engine_.harness().sink(); }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }
  gui::Interface& interface() { return engine_.harness().stage().interface(); }

  Engine engine_;
};

TEST_F(DroppedFiles, ThatAreNoSessionsAreExplained) {
  const TemporaryFolder folder;
  interface().drop("mine.cu");
  EXPECT_NE(interface().notice().find("kernels/layernorm_forward/"), std::string::npos);
  interface().drop("photo.jpg");
  EXPECT_NE(interface().notice().find("not a session file"), std::string::npos);
  const std::filesystem::path broken = folder.path() / "broken.session";
  std::ofstream(broken) << "this is no database, however long the text may be, and never was one";
  interface().drop(broken);
  engine_.harness().frames(1);
  EXPECT_NE(interface().notice().find("broken.session"), std::string::npos);
  EXPECT_FALSE(state().recorded);
}

TEST_F(DroppedFiles, ALongSessionIsReadBesideTheFramesAndCanBeCancelled) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "long.session";
  {
    session::Writer writer(file);
    const PointPtr point = snapshot().points->front();
    for (std::int64_t id = 1; id <= 3000; ++id) {
      auto copy = std::make_shared<Point>(*point);
      copy->request.id = id;
      writer.add(*copy);
    }
  }
  engine_.run([&](ImGuiTestContext* ctx) {
    interface().drop(file);
    IM_CHECK(interface().is_busy());
    ctx->KeyPress(ImGuiKey_Escape);
    IM_CHECK(!interface().is_busy());
    IM_CHECK(!state().recorded);
    IM_CHECK_STR_EQ(interface().notice().c_str(), "");
    interface().drop(file);
    ctx->Yield();
    IM_CHECK(ctx->WindowInfo("//##reading").Window != nullptr);
    while (interface().is_busy()) ctx->Yield();
    IM_CHECK(state().recorded);
  });
  EXPECT_EQ(sink().latest<worker::ShowPoints>()->points.size(), 3000U);
}

}  // namespace
}  // namespace knobscope::test
