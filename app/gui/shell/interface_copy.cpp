// What leaves the window: pictures and data of panels, points and plans as command lines and files; and sweeps that go
// on after a restart.

#include <algorithm>
#include <cctype>
#include <cmath>
#include <fstream>
#include <utility>

#include <fmt/format.h>
#include <imgui.h>
#include <imgui_internal.h>

#include "core/known_points.h"
#include "core/sweep_estimate.h"
#include "core/visit_order.h"
#include "gui/shell/interface.h"
#include "gui/shell/is_ready.h"
#include "gui/shell/layout.h"
#include "gui/views/plot_data.h"
#include "gui/views/series.h"
#include "gui/views/sweep_plan.h"
#include "gui/views/sweep_view.h"
#include "gui/widgets/format_number.h"
#include "session/command_line.h"
#include "session/plan_file.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

/// A menu goes and a panel comes to the front within so many frames.
constexpr int kFramesToPicture = 5;

std::string file_end(const std::string& title, const char* extension) {
  std::string end = "-" + title + extension;
  std::ranges::transform(end, end.begin(),
                         [](unsigned char c) { return c == ' ' ? '-' : static_cast<char>(std::tolower(c)); });
  return end;
}

/// Names instead of files where they are as clear, and words for all that a sweep visits.
Plan as_typed(const Snapshot& snapshot, Plan plan) {
  for (std::string& id : plan.variants) {
    const Variant* variant = snapshot.catalog->find(id);
    if (variant == nullptr) continue;
    const auto peers = variants_for(*snapshot.catalog, plan.operation, device_kind_of(snapshot, plan.device));
    const auto same_name = std::ranges::count(peers, variant->name, &Variant::name);
    if (same_name == 1) id = variant->name;
  }
  return plan;
}

/// Whether it visits more than one value of something.
bool is_sweep(const Plan& plan) {
  const bool of_knobs = std::ranges::any_of(plan.knobs, [](const auto& knob) { return knob.second.size() > 1; });
  return of_knobs || plan.sweep_unlisted_knobs || plan.shapes.size() > 1 || plan.types.size() > 1 ||
         plan.distributions.size() > 1;
}

}  // namespace

void Interface::show_panel(const std::string& title) {
  hidden_views_.erase(title);
  bring_panel_to_front(title);
}

void Interface::copy(const std::string& text, std::string_view what) {
  ImGui::SetClipboardText(text.c_str());
  notify(theme_.pass, fmt::format("{} in the clipboard.", what));
}

void Interface::copy_plan(const Snapshot& snapshot, Plan plan) {
  plan = as_typed(snapshot, std::move(plan));
  // Coarse to fine, as here; every knob of what is ticked has its values in the plan.
  plan.sweep_unlisted_knobs = true;
  if (const auto line = session::command_line_of(plan)) {
    copy(*line, "The plan's command line is");
  } else {
    save_plan(plan);
  }
}

void Interface::save_plan(const Plan& plan) {
  const std::filesystem::path file = new_file(options_.save_folder, "-plan.toml");
  std::ofstream stream(file, std::ios::binary);
  stream << session::write_plan(plan);
  stream.close();
  if (!stream) {
    notify(theme_.wrong, fmt::format("{} cannot be written: start the program in a folder of yours.", file.string()));
    return;
  }
  notify(theme_.pass,
         fmt::format("The plan is in {} · knobscope sweep --plan {}", file.string(), file.filename().string()));
}

void Interface::grant_wish(const Snapshot& snapshot) {
  switch (std::exchange(state_.wish, Wish::none)) {
    case Wish::none:
      break;
    case Wish::copy_sweep:
      copy_plan(snapshot, sweep_plan(snapshot, state_, state_.sweep_axes));
      break;
    case Wish::save_sweep:
      save_plan(as_typed(snapshot, sweep_plan(snapshot, state_, state_.sweep_axes)));
      break;
    case Wish::copy_plan:
      copy_plan(snapshot, plan_on_screen(snapshot, state_));
      break;
    case Wish::save_plan:
      save_plan(as_typed(snapshot, plan_on_screen(snapshot, state_)));
      break;
    case Wish::copy_point: {
      const PointPtr point = focused_point(snapshot, state_, &index_);
      if (!point) break;
      if (point->is_baseline()) {
        notify(theme_.noisy, "That was recorded of other software: tests/gpu/pytorch_baseline.py records it again.");
      } else if (const auto line = session::command_line_of(point->request)) {
        copy(*line, "The command line that repeats the selected point is");
      } else {
        save_plan(session::plan_of(point->request));
      }
      break;
    }
  }
}

void Interface::take_picture_of(const std::string& title) {
  show_panel(title);
  picture_of_ = title;
  picture_in_ = kFramesToPicture;
}

