#include "gui/shell/stage.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <system_error>

#include <glad/gl.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>
#include <imgui_internal.h>
#include <implot.h>

#include "gui/shell/fonts.h"
#include "gui/shell/picture.h"

namespace knobscope::gui {

namespace {

/// The first session file of a folder by name; empty when it has none or is not there.
std::filesystem::path first_session_in(const std::filesystem::path& folder) {
  std::filesystem::path first;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (entry.path().extension() != ".session") continue;
    // Without the ending: "h200" comes before "h200-shapes".
    if (first.empty() || entry.path().stem() < first.stem()) first = entry.path();
  }
  return first;
}

}  // namespace

/// ImGui's and ImPlot's contexts and the two backends.
struct Stage::Contexts {
  explicit Contexts(GLFWwindow* window) {
    IMGUI_CHECKVERSION();
    imgui = ImGui::CreateContext();
    implot = ImPlot::CreateContext();
    ImGuiIO& io = ImGui::GetIO();
    io.ConfigFlags |= ImGuiConfigFlags_DockingEnable | ImGuiConfigFlags_NavEnableKeyboard;
    // The layout is kept with the other settings.
    io.IniFilename = nullptr;
    io.LogFilename = nullptr;
    io.ConfigDockingTransparentPayload = true;
    io.ConfigWindowsMoveFromTitleBarOnly = true;
    io.ConfigInputTextCursorBlink = true;
    ImGui_ImplGlfw_InitForOpenGL(window, true);
    ImGui_ImplOpenGL3_Init("#version 330 core");
  }
  ~Contexts() {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImPlot::DestroyContext(implot);
    ImGui::DestroyContext(imgui);
  }
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  ImGuiContext* imgui = nullptr;
  ImPlotContext* implot = nullptr;
};

Stage::Stage(const StageOptions& options, worker::CommandSink& commands, SessionKeeper& keeper)
    : settings_(options.settings_file),
      platform_(std::make_unique<Platform>(options.platform)),
      contexts_(std::make_unique<Contexts>(platform_->handle())),
      renderer_(std::make_unique<Renderer>(options.resources / "shaders")),
      canvas_(std::make_unique<Canvas>(platform_->graphics_device().is_software())),
      fixed_scale_(options.scale) {
  const Fonts fonts = load_fonts(options.resources / "assets");
  InterfaceOptions interface = options.interface;
  interface.scale = fixed_scale_.value_or(platform_->content_scale());
  interface.recorded_session = first_session_in(options.resources / "assets" / "sessions");
  remember(interface);
  interface_ = std::make_unique<Interface>(fonts, *renderer_, commands, keeper, interface);
  renderer_->warm_up(interface_->theme());
}

Stage::~Stage() {
  settings_.keep(interface_->settings());
  interface_.reset();
  canvas_.reset();
  renderer_.reset();
}

bool Stage::has_input() const {
  if (contexts_->imgui->InputEventsQueue.Size > 0) return true;
  // A key that is held repeats by ImGui's clock, for which no event comes.
  const auto& keys = contexts_->imgui->IO.KeysData;
  return std::ranges::any_of(keys, [](const ImGuiKeyData& key) { return key.Down; });
}

void Stage::remember(InterfaceOptions& interface) {
  interface.remembered = settings_.load();
  interface.tour = interface.tour && !interface.remembered.tour_seen;
  const Settings& remembered = interface.remembered;
  if (remembered.layout.empty()) return;
  const WindowSize size = platform_->framebuffer_size();
  const float scale = interface.scale * remembered.zoom;
  const Room room = room_of({static_cast<float>(size.width) / scale, static_cast<float>(size.height) / scale});
  // A window of another size gets the layout that was drawn for it, unless somebody has arranged the panels.
  if (remembered.layout_as_built && remembered.layout_room != name_of(room)) return;
  ImGui::LoadIniSettingsFromMemory(remembered.layout.c_str(), remembered.layout.size());
  interface.keep_layout = true;
}

void Stage::follow_scale() {
  if (!fixed_scale_) interface_->set_scale(platform_->content_scale());
}

void Stage::frame(const Snapshot& snapshot) {
  const auto start = std::chrono::steady_clock::now();
  follow_scale();
  if (settings_.is_due()) settings_.keep(interface_->settings());
  if (const auto fault = settings_.take_fault()) interface_->notify(interface_->theme().noisy, *fault);
  for (const std::filesystem::path& file : platform_->take_dropped_files()) interface_->drop(file);
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  // Once a second: somebody may be editing a shader.
  if (ImGui::GetTime() >= next_shader_look_ && platform_->focused()) {
    next_shader_look_ = ImGui::GetTime() + 1.0;
    renderer_->reload_changed_shaders();
  }
  ImGui::NewFrame();
  interface_->draw(snapshot);
  ImGui::Render();
  const WindowSize size = platform_->framebuffer_size();
  const ImVec4& ground = interface_->theme().ground;
  if (platform_->take_loss()) canvas_->forget();
  const bool changed = canvas_->draw(*ImGui::GetDrawData(), size, ground, renderer_->revision());
  if (const auto wish = interface_->take_picture_wish()) write_part(*wish);
  frame_times_.add(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  if (changed) show();
}

void Stage::show() {
  const WindowSize size = canvas_->size();
  const bool resized = size.width != shown_.width || size.height != shown_.height;
  shown_ = size;
  if (platform_->headless()) {
    // Nobody would see a copy.
    platform_->swap();
  } else if (platform_->shows_parts() && !resized) {
    canvas_->copy_to_window(canvas_->drawn());
    platform_->show_parts(canvas_->drawn(), size);
  } else {
    // Only with the first swap does the back buffer get the window's new size.
    const int swaps = platform_->shows_parts() ? 2 : 1;
    for (int i = 0; i < swaps; ++i) {
      canvas_->copy_to_window({{0, 0, size.width, size.height}});
      platform_->swap();
    }
  }
}

void Stage::write_part(const PictureWish& wish) {
  try {
    write_png(*canvas_, wish.part, wish.file);
    interface_->take_along(wish.file);
  } catch (const WindowError& error) {
    interface_->notify(interface_->theme().wrong, error.what());
  }
}

void Stage::write_picture(const std::filesystem::path& file) { write_png(*canvas_, file); }

}  // namespace knobscope::gui
