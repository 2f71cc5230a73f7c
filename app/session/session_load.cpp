#include <algorithm>
#include <cerrno>
#include <cstdlib>  // mkdtemp
#include <cstring>
#include <fstream>
#include <map>
#include <system_error>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include "session/plan_file.h"
#include "session/schema.h"
#include "session/session.h"

namespace knobscope::session {
namespace {

namespace fs = std::filesystem;

/// A folder of our own that goes when the object goes.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "knobscope-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw SessionError(fmt::format("no temporary folder can be made in {}: {}", fs::temp_directory_path().string(),
                                     std::strerror(errno)));
    }
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

fs::path beside(const fs::path& file, const char* suffix) { return fs::path(file.string() + suffix); }

/// A database opened for reading, and the copy it may have needed.
struct OpenedSession {
  std::unique_ptr<TemporaryFolder> copy;  // declared first: goes after the connection
  std::unique_ptr<Database> database;
};

OpenedSession open_copy(const fs::path& file) {
  OpenedSession opened;
  opened.copy = std::make_unique<TemporaryFolder>();
  const fs::path target = opened.copy->path() / "session";
  std::error_code error;
  for (const char* suffix : {"", "-wal", "-journal"}) {
    const fs::path source = beside(file, suffix);
    if (!fs::exists(source, error)) continue;
    fs::copy_file(source, beside(target, suffix), error);
    if (error) throw SessionError(fmt::format("{}: cannot be read ({})", source.string(), error.message()));
    // The copy of a read-only file is read-only, and recovery writes.
    fs::permissions(beside(target, suffix), fs::perms::owner_read | fs::perms::owner_write, error);
  }
  opened.database = std::make_unique<Database>(target, OpenMode::write);
  return opened;
}

OpenedSession open_session(const fs::path& file) {
  std::error_code ignored;
  const fs::path journal = beside(file, "-journal");
  if (fs::exists(journal, ignored) && fs::file_size(journal, ignored) > 0) {
    // A writer died while changing the file itself: what it had changed must be undone, and not here.
    return open_copy(file);
  }
  if (!fs::exists(beside(file, "-wal"), ignored)) {
    OpenedSession opened;
    opened.database = std::make_unique<Database>(file, OpenMode::immutable);
    return opened;
  }
  // A log beside the file: its writer is alive, or was killed. Reading with locks sees all of it, if the folder lets
  // us share the log's index; a copy does everywhere else.
  try {
    OpenedSession opened;
    opened.database = std::make_unique<Database>(file, OpenMode::read);
    opened.database->integer("SELECT count(*) FROM sqlite_schema");
    return opened;
  } catch (const SessionError&) {
    return open_copy(file);
  }
}

void check_is_database(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) throw SessionError(fmt::format("{}: there is no such file", file.string()));
  if (fs::is_directory(file, error)) {
    throw SessionError(fmt::format("{}: is a folder; name a session file in it", file.string()));
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw SessionError(fmt::format("{}: cannot be read ({})", file.string(), std::strerror(errno)));
  char magic[16] = {};
  stream.read(magic, sizeof magic);
  if (stream.gcount() == 0) {
    throw SessionError(fmt::format("{}: is empty, nothing was recorded in it", file.string()));
  }
  if (std::string_view(magic, sizeof magic) != std::string_view("SQLite format 3\0", 16)) {
    throw SessionError(
        fmt::format("{}: is not a Knobscope session; name a file that --session or Ctrl+S wrote", file.string()));
  }
}

