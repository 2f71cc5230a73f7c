#pragma once
// What the window remembers from one start to the next, as text. Reads and writes no files: see settings_file.h.

#include <set>
#include <string>
#include <variant>

#include "core/plan.h"
#include "gui/theme.h"

namespace knobscope::gui {

/// Written into the file; a file with a higher one is left alone.
inline constexpr int kSettingsVersion = 1;

struct Settings {
  ThemeName theme = ThemeName::dark;
  float zoom = 1.0F;                   ///< on top of the monitor's scale, kLowestZoom to kHighestZoom
  std::set<std::string> hidden_views;  ///< titles
  bool live_window = false;            ///< drawn while samples are taken, too
  bool tour_seen = false;              ///< and not to return unless asked
  std::string layout;                  ///< ImGui's own text; empty: as built
  bool layout_as_built = true;         ///< nobody has moved a panel to another place
  std::string layout_room = "wide";    ///< "low", "compact" or "wide", as room_of() had it
  std::string lens = "lines";          ///< LensFacts::id
  std::string quantity = "bandwidth";  ///< QuantityScale::id
  bool log_x = true;
  std::optional<bool> log_y;  ///< where it was chosen
  std::string heat_x;         ///< as in ViewState
  std::string heat_y = "columns";
  bool heat_winner = true;
  bool has_plan = false;  ///< whether what follows was ever set
  Plan plan;              ///< one shape, type and distribution, as in ViewState
  KnobValues knobs;
  std::string x_axis = "block";
  std::string selected_variant;
  std::set<std::string> unticked;  ///< ids of variants; those not named are explored

  bool operator==(const Settings&) const = default;
};

struct SettingsFault {
  int line = 0;  ///< 1-based; 0 when unknown
  std::string message;
  bool newer = false;  ///< the file is a later version's: not broken, and not to be written over
};

/// TOML. read_settings(write_settings(s)) == s.
std::string write_settings(const Settings& settings);
/// What the text does not name keeps its default, and so does a name that is not known. Never throws on bad input.
std::variant<Settings, SettingsFault> read_settings(const std::string& text);

}  // namespace knobscope::gui
