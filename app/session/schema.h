#pragma once
// The tables of a session file. Each table's columns are listed once; creating, inserting and reading follow the list.

#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/point.h"
#include "session/sql_value.h"

namespace knobscope::session {

/// "KNOB" in ASCII, in the header of every session file.
inline constexpr std::int64_t kApplicationId = 0x4b4e4f42;
/// Grows when a file written by this program could not be read by an older one. Older versions are read as they are,
/// and brought up to this one when something is written into them.
///   2: findings, point.thorough
///   3: point.layout, point.activation, point.sized_memcpy, point.sized_copy
///   4: how each series was ended: point.cold_stopping and what follows it
///   5: timing_note, point.time_rotating, point.time_graph, point.time_wall, more kinds of samples
///   6: point.ceiling_write, point.size_ceilings, point.recheck, rival, resident_blocks, occupancy_limit, counters and
///      what was counted, window, sample_clock, discarded_sample, environment_reading, and what point tells of the
///      device's environment
///   7: point.spent_s
inline constexpr std::int64_t kSchemaVersion = 7;

/// A column of `point` that older versions have not, and what their points would hold there, as SQL.
struct LaterColumn {
  std::string_view name;
  std::int64_t since = 1;  ///< version
  std::string_view type;
  std::string_view value;
};
inline constexpr LaterColumn kLaterColumns[] = {
    {"thorough", 2, "INTEGER", "1"},
    {"layout", 3, "TEXT", "'nchw'"},
    {"activation", 3, "TEXT", "'none'"},
    {"sized_memcpy", 3, "REAL", "NULL"},
    {"sized_copy", 3, "REAL", "NULL"},
    {"cold_stopping", 4, "TEXT", "'rse'"},
    {"hot_stopping", 4, "TEXT", "'rse'"},
    {"min_time_s", 4, "REAL", "0"},
    {"max_noise", 4, "REAL", "0.005"},
    {"max_angle", 4, "REAL", "0.048"},
    {"min_r2", 4, "REAL", "0.36"},
    {"target_samples", 4, "INTEGER", "100"},
    {"time_rotating", 5, "INTEGER", "0"},
    {"time_graph", 5, "INTEGER", "0"},
    {"time_wall", 5, "INTEGER", "0"},
    {"ceiling_write", 6, "REAL", "NULL"},
    {"size_ceilings", 6, "TEXT", "NULL"},
    {"recheck", 6, "INTEGER", "0"},
    {"resident_blocks", 6, "INTEGER", "NULL"},
    {"occupancy_limit", 6, "TEXT", "NULL"},
    {"counters", 6, "INTEGER", "0"},
    {"dram_read", 6, "INTEGER", "NULL"},
    {"dram_written", 6, "INTEGER", "NULL"},
    {"dram_left", 6, "INTEGER", "NULL"},
    {"l2_hit_rate", 6, "REAL", "NULL"},
    {"achieved_occupancy", 6, "REAL", "NULL"},
    {"counter_passes", 6, "INTEGER", "NULL"},
    {"profile_notes", 6, "TEXT", "NULL"},
    {"event_overhead_ns", 6, "REAL", "NULL"},
    {"window", 6, "TEXT", "NULL"},
    {"throttle_threshold", 6, "REAL", "0.75"},
    {"throttle_recovery_s", 6, "REAL", "0.05"},
    {"expected_sm_clock_mhz", 6, "REAL", "NULL"},
    {"other_processes", 6, "INTEGER", "NULL"},
    {"ecc", 6, "INTEGER", "NULL"},
    {"mig", 6, "INTEGER", "NULL"},
    {"untold", 6, "TEXT", "''"},
    {"spent_s", 7, "TEXT", "NULL"},
};

/// A point without its lists: one row of `point`.
struct PointRow {
  Point point;
  std::optional<bool> inputs_changed;  ///< of the error report; NULL when there is none
  std::vector<std::string> damaged_guards;
  std::optional<std::string> ceiling_device;  ///< NULL when there is no ceiling
  BytesPerSecond ceiling_copy{};
  BytesPerSecond ceiling_read{};
  std::optional<Bytes> ceiling_size;
  std::optional<double> sized_memcpy;  ///< bytes per second, cold; both NULL when not measured
  std::optional<double> sized_copy;
  std::optional<double> ceiling_write;
  std::optional<std::vector<SizeCeiling>> size_ceilings;  ///< a list of objects in JSON; NULL when there are none
  // Of the profile: the counters are NULL together where nothing was counted, the notes where nothing was asked for.
  std::optional<Bytes> dram_read;
  std::optional<Bytes> dram_written;
  std::optional<Bytes> dram_left;
  std::optional<double> l2_hit_rate;
  std::optional<double> achieved_occupancy;
  std::optional<int> counter_passes;
  std::optional<std::vector<std::string>> profile_notes;
};

/// A finding as one row of `finding`: NULL where something is not known.
struct FindingRow {
  Finding finding;  ///< without its places and threads
  std::optional<std::string> launch;
  std::optional<std::string> file;
  std::optional<int> line;
  std::optional<std::string> within_file;
  std::optional<int> within_line;
  std::optional<std::vector<std::int64_t>> block;  ///< x, y, z
  std::optional<std::vector<std::int64_t>> thread;
  std::optional<std::string> other_file;
  std::optional<int> other_line;
  std::optional<std::vector<std::int64_t>> other_block;
  std::optional<std::vector<std::int64_t>> other_thread;
};

FindingRow row_of(const Finding& finding);
/// Throws SessionError when a thread's place has not three numbers.
Finding finding_of(FindingRow row);

/// Calls column(name, field) for each column in order. Row is PointRow or const PointRow.
template <class Column, class Row>
void each_point_column(Column&& column, Row& row) {
  auto& point = row.point;
  auto& request = point.request;
  auto& problem = request.problem;
  auto& method = request.method;
  auto& environment = point.environment;
  column("id", request.id);
  column("device", request.device);
  column("device_name", environment.device_name);
  column("driver_version", environment.driver_version);
  column("toolkit_version", environment.toolkit_version);
  column("program_version", environment.program_version);
  column("host", environment.host);
  column("started_at", environment.started_at);
  column("sm_clock_mhz", environment.sm_clock_mhz);
  column("memory_clock_mhz", environment.memory_clock_mhz);
  column("temperature_c", environment.temperature_c);
  column("power_w", environment.power_w);
  column("throttle_reasons", environment.throttle_reasons);
  column("operation", problem.operation);
  column("shape", problem.shape);
  column("normalized_dims", problem.normalized_dims);
  column("dtype", problem.type);
  column("distribution", problem.distribution.kind);
  column("distribution_offset", problem.distribution.offset);
  column("seed", problem.seed);
  column("epsilon", problem.epsilon);
  column("variant", request.variant);
  column("variant_name", point.variant_name);
  column("variant_title", point.variant_title);
  column("source_hash", point.source_hash);
  column("knobs", request.knobs);
  column("time_cold", method.time_cold);
  column("time_hot", method.time_hot);
  column("target_relative_error", method.target_relative_error);
  column("noisy_relative_error", method.noisy_relative_error);
  column("min_samples", method.min_samples);
  column("max_samples", method.max_samples);
  column("time_limit_s", method.time_limit_s);
  column("launch_limit_s", method.launch_limit_s);
  column("verdict", point.verdict);
  column("reason", point.reason);
  column("compile_log", point.compile_log);
  column("registers", point.compiled.registers);
  column("spill_bytes", point.compiled.spill);
  column("shared_bytes", point.compiled.shared);
  column("occupancy", point.compiled.occupancy);
  column("waves", point.compiled.waves);
  column("compile_ms", point.compiled.compile_ms);
  column("bytes", point.bytes);
  column("modelled_reads", point.modelled_reads);
  column("modelled_writes", point.modelled_writes);
  column("inputs_changed", row.inputs_changed);
  column("damaged_guards", row.damaged_guards);
  column("ceiling_device", row.ceiling_device);
  column("ceiling_copy", row.ceiling_copy);
  column("ceiling_read", row.ceiling_read);
  column("ceiling_bytes", row.ceiling_size);
  column("thorough", method.thorough);
  column("layout", problem.layout);
  column("activation", problem.activation);
  column("sized_memcpy", row.sized_memcpy);
  column("sized_copy", row.sized_copy);
  column("cold_stopping", method.cold_stopping);
  column("hot_stopping", method.hot_stopping);
  column("min_time_s", method.min_time_s);
  column("max_noise", method.max_noise);
  column("max_angle", method.max_angle);
  column("min_r2", method.min_r2);
  column("target_samples", method.target_samples);
  column("time_rotating", method.time_rotating);
  column("time_graph", method.time_graph);
  column("time_wall", method.time_wall);
  column("ceiling_write", row.ceiling_write);
  column("size_ceilings", row.size_ceilings);
  column("recheck", method.recheck);
  column("resident_blocks", point.compiled.resident_blocks);
  column("occupancy_limit", point.compiled.occupancy_limit);
  column("counters", method.counters);
  column("dram_read", row.dram_read);
  column("dram_written", row.dram_written);
  column("dram_left", row.dram_left);
  column("l2_hit_rate", row.l2_hit_rate);
  column("achieved_occupancy", row.achieved_occupancy);
  column("counter_passes", row.counter_passes);
  column("profile_notes", row.profile_notes);
  column("event_overhead_ns", point.event_overhead);
  column("window", point.window);
  column("throttle_threshold", method.throttle_threshold);
  column("throttle_recovery_s", method.throttle_recovery_s);
  column("expected_sm_clock_mhz", environment.expected_sm_clock_mhz);
  column("other_processes", environment.other_processes);
  column("ecc", environment.ecc);
  column("mig", environment.mig);
  column("untold", environment.untold);
  column("spent_s", point.spent);
}

template <class Column, class Row>
void each_discarded_column(Column&& column, Row& sample) {
  column("after", sample.after);
  column("nanoseconds", sample.time_ns);
  column("sm_clock_mhz", sample.sm_clock_mhz);
  column("throttle_reasons", sample.throttle_reasons);
}

template <class Column, class Row>
void each_reading_column(Column&& column, Row& reading) {
  column("taken", reading.taken);
  column("sm_clock_mhz", reading.sm_clock_mhz);
  column("memory_clock_mhz", reading.memory_clock_mhz);
  column("temperature_c", reading.temperature_c);
  column("power_w", reading.power_w);
  column("throttle_reasons", reading.throttle_reasons);
}

template <class Column, class Row>
void each_finding_column(Column&& column, Row& row) {
  column("kind", row.finding.kind);
  column("message", row.finding.message);
  column("launch", row.launch);
  column("file", row.file);
  column("line", row.line);
  column("within_file", row.within_file);
  column("within_line", row.within_line);
  column("block", row.block);
  column("thread", row.thread);
  column("other_file", row.other_file);
  column("other_line", row.other_line);
  column("other_block", row.other_block);
  column("other_thread", row.other_thread);
  column("count", row.finding.count);
}

/// In `summary`, beside the techniques: the kernel times of a profile.
inline constexpr std::string_view kKernelKind = "kernel";

/// Median and its company of the samples of one kind: the name of a technique (core/timing.h), or kKernelKind. Times in
/// nanoseconds.
template <class Column, class Row>
void each_summary_column(Column&& column, Row& summary) {
  column("count", summary.count);
  column("median_ns", summary.median);
  column("ci_low_ns", summary.ci_low);
  column("ci_high_ns", summary.ci_high);
  column("p5_ns", summary.p5);
  column("p95_ns", summary.p95);
  column("minimum_ns", summary.minimum);
  column("mean_ns", summary.mean);
  column("cv", summary.cv);
}

/// The other one of two that were timed in turns; its summary follows from its samples.
struct RivalRow {
  Against against;
  Rival rival;
};

/// The samples follow in a column of their own.
template <class Column, class Row>
void each_rival_column(Column&& column, Row& row) {
  column("variant", row.against.variant);
  column("knobs", row.against.knobs);
  column("variant_name", row.rival.variant_name);
  column("variant_title", row.rival.variant_title);
  column("source_hash", row.rival.source_hash);
  column("verdict", row.rival.verdict);
  column("reason", row.rival.reason);
  column("kind", row.rival.timing);
}

template <class Column, class Row>
void each_output_error_column(Column&& column, Row& error) {
  column("output", error.output);
  column("elements", error.elements);
  column("max_abs_error", error.max_abs);
  column("max_rel_error", error.max_rel);
  column("rms_error", error.rms);
  column("relative_l2_error", error.relative_l2);
  column("max_ulp", error.max_ulp);
  column("nonfinite", error.nonfinite);
  column("unwritten", error.unwritten);
  column("failing", error.failing);
  column("first_bad", error.first_bad);
  column("first_bad_value", error.first_bad_value);
  column("first_bad_reference", error.first_bad_reference);
}

template <class Column, class Row>
void each_device_column(Column&& column, Row& device) {
  column("id", device.id);
  column("kind", device.kind);
  column("name", device.name);
  column("driver_version", device.driver_version);
  column("toolkit_version", device.toolkit_version);
  column("memory", device.memory);
  column("last_level_cache", device.last_level_cache);
  column("peak_bandwidth", device.peak_bandwidth);
  column("compute_capability", device.compute_capability);
  column("multiprocessors", device.multiprocessors);
  column("warp_size", device.warp_size);
  column("max_threads_per_block", device.max_threads_per_block);
  column("max_threads_per_multiprocessor", device.max_threads_per_multiprocessor);
  column("registers_per_multiprocessor", device.registers_per_multiprocessor);
  column("shared_per_block", device.shared_per_block);
  column("shared_per_block_optin", device.shared_per_block_optin);
  column("shared_per_multiprocessor", device.shared_per_multiprocessor);
  column("cooperative_launch", device.cooperative_launch);
  column("clusters", device.clusters);
}

/// Names, types and placeholders of a list of columns.
struct ColumnList {
  std::string names;         ///< "id, device"
  std::string types;         ///< "id INTEGER NOT NULL, device TEXT NOT NULL"
  std::string placeholders;  ///< "?, ?"
  int count = 0;