template <class T>
std::vector<T> values_of(std::span<const std::byte> bytes) {
  if (bytes.size() % sizeof(T) != 0) throw SessionError("the session file is damaged: a list of numbers is cut off");
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

using PointsById = std::map<std::int64_t, std::shared_ptr<Point>>;

/// Rows of other tables always belong to a point: they are written in one transaction with it.
Point& owner(PointsById& points, std::int64_t id) {
  const auto found = points.find(id);
  if (found == points.end()) {
    throw SessionError(fmt::format("the session file is damaged: point {} is missing", id));
  }
  return *found->second;
}

/// Versions 3 to 5 have the copies only, timed cold.
std::vector<SizeCeiling> ceilings_of_size(const PointRow& row, Bytes compelled) {
  if (row.size_ceilings) return *row.size_ceilings;
  if (!row.sized_memcpy || !row.sized_copy) return {};
  SizeCeiling cold;
  cold.bytes = compelled;
  cold.memcpy = {*row.sized_memcpy};
  cold.copy = {*row.sized_copy};
  return {cold};
}

/// The rows of a file, one after another, and how far they have got.
class Rows {
 public:
  Rows(Database& database, const LoadProgress& progress) : progress_(progress) {
    if (!progress_) return;
    // The others have few rows.
    for (const char* table : {"point", "samples", "summary", "output_error"}) {
      all_ += database.integer(fmt::format("SELECT count(*) FROM {}", table)).value_or(0);
    }
  }

  /// As Statement::step. Throws LoadCancelled.
  bool next(Statement& statement) {
    constexpr std::int64_t kBetween = 512;
    if (progress_ && read_++ % kBetween == 0) {
      const double share = static_cast<double>(read_) / static_cast<double>(std::max<std::int64_t>(all_, 1));
      if (!progress_(std::min(share, 1.0))) throw LoadCancelled("reading was cancelled; open it again to read it");
    }
    return statement.step();
  }

 private:
  const LoadProgress& progress_;
  std::int64_t all_ = 0;
  std::int64_t read_ = 0;
};

void read_points(Database& database, Rows& rows, std::int64_t version, PointsById& by_id,
                 std::vector<PointPtr>& in_order) {
  Statement select(database, fmt::format("SELECT {} FROM point ORDER BY position", point_names(version)));
  while (rows.next(select)) {
    PointRow row;
    each_point_column(ColumnReader{select}, row);
    auto point = std::make_shared<Point>(std::move(row.point));
    if (row.inputs_changed) {
      point->error.emplace();
      point->error->inputs_changed = *row.inputs_changed;
      point->error->damaged_guards = std::move(row.damaged_guards);
    }
    point->size_ceilings = ceilings_of_size(row, point->bytes);
    if (row.profile_notes) {
      Profile& profile = point->profile.emplace();
      profile.notes = std::move(*row.profile_notes);
      if (row.dram_read && row.dram_written && row.dram_left) {
        profile.counters = Counters{*row.dram_read,
                                    *row.dram_written,
                                    *row.dram_left,
                                    row.l2_hit_rate.value_or(0.0),
                                    row.achieved_occupancy.value_or(0.0),
                                    row.counter_passes.value_or(1)};
      }
    }
    if (row.ceiling_device) {
      point->ceiling =
          Ceiling{*row.ceiling_device, row.ceiling_copy, row.ceiling_read, row.ceiling_size.value_or(Bytes{}), {}};
      if (row.ceiling_write) point->ceiling->write = BytesPerSecond{*row.ceiling_write};
    }
    by_id[point->request.id] = point;
    in_order.push_back(std::move(point));
  }
}

Timing timing_kind(const std::string& kind) {
  if (const auto timing = timing_named(kind)) return *timing;
  throw SessionError(fmt::format("the session file is damaged: no technique is called '{}'", kind));
}

void read_samples(Database& database, Rows& rows, PointsById& points) {
  Statement select(database, "SELECT point, kind, nanoseconds FROM samples");
  while (rows.next(select)) {
    Point& point = owner(points, select.integer(0));
    point.samples(timing_kind(select.text(1))) =
        std::make_shared<const std::vector<double>>(values_of<double>(select.blob(2)));
  }
  const ColumnList columns = summary_columns();
  Statement summaries(database, fmt::format("SELECT point, kind, {} FROM summary", columns.names));
  while (rows.next(summaries)) {
    Point& point = owner(points, summaries.integer(0));
    const std::string kind = summaries.text(1);
    if (kind == kKernelKind && !point.profile) {
      throw SessionError("the session file is damaged: there are kernel times of a point that has no profile");
    }
    std::optional<Summary>& summary = kind == kKernelKind ? point.profile->kernel : point.summary(timing_kind(kind));
    each_summary_column(ColumnReader{summaries, 2}, summary.emplace());
  }
}

void read_timing_notes(Database& database, Rows& rows, PointsById& points) {
  Statement select(database, "SELECT point, kind, text FROM timing_note ORDER BY point, position");
  while (rows.next(select)) {
    owner(points, select.integer(0)).timing_notes.push_back({timing_kind(select.text(1)), select.text(2)});
  }
}

void read_rivals(Database& database, Rows& rows, PointsById& points) {
  Statement select(database, fmt::format("SELECT point, {}, nanoseconds FROM rival", rival_columns().names));
  while (rows.next(select)) {
    Point& point = owner(points, select.integer(0));
    RivalRow row;
    ColumnReader reader{select, 1};
    each_rival_column(reader, row);
    if (!select.is_null(reader.next)) {
      row.rival.samples = std::make_shared<const std::vector<double>>(values_of<double>(select.blob(reader.next)));
      row.rival.summary = summarize(*row.rival.samples);
    }
    point.request.against = std::move(row.against);
    point.rival = std::move(row.rival);
  }
}

/// One series per technique with a row of sample_clock, which every one has.
void read_environments(Database& database, Rows& rows, PointsById& points) {
  Statement clocks(database, "SELECT point, kind, megahertz FROM sample_clock ORDER BY rowid");
  while (rows.next(clocks)) {
    owner(points, clocks.integer(0))
        .series_environments.push_back({timing_kind(clocks.text(1)), values_of<double>(clocks.blob(2)), {}, {}});
  }
  const auto series_of = [&points](std::int64_t point, const std::string& kind) -> SeriesEnvironment& {
    auto& all = owner(points, point).series_environments;
    const auto found = std::ranges::find(all, timing_kind(kind), &SeriesEnvironment::timing);
    if (found == all.end()) throw SessionError("the session file is damaged: a series of samples is missing");
    return *found;
  };
  Statement discarded(database,
                      fmt::format("SELECT point, kind, {} FROM discarded_sample ORDER BY point, kind, position",
                                  discarded_columns().names));
  while (rows.next(discarded)) {
    auto& list = series_of(discarded.integer(0), discarded.text(1)).discarded;
    each_discarded_column(ColumnReader{discarded, 2}, list.emplace_back());
  }
  Statement readings(database,
                     fmt::format("SELECT point, kind, {} FROM environment_reading ORDER BY point, kind, position",
                                 reading_columns().names));
  while (rows.next(readings)) {
    auto& list = series_of(readings.integer(0), readings.text(1)).readings;
    each_reading_column(ColumnReader{readings, 2}, list.emplace_back());
  }
}

void read_errors(Database& database, Rows& rows, PointsById& points) {
  const ColumnList columns = output_error_columns();
  Statement select(database, fmt::format("SELECT point, {} FROM output_error ORDER BY point, position", columns.names));
  while (rows.next(select)) {
    Point& point = owner(points, select.integer(0));
    if (!point.error) point.error.emplace();
    each_output_error_column(ColumnReader{select, 1}, point.error->outputs.emplace_back());
  }
  Statement maps(database, "SELECT point, rows, columns, tile_rows, tile_columns, tolerance, max_abs FROM error_map");
  while (rows.next(maps)) {
    Point& point = owner(points, maps.integer(0));
    ErrorMap map;
    map.rows = maps.integer(1);
    map.columns = maps.integer(2);
    map.tile_rows = Sql<int>::read(maps, 3);
    map.tile_columns = Sql<int>::read(maps, 4);
    map.tolerance = Sql<double>::read(maps, 5);
    map.max_abs = values_of<float>(maps.blob(6));
    // A view indexes the tiles by these two numbers.
    if (map.tile_rows < 0 || map.tile_columns < 0 ||
        static_cast<std::size_t>(map.tile_rows) * static_cast<std::size_t>(map.tile_columns) != map.max_abs.size()) {
      throw SessionError("the session file is damaged: an error map has the wrong size");
    }
    if (!point.error) point.error.emplace();
    point.error->map = std::make_shared<const ErrorMap>(std::move(map));
  }
}

void read_findings(Database& database, Rows& rows, PointsById& points) {
  Statement select(database,
                   fmt::format("SELECT point, {} FROM finding ORDER BY point, position", finding_columns().names));
  while (rows.next(select)) {
    FindingRow row;
    each_finding_column(ColumnReader{select, 1}, row);
    owner(points, select.integer(0)).findings.push_back(finding_of(std::move(row)));
  }
}

Recorded read_all(Database& database, const fs::path& file, const LoadProgress& progress) {
  const std::int64_t version = check_is_session(database, file);
  // Tables only: a view of the same name could run anything.
  const bool has_findings = version >= 2;
  const bool has_timing_notes = version >= 5;
  const bool has_rivals = version >= 6;
  const bool has_environments = version >= 6;
  std::vector<std::string> names = {"meta",    "device",  "plan",         "point",
                                    "samples", "summary", "output_error", "error_map"};
  if (has_findings) names.push_back("finding");
  if (has_timing_notes) names.push_back("timing_note");
  if (has_rivals) names.push_back("rival");
  if (has_environments) names.insert(names.end(), {"sample_clock", "discarded_sample", "environment_reading"});
  const std::int64_t tables =
      database
          .integer(fmt::format("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%' "
                               "AND name IN ('{}')",
                               fmt::join(names, "','")))
          .value_or(0);
  if (tables != std::ssize(names)) throw SessionError("the session file is damaged: tables are missing");
  const std::string state = database.text("PRAGMA quick_check(1)").value_or("");
  if (state != "ok") {
    // SQLite puts a heading on a line of its own before what it found.
    const std::string found = state.substr(state.rfind('\n') + 1);
    throw SessionError(fmt::format("the session file is damaged ({})", found));
  }

  Recorded recorded;
  recorded.created_at = database.text("SELECT value FROM meta WHERE key = 'created_at'").value_or("");
  recorded.program_version = database.text("SELECT value FROM meta WHERE key = 'program_version'").value_or("");
  const ColumnList columns = device_columns();
  Statement devices(database, fmt::format("SELECT {} FROM device ORDER BY rowid", columns.names));
  while (devices.step()) each_device_column(ColumnReader{devices}, recorded.devices.emplace_back());
  Statement plans(database, "SELECT toml FROM plan ORDER BY rowid");
  while (plans.step()) {
    // A plan that cannot be read (half-edited in the window when it was saved) takes nothing away from the results.
    const auto plan = parse_plan(plans.text(0));
    if (const Plan* good = std::get_if<Plan>(&plan)) recorded.plans.push_back(*good);
  }
  Rows rows(database, progress);
  PointsById points;
  read_points(database, rows, version, points, recorded.points);
  read_samples(database, rows, points);
  read_errors(database, rows, points);
  if (has_findings) read_findings(database, rows, points);
  if (has_timing_notes) read_timing_notes(database, rows, points);
  if (has_rivals) read_rivals(database, rows, points);
  if (has_environments) read_environments(database, rows, points);
  return recorded;
}

}  // namespace

Recorded load(const fs::path& file, const LoadProgress& progress) {
  check_is_database(file);
  OpenedSession opened = open_session(file);
  try {
    // One transaction, so that a writer at work cannot show us half of its last point.
    opened.database->execute("BEGIN");
    return read_all(*opened.database, file, progress);
  } catch (const LoadCancelled&) {
    throw;
  } catch (const SessionError& error) {
    const std::string message = error.what();
    const std::string name = file.string();
    if (message.starts_with(name)) throw;
    // Of the copy, or said deep inside without the file's name.
    const std::string copy = opened.copy ? (opened.copy->path() / "session").string() + ": " : "";
    const bool from_copy = !copy.empty() && message.starts_with(copy);
    const std::string rest = from_copy ? message.substr(copy.size()) : message;
    const bool says_what_to_do = rest.find(';') != std::string::npos;
    throw SessionError(
        fmt::format("{}: {}{}", name, rest, says_what_to_do ? "" : "; use a copy of it, or record it again"));
  } catch (const std::bad_alloc&) {
    throw SessionError(
        fmt::format("{}: the session file is damaged (a size is absurd); use a copy of it, or record "
                    "it again",
                    file.string()));
  }
}

}  // namespace knobscope::session
