#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/plan_from_arguments.h"
#include "cli/ready_client.h"
#include "cli/time_spent_text.h"
#include "session/export.h"
#include "session/number_text.h"
#include "session/session.h"

namespace knobscope::cli {
namespace {

/// Binary units, as memories are sold.
std::string memory_text(Bytes bytes) {
  const auto count = static_cast<double>(bytes.count);
  if (count >= 0x1p30) return fmt::format("{:.1f} GiB", count / 0x1p30);
  if (count >= 0x1p20) return fmt::format("{:.1f} MiB", count / 0x1p20);
  return fmt::format("{:.0f} KiB", count / 0x1p10);
}

std::string devices_text(const std::vector<DeviceFacts>& devices) {
  std::string text;
  for (const DeviceFacts& device : devices) {
    text += fmt::format("{:<8} {}\n", device.id, device.name);
    std::vector<std::string> facts;
    if (device.compute_capability > 0) facts.push_back(fmt::format("sm_{}", device.compute_capability));
    facts.push_back(fmt::format("{} {}", device.multiprocessors, device.kind == DeviceKind::cpu ? "cores" : "SMs"));
    if (device.memory.count > 0) facts.push_back(memory_text(device.memory) + " memory");
    if (device.last_level_cache.count > 0) {
      facts.push_back(fmt::format("{} {}", memory_text(device.last_level_cache),
                                  device.kind == DeviceKind::cpu ? "last-level cache" : "L2"));
    }
    if (device.peak_bandwidth) facts.push_back("peak " + session::rate_text(*device.peak_bandwidth));
    if (!device.driver_version.empty()) {
      facts.push_back(
          fmt::format("{} {}", device.kind == DeviceKind::cpu ? "kernel" : "driver", device.driver_version));
    }
    if (!device.toolkit_version.empty()) facts.push_back(device.toolkit_version);
    text += fmt::format("{:<8} {}\n", "", fmt::join(facts, " · "));
  }
  return text;
}

std::string knob_text(const Knob& knob) {
  // A long list is said by its ends; --json has all of it.
  const std::string values = knob.values.size() <= 8 ? fmt::format("{}", fmt::join(knob.values, ","))
                                                     : fmt::format("{}..{} ({} values)", std::ranges::min(knob.values),
                                                                   std::ranges::max(knob.values), knob.values.size());
  return fmt::format("{}={} (default {})", knob.name, values, knob.initial);
}

/// The element types, layouts and activations that the variant offers, as they are asked for.
std::string forms_text(const Variant& variant) {
  std::vector<std::string_view> types;
  for (const ElementType type : variant.types) types.push_back(name_of(type));
  std::string text = fmt::format("{}", fmt::join(types, " "));
  if (family_of(variant.operation) == Family::batchnorm) {
    std::vector<std::string_view> layouts;
    for (const Layout layout : variant.layouts) layouts.push_back(name_of(layout));
    text += fmt::format(" · {}", fmt::join(layouts, " "));
  }
  if (variant.operation == Operation::layernorm_forward) {
    std::vector<std::string_view> activations;
    for (const Activation activation : variant.activations) activations.push_back(name_of(activation));
    text += fmt::format(" · {}", fmt::join(activations, " "));
  }
  return text;
}

std::string variants_text(const std::vector<const Variant*>& variants) {
  std::string text;
  const Variant* before = nullptr;
  std::size_t width = 0;
  for (const Variant* variant : variants) width = std::max(width, variant->name.size());
  for (const Variant* variant : variants) {
    if (before == nullptr || before->operation != variant->operation || before->device != variant->device) {
      text += fmt::format("{}{} on {}\n", before == nullptr ? "" : "\n", name_of(variant->operation),
                          variant->device == DeviceKind::cuda ? "cuda and emulated" : name_of(variant->device));
    }
    before = variant;
    std::vector<std::string> knobs;
    for (const Knob& knob : variant->knobs) knobs.push_back(knob_text(knob));
    text += fmt::format("  {:<{}}  {}\n", variant->name, width, variant->title);
    text += fmt::format("  {:<{}}  {}{}{}\n", "", width, forms_text(*variant), knobs.empty() ? "" : " · ",
                        fmt::join(knobs, " · "));
  }
  return text.empty() ? "No variants.\n" : text;
}

/// What the worker found out while it started, such as a driver that does not answer.
void print_warnings(const Snapshot& snapshot) {
  for (const LogLine& line : *snapshot.log) {
    if (line.level != LogLevel::info) fmt::print(stderr, "knobscope: {}\n", line.text);
  }
}

/// Text to standard output unless JSON goes there.
int print(const std::string& text, const std::optional<std::string>& json_target, const std::string& json) {
  if (json_target && !write_text(*json_target, json)) return kExitUsage;
  if (json_target != "-" && !write_text("-", text)) return kExitUsage;
  return kExitOk;
}

std::string find_unwritable_json(const std::optional<std::string>& json) {
  OutputArguments output;
  output.json = json;
  return find_unwritable(output);
}

}  // namespace

int devices(const DevicesArguments& arguments, const Places& places) {
  if (const std::string fault = find_unwritable_json(arguments.json); !fault.empty()) {
    return complain(fault, kExitUsage);
  }
  Interrupt interrupt;
  const worker::Client client(client_options(places));
  const Readiness readiness = wait_until_ready(client, interrupt);
  if (readiness != Readiness::ready) return complain_not_ready(client, readiness);
  const SnapshotPtr snapshot = client.snapshot();
  print_warnings(*snapshot);
  return print(devices_text(snapshot->devices), arguments.json, session::devices_to_json(snapshot->devices));
}

int list(const ListArguments& arguments, const Places& places) {
  std::optional<Operation> operation;
  if (arguments.operation) {
    const auto read = session::read_operation(*arguments.operation);
    if (const auto* fault = std::get_if<session::TextFault>(&read)) {
      return complain("--op: " + fault->message, kExitUsage);
    }
    operation = std::get<Operation>(read);
  }
  std::optional<DeviceKind> kind;
  if (arguments.device) {
    const std::string word = arguments.device->substr(0, arguments.device->find(':'));
    if (word != "cuda" && word != "cpu" && word != "emulated") {
      return complain(
          fmt::format(
              "--device: there are variants for cuda and for cpu (emulated takes those for cuda), none for '{}'",
              *arguments.device),
          kExitUsage);
    }
    kind = word == "cpu" ? DeviceKind::cpu : DeviceKind::cuda;
  }
  if (const std::string fault = find_unwritable_json(arguments.json); !fault.empty()) {
    return complain(fault, kExitUsage);
  }
  Interrupt interrupt;
  const worker::Client client(client_options(places));
  const Readiness readiness = wait_until_ready(client, interrupt);
  if (readiness != Readiness::ready) return complain_not_ready(client, readiness);
  const SnapshotPtr snapshot = client.snapshot();
  std::vector<const Variant*> variants;
  for (const Variant& variant : snapshot->catalog->variants) {
    if (operation && variant.operation != *operation) continue;
    if (kind && variant.device != *kind) continue;
    variants.push_back(&variant);
  }
  for (const CatalogFault& fault : snapshot->catalog->faults) {
    const std::string place = fault.line > 0 ? fmt::format("{}:{}", fault.file, fault.line) : fault.file;
    fmt::print(stderr, "knobscope: {}: {}\n", place, fault.message);
  }
  return print(variants_text(variants), arguments.json, session::variants_to_json(variants, snapshot->catalog->faults));
}

int show(const ShowArguments& arguments) {
  if (const std::string fault = find_unwritable(arguments.output); !fault.empty()) return complain(fault, kExitUsage);
  try {
    const session::Recorded recorded = session::load(arguments.session);
    if (!write_results(recorded.points, recorded.devices, arguments.output, inspect_terminal())) return kExitUsage;
    if (!arguments.phases) return kExitOk;
    if (!any_says_where_time_went(recorded.points)) {
      return complain(fmt::format("{}: no point says where its time went: sessions keep it since version 7; record it "
                                  "again, or sweep with --phases",
                                  arguments.session.string()),
                      kExitUsage);
    }
    fmt::print(stderr, "{}", time_spent_text(recorded.points, std::nullopt, 0.0));
    return kExitOk;
  } catch (const session::SessionError& error) {
    return complain(error.what(), kExitUsage);
  }
}

}  // namespace knobscope::cli
