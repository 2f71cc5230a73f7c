#include "gui/shell/settings.h"

#include <cstdint>
#include <sstream>
#include <string_view>

#include <fmt/format.h>

#include "checked_toml.h"
#include "core/problem.h"
#include "gui/shell/zoom.h"
#include "session/plan_file.h"

namespace knobscope::gui {
namespace {

/// Thrown and caught in this file only: the first fault ends the reading.
struct FaultFound {
  SettingsFault fault;
};

[[noreturn]] void fail(const toml::node& node, std::string message) {
  throw FaultFound{{static_cast<int>(node.source().begin.line), std::move(message)}};
}

/// The value of a name in its own type; nothing when the table does not have it.
template <class T>
std::optional<T> value_of(const toml::table& table, std::string_view name, std::string_view wanted) {
  const toml::node* node = table.get(name);
  if (node == nullptr) return std::nullopt;
  if (const auto value = node->value_exact<T>()) return *value;
  fail(*node, fmt::format("{}: {} is wanted", name, wanted));
}

constexpr std::string_view kText = "a text in quotes";
constexpr std::string_view kSwitch = "true or false";

std::set<std::string> texts_of(const toml::table& table, std::string_view name) {
  std::set<std::string> texts;
  const toml::node* node = table.get(name);
  if (node == nullptr) return texts;
  if (node->as_array() == nullptr) fail(*node, fmt::format("{}: a list of texts is wanted", name));
  for (const toml::node& each : *node->as_array()) {
    const auto text = each.value_exact<std::string>();
    if (!text) fail(each, fmt::format("{}: {} is wanted", name, kText));
    texts.insert(*text);
  }
  return texts;
}

const toml::table* table_in(const toml::table& table, std::string_view name) {
  const toml::node* node = table.get(name);
  if (node != nullptr && node->as_table() == nullptr) fail(*node, fmt::format("{}: a table is wanted", name));
  return node != nullptr ? node->as_table() : nullptr;
}

void read_window(const toml::table& table, Settings& settings) {
  if (const auto theme = value_of<std::string>(table, "theme", kText)) {
    const auto known = theme_named(*theme);
    if (!known) fail(*table.get("theme"), fmt::format("theme: there is no '{}'; write dark or light", *theme));
    settings.theme = *known;
  }
  if (const auto zoom = value_of<double>(table, "zoom", "a number such as 1.25")) {
    // A broken number would make a window that cannot be read, nor be put right.
    if (!(*zoom >= 0.0 && *zoom <= 1e3)) fail(*table.get("zoom"), "zoom: a number from 0.5 to 3.0 is wanted");
    settings.zoom = std::clamp(static_cast<float>(*zoom), kLowestZoom, kHighestZoom);
  }
  settings.hidden_views = texts_of(table, "hidden_panels");
  settings.live_window = value_of<bool>(table, "draw_while_measuring", kSwitch).value_or(settings.live_window);
  settings.tour_seen = value_of<bool>(table, "tour_seen", kSwitch).value_or(settings.tour_seen);
}

void read_layout(const toml::table& table, Settings& settings) {
  settings.layout = value_of<std::string>(table, "panels", kText).value_or("");
  settings.layout_as_built = value_of<bool>(table, "as_built", kSwitch).value_or(settings.layout_as_built);
  settings.layout_room = value_of<std::string>(table, "room", kText).value_or(settings.layout_room);
  // Before there was a third kind of room.
  if (value_of<bool>(table, "compact", kSwitch).value_or(false)) settings.layout_room = "compact";
}

void read_view(const toml::table& table, Settings& settings) {
  settings.lens = value_of<std::string>(table, "lens", kText).value_or(settings.lens);
  settings.quantity = value_of<std::string>(table, "quantity", kText).value_or(settings.quantity);
  settings.log_x = value_of<bool>(table, "log_x", kSwitch).value_or(settings.log_x);
  settings.heat_x = value_of<std::string>(table, "heat_x", kText).value_or(settings.heat_x);
  settings.heat_y = value_of<std::string>(table, "heat_y", kText).value_or(settings.heat_y);
  settings.heat_winner = value_of<bool>(table, "heat_winner", kSwitch).value_or(settings.heat_winner);
  settings.x_axis = value_of<std::string>(table, "x_axis", kText).value_or(settings.x_axis);
  settings.log_y = value_of<bool>(table, "log_y", kSwitch);
  settings.selected_variant = value_of<std::string>(table, "variant", kText).value_or("");
  settings.unticked = texts_of(table, "not_explored");
}

void read_knobs(const toml::table& table, Settings& settings) {
  for (const auto& [name, value] : table) {
    const auto number = value.value_exact<std::int64_t>();
    if (!number) fail(value, fmt::format("knobs: {}: a whole number is wanted", name.str()));
    settings.knobs[std::string(name.str())] = *number;
  }
}

std::string text_of(const toml::table& table) {
  std::ostringstream text;
  // Its texts in apostrophes could not hold every text.
  text << toml::toml_formatter(table, toml::toml_formatter::default_flags & ~toml::format_flags::allow_literal_strings);
  return text.str();
}

void read_plan(const toml::table& table, Settings& settings) {
  const auto parsed = session::parse_plan(text_of(table));
  if (const auto* fault = std::get_if<session::PlanFault>(&parsed)) fail(table, "plan: " + fault->message);
  settings.plan = std::get<Plan>(parsed);
  // The window sets one of each.
  settings.plan.shapes.resize(1);
  settings.plan.types.resize(1);
  settings.plan.distributions.resize(1);
  if (const auto fault = find_fault(first_problem(settings.plan))) fail(table, "plan: " + *fault);
  settings.has_plan = true;
}

Settings read_all(const toml::table& table) {
  const auto version = value_of<std::int64_t>(table, "version", "a whole number");
  if (!version) throw FaultFound{{0, "it does not say its version"}};
  if (*version > kSettingsVersion) {
    throw FaultFound{{0, fmt::format("version {} was written by a newer Knobscope", *version), true}};
  }
  Settings settings;
  if (const toml::table* window = table_in(table, "window")) read_window(*window, settings);
  if (const toml::table* layout = table_in(table, "layout")) read_layout(*layout, settings);
  if (const toml::table* view = table_in(table, "view")) read_view(*view, settings);
  if (const toml::table* knobs = table_in(table, "knobs")) read_knobs(*knobs, settings);
  if (const toml::table* plan = table_in(table, "plan")) read_plan(*plan, settings);
  return settings;
}

toml::array list_of(const std::set<std::string>& texts) {
  toml::array list;
  for (const std::string& text : texts) list.push_back(text);
  return list;
}

}  // namespace

std::string write_settings(const Settings& settings) {
  toml::table window;
  window.insert("theme", std::string(name_of(settings.theme)));
  window.insert("zoom", static_cast<double>(settings.zoom));
  window.insert("hidden_panels", list_of(settings.hidden_views));
  window.insert("draw_while_measuring", settings.live_window);
  window.insert("tour_seen", settings.tour_seen);
  toml::table layout;
  layout.insert("as_built", settings.layout_as_built);
  layout.insert("room", settings.layout_room);
  layout.insert("panels", settings.layout);
  toml::table whole;
  whole.insert("version", kSettingsVersion);
  whole.insert("window", std::move(window));
  whole.insert("layout", std::move(layout));
  toml::table view;
  view.insert("lens", settings.lens);
  view.insert("quantity", settings.quantity);
  view.insert("log_x", settings.log_x);
  if (settings.log_y) view.insert("log_y", *settings.log_y);
  view.insert("heat_x", settings.heat_x);
  view.insert("heat_y", settings.heat_y);
  view.insert("heat_winner", settings.heat_winner);
  if (settings.has_plan) {
    view.insert("x_axis", settings.x_axis);
    view.insert("variant", settings.selected_variant);
    view.insert("not_explored", list_of(settings.unticked));
    toml::table knobs;
    for (const auto& [name, value] : settings.knobs) knobs.insert(name, value);
    whole.insert("knobs", std::move(knobs));
    whole.insert("plan", toml::parse(session::write_plan(settings.plan)));
  }
  whole.insert("view", std::move(view));
  return "# What the window of Knobscope remembers. Delete it to start afresh.\n" + text_of(whole) + "\n";
}

std::variant<Settings, SettingsFault> read_settings(const std::string& text) {
  try {
    return read_all(toml::parse(text));
  } catch (const FaultFound& found) {
    return found.fault;
  } catch (const toml::parse_error& error) {
    return SettingsFault{static_cast<int>(error.source().begin.line), std::string(error.description())};
  } catch (const TomlAssertion& assertion) {
    return SettingsFault{0, assertion.what()};
  }
}

}  // namespace knobscope::gui
