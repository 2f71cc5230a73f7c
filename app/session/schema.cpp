#include "session/schema.h"

namespace knobscope::session {

ColumnList point_columns() {
  ColumnList list;
  const PointRow row;
  each_point_column(list, row);
  return list;
}

ColumnList summary_columns() {
  ColumnList list;
  const Summary summary;
  each_summary_column(list, summary);
  return list;
}

ColumnList output_error_columns() {
  ColumnList list;
  const OutputError error;
  each_output_error_column(list, error);
  return list;
}

ColumnList device_columns() {
  ColumnList list;
  const DeviceFacts facts;
  each_device_column(list, facts);
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
  // For people with an SQL prompt; the program itself does not read it.
  sql +=
      "CREATE VIEW result AS SELECT point.id, device_name, operation, shape, dtype, distribution, seed, "
      "variant_name, knobs, verdict, reason, summary.kind AS method, median_ns, ci_low_ns, ci_high_ns, "
      "bytes / median_ns * 1e9 AS bandwidth, max_abs_error, relative_l2_error FROM point "
      "LEFT JOIN summary ON summary.point = point.id "
      "LEFT JOIN output_error ON output_error.point = point.id AND output_error.position = 0;";
  return sql;
}

void check_is_session(Database& database, const std::filesystem::path& file) {
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
}

}  // namespace knobscope::session
