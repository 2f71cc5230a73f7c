#pragma once
// The fields of every struct that travels, named once for writing and reading. Only the protocol includes this.

#include "worker/protocol.h"
#include "worker/wire.h"

namespace knobscope::worker::wire {

template <typename E, typename List>
std::optional<E> find_word(const List& list, std::string_view word) {
  for (const E each : list) {
    if (name_of(each) == word) return each;
  }
  return std::nullopt;
}

template <>
struct Words<Operation> {
  static std::string_view of(Operation value) { return name_of(value); }
  static std::optional<Operation> named(std::string_view word) { return operation_named(word); }
};
template <>
struct Words<ElementType> {
  static std::string_view of(ElementType value) { return name_of(value); }
  static std::optional<ElementType> named(std::string_view word) { return element_type_named(word); }
};
template <>
struct Words<DistributionKind> {
  static std::string_view of(DistributionKind value) { return name_of(value); }
  static std::optional<DistributionKind> named(std::string_view word) { return distribution_named(word); }
};
template <>
struct Words<Layout> {
  static std::string_view of(Layout value) { return name_of(value); }
  static std::optional<Layout> named(std::string_view word) { return layout_named(word); }
};
template <>
struct Words<Activation> {
  static std::string_view of(Activation value) { return name_of(value); }
  static std::optional<Activation> named(std::string_view word) { return activation_named(word); }
};
template <>
struct Words<StoppingCriterion> {
  static std::string_view of(StoppingCriterion value) { return name_of(value); }
  static std::optional<StoppingCriterion> named(std::string_view word) { return stopping_criterion_named(word); }
};
template <>
struct Words<Verdict> {
  static std::string_view of(Verdict value) { return name_of(value); }
  static std::optional<Verdict> named(std::string_view word) { return verdict_named(word); }
};
template <>
struct Words<DeviceKind> {
  static std::string_view of(DeviceKind value) { return name_of(value); }
  static std::optional<DeviceKind> named(std::string_view word) {
    return find_word<DeviceKind>(std::array{DeviceKind::cuda, DeviceKind::cpu, DeviceKind::emulated}, word);
  }
};
template <>
struct Words<OccupancyLimit> {
  static std::string_view of(OccupancyLimit value) { return name_of(value); }
  static std::optional<OccupancyLimit> named(std::string_view word) { return occupancy_limit_named(word); }
};
template <>
struct Words<Phase> {
  static std::string_view of(Phase value) { return name_of(value); }
  static std::optional<Phase> named(std::string_view word) { return find_word<Phase>(kPhases, word); }
};
template <>
struct Words<Timing> {
  static std::string_view of(Timing value) { return name_of(value); }
  static std::optional<Timing> named(std::string_view word) { return timing_named(word); }
};
template <>
struct Words<ErrorMeasure> {
  static std::string_view of(ErrorMeasure value) { return name_of(value); }
  static std::optional<ErrorMeasure> named(std::string_view word) { return error_measure_named(word); }
};
template <>
struct Words<FindingKind> {
  static std::string_view of(FindingKind value) { return name_of(value); }
  static std::optional<FindingKind> named(std::string_view word) { return finding_kind_named(word); }
};
template <>
struct Words<WindowState> {
  static std::string_view of(WindowState value) { return name_of(value); }
  static std::optional<WindowState> named(std::string_view word) { return window_state_named(word); }
};
template <>
struct Words<LogLevel> {
  static std::string_view of(LogLevel value) {
    switch (value) {
      case LogLevel::info:
        return "info";
      case LogLevel::warning:
        return "warning";
      case LogLevel::error:
        return "error";
    }
    return "?";
  }
  static std::optional<LogLevel> named(std::string_view word) {
    for (const LogLevel each : {LogLevel::info, LogLevel::warning, LogLevel::error}) {
      if (of(each) == word) return each;
    }
    return std::nullopt;
  }
};

/// Writer or Reader; `Of<A, T>` is then const T& or T&.
template <typename A, typename T>
using Of = typename A::template Ref<T>;

template <typename A>
void fields(A& a, Of<A, Distribution> v) {
  a("kind", v.kind), a("offset", v.offset);
}

template <typename A>
void fields(A& a, Of<A, Problem> v) {
  a("operation", v.operation), a("shape", v.shape), a("normalized_dims", v.normalized_dims), a("type", v.type);
  a("distribution", v.distribution), a("seed", v.seed), a("epsilon", v.epsilon);
  a("layout", v.layout), a("activation", v.activation);
}

template <typename A>
void fields(A& a, Of<A, Method> v) {
  a("time_cold", v.time_cold), a("time_rotating", v.time_rotating), a("time_hot", v.time_hot);
  a("time_graph", v.time_graph), a("time_wall", v.time_wall);
  a("target_relative_error", v.target_relative_error), a("noisy_relative_error", v.noisy_relative_error);
  a("min_samples", v.min_samples), a("max_samples", v.max_samples);
  a("time_limit_s", v.time_limit_s), a("launch_limit_s", v.launch_limit_s);
  a("thorough", v.thorough), a("recheck", v.recheck), a("cold_stopping", v.cold_stopping),
      a("hot_stopping", v.hot_stopping);
  a("min_time_s", v.min_time_s), a("max_noise", v.max_noise), a("max_angle", v.max_angle), a("min_r2", v.min_r2);
  a("target_samples", v.target_samples), a("counters", v.counters);
  a("throttle_threshold", v.throttle_threshold), a("throttle_recovery_s", v.throttle_recovery_s);
}

template <typename A>
void fields(A& a, Of<A, Against> v) {
  a("variant", v.variant), a("knobs", v.knobs);
}

template <typename A>
void fields(A& a, Of<A, PointRequest> v) {
  a("id", v.id), a("device", v.device), a("problem", v.problem), a("variant", v.variant), a("knobs", v.knobs);
  a("method", v.method), a("against", v.against);
}

template <typename A>
void fields(A& a, Of<A, CompileFacts> v) {
  a("registers", v.registers), a("spill", v.spill), a("shared", v.shared), a("occupancy", v.occupancy);
  a("waves", v.waves), a("compile_ms", v.compile_ms), a("resident_blocks", v.resident_blocks);
  a("occupancy_limit", v.occupancy_limit);
}

template <typename A>
void fields(A& a, Of<A, Counters> v) {
  a("dram_read", v.dram_read), a("dram_written", v.dram_written), a("dram_left", v.dram_left);
  a("l2_hit_rate", v.l2_hit_rate), a("occupancy", v.occupancy), a("passes", v.passes);
}

template <typename A>
void fields(A& a, Of<A, Environment> v) {
  a("device_name", v.device_name), a("driver_version", v.driver_version), a("toolkit_version", v.toolkit_version);
  a("program_version", v.program_version), a("host", v.host), a("started_at", v.started_at);
  a("sm_clock_mhz", v.sm_clock_mhz), a("memory_clock_mhz", v.memory_clock_mhz), a("temperature_c", v.temperature_c);
  a("power_w", v.power_w), a("throttle_reasons", v.throttle_reasons);
  a("expected_sm_clock_mhz", v.expected_sm_clock_mhz), a("other_processes", v.other_processes);
  a("ecc", v.ecc), a("mig", v.mig), a("untold", v.untold);
}

template <typename A>
void fields(A& a, Of<A, EnvironmentReading> v) {
  a("taken", v.taken), a("sm_clock_mhz", v.sm_clock_mhz), a("memory_clock_mhz", v.memory_clock_mhz);
  a("temperature_c", v.temperature_c), a("power_w", v.power_w), a("throttle_reasons", v.throttle_reasons);
}

template <typename A>
void fields(A& a, Of<A, DiscardedSample> v) {
  a("after", v.after), a("time_ns", v.time_ns), a("sm_clock_mhz", v.sm_clock_mhz);
  a("throttle_reasons", v.throttle_reasons);
}

template <typename A>
void fields(A& a, Of<A, SeriesEnvironment> v) {
  a("timing", v.timing), a("sm_clocks_mhz", v.sm_clocks_mhz), a("discarded", v.discarded), a("readings", v.readings);
}

template <typename A>
void fields(A& a, Of<A, SeriesStep> v) {
  a("samples_before", v.samples_before), a("samples_ns", v.samples_ns), a("sm_clocks_mhz", v.sm_clocks_mhz);
  a("discarded_before", v.discarded_before), a("discarded", v.discarded), a("readings", v.readings);
}

template <typename A>
void fields(A& a, Of<A, Ceiling> v) {
  a("device", v.device), a("copy", v.copy), a("read", v.read), a("size", v.size), a("write", v.write);
}

template <typename A>
void fields(A& a, Of<A, SizeCeiling> v) {
  a("timing", v.timing), a("bytes", v.bytes), a("memcpy", v.memcpy), a("copy", v.copy), a("read", v.read);
  a("write", v.write);
}

template <typename A>
void fields(A& a, Of<A, KnownSizeCeiling> v) {
  a("ceiling", v.ceiling), a("rule", v.rule);
}

template <typename A>
void fields(A& a, Of<A, KnownCeilings> v) {
  a("device", v.device), a("device_name", v.device_name), a("driver_version", v.driver_version), a("host", v.host);
  a("whole", v.whole), a("sizes", v.sizes);
}

template <typename A>
void fields(A& a, Of<A, Summary> v) {
  a("count", v.count), a("median", v.median), a("ci_low", v.ci_low), a("ci_high", v.ci_high), a("p5", v.p5);
  a("p95", v.p95), a("minimum", v.minimum), a("mean", v.mean), a("cv", v.cv);
}

template <typename A>
void fields(A& a, Of<A, Profile> v) {
  a("kernel", v.kernel), a("counters", v.counters), a("notes", v.notes);
}

template <typename A>
void fields(A& a, Of<A, OutputError> v) {
  a("output", v.output), a("elements", v.elements), a("max_abs", v.max_abs), a("max_rel", v.max_rel), a("rms", v.rms);
  a("relative_l2", v.relative_l2), a("max_ulp", v.max_ulp), a("nonfinite", v.nonfinite), a("unwritten", v.unwritten);
  a("failing", v.failing), a("first_bad", v.first_bad), a("first_bad_value", v.first_bad_value);
  a("first_bad_reference", v.first_bad_reference);
}

template <typename A>
void fields(A& a, Of<A, ErrorMap> v) {
  a("rows", v.rows), a("columns", v.columns), a("tile_rows", v.tile_rows), a("tile_columns", v.tile_columns);
  a("tolerance", v.tolerance), a("max_abs", v.max_abs);
  if constexpr (A::reads) {
    // Whoever draws it trusts the size.
    if (v.tile_rows < 0 || v.tile_columns < 0 ||
        v.max_abs.size() != static_cast<std::size_t>(v.tile_rows) * static_cast<std::size_t>(v.tile_columns)) {
      throw WireError(".max_abs: not as many values as tiles");
    }
  }
}

template <typename A>
void fields(A& a, Of<A, ErrorReport> v) {
  a("outputs", v.outputs), a("inputs_changed", v.inputs_changed), a("damaged_guards", v.damaged_guards);
  a("map", v.map);
}

template <typename A>
void fields(A& a, Of<A, SourcePlace> v) {
  a("file", v.file), a("line", v.line);
}

template <typename A>
void fields(A& a, Of<A, ThreadPlace> v) {
  a("block", v.block), a("thread", v.thread);
}

template <typename A>
void fields(A& a, Of<A, Finding> v) {
  a("kind", v.kind), a("message", v.message), a("launch", v.launch), a("at", v.at), a("within", v.within);
  a("who", v.who), a("other_at", v.other_at), a("other_who", v.other_who), a("count", v.count);
}

template <typename A>
void fields(A& a, Of<A, TimingNote> v) {
  a("timing", v.timing), a("text", v.text);
}

template <typename A>
void fields(A& a, Of<A, Rival> v) {
  a("variant_name", v.variant_name), a("variant_title", v.variant_title), a("source_hash", v.source_hash);
  a("verdict", v.verdict), a("reason", v.reason), a("timing", v.timing), a("samples", v.samples);
  a("summary", v.summary);
}

template <typename A>
void fields(A& a, Of<A, TimeSpent> v) {
  for (const Expense expense : kExpenses) a(name_of(expense).data(), v[expense]);
}

template <typename A>
void fields(A& a, Of<A, Point> v) {
  a("request", v.request), a("variant_name", v.variant_name), a("variant_title", v.variant_title);
  a("source_hash", v.source_hash), a("verdict", v.verdict), a("reason", v.reason), a("compile_log", v.compile_log);
  a("compiled", v.compiled), a("bytes", v.bytes), a("modelled_reads", v.modelled_reads);
  a("modelled_writes", v.modelled_writes), a("cold", v.cold), a("rotating", v.rotating), a("hot", v.hot);
  a("graph", v.graph), a("wall", v.wall), a("cold_summary", v.cold_summary);
  a("rotating_summary", v.rotating_summary), a("hot_summary", v.hot_summary), a("graph_summary", v.graph_summary);
  a("wall_summary", v.wall_summary), a("timing_notes", v.timing_notes);
  a("event_overhead", v.event_overhead), a("profile", v.profile);
  a("series_environments", v.series_environments);
  a("error", v.error), a("findings", v.findings), a("ceiling", v.ceiling);
  a("size_ceilings", v.size_ceilings), a("rival", v.rival);
  a("environment", v.environment);
  a("window", v.window), a("spent", v.spent);
}

template <typename A>
void fields(A& a, Of<A, DeviceFacts> v) {
  a("id", v.id), a("kind", v.kind), a("name", v.name), a("uuid", v.uuid), a("driver_version", v.driver_version);
  a("toolkit_version", v.toolkit_version), a("memory", v.memory), a("last_level_cache", v.last_level_cache);
  a("peak_bandwidth", v.peak_bandwidth), a("compute_capability", v.compute_capability);
  a("multiprocessors", v.multiprocessors), a("warp_size", v.warp_size);
  a("max_threads_per_block", v.max_threads_per_block);
  a("max_threads_per_multiprocessor", v.max_threads_per_multiprocessor);
  a("registers_per_multiprocessor", v.registers_per_multiprocessor), a("shared_per_block", v.shared_per_block);
  a("shared_per_block_optin", v.shared_per_block_optin), a("shared_per_multiprocessor", v.shared_per_multiprocessor);
  a("cooperative_launch", v.cooperative_launch), a("clusters", v.clusters);
}

template <typename A>
void fields(A& a, Of<A, Knob> v) {
  a("name", v.name), a("values", v.values), a("initial", v.initial), a("help", v.help);
}

template <typename A>
void fields(A& a, Of<A, Requirement> v) {
  a("condition", v.condition), a("reason", v.reason);
}

template <typename A>
void fields(A& a, Of<A, ExtraBuffer> v) {
  a("name", v.name), a("type", v.type), a("count", v.count), a("clear", v.clear);
}

template <typename A>
void fields(A& a, Of<A, LaunchSpec> v) {
  a("entry", v.entry), a("grid", v.grid), a("block", v.block), a("shared", v.shared), a("cooperative", v.cooperative);
  a("cluster", v.cluster), a("arguments", v.arguments);
}

template <typename A>
void fields(A& a, Of<A, TrafficModel> v) {
  a("reads", v.reads), a("writes", v.writes), a("note", v.note);
}

template <typename A>
void fields(A& a, Of<A, Variant> v) {
  a("id", v.id), a("name", v.name), a("order", v.order), a("title", v.title), a("idea", v.idea);
  a("operation", v.operation), a("device", v.device), a("types", v.types), a("layouts", v.layouts);
  a("activations", v.activations), a("knobs", v.knobs);
  a("requirements", v.requirements), a("buffers", v.buffers), a("launches", v.launches), a("traffic", v.traffic);
  a("accumulate", v.accumulate), a("numerics_note", v.numerics_note), a("deterministic", v.deterministic);
  a("source_note", v.source_note), a("source", v.source), a("source_hash", v.source_hash);
}

template <typename A>
void fields(A& a, Of<A, CatalogFault> v) {
  a("file", v.file), a("line", v.line), a("message", v.message);
}

template <typename A>
void fields(A& a, Of<A, Catalog> v) {
  a("variants", v.variants), a("faults", v.faults);
}

template <typename A>
void fields(A& a, Of<A, Hello> v) {
  a("program_version", v.program_version), a("process", v.process);
}
template <typename A>
void fields(A& a, Of<A, CatalogChanged> v) {
  a("catalog", v.catalog);
}
template <typename A>
void fields(A& a, Of<A, DevicesFound> v) {
  a("devices", v.devices);
}
template <typename A>
void fields(A& a, Of<A, PhaseChanged> v) {
  a("id", v.id), a("phase", v.phase);
}
template <typename A>
void fields(A& a, Of<A, SamplesTaken> v) {
  a("id", v.id), a("phase", v.phase), a("step", v.step);
}
template <typename A>
void fields(A& a, Of<A, Alive> v) {
  a("id", v.id), a("done", v.done);
}
template <typename A>
void fields(A& a, Of<A, CeilingMeasured> v) {
  a("ceiling", v.ceiling);
}
template <typename A>
void fields(A& a, Of<A, PointDone> v) {
  a("point", v.point);
}
template <typename A>
void fields(A& a, Of<A, PointCancelled> v) {
  a("id", v.id);
}
template <typename A>
void fields(A& a, Of<A, LogMessage> v) {
  a("level", v.level), a("text", v.text);
}
template <typename A>
void fields(A& a, Of<A, MeasurePoint> v) {
  a("request", v.request);
}
template <typename A>
void fields(A& a, Of<A, CancelPoint> v) {
  a("id", v.id);
}
template <typename A>
void fields(A&, Of<A, Shutdown>) {}
template <typename A>
void fields(A& a, Of<A, KnowCeilings> v) {
  a("known", v.known);
}

template <typename A>
void fields(A& a, Of<A, Slice> v) {
  a("row_dim", v.row_dim), a("column_dim", v.column_dim), a("at", v.at);
}
template <typename A>
void fields(A& a, Of<A, Area> v) {
  a("row", v.row), a("column", v.column), a("rows", v.rows), a("columns", v.columns);
}
template <typename A>
void fields(A& a, Of<A, TensorView> v) {
  a("rows", v.rows), a("columns", v.columns), a("first", v.first), a("row_stride", v.row_stride);
  a("column_stride", v.column_stride);
}
template <typename A>
void fields(A& a, Of<A, ErrorRequest> v) {
  a("id", v.id), a("slot", v.slot), a("point", v.point), a("output", v.output), a("slice", v.slice), a("area", v.area);
  a("tile_rows", v.tile_rows), a("tile_columns", v.tile_columns), a("measure", v.measure);
  if constexpr (A::reads) {
    if (v.slot < 0 || v.slot >= kErrorSlots) throw WireError(".slot: there is none of this number");
  }
}
template <typename A>
void fields(A& a, Of<A, ErrorElements> v) {
  a("values", v.values), a("references", v.references), a("allowed", v.allowed), a("ulps", v.ulps);
  a("unwritten", v.unwritten);
  if constexpr (A::reads) {
    const std::size_t count = v.values.size();
    if (v.references.size() != count || v.allowed.size() != count || v.ulps.size() != count) {
      throw WireError(".values: not as many as references, allowed and ulps");
    }
  }
}
template <typename A>
void fields(A& a, Of<A, ErrorRegion> v) {
  a("request", v.request), a("fault", v.fault), a("source_hash", v.source_hash), a("view", v.view);
  a("error", v.error), a("map", v.map), a("histogram", v.histogram), a("elements", v.elements);
  if constexpr (A::reads) {
    // Whoever draws it trusts the sizes.
    if (v.fault.empty() && (v.map == nullptr || v.histogram.size() != std::size_t{kUlpBins})) {
      throw WireError(".map: there is neither a map with a histogram nor a fault");
    }
    if (v.elements && v.elements->values.size() != v.map->max_abs.size()) {
      throw WireError(".elements: not one for each tile");
    }
  }
}
template <typename A>
void fields(A& a, Of<A, ErrorsFound> v) {
  a("region", v.region);
}
template <typename A>
void fields(A& a, Of<A, FindErrors> v) {
  a("request", v.request);
}

}  // namespace knobscope::worker::wire
