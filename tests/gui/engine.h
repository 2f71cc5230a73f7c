#pragma once
// Clicks through the window as a person would: Dear ImGui Test Engine over a Harness.

#include <functional>
#include <memory>
#include <string>

#include <imgui.h>
#include <imgui_te_context.h>
#include <imgui_te_engine.h>

#include "gui/harness.h"

namespace knobscope::test {

class Engine {
 public:
  explicit Engine(const HarnessOptions& options = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  Harness& harness() { return *harness_; }

  /// Runs `steps` on the engine's own thread while this one draws frames; `before_frame` runs on this thread before
  /// each. Every failed check of the engine and a run longer than `limit_s` is a failure of the test.
  void run(std::function<void(ImGuiTestContext*)> steps, double limit_s = 40.0,
           const std::function<void()>& before_frame = {});

 private:
  ImGuiTestEngine* engine_ = nullptr;
  std::unique_ptr<Harness> harness_;
  int runs_ = 0;
};

/// An id as a path element: its slashes are no separators.
std::string element(const std::string& id);

/// A part of a variant's row in the list ("tick", "select"), which is a window inside the panel.
ImGuiID row_item(ImGuiTestContext* ctx, const std::string& id, const char* part);

/// Opens the palette, types the letters and takes the first of what they find.
void choose(ImGuiTestContext* ctx, const char* letters);

}  // namespace knobscope::test
