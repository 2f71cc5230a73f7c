#pragma once
// Everything inside the window: top bar, bands, panels, keys. Draws one frame from a snapshot and posts what is asked
// for. Knows nothing of GLFW; needs a current ImGui and ImPlot context and lives on the UI thread.

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/fit_rules.h"
#include "gui/shell/history.h"
#include "gui/shell/layout.h"
#include "gui/shell/palette.h"
#include "gui/shell/picture.h"
#include "gui/shell/picture_clipboard.h"
#include "gui/shell/session_keeper.h"
#include "gui/shell/session_reader.h"
#include "gui/shell/settings.h"
#include "gui/shell/shortcuts.h"
#include "gui/shell/tour.h"
#include "gui/theme.h"
#include "gui/views/exploration.h"
#include "gui/views/point_index.h"
#include "gui/views/view.h"

namespace knobscope::gui {

struct InterfaceOptions {
  std::string device;                      ///< wanted device id; empty: the best found
  std::optional<ThemeName> theme;          ///< nothing: the one remembered
  std::optional<bool> live_window;         ///< nothing: as remembered
  float scale = 1.0F;                      ///< of the monitor; the zoom comes on top
  std::string only_view;                   ///< one panel alone; empty: all
  bool keep_layout = false;                ///< the layout came from a file and stays
  Settings remembered;                     ///< what the last start left; its layout is the caller's to load
  std::filesystem::path save_folder;       ///< where Ctrl+S puts a new session file
  const FitRules* fit_rules = nullptr;     ///< of headers; null: they pick measured shapes only
  std::vector<PointPtr> baselines;         ///< see ViewContext
  bool tour = false;                       ///< nobody has seen it yet
  std::vector<Plan> begun_plans;           ///< of the session that is gone on with, in their order
  std::filesystem::path recorded_session;  ///< offered for reading where there is no GPU; may be empty
  Desktop desktop;                         ///< whose clipboard takes pictures
};

/// A part of a frame, in pixels from the upper left, for a PNG.
struct PictureWish {
  PixelRect part;
  std::filesystem::path file;
};

class Interface {
 public:
  Interface(const Fonts& fonts, Renderer& renderer, worker::CommandSink& commands, SessionKeeper& keeper,
            InterfaceOptions options);
  ~Interface();
  Interface(const Interface&) = delete;
  Interface& operator=(const Interface&) = delete;

  /// Between ImGui::NewFrame and ImGui::Render.
  void draw(const Snapshot& snapshot);

  ViewState& state() { return state_; }
  const Theme& theme() const { return theme_; }
  void set_theme(ThemeName name);
  /// The monitor's scale.
  void set_scale(float scale);
  float zoom() const { return zoom_; }
  /// On top of the monitor's scale. Panels that lie as they were laid out are laid out afresh.
  void set_zoom(float zoom);
  /// What the next start should find: of a recorded session that is open, what was set before. Between frames.
  Settings settings() const;

  /// Opens a session for reading, or says in the window why not. False when it could not. Waits for the file.
  bool open_session(const std::filesystem::path& file);
  /// The same beside the frames: a band says how far it is, and cancels it.
  void read_session(const std::filesystem::path& file) { reader_.begin(file, SessionReader::Purpose::show); }
  /// Ends reading a recorded session and measures again.
  void close_session();
  /// Makes a session the older one that the compare lens compares with, or says in the window why not. False when it
  /// could not.
  bool compare_with(const std::filesystem::path& file);
  /// A file dropped on the window: sessions open (over the compare lens, they are compared with), kernels get an
  /// explanation.
  void drop(const std::filesystem::path& file);
  /// A sentence in the band above the panels, until it is dismissed.
  void notify(const Tint& tint, std::string text);
  /// What the band says; empty without one. For tests.
  const std::string& notice() const { return notice_.text; }
  const Palette& palette() const { return palette_; }
  /// Titles of what the palette lists, and whether each can be done now. For tests.
  std::vector<std::pair<std::string, bool>> palette_titles(const Snapshot& snapshot);
  /// Whether there is something to go on with in the next frame.
  bool is_busy() const {
    return saving_.valid() || exporting_.valid() || copying_.valid() || picture_in_ > 0 || state_.busy ||
           reader_.is_reading();
  }
  const Tour& tour() const { return tour_; }
  /// A part of the frame just drawn that somebody wants as a picture, and where to; once. Say what came of it with
  /// take_along() or notify().
  std::optional<PictureWish> take_picture_wish();
  /// Starts to copy a picture that has been written, and says so in the window when it is done.
  void take_along(const std::filesystem::path& picture);
  /// Starts saving, as Ctrl+S does.
  void save(const Snapshot& snapshot);
  /// Starts writing a C++ header that picks the best by shape, from all points on the device that is set.
  void export_header(const Snapshot& snapshot);
  /// Whether the window is to draw while samples are taken on the device that draws it.
  bool live_window() const { return live_window_; }
  void reset_layout() { layout_wanted_ = true; }
  /// Selects the fastest right point on the problem that is set, and its variant and knobs; where nothing is timed, the
  /// one with most findings.
  void select_best(const Snapshot& snapshot);

