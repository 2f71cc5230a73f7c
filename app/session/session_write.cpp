#include <bit>
#include <chrono>
#include <fstream>
#include <system_error>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "session/plan_file.h"
#include "session/schema.h"
#include "session/session.h"

static_assert(std::endian::native == std::endian::little, "blobs are written little-endian as they lie in memory");

namespace knobscope::session {
namespace {

namespace fs = std::filesystem;

/// UTC, ISO 8601 with milliseconds.
std::string now_text() {
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (now - seconds).count());
}

/// Why `file` cannot become or continue a session, before SQLite touches it: SQLite would happily write into an
/// empty file of any purpose, and its own words for a missing folder are of no use.
void check_can_write(const fs::path& file) {
  std::error_code ignored;
  const fs::path folder = fs::absolute(file).parent_path();
  if (!fs::is_directory(folder, ignored)) {
    throw SessionError(
        fmt::format("{}: the folder {} does not exist; create it first", file.string(), folder.string()));
  }
  if (fs::is_directory(file, ignored)) {
    throw SessionError(fmt::format("{}: is a folder; name a file", file.string()));
  }
  if (!fs::exists(file, ignored) || fs::file_size(file, ignored) == 0) return;
  char magic[16] = {};
  std::ifstream stream(file, std::ios::binary);
  stream.read(magic, sizeof magic);
  if (std::string_view(magic, sizeof magic) != std::string_view("SQLite format 3\0", 16)) {
    throw SessionError(fmt::format("{}: exists and is not a Knobscope session; name another file", file.string()));
  }
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span<const T>(values));
}

PointRow row_of(const Point& point) {
  PointRow row;
  row.point = point;
  if (point.error) {
    row.inputs_changed = point.error->inputs_changed;
    row.damaged_guards = point.error->damaged_guards;
  }
  if (const SizeCeiling* cold = point.size_ceiling(Timing::cold)) {
    row.sized_memcpy = cold->memcpy.value;
    row.sized_copy = cold->copy.value;
  }
  if (!point.size_ceilings.empty()) row.size_ceilings = point.size_ceilings;
  if (point.profile) {
    row.profile_notes = point.profile->notes;
    if (const std::optional<Counters>& counters = point.profile->counters) {
      row.dram_read = counters->dram_read;
      row.dram_written = counters->dram_written;
      row.dram_left = counters->dram_left;
      row.l2_hit_rate = counters->l2_hit_rate;
      row.achieved_occupancy = counters->occupancy;
      row.counter_passes = counters->passes;
    }
  }
  if (point.ceiling) {
    row.ceiling_device = point.ceiling->device;
    row.ceiling_copy = point.ceiling->copy;
    row.ceiling_read = point.ceiling->read;
    row.ceiling_size = point.ceiling->size;
    if (point.ceiling->write) row.ceiling_write = point.ceiling->write->value;
  } else {
    // NaN is stored as NULL: a rate nobody measured.
    row.ceiling_copy = row.ceiling_read = {std::numeric_limits<double>::quiet_NaN()};
  }
  return row;
}

}  // namespace

struct Writer::Impl {
  explicit Impl(const fs::path& file) : database((check_can_write(file), file), OpenMode::write), name(file.string()) {
    prepare_file(file);
    const ColumnList point = point_columns();
    const ColumnList summary = summary_columns();
    const ColumnList error = output_error_columns();
    insert_point.emplace(database, fmt::format("INSERT INTO point({}) VALUES({})", point.names, point.placeholders));
    insert_samples.emplace(database, "INSERT INTO samples(point, kind, nanoseconds) VALUES(?, ?, ?)");
    insert_summary.emplace(database, fmt::format("INSERT INTO summary(point, kind, {}) VALUES(?, ?, {})", summary.names,
                                                 summary.placeholders));
    insert_error.emplace(database, fmt::format("INSERT INTO output_error(point, position, {}) VALUES(?, ?, {})",
                                               error.names, error.placeholders));
    insert_map.emplace(database,
                       "INSERT INTO error_map(point, rows, columns, tile_rows, tile_columns, tolerance, max_abs) "
                       "VALUES(?, ?, ?, ?, ?, ?, ?)");
    const ColumnList finding = finding_columns();
    insert_finding.emplace(database, fmt::format("INSERT INTO finding(point, position, {}) VALUES(?, ?, {})",
                                                 finding.names, finding.placeholders));
    insert_note.emplace(database, "INSERT INTO timing_note(point, position, kind, text) VALUES(?, ?, ?, ?)");
    const ColumnList rival = rival_columns();
    insert_rival.emplace(database, fmt::format("INSERT INTO rival(point, {}, nanoseconds) VALUES(?, {}, ?)",
                                               rival.names, rival.placeholders));
    insert_clocks.emplace(database, "INSERT INTO sample_clock(point, kind, megahertz) VALUES(?, ?, ?)");
    const ColumnList discarded = discarded_columns();
    insert_discarded.emplace(database,
                             fmt::format("INSERT INTO discarded_sample(point, kind, position, {}) VALUES(?, ?, ?, {})",
                                         discarded.names, discarded.placeholders));
    const ColumnList reading = reading_columns();
    insert_reading.emplace(database,
                           fmt::format("INSERT INTO environment_reading(point, kind, position, {}) VALUES(?, ?, ?, {})",
                                       reading.names, reading.placeholders));
    next_id = database.integer("SELECT max(id) FROM point").value_or(0) + 1;
  }