std::optional<PictureWish> Interface::take_picture_wish() {
  // One after the other: the clipboard has room for one.
  if (picture_in_ == 0 || copying_.valid() || --picture_in_ > 0) return std::nullopt;
  const ImGuiWindow* window = ImGui::FindWindowByName(window_id(picture_of_).c_str());
  if (window == nullptr) return std::nullopt;
  const ImVec2 scale = ImGui::GetIO().DisplayFramebufferScale;
  const ImRect rect = window->Rect();
  const auto pixels = [](float length, float factor) { return static_cast<int>(std::lround(length * factor)); };
  PictureWish wish;
  wish.part = {pixels(rect.Min.x, scale.x), pixels(rect.Min.y, scale.y), pixels(rect.GetWidth(), scale.x),
               pixels(rect.GetHeight(), scale.y)};
  wish.file = new_file(options_.save_folder, file_end(picture_of_, ".png"));
  return wish;
}

void Interface::take_along(const std::filesystem::path& picture) {
  std::vector<ClipboardTool> tools = clipboard_tools(options_.desktop);
  if (tools.empty()) {
    notify(theme_.pass, copy_picture(picture, tools).text);
    return;
  }
  // A tool may be slow to take it, so not on this thread.
  copying_ =
      std::async(std::launch::async, [picture, tools = std::move(tools)] { return copy_picture(picture, tools); });
}

void Interface::finish_copying() {
  if (!is_ready(copying_)) return;
  const CopiedPicture came = copying_.get();
  notify(came.fault ? theme_.noisy : theme_.pass, came.text);
}

void Interface::copy_data_of(const std::string& title, const ViewContext& context) {
  const std::string csv = data_of(title, context);
  if (csv.empty()) {
    notify(theme_.noisy, fmt::format("{} shows no data yet.", title));
    return;
  }
  const std::int64_t rows = std::ranges::count(csv, '\n') - 1;
  copy(csv, fmt::format("{} {} of {} as CSV are", format_count(rows), rows == 1 ? "row" : "rows", title));
}

void Interface::draw_panel_menu(const std::string& title, const ViewContext& context) {
  // Rows of the results have a menu of their own.
  const bool free = title != "Results" || !ImGui::IsAnyItemHovered();
  if (free && ImGui::IsMouseReleased(ImGuiMouseButton_Right) &&
      ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows) &&
      !ImGui::IsMouseDragPastThreshold(ImGuiMouseButton_Right)) {
    ImGui::OpenPopup("panel menu");
  }
  if (!ImGui::BeginPopup("panel menu")) return;
  if (ImGui::MenuItem("Copy and save picture (PNG)")) take_picture_of(title);
  if (has_data(title) && ImGui::MenuItem("Copy data (CSV)")) copy_data_of(title, context);
  ImGui::Separator();
  menu_entry("Copy point as command line", Action::copy_point, context.snapshot);
  menu_entry("Copy plan as command line", Action::copy_plan, context.snapshot);
  ImGui::EndPopup();
}

void Interface::list_copies(const Snapshot& snapshot, std::vector<PaletteEntry>& entries) {
  for (const std::unique_ptr<View>& view : views_) {
    const std::string title = view->title();
    entries.push_back(
        {"Copy and save picture of " + title + " (PNG)", "", false, [this, title] { take_picture_of(title); }});
    if (!has_data(title)) continue;
    entries.push_back({"Copy data of " + title + " (CSV)", "", false,
                       [this, title, &snapshot] { copy_data_of(title, context_of(snapshot)); }});
  }
}

void Interface::keep_sweep() {
  if (const std::optional<Plan> begun = std::exchange(state_.sweep_begun, std::nullopt)) keeper_.add(*begun);
}

void Interface::draw_unfinished_band(const Snapshot& snapshot, float& top) {
  if (!options_.begun_plans.empty() && !snapshot.devices.empty() && !snapshot.catalog->variants.empty() &&
      !snapshot.points->empty()) {
    const auto last = std::ranges::find_if(options_.begun_plans.rbegin(), options_.begun_plans.rend(), is_sweep);
    const Plan plan = last == options_.begun_plans.rend() ? Plan{} : *last;
    options_.begun_plans.clear();
    const DeviceFacts* device = plan.device.empty() ? &snapshot.devices.front() : snapshot.device(plan.device);
    if (is_sweep(plan) && device != nullptr) {
      std::vector<PointRequest> points = expand(plan, *snapshot.catalog, *device).points;
      unfinished_total_ = static_cast<std::int64_t>(points.size());
      unfinished_ = missing_points(std::move(points), *snapshot.points, *snapshot.catalog);
    }
  }
  if (unfinished_.empty() || state_.recorded) return;
  const auto left = static_cast<std::int64_t>(unfinished_.size());
  const std::string text =
      fmt::format("The session's last sweep is not over: {} of its {} points are left, {}.", format_count(left),
                  format_count(unfinished_total_), words_of(estimate_sweep(unfinished_, *snapshot.points)));
  const int pressed = draw_band("##unfinished", theme_.noisy, text, {"Go on", "Dismiss"}, top);
  if (pressed == 0) commands_.post(worker::MeasurePoints{coarse_to_fine(unfinished_), std::string(kSweepTag)});
  if (pressed >= 0) unfinished_.clear();
}

}  // namespace knobscope::gui