 private:
  struct Notice {
    Tint tint;
    std::string text;
  };
  /// A button of a band.
  struct BandAction {
    std::string band;
    int index = 0;
    std::string label;
    std::string text;  ///< of the band
  };
  /// Takes up what the last start left.
  void restore(const Settings& remembered);
  void apply_scale();
  void follow(const Snapshot& snapshot);
  void choose_device(const Snapshot& snapshot);
  /// Makes `to` the device. Another kind of device gets a size that suits it, or the one it had when it was left.
  void switch_device(const Snapshot& snapshot, const DeviceFacts& to);
  /// Whether kernels are only judged on the device that is set, not timed.
  bool judges(const Snapshot& snapshot) const;
  /// Panels that lie as they were laid out follow the kind of device.
  void follow_layout(const Snapshot& snapshot);
  void tick_new_variants(const Snapshot& snapshot);
  void act_on_keys(const Snapshot& snapshot);
  void perform(Action action, const Snapshot& snapshot);
  bool can_perform(Action action, const Snapshot& snapshot) const;
  void step_axis(const Snapshot& snapshot, bool forwards);
  void choose_operation(const Snapshot& snapshot, Operation operation);
  void take_back(const std::optional<Choice>& choice);
  /// What the palette lists; good for this frame.
  std::vector<PaletteEntry> palette_entries(ViewContext& context);
  ViewContext context_of(const Snapshot& snapshot);
  void list_actions(const Snapshot& snapshot, std::vector<PaletteEntry>& entries);
  void list_bands(std::vector<PaletteEntry>& entries);
  void list_sessions(std::vector<PaletteEntry>& entries);
  void list_panels(std::vector<PaletteEntry>& entries);
  /// What the panels list themselves; doing it shows the panel.
  void list_views(ViewContext& context, std::vector<PaletteEntry>& entries);
  /// Session files beside the one that is offered and where new ones are saved, for the palette.
  void find_sessions();
  /// Names of the windows inside the window, in the order in which F6 visits them.
  std::vector<std::string> windows_in_turn() const;
  void list_problem(const Snapshot& snapshot, std::vector<PaletteEntry>& entries);
  void list_variants(const Snapshot& snapshot, std::vector<PaletteEntry>& entries);
  void run_or_pause(const Snapshot& snapshot);
  /// The baseline with the selected point as its rival; nothing unless they are two of one problem and device.
  std::optional<PointRequest> pair_to_time(const Snapshot& snapshot) const;
  void time_in_turns(const Snapshot& snapshot);
  /// Says in the band what came of pairs since the last frame.
  void tell_of_pairs(const Snapshot& snapshot);
  void finish_saving();
  void finish_exporting();
  /// Shows the session that was being read, or compares with it.
  void finish_reading();
  bool show_session(const std::filesystem::path& file, session::Recorded recorded);
  void compare_with(const std::filesystem::path& file, session::Recorded recorded);
  void finish_copying();
  void draw_top_bar(const Snapshot& snapshot);
  void draw_device_chooser(const Snapshot& snapshot);
  void draw_operations(const Snapshot& snapshot, float room);
  void draw_run_controls(const Snapshot& snapshot);
  void draw_menu(const Snapshot& snapshot);
  /// An entry of a menu that performs an action, with its key.
  void menu_entry(const char* label, Action action, const Snapshot& snapshot, bool chosen = false);
  float draw_bands(const Snapshot& snapshot, float top);
  /// A band over the full width. The index of the action that was pressed, or -1.
  int draw_band(const char* id, const Tint& tint, const std::string& text, const std::vector<std::string>& actions,
                float& top);
  void draw_emulated_band(float& top);
  /// Offers what there is to do without a GPU; nothing where there is one.
  void draw_no_gpu_band(const Snapshot& snapshot, float& top);
  void draw_panels(const Snapshot& snapshot, float top);
  void draw_one_panel(const Snapshot& snapshot);
  void draw_keys();
  /// Makes a hidden or covered panel visible.
  void show_panel(const std::string& title);
  /// The menu of a panel's right click: its picture and its data.
  void draw_panel_menu(const std::string& title, const ViewContext& context);
  /// Does what a view asked for.
  void grant_wish(const Snapshot& snapshot);
  void copy(const std::string& text, std::string_view what);
  /// The words of flags where they can say it, else of a plan file.
  void copy_plan(const Snapshot& snapshot, Plan plan);
  void save_plan(const Plan& plan);
  /// A picture of a panel, once it is in front.
  void take_picture_of(const std::string& title);
  void copy_data_of(const std::string& title, const ViewContext& context);
  void list_copies(const Snapshot& snapshot, std::vector<PaletteEntry>& entries);
  /// Offers to go on with the last sweep of the session, where it was not measured to its end.
  void draw_unfinished_band(const Snapshot& snapshot, float& top);
  void keep_sweep();