  void prepare_file(const fs::path& file) {
    if (sqlite3_db_readonly(database.handle(), "main") == 1) {
      throw SessionError(fmt::format("{}: the file or its folder cannot be written; name another place", name));
    }
    const bool is_new = database.integer("SELECT count(*) FROM sqlite_schema").value_or(0) == 0 &&
                        database.integer("PRAGMA application_id").value_or(0) == 0;
    if (is_new) {
      // All of the schema in one transaction before the log is switched on, so that a kill leaves either an empty
      // file or a session.
      Transaction transaction(database);
      database.execute(schema_sql());
      Statement meta(database, "INSERT INTO meta(key, value) VALUES(?, ?)");
      meta.bind(0, std::string_view("created_at"));
      meta.bind(1, std::string_view(now_text()));
      meta.run();
      meta.bind(0, std::string_view("program_version"));
      meta.bind(1, std::string_view(KNOBSCOPE_VERSION));
      meta.run();
      transaction.commit();
    } else if (check_is_session(database, file) < kSchemaVersion) {
      Transaction transaction(database);
      // Another program may have done it while this one waited for its turn.
      const std::int64_t version = check_is_session(database, file);
      if (version < kSchemaVersion) database.execute(migration_sql(version));
      transaction.commit();
    }
    database.text("PRAGMA journal_mode=WAL");
    // With a log, NORMAL loses nothing when the process dies, and at most the last points when the machine does.
    database.execute("PRAGMA synchronous=NORMAL");
  }

  void add_samples(std::int64_t point, std::string_view kind, const Samples& samples,
                   const std::optional<Summary>& summary) {
    if (samples) {
      insert_samples->bind(0, point);
      insert_samples->bind(1, kind);
      insert_samples->bind(2, bytes_of(*samples));
      insert_samples->run();
    }
    if (summary) {
      insert_summary->bind(0, point);
      insert_summary->bind(1, std::string_view(kind));
      each_summary_column(ColumnBinder{*insert_summary, 2}, *summary);
      insert_summary->run();
    }
  }

  void add_error(std::int64_t point, const ErrorReport& report) {
    std::int64_t position = 0;
    for (const OutputError& error : report.outputs) {
      insert_error->bind(0, point);
      insert_error->bind(1, position++);
      each_output_error_column(ColumnBinder{*insert_error, 2}, error);
      insert_error->run();
    }
    if (!report.map) return;
    const ErrorMap& map = *report.map;
    insert_map->bind(0, point);
    insert_map->bind(1, map.rows);
    insert_map->bind(2, map.columns);
    insert_map->bind(3, static_cast<std::int64_t>(map.tile_rows));
    insert_map->bind(4, static_cast<std::int64_t>(map.tile_columns));
    Sql<double>::bind(*insert_map, 5, map.tolerance);
    insert_map->bind(6, bytes_of(map.max_abs));
    insert_map->run();
  }

  void add_timing_notes(std::int64_t point, const std::vector<TimingNote>& notes) {
    std::int64_t position = 0;
    for (const TimingNote& note : notes) {
      insert_note->bind(0, point);
      insert_note->bind(1, position++);
      insert_note->bind(2, name_of(note.timing));
      insert_note->bind(3, std::string_view(note.text));
      insert_note->run();
    }
  }

  void add_rival(std::int64_t point, const Against& against, const Rival& rival) {
    const RivalRow row{against, rival};
    insert_rival->bind(0, point);
    ColumnBinder binder{*insert_rival, 1};
    each_rival_column(binder, row);
    if (rival.samples) {
      insert_rival->bind(binder.next, bytes_of(*rival.samples));
    } else {
      insert_rival->bind_null(binder.next);
    }
    insert_rival->run();
  }

