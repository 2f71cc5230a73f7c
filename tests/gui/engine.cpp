#include "gui/engine.h"

#include <chrono>
#include <utility>

#include <gtest/gtest.h>

namespace knobscope::test {

Engine::Engine(const HarnessOptions& options)
    : engine_(ImGuiTestEngine_CreateContext()), harness_(std::make_unique<Harness>(options)) {
  ImGuiTestEngineIO& io = ImGuiTestEngine_GetIO(engine_);
  io.ConfigRunSpeed = ImGuiTestRunSpeed_Fast;
  io.ConfigVerboseLevel = ImGuiTestVerboseLevel_Error;
  io.ConfigVerboseLevelOnError = ImGuiTestVerboseLevel_Info;
  io.ConfigLogToTTY = true;
  io.ConfigNoThrottle = true;
  io.ConfigSavedSettings = false;
  io.ConfigCaptureEnabled = false;
  io.ConfigRestoreFocusAfterTests = false;
  ImGuiTestEngine_Start(engine_, ImGui::GetCurrentContext());
}

Engine::~Engine() {
  ImGuiTestEngine_Stop(engine_);
  harness_.reset();
  ImGuiTestEngine_DestroyContext(engine_);
}

void Engine::run(std::function<void(ImGuiTestContext*)> steps, double limit_s,
                 const std::function<void()>& before_frame) {
  const std::string name = "steps" + std::to_string(runs_++);
  ImGuiTest* test = IM_REGISTER_TEST(engine_, "window", "steps");
  test->SetOwnedName(name.c_str());
  test->UserData = &steps;
  test->TestFunc = [](ImGuiTestContext* context) {
    (*static_cast<std::function<void(ImGuiTestContext*)>*>(context->Test->UserData))(context);
  };
  harness_->frames(3);
  ImGuiTestEngine_QueueTest(engine_, test);
  const auto start = std::chrono::steady_clock::now();
  const auto elapsed = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  while (!ImGuiTestEngine_IsTestQueueEmpty(engine_) && elapsed() < limit_s) {
    if (before_frame) before_frame();
    harness_->frames(1);
    ImGuiTestEngine_PostSwap(engine_);
  }
  if (!ImGuiTestEngine_IsTestQueueEmpty(engine_)) {
    ADD_FAILURE() << "the steps took longer than " << limit_s << " s";
    ImGuiTestEngine_TryAbortEngine(engine_);
    for (int i = 0; i < 200 && !ImGuiTestEngine_TryAbortEngine(engine_); ++i) {
      harness_->frames(1);
      ImGuiTestEngine_PostSwap(engine_);
    }
    return;
  }
  EXPECT_EQ(test->Output.Status, ImGuiTestStatus_Success);
  ImGuiTestEngine_UnregisterTest(engine_, test);
}

std::string element(const std::string& id) {
  std::string escaped;
  for (const char c : id) {
    if (c == '/') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

ImGuiID row_item(ImGuiTestContext* ctx, const std::string& id, const char* part) {
  return ctx->GetID((element(id) + "/" + part).c_str(), ctx->WindowInfo("//###Variants/rows").ID);
}

void choose(ImGuiTestContext* ctx, const char* letters) {
  ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_K);
  ctx->Yield(3);
  ctx->KeyChars(letters);
  ctx->Yield(3);
  ctx->KeyPress(ImGuiKey_Enter);
  ctx->Yield(4);
}

}  // namespace knobscope::test