  template <class T>
  void operator()(const char* name, const T&) {
    const char* comma = count == 0 ? "" : ", ";
    names += fmt::format("{}{}", comma, name);
    types += fmt::format("{}{} {}", comma, name, Sql<T>::type);
    placeholders += fmt::format("{}?", comma);
    ++count;
  }
};

/// Binds fields to parameters from `next` on.
struct ColumnBinder {
  Statement& statement;
  int next = 0;
  template <class T>
  void operator()(const char*, const T& value) {
    Sql<T>::bind(statement, next++, value);
  }
};

/// Reads fields from columns from `next` on.
struct ColumnReader {
  const Statement& statement;
  int next = 0;
  template <class T>
  void operator()(const char*, T& value) {
    value = Sql<T>::read(statement, next++);
  }
};

ColumnList point_columns();
/// What to select for point_columns() from a file of this version.
std::string point_names(std::int64_t version);
ColumnList summary_columns();
ColumnList rival_columns();
ColumnList output_error_columns();
ColumnList finding_columns();
ColumnList device_columns();
ColumnList discarded_columns();
ColumnList reading_columns();

/// The statements that make an empty database a session, in one text.
std::string schema_sql();

/// The statements that bring a session of an older version up to this one. Nothing that was recorded changes.
std::string migration_sql(std::int64_t from_version);

/// Throws SessionError unless `database` (from `file`, for messages) is a session this program can read; returns its
/// version.
std::int64_t check_is_session(Database& database, const std::filesystem::path& file);

}  // namespace knobscope::session