  void add_environment(std::int64_t point, const SeriesEnvironment& series) {
    const std::string_view kind = name_of(series.timing);
    insert_clocks->bind(0, point);
    insert_clocks->bind(1, kind);
    insert_clocks->bind(2, bytes_of(series.sm_clocks_mhz));
    insert_clocks->run();
    const auto add_rows = [&](Statement& insert, const auto& rows, auto bind_columns) {
      std::int64_t position = 0;
      for (const auto& row : rows) {
        insert.bind(0, point);
        insert.bind(1, kind);
        insert.bind(2, position++);
        bind_columns(ColumnBinder{insert, 3}, row);
        insert.run();
      }
    };
    add_rows(*insert_discarded, series.discarded,
             [](ColumnBinder binder, const DiscardedSample& row) { each_discarded_column(binder, row); });
    add_rows(*insert_reading, series.readings,
             [](ColumnBinder binder, const EnvironmentReading& row) { each_reading_column(binder, row); });
  }

  void add_findings(std::int64_t point, const std::vector<Finding>& findings) {
    std::int64_t position = 0;
    for (const Finding& finding : findings) {
      const FindingRow row = row_of(finding);
      insert_finding->bind(0, point);
      insert_finding->bind(1, position++);
      each_finding_column(ColumnBinder{*insert_finding, 2}, row);
      insert_finding->run();
    }
  }

  Database database;
  std::string name;
  std::optional<Statement> insert_point;
  std::optional<Statement> insert_samples;
  std::optional<Statement> insert_summary;
  std::optional<Statement> insert_error;
  std::optional<Statement> insert_map;
  std::optional<Statement> insert_finding;
  std::optional<Statement> insert_note;
  std::optional<Statement> insert_rival;
  std::optional<Statement> insert_clocks;
  std::optional<Statement> insert_discarded;
  std::optional<Statement> insert_reading;
  std::int64_t next_id = 1;
};

Writer::Writer(const fs::path& file) : impl_(std::make_unique<Impl>(file)) {}

Writer::~Writer() {
  sqlite3* handle = impl_->database.handle();
  for (auto* statement : {&impl_->insert_point, &impl_->insert_samples, &impl_->insert_summary, &impl_->insert_error,
                          &impl_->insert_map, &impl_->insert_finding, &impl_->insert_note, &impl_->insert_rival,
                          &impl_->insert_clocks, &impl_->insert_discarded, &impl_->insert_reading}) {
    statement->reset();
  }
  // Fails while someone reads the file; the log then stays beside it and is read with it.
  sqlite3_busy_timeout(handle, 500);
  sqlite3_exec(handle, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE", nullptr, nullptr, nullptr);
}

void Writer::add(const DeviceFacts& device) {
  const ColumnList columns = device_columns();
  Statement insert(impl_->database,
                   fmt::format("INSERT OR REPLACE INTO device({}) VALUES({})", columns.names, columns.placeholders));
  each_device_column(ColumnBinder{insert}, device);
  insert.run();
}

void Writer::add(const Plan& plan) {
  Statement insert(impl_->database, "INSERT INTO plan(added_at, toml) VALUES(?, ?)");
  insert.bind(0, std::string_view(now_text()));
  insert.bind(1, std::string_view(write_plan(plan)));
  insert.run();
}

void Writer::add(const Point& point) {
  Impl& impl = *impl_;
  const std::int64_t id = point.request.id;
  {
    Statement known(impl.database, "SELECT 1 FROM point WHERE id = ?");
    known.bind(0, id);
    if (known.step()) {
      throw SessionError(
          fmt::format("{}: point {} is already in it; does another program write to the same session?", impl.name, id));
    }
  }
  const PointRow row = row_of(point);
  Transaction transaction(impl.database);
  each_point_column(ColumnBinder{*impl.insert_point}, row);
  impl.insert_point->run();
  for (const Timing timing : kTimings) {
    impl.add_samples(id, name_of(timing), point.samples(timing), point.summary(timing));
  }
  if (point.profile) impl.add_samples(id, kKernelKind, nullptr, point.profile->kernel);
  impl.add_timing_notes(id, point.timing_notes);
  for (const SeriesEnvironment& series : point.series_environments) impl.add_environment(id, series);
  if (point.error) impl.add_error(id, *point.error);
  impl.add_findings(id, point.findings);
  if (point.request.against && point.rival) impl.add_rival(id, *point.request.against, *point.rival);
  transaction.commit();
  impl.next_id = std::max(impl.next_id, id + 1);
}

std::int64_t Writer::next_point_id() const { return impl_->next_id; }

}  // namespace knobscope::session
