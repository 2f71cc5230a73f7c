#include <utility>

#include <fmt/format.h>

#include "session/csv_field.h"
#include "session/export.h"

namespace knobscope::session {
namespace {

std::string number(double value) { return csv_number(value); }

template <class T>
std::string number(const std::optional<T>& value) {
  if (!value) return {};
  if constexpr (std::is_same_v<T, Bytes>) {
    return fmt::format("{}", value->count);
  } else if constexpr (std::is_same_v<T, BytesPerSecond>) {
    return number(value->value);
  } else {
    return fmt::format("{}", *value);
  }
}

std::string seconds(const std::optional<Summary>& summary, Nanoseconds Summary::*field_of) {
  return summary ? number(((*summary).*field_of).count() * 1e-9) : std::string();
}

template <class T>
std::string of_main(const Point& point, T OutputError::*field_of) {
  const OutputError* main = point.error ? point.error->main() : nullptr;
  return main != nullptr ? fmt::format("{}", main->*field_of) : std::string();
}

/// Empty where it was not asked for, or could not be had.
template <class Cell>
void profile_cells(const Point& point, Cell&& cell) {
  const Profile profile = point.profile.value_or(Profile{});
  const std::optional<Counters>& counters = profile.counters;
  const auto counted = [&counters](auto value) { return counters ? fmt::format("{}", value(*counters)) : ""; };
  const std::optional<Nanoseconds> over = point.event_over_kernel();
  cell("kernel_median_s", seconds(profile.kernel, &Summary::median));
  cell("event_minus_kernel_s", over ? number(over->count() * 1e-9) : std::string());
  cell("dram_read", counted([](const Counters& known) { return known.dram_read.count; }));
  cell("dram_written", counted([](const Counters& known) { return known.dram_written.count; }));
  cell("dram_left", counted([](const Counters& known) { return known.dram_left.count; }));
  cell("dram_over_modelled", number(point.counted_over_modelled()));
  cell("l2_hit_rate", counted([](const Counters& known) { return known.l2_hit_rate; }));
  cell("achieved_occupancy", counted([](const Counters& known) { return known.occupancy; }));
  cell("profile_note", profile.notes.empty() ? std::string() : profile.notes.front());
}

/// Calls cell(title, text) for every column in order.
template <class Cell>
void each_cell(const Point& point, Cell&& cell) {
  const PointRequest& request = point.request;
  const Problem& problem = request.problem;
  const auto& headline = point.headline();
  const Environment& environment = point.environment;
  cell("id", fmt::format("{}", request.id));
  cell("device", request.device);
  cell("operation", std::string(name_of(problem.operation)));
  cell("shape", format_shape(problem.shape));
  cell("normalized_dims",
       family_of(problem.operation) == Family::layernorm ? fmt::format("{}", problem.normalized_dims) : std::string());
  cell("layout", family_of(problem.operation) == Family::batchnorm ? std::string(name_of(problem.layout)) : "");
  cell("activation", problem.operation == Operation::layernorm_forward ? std::string(name_of(problem.activation)) : "");
  cell("dtype", std::string(name_of(problem.type)));
  cell("distribution", std::string(name_of(problem.distribution.kind)));
  cell("offset",
       problem.distribution.kind == DistributionKind::offset ? number(problem.distribution.offset) : std::string());
  cell("seed", fmt::format("{}", problem.seed));
  cell("variant", point.variant_name.empty() ? request.variant : point.variant_name);
  cell("knobs", format_knobs(request.knobs));
  const auto timing = point.headline_timing();
  cell("method", timing ? std::string(name_of(*timing)) : std::string());
  cell("samples", headline ? fmt::format("{}", headline->count) : std::string());
  cell("median_s", seconds(headline, &Summary::median));
  cell("ci_low_s", seconds(headline, &Summary::ci_low));
  cell("ci_high_s", seconds(headline, &Summary::ci_high));
  const std::optional<Spread> spread = spread_of_headline(point);
  const auto of_spread = [&spread](auto value) { return spread ? number(value(*spread)) : std::string(); };
  cell("relative_standard_error", headline ? number(headline->relative_standard_error()) : std::string());
  cell("p5_s", seconds(headline, &Summary::p5));
  cell("q1_s", of_spread([](const Spread& known) { return known.q1.count() * 1e-9; }));
  cell("q3_s", of_spread([](const Spread& known) { return known.q3.count() * 1e-9; }));
  cell("p95_s", seconds(headline, &Summary::p95));
  cell("p99_s", of_spread([](const Spread& known) { return known.p99.count() * 1e-9; }));
  cell("p99_is_known", spread ? std::string(spread->p99_is_known ? "1" : "0") : std::string());
  cell("bootstrap_low_s", of_spread([](const Spread& known) { return known.median_ns.low * 1e-9; }));
  cell("bootstrap_high_s", of_spread([](const Spread& known) { return known.median_ns.high * 1e-9; }));
  cell("stopping_criterion", headline ? std::string(name_of(point.stopping())) : std::string());
  for (const Timing each : kTimings) {
    cell(fmt::format("{}_median_s", name_of(each)).c_str(), seconds(point.summary(each), &Summary::median));
  }
  cell("bytes", point.bytes.count > 0 ? fmt::format("{}", point.bytes.count) : std::string());
  cell("bandwidth", number(point.bandwidth()));
  cell("copy_fraction", number(point.copy_fraction()));
  cell("memcpy_fraction", number(point.memcpy_fraction()));
  cell("sized_copy_fraction", number(point.sized_copy_fraction()));
  const SizeCeiling* ceiling = point.size_ceiling();
  cell("sized_memcpy", ceiling != nullptr ? number(ceiling->memcpy.value) : std::string());
  cell("sized_copy", ceiling != nullptr ? number(ceiling->copy.value) : std::string());
  cell("sized_read", ceiling != nullptr ? number(ceiling->read) : std::string());
  cell("sized_write", ceiling != nullptr ? number(ceiling->write) : std::string());
  cell("max_abs_error", of_main(point, &OutputError::max_abs));
  cell("max_rel_error", of_main(point, &OutputError::max_rel));
  cell("relative_l2_error", of_main(point, &OutputError::relative_l2));
  cell("max_ulp", of_main(point, &OutputError::max_ulp));
  cell("nonfinite", of_main(point, &OutputError::nonfinite));
  cell("unwritten", of_main(point, &OutputError::unwritten));
  cell("registers", number(point.compiled.registers));
  cell("spill_bytes", number(point.compiled.spill));
  cell("shared_bytes", number(point.compiled.shared));
  cell("occupancy", number(point.compiled.occupancy));
  const std::optional<OccupancyLimit>& limit = point.compiled.occupancy_limit;
  cell("occupancy_limit", limit ? std::string(name_of(*limit)) : std::string());
  cell("resident_blocks", number(point.compiled.resident_blocks));
  cell("waves", number(point.compiled.waves));
  cell("last_wave", number(point.compiled.last_wave()));
  cell("event_overhead_s", point.event_overhead ? number(point.event_overhead->count() * 1e-9) : std::string());
  profile_cells(point, cell);
  cell("verdict", std::string(name_of(point.verdict)));
  cell("reason", point.reason);
  // Empty on a device that does not look for any.
  const bool looked = point.is_emulated() || !point.findings.empty();
  cell("findings", looked ? fmt::format("{}", point.findings.size()) : std::string());
  cell("first_finding", point.findings.empty() ? std::string() : format_finding(point.findings.front()));
  cell("device_name", environment.device_name);
  cell("driver_version", environment.driver_version);
  cell("toolkit_version", environment.toolkit_version);
  cell("program_version", environment.program_version);
  cell("source_hash", point.source_hash);
  cell("sm_clock_mhz", number(environment.sm_clock_mhz));
  cell("memory_clock_mhz", number(environment.memory_clock_mhz));
  cell("headline_sm_clock_mhz", number(point.headline_sm_clock_mhz()));
  cell("expected_sm_clock_mhz", number(environment.expected_sm_clock_mhz));
  cell("temperature_c", number(environment.temperature_c));
  cell("power_w", number(environment.power_w));
  cell("throttle_reasons",
       environment.throttle_reasons ? reasons_in_words(*environment.throttle_reasons) : std::string());
  cell("discarded_samples",
       headline || point.discarded_samples() > 0 ? fmt::format("{}", point.discarded_samples()) : std::string());
  cell("other_processes", number(environment.other_processes));
  cell("ecc", environment.ecc ? std::string(*environment.ecc ? "1" : "0") : std::string());
  cell("mig", environment.mig ? std::string(*environment.mig ? "1" : "0") : std::string());
  cell("started_at", environment.started_at);
  cell("window", point.window ? std::string(name_of(*point.window)) : std::string());
}

}  // namespace

std::string to_csv(std::span<const PointPtr> points) {
  std::string out;
  bool first = true;
  const auto separate = [&out, &first] {
    if (!std::exchange(first, false)) out += ',';
  };
  each_cell(Point{}, [&](const char* title, const std::string&) {
    separate();
    out += title;
  });
  out += "\r\n";
  for (const PointPtr& point : points) {
    first = true;
    each_cell(*point, [&](const char*, const std::string& text) {
      separate();
      out += csv_field(text);
    });
    out += "\r\n";
  }
  return out;
}

}  // namespace knobscope::session