  Theme theme_;
  float monitor_scale_ = 1.0F;
  float zoom_ = 1.0F;
  Renderer& renderer_;
  worker::CommandSink& commands_;
  SessionKeeper& keeper_;
  InterfaceOptions options_;
  std::vector<std::unique_ptr<View>> views_;
  std::set<std::string> hidden_views_;
  ViewState state_;
  PointIndex index_;
  std::map<DeviceKind, std::pair<Plan, KnobValues>> left_;  ///< what was set when a kind of device was left
  std::optional<ViewState> live_state_;                     ///< what was set before a recorded session was opened
  Exploration exploration_;
  History history_;
  Palette palette_;
  Tour tour_;
  std::string picture_of_;  ///< a panel's title
  int picture_in_ = 0;      ///< frames until it is taken: a menu goes, a panel comes to the front; 0: none is wanted
  std::vector<PointRequest> unfinished_;  ///< of the session's last sweep
  std::int64_t unfinished_total_ = 0;
  std::set<std::string> known_variants_;
  std::string provenance_;
  Notice notice_;
  SessionReader reader_;
  std::future<std::string> saving_;
  std::future<std::string> exporting_;
  std::future<CopiedPicture> copying_;
  int seen_restarts_ = 0;
  std::size_t points_seen_ = 0;
  std::vector<BandAction> band_actions_;                    ///< of this frame
  std::optional<std::pair<std::string, int>> band_wanted_;  ///< pressed in the palette: the band's name and the index
  std::vector<std::filesystem::path> sessions_;             ///< when the palette was opened
  std::string focus_wanted_;                                ///< by a window that is about to be seen
  bool menu_was_open_ = false;                              ///< in the last frame
  bool no_gpu_dismissed_ = false;
  bool keys_shown_ = false;
  bool live_window_ = false;
  bool layout_wanted_ = true;
  int fronts_wanted_in_ = 0;         ///< frames until the front panels are brought forward; 0: they were
  std::optional<Purpose> laid_out_;  ///< nothing: not yet, or by a file
};

/// What is explored at first on a kind of device. Pure.
Plan built_in_plan(DeviceKind device);

}  // namespace knobscope::gui
