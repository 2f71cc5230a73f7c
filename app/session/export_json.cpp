#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "session/ceilings_json.h"
#include "session/export.h"
#include "session/json_value.h"
#include "session/output_error_json.h"
#include "session/time_spent_json.h"

namespace knobscope::session {
namespace {

Json seconds(const std::optional<Summary>& summary, Nanoseconds Summary::*field) {
  return summary ? number(((*summary).*field).count() * 1e-9) : Json(nullptr);
}

Json sample_seconds(const Samples& samples) {
  if (!samples) return nullptr;
  Json list = Json::array();
  for (const double nanoseconds : *samples) list.push_back(number(nanoseconds * 1e-9));
  return list;
}

Json knobs_json(const KnobValues& knobs) {
  Json object = Json::object();
  for (const auto& [name, value] : knobs) object[name] = value;
  return object;
}

/// A CPU has no registers per multiprocessor and no shared memory to tell of.
Json known(std::int64_t count) { return count == 0 ? Json(nullptr) : Json(count); }

Json device_json(const DeviceFacts& facts) {
  Json object;
  object["id"] = facts.id;
  object["kind"] = name_of(facts.kind);
  object["name"] = facts.name;
  object["driver_version"] = text(facts.driver_version);
  object["toolkit_version"] = text(facts.toolkit_version);
  object["memory"] = facts.memory.count;
  object["last_level_cache"] = facts.last_level_cache.count;
  object["peak_bandwidth"] = number(facts.peak_bandwidth);
  object["compute_capability"] = known(facts.compute_capability);
  object["multiprocessors"] = facts.multiprocessors;
  object["warp_size"] = facts.warp_size;
  object["max_threads_per_block"] = facts.max_threads_per_block;
  object["max_threads_per_multiprocessor"] = facts.max_threads_per_multiprocessor;
  object["registers_per_multiprocessor"] = known(facts.registers_per_multiprocessor);
  object["shared_per_block"] = known(facts.shared_per_block.count);
  object["shared_per_block_optin"] = known(facts.shared_per_block_optin.count);
  object["shared_per_multiprocessor"] = known(facts.shared_per_multiprocessor.count);
  object["cooperative_launch"] = facts.cooperative_launch;
  object["clusters"] = facts.clusters;
  return object;
}

Json environment_json(const Environment& environment) {
  Json object;
  object["device_name"] = text(environment.device_name);
  object["driver_version"] = text(environment.driver_version);
  object["toolkit_version"] = text(environment.toolkit_version);
  object["program_version"] = text(environment.program_version);
  object["host"] = text(environment.host);
  object["started_at"] = text(environment.started_at);
  object["sm_clock_mhz"] = number(environment.sm_clock_mhz);
  object["memory_clock_mhz"] = number(environment.memory_clock_mhz);
  object["temperature_c"] = number(environment.temperature_c);
  object["power_w"] = number(environment.power_w);
  object["throttle_reasons"] = number(environment.throttle_reasons);
  object["throttle_reasons_in_words"] =
      environment.throttle_reasons ? Json(reasons_in_words(*environment.throttle_reasons)) : Json(nullptr);
  object["expected_sm_clock_mhz"] = number(environment.expected_sm_clock_mhz);
  object["other_processes"] = number(environment.other_processes);
  object["ecc"] = number(environment.ecc);
  object["mig"] = number(environment.mig);
  object["untold"] = text(environment.untold);
  return object;
}

Json settings_json(const Method& method) {
  Json object;
  object["timing"] = Json::array();
  for (const Timing timing : method.timings()) object["timing"].push_back(name_of(timing));
  object["target_relative_error"] = number(method.target_relative_error);
  object["noisy_relative_error"] = number(method.noisy_relative_error);
  object["min_samples"] = method.min_samples;
  object["max_samples"] = method.max_samples;
  object["time_limit_s"] = number(method.time_limit_s);
  object["launch_limit_s"] = number(method.launch_limit_s);
  object["thorough"] = method.thorough;
  object["recheck"] = method.recheck;
  object["cold_stopping_criterion"] = name_of(method.cold_stopping);
  object["hot_stopping_criterion"] = name_of(method.hot_stopping);
  object["min_time_s"] = number(method.min_time_s);
  object["max_noise"] = number(method.max_noise);
  object["max_angle"] = number(method.max_angle);
  object["min_r2"] = number(method.min_r2);
  object["target_samples"] = method.target_samples;
  object["counters"] = method.counters;
  object["throttle_threshold"] = number(method.throttle_threshold);
  object["throttle_recovery_s"] = number(method.throttle_recovery_s);
  return object;
}

void add_errors(Json& object, const std::optional<ErrorReport>& report) {
  const OutputError* main = report ? report->main() : nullptr;
  const auto field = [main](auto value) { return main != nullptr ? value(*main) : Json(nullptr); };
  object["max_abs_error"] = field([](const OutputError& error) { return number(error.max_abs); });
  object["max_rel_error"] = field([](const OutputError& error) { return number(error.max_rel); });
  object["relative_l2_error"] = field([](const OutputError& error) { return number(error.relative_l2); });
  object["max_ulp"] = field([](const OutputError& error) { return number(error.max_ulp); });
  object["nonfinite"] = field([](const OutputError& error) { return Json(error.nonfinite); });
  object["unwritten"] = field([](const OutputError& error) { return Json(error.unwritten); });
}

Json place_json(const SourcePlace& place) {
  if (place.file.empty()) return nullptr;
  return Json{{"file", place.file}, {"line", place.line > 0 ? Json(place.line) : Json(nullptr)}};
}

Json finding_json(const Finding& finding) {
  const auto index = [](const std::optional<ThreadPlace>& who, std::array<std::int64_t, 3> ThreadPlace::*field) {
    return who ? Json((*who).*field) : Json(nullptr);
  };
  Json object;
  object["kind"] = name_of(finding.kind);
  object["message"] = finding.message;
  object["launch"] = text(finding.launch);
  object["at"] = place_json(finding.at);
  object["within"] = place_json(finding.within);
  object["block"] = index(finding.who, &ThreadPlace::block);
  object["thread"] = index(finding.who, &ThreadPlace::thread);
  object["other_at"] = place_json(finding.other_at);
  object["other_block"] = index(finding.other_who, &ThreadPlace::block);
  object["other_thread"] = index(finding.other_who, &ThreadPlace::thread);
  object["count"] = finding.count;
  return object;
}

/// Null on a device that does not look for any.
Json findings_json(const Point& point) {
  if (!point.is_emulated() && point.findings.empty()) return nullptr;
  Json list = Json::array();
  for (const Finding& finding : point.findings) list.push_back(finding_json(finding));
  return list;
}

/// Of the samples that the headline is of.
void add_spread(Json& object, const Point& point) {
  const std::optional<Summary>& headline = point.headline();
  const std::optional<Spread> spread = spread_of_headline(point);
  const auto field = [&spread](auto value) { return spread ? number(value(*spread)) : Json(nullptr); };
  object["relative_standard_error"] = headline ? number(headline->relative_standard_error()) : Json(nullptr);
  object["p5_s"] = seconds(headline, &Summary::p5);
  object["q1_s"] = field([](const Spread& known) { return known.q1.count() * 1e-9; });
  object["q3_s"] = field([](const Spread& known) { return known.q3.count() * 1e-9; });
  object["p95_s"] = seconds(headline, &Summary::p95);
  object["p99_s"] = field([](const Spread& known) { return known.p99.count() * 1e-9; });
  object["p99_is_known"] = spread ? Json(spread->p99_is_known) : Json(nullptr);
  object["bootstrap_low_s"] = field([](const Spread& known) { return known.median_ns.low * 1e-9; });
  object["bootstrap_high_s"] = field([](const Spread& known) { return known.median_ns.high * 1e-9; });
}

Json timing_notes_json(const std::vector<TimingNote>& notes) {
  Json list = Json::array();
  for (const TimingNote& note : notes) list.push_back(Json{{"timing", name_of(note.timing)}, {"text", note.text}});
  return list;
}

/// The other one of two that were timed in turns; null for a point of its own.
Json rival_json(const Point& point) {
  if (!point.request.against || !point.rival) return nullptr;
  const Rival& rival = *point.rival;
  Json object;
  object["variant"] = rival.variant_name.empty() ? point.request.against->variant : rival.variant_name;
  object["variant_id"] = point.request.against->variant;
  object["source_hash"] = text(rival.source_hash);
  object["knobs"] = Json::object();
  for (const auto& [name, value] : point.request.against->knobs) object["knobs"][name] = value;
  object["verdict"] = name_of(rival.verdict);
  object["reason"] = text(rival.reason);
  object["method"] = name_of(rival.timing);
  object["median_s"] = seconds(rival.summary, &Summary::median);
  object["samples"] = rival.summary ? Json(rival.summary->count) : Json(nullptr);
  return object;
}

/// Null where it was not asked for.
Json profile_json(const Point& point) {
  if (!point.profile) return nullptr;
  const std::optional<Counters>& counters = point.profile->counters;
  const auto counted = [&counters](auto value) { return counters ? Json(value(*counters)) : Json(nullptr); };
  const std::optional<Nanoseconds> over = point.event_over_kernel();
  Json object;
  object["kernel_samples"] = point.profile->kernel ? Json(point.profile->kernel->count) : Json(nullptr);
  object["kernel_median_s"] = seconds(point.profile->kernel, &Summary::median);
  object["kernel_ci_low_s"] = seconds(point.profile->kernel, &Summary::ci_low);
  object["kernel_ci_high_s"] = seconds(point.profile->kernel, &Summary::ci_high);
  object["event_minus_kernel_s"] = over ? number(over->count() * 1e-9) : Json(nullptr);
  object["dram_read"] = counted([](const Counters& known) { return known.dram_read.count; });
  object["dram_written"] = counted([](const Counters& known) { return known.dram_written.count; });
  object["dram_left"] = counted([](const Counters& known) { return known.dram_left.count; });
  object["dram_over_bytes"] =
      counters && point.bytes.count > 0
          ? Json(static_cast<double>(counters->dram().count) / static_cast<double>(point.bytes.count))
          : Json(nullptr);
  object["dram_over_modelled"] = number(point.counted_over_modelled());
  object["l2_hit_rate"] = counted([](const Counters& known) { return known.l2_hit_rate; });
  object["occupancy"] = counted([](const Counters& known) { return known.occupancy; });
  object["passes"] = counted([](const Counters& known) { return known.passes; });
  object["notes"] = point.profile->notes;
  return object;
}

Json reading_json(const EnvironmentReading& reading) {
  Json object;
  object["taken"] = reading.taken;
  object["sm_clock_mhz"] = number(reading.sm_clock_mhz);
  object["memory_clock_mhz"] = number(reading.memory_clock_mhz);
  object["temperature_c"] = number(reading.temperature_c);
  object["power_w"] = number(reading.power_w);
  object["throttle_reasons"] = number(reading.throttle_reasons);
  return object;
}

/// What the device was like in each technique's series.
Json environments_json(const Point& point) {
  Json list = Json::array();
  for (const SeriesEnvironment& series : point.series_environments) {
    Json object;
    object["timing"] = name_of(series.timing);
    object["sm_clock_mhz"] = number(series.sm_clock_mhz());
    object["sm_clocks_mhz"] = Json::array();
    for (const double clock : series.sm_clocks_mhz) object["sm_clocks_mhz"].push_back(number(clock));
    object["discarded"] = Json::array();
    for (const DiscardedSample& sample : series.discarded) {
      object["discarded"].push_back(Json{{"after", sample.after},
                                         {"time_s", number(sample.time_ns * 1e-9)},
                                         {"sm_clock_mhz", number(sample.sm_clock_mhz)},
                                         {"throttle_reasons", sample.throttle_reasons}});
    }
    object["readings"] = Json::array();
    for (const EnvironmentReading& reading : series.readings) object["readings"].push_back(reading_json(reading));
    list.push_back(std::move(object));
  }
  return list;
}

Json point_json(const Point& point) {
  const PointRequest& request = point.request;
  const Problem& problem = request.problem;
  const std::optional<Summary>& headline = point.headline();
  Json object;
  object["id"] = request.id;
  object["operation"] = name_of(problem.operation);
  object["shape"] = problem.shape;
  object["normalized_dims"] =
      family_of(problem.operation) == Family::layernorm ? Json(problem.normalized_dims) : Json(nullptr);
  object["dtype"] = name_of(problem.type);
  object["distribution"] = name_of(problem.distribution.kind);
  object["offset"] =
      problem.distribution.kind == DistributionKind::offset ? number(problem.distribution.offset) : Json(nullptr);
  object["seed"] = problem.seed;
  object["epsilon"] = number(problem.epsilon);
  object["layout"] = family_of(problem.operation) == Family::batchnorm ? Json(name_of(problem.layout)) : Json(nullptr);
  object["activation"] =
      problem.operation == Operation::layernorm_forward ? Json(name_of(problem.activation)) : Json(nullptr);
  object["rival"] = rival_json(point);
  object["variant"] = point.variant_name.empty() ? request.variant : point.variant_name;
  object["variant_id"] = request.variant;
  object["variant_title"] = text(point.variant_title);
  object["source_hash"] = text(point.source_hash);
  object["device"] = request.device;
  object["knobs"] = knobs_json(request.knobs);
  const std::optional<Timing> timing = point.headline_timing();
  object["method"] = timing ? Json(name_of(*timing)) : Json(nullptr);
  object["settings"] = settings_json(request.method);
  object["samples"] = headline ? Json(headline->count) : Json(nullptr);
  object["median_s"] = seconds(headline, &Summary::median);
  object["ci_low_s"] = seconds(headline, &Summary::ci_low);
  object["ci_high_s"] = seconds(headline, &Summary::ci_high);
  add_spread(object, point);
  for (const Timing each : kTimings) {
    object[fmt::format("{}_median_s", name_of(each))] = seconds(point.summary(each), &Summary::median);
  }
  for (const Timing each : kTimings) {
    object[fmt::format("{}_samples_s", name_of(each))] = sample_seconds(point.samples(each));
  }
  object["event_overhead_s"] = point.event_overhead ? number(point.event_overhead->count() * 1e-9) : Json(nullptr);
  object["timing_notes"] = timing_notes_json(point.timing_notes);
  object["headline_sm_clock_mhz"] = number(point.headline_sm_clock_mhz());
  object["discarded_samples"] = point.discarded_samples();
  object["series_environments"] = environments_json(point);
  object["bytes"] = point.bytes.count > 0 ? Json(point.bytes.count) : Json(nullptr);
  object["modelled_reads"] = number(point.modelled_reads);
  object["modelled_writes"] = number(point.modelled_writes);
  object["bandwidth"] = number(point.bandwidth());
  object["copy_fraction"] = number(point.copy_fraction());
  object["memcpy_fraction"] = number(point.memcpy_fraction());
  object["sized_copy_fraction"] = number(point.sized_copy_fraction());
  object["ceiling_copy"] = point.ceiling ? number(point.ceiling->copy.value) : Json(nullptr);
  object["ceiling_read"] = point.ceiling ? number(point.ceiling->read.value) : Json(nullptr);
  object["ceiling_write"] = point.ceiling ? number(point.ceiling->write) : Json(nullptr);
  object["size_ceilings"] = ceilings_json<Json>(point.size_ceilings);
  add_errors(object, point.error);
  Json outputs = Json::array();
  if (point.error) {
    for (const OutputError& error : point.error->outputs) outputs.push_back(output_json(error));
  }
  object["outputs"] = point.error ? outputs : Json(nullptr);
  object["inputs_changed"] = point.error ? Json(point.error->inputs_changed) : Json(nullptr);
  object["damaged_guards"] = point.error ? Json(point.error->damaged_guards) : Json(nullptr);
  object["registers"] = number(point.compiled.registers);
  object["spill_bytes"] = number(point.compiled.spill);
  object["shared_bytes"] = number(point.compiled.shared);
  object["occupancy"] = number(point.compiled.occupancy);
  const std::optional<OccupancyLimit>& limit = point.compiled.occupancy_limit;
  object["occupancy_limit"] = limit ? Json(name_of(*limit)) : Json(nullptr);
  object["resident_blocks"] = number(point.compiled.resident_blocks);
  object["waves"] = number(point.compiled.waves);
  object["last_wave"] = number(point.compiled.last_wave());
  object["compile_ms"] = number(point.compiled.compile_ms);
  object["compile_log"] = text(point.compile_log);
  object["profile"] = profile_json(point);
  object["verdict"] = name_of(point.verdict);
  object["reason"] = text(point.reason);
  object["findings"] = findings_json(point);
  object["window"] = point.window ? Json(name_of(*point.window)) : Json(nullptr);
  object["spent_s"] = point.spent ? spent_json<Json>(*point.spent) : Json(nullptr);
  object["environment"] = environment_json(point.environment);
  return object;
}

/// The device the points were measured on; the first one known when there are no points.
Json main_device(std::span<const PointPtr> points, std::span<const DeviceFacts> devices) {
  for (const DeviceFacts& facts : devices) {
    if (points.empty() || facts.id == points.front()->request.device) return device_json(facts);
  }
  if (points.empty()) return nullptr;
  Json object;
  object["id"] = points.front()->request.device;
  object["name"] = text(points.front()->environment.device_name);
  return object;
}

}  // namespace

std::string to_json(std::span<const PointPtr> points, std::span<const DeviceFacts> devices) {
  Json object;
  object["version"] = KNOBSCOPE_VERSION;
  object["device"] = main_device(points, devices);
  Environment nothing_measured;
  nothing_measured.program_version = KNOBSCOPE_VERSION;
  object["environment"] = environment_json(points.empty() ? nothing_measured : points.front()->environment);
  object["devices"] = Json::array();
  for (const DeviceFacts& facts : devices) object["devices"].push_back(device_json(facts));
  object["points"] = Json::array();
  for (const PointPtr& point : points) object["points"].push_back(point_json(*point));
  // A compiler's message may hold bytes that are not UTF-8; they become U+FFFD rather than an error.
  return object.dump(2, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + "\n";
}

std::string devices_to_json(std::span<const DeviceFacts> devices) {
  Json object;
  object["version"] = KNOBSCOPE_VERSION;
  object["devices"] = Json::array();
  for (const DeviceFacts& facts : devices) object["devices"].push_back(device_json(facts));
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string variants_to_json(std::span<const Variant* const> variants, std::span<const CatalogFault> faults) {
  Json object;
  object["version"] = KNOBSCOPE_VERSION;
  object["variants"] = Json::array();
  for (const Variant* variant : variants) {
    Json item;
    item["id"] = variant->id;
    item["name"] = variant->name;
    item["order"] = variant->order;
    item["title"] = variant->title;
    item["idea"] = variant->idea;
    item["operation"] = name_of(variant->operation);
    item["device"] = name_of(variant->device);
    item["dtypes"] = Json::array();
    for (const ElementType type : variant->types) item["dtypes"].push_back(name_of(type));
    // What its operation has none of is null, as in a point.
    item["layouts"] = item["activations"] = nullptr;
    if (family_of(variant->operation) == Family::batchnorm) {
      item["layouts"] = Json::array();
      for (const Layout layout : variant->layouts) item["layouts"].push_back(name_of(layout));
    }
    if (variant->operation == Operation::layernorm_forward) {
      item["activations"] = Json::array();
      for (const Activation activation : variant->activations) item["activations"].push_back(name_of(activation));
    }
    item["knobs"] = Json::array();
    for (const Knob& knob : variant->knobs) {
      Json entry;
      entry["name"] = knob.name;
      entry["values"] = knob.values;
      entry["default"] = knob.initial;
      entry["help"] = text(knob.help);
      item["knobs"].push_back(std::move(entry));
    }
    item["requirements"] = Json::array();
    for (const Requirement& requirement : variant->requirements) {
      item["requirements"].push_back(Json{{"condition", requirement.condition}, {"reason", text(requirement.reason)}});
    }
    item["accumulate"] = text(variant->accumulate);
    item["numerics"] = text(variant->numerics_note);
    item["deterministic"] = variant->deterministic;
    item["source"] = text(variant->source_note);
    item["source_hash"] = text(variant->source_hash);
    object["variants"].push_back(std::move(item));
  }
  object["faults"] = Json::array();
  for (const CatalogFault& fault : faults) {
    object["faults"].push_back(Json{
        {"file", fault.file}, {"line", fault.line > 0 ? Json(fault.line) : Json(nullptr)}, {"message", fault.message}});
  }
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace knobscope::session
