#include "session/schema.h"

#include <algorithm>
#include <iterator>

namespace knobscope::session {
namespace {

std::string finding_table_sql() {
  return fmt::format(
      "CREATE TABLE finding(point INTEGER NOT NULL REFERENCES point(id), position INTEGER NOT NULL, {}, "
      "UNIQUE(point, position));",
      finding_columns().types);
}

/// `kind` as in samples and summary.
constexpr const char* kTimingNoteTable =
    "CREATE TABLE timing_note(point INTEGER NOT NULL REFERENCES point(id), position INTEGER NOT NULL, "
    "kind TEXT NOT NULL, text TEXT NOT NULL, UNIQUE(point, position));";

/// nanoseconds as in samples; NULL when it was not timed.
std::string rival_table_sql() {
  return fmt::format(
      "CREATE TABLE rival(point INTEGER NOT NULL REFERENCES point(id), {}, nanoseconds BLOB, UNIQUE(point));",
      rival_columns().types);
}

/// `kind` as in samples. Megahertz of each sample as little-endian f64, NaN where not known.
std::string environment_tables_sql() {
  const char* series = "point INTEGER NOT NULL REFERENCES point(id), kind TEXT NOT NULL";
  return fmt::format("CREATE TABLE sample_clock({}, megahertz BLOB NOT NULL, UNIQUE(point, kind));", series) +
         fmt::format("CREATE TABLE discarded_sample({}, position INTEGER NOT NULL, {}, UNIQUE(point, kind, position));",
                     series, discarded_columns().types) +
         fmt::format(
             "CREATE TABLE environment_reading({}, position INTEGER NOT NULL, {}, UNIQUE(point, kind, position));",
             series, reading_columns().types);
}

std::optional<std::string> known(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string>(text);
}

std::optional<int> known(int line) { return line == 0 ? std::nullopt : std::optional<int>(line); }

std::vector<std::int64_t> list_of(const std::array<std::int64_t, 3>& index) { return {index.begin(), index.end()}; }

std::array<std::int64_t, 3> index_of(const std::vector<std::int64_t>& list) {
  if (list.size() != 3) throw SessionError("the session file is damaged: a thread's place has not three numbers");
  return {list[0], list[1], list[2]};
}

std::optional<ThreadPlace> thread_of(const std::optional<std::vector<std::int64_t>>& block,
                                     const std::optional<std::vector<std::int64_t>>& thread) {
  if (!block || !thread) return std::nullopt;
  return ThreadPlace{index_of(*block), index_of(*thread)};
}

}  // namespace

FindingRow row_of(const Finding& finding) {
  FindingRow row;
  row.finding.kind = finding.kind;
  row.finding.message = finding.message;
  row.finding.count = finding.count;
  row.launch = known(finding.launch);
  row.file = known(finding.at.file);
  row.line = known(finding.at.line);
  row.within_file = known(finding.within.file);
  row.within_line = known(finding.within.line);
  row.other_file = known(finding.other_at.file);
  row.other_line = known(finding.other_at.line);
  if (finding.who) {
    row.block = list_of(finding.who->block);
    row.thread = list_of(finding.who->thread);
  }
  if (finding.other_who) {
    row.other_block = list_of(finding.other_who->block);
    row.other_thread = list_of(finding.other_who->thread);
  }
  return row;
}

Finding finding_of(FindingRow row) {
  Finding finding = std::move(row.finding);
  finding.launch = row.launch.value_or("");
  finding.at = {row.file.value_or(""), row.line.value_or(0)};
  finding.within = {row.within_file.value_or(""), row.within_line.value_or(0)};
  finding.who = thread_of(row.block, row.thread);
  finding.other_at = {row.other_file.value_or(""), row.other_line.value_or(0)};
  finding.other_who = thread_of(row.other_block, row.other_thread);
  return finding;
}

ColumnList point_columns() {
  ColumnList list;
  const PointRow row;
  each_point_column(list, row);
  return list;
}

std::string point_names(std::int64_t version) {
  std::string names;
  const PointRow row;
  each_point_column(
      [&](std::string_view name, const auto& value) {
        // What a point of that version would hold.
        const auto* later = std::ranges::find(kLaterColumns, name, &LaterColumn::name);
        const bool missing = later != std::end(kLaterColumns) && version < later->since;
        names += names.empty() ? "" : ", ";
        names += missing ? later->value : name;
        static_cast<void>(value);
      },
      row);
  return names;
}

ColumnList summary_columns() {
  ColumnList list;
  const Summary summary;
  each_summary_column(list, summary);
  return list;
}

ColumnList rival_columns() {
  ColumnList list;
  const RivalRow row;
  each_rival_column(list, row);
  return list;
}

ColumnList output_error_columns() {
  ColumnList list;
  const OutputError error;
  each_output_error_column(list, error);
  return list;
}

ColumnList finding_columns() {
  ColumnList list;
  const FindingRow row;
  each_finding_column(list, row);
  return list;
}

ColumnList device_columns() {
  ColumnList list;
  const DeviceFacts facts;
  each_device_column(list, facts);
  return list;
}

ColumnList discarded_columns() {
  ColumnList list;
  const DiscardedSample sample;
  each_discarded_column(list, sample);
  return list;
}

ColumnList reading_columns() {
  ColumnList list;
  const EnvironmentReading reading;
  each_reading_column(list, reading);
  return list;
}

std::string schema_sql() {
  std::string sql;
  sql += fmt::format("PRAGMA application_id={}; PRAGMA user_version={};", kApplicationId, kSchemaVersion);
  sql += "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);";
  sql += fmt::format("CREATE TABLE device({}, UNIQUE(id));", device_columns().types);
  sql += "CREATE TABLE plan(added_at TEXT NOT NULL, toml TEXT NOT NULL);";
  // The rowid is the order in which points were measured; ids are given out before and may end in another order.
  sql += fmt::format("CREATE TABLE point(position INTEGER PRIMARY KEY, {}, UNIQUE(id));", point_columns().types);
  // Nanoseconds as little-endian f64, in the order taken.
  sql +=
      "CREATE TABLE samples(point INTEGER NOT NULL REFERENCES point(id), kind TEXT NOT NULL, "
      "nanoseconds BLOB NOT NULL, UNIQUE(point, kind));";
  sql += fmt::format(
      "CREATE TABLE summary(point INTEGER NOT NULL REFERENCES point(id), kind TEXT NOT NULL, {}, "
      "UNIQUE(point, kind));",
      summary_columns().types);
  sql += fmt::format(
      "CREATE TABLE output_error(point INTEGER NOT NULL REFERENCES point(id), "
      "position INTEGER NOT NULL, {}, UNIQUE(point, position));",
      output_error_columns().types);
  // max_abs: tile_rows × tile_columns little-endian f32, row-major.
  sql +=
      "CREATE TABLE error_map(point INTEGER NOT NULL REFERENCES point(id), rows INTEGER NOT NULL, "
      "columns INTEGER NOT NULL, tile_rows INTEGER NOT NULL, tile_columns INTEGER NOT NULL, tolerance REAL, "
      "max_abs BLOB NOT NULL, UNIQUE(point));";
  sql += finding_table_sql();
  sql += kTimingNoteTable;
  sql += rival_table_sql();
  sql += environment_tables_sql();
  // For people with an SQL prompt; the program itself does not read it.
  sql +=
      "CREATE VIEW result AS SELECT point.id, device_name, operation, shape, dtype, distribution, seed, "
      "variant_name, knobs, verdict, reason, summary.kind AS method, median_ns, ci_low_ns, ci_high_ns, "
      "bytes / median_ns * 1e9 AS bandwidth, max_abs_error, relative_l2_error FROM point "
      "LEFT JOIN summary ON summary.point = point.id "
      "LEFT JOIN output_error ON output_error.point = point.id AND output_error.position = 0;";
  return sql;
}

std::string migration_sql(std::int64_t from_version) {
  std::string sql;
  for (const LaterColumn& column : kLaterColumns) {
    if (from_version >= column.since) continue;
    sql += fmt::format("ALTER TABLE point ADD COLUMN {} {} DEFAULT {};", column.name, column.type, column.value);
  }
  if (from_version < 2) sql += finding_table_sql();
  if (from_version < 5) sql += kTimingNoteTable;
  if (from_version < 6) sql += rival_table_sql();
  if (from_version < 6) sql += environment_tables_sql();
  return sql + fmt::format("PRAGMA user_version={};", kSchemaVersion);
}

std::int64_t check_is_session(Database& database, const std::filesystem::path& file) {
  const std::string name = file.string();
  const std::int64_t id = database.integer("PRAGMA application_id").value_or(0);
  if (id == 0 && database.integer("SELECT count(*) FROM sqlite_schema").value_or(0) == 0) {
    // Its writer was killed before the first commit.
    throw SessionError(fmt::format("{}: is empty, nothing was recorded in it", name));
  }
  if (id != kApplicationId) {
    throw SessionError(
        fmt::format("{}: is a database, but not a Knobscope session; name a file that --session or "
                    "Ctrl+S wrote",
                    name));
  }
  const std::int64_t version = database.integer("PRAGMA user_version").value_or(0);
  if (version > kSchemaVersion) {
    throw SessionError(
        fmt::format("{}: was written by a newer Knobscope (session version {}, this program reads up "
                    "to {}); update Knobscope to open it",
                    name, version, kSchemaVersion));
  }
  if (version < 1) {
    throw SessionError(
        fmt::format("{}: the session file is damaged (session version {}); record it again", name, version));
  }
  return version;
}

}  // namespace knobscope::session
