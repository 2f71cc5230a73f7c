#include "device/host/arguments.h"

#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace knobscope::device::host {
namespace {

using bridge::Kind;

std::string described(const Argument& argument) {
  switch (argument.kind) {
    case Argument::Kind::pointer:
      return "a buffer";
    case Argument::Kind::integer:
      return fmt::format("the integer {}", argument.integer);
    case Argument::Kind::real:
      return fmt::format("the number {}", argument.real);
    case Argument::Kind::block_index:
      return "the number of the block";
    case Argument::Kind::grid_size:
      return "the number of blocks";
  }
  return "?";
}

std::string described(const bridge::Parameter& parameter) {
  switch (parameter.kind) {
    case Kind::pointer:
      return "a pointer";
    case Kind::signed_integer:
      return fmt::format("an integer of {} bits", 8 * parameter.bytes);
    case Kind::unsigned_integer:
      return fmt::format("an unsigned integer of {} bits", 8 * parameter.bytes);
    case Kind::real:
      return fmt::format("a floating-point number of {} bits", 8 * parameter.bytes);
    case Kind::unsupported:
      return "of a type that cannot be bound (take a pointer, an integer, float or double)";
  }
  return "?";
}

bool fits(std::int64_t value, const bridge::Parameter& parameter) {
  if (parameter.kind == Kind::unsigned_integer) {
    return value >= 0 && (parameter.bytes >= 8 || value < (1LL << (8 * parameter.bytes)));
  }
  if (parameter.bytes >= 8) return true;
  const std::int64_t bound = 1LL << (8 * parameter.bytes - 1);
  return value >= -bound && value < bound;
}

// Binds one argument to one parameter; returns why not, or nothing.
std::optional<std::string> bind_one(const Argument& argument, const bridge::Parameter& parameter, bridge::Slot& slot) {
  const bool wants_integer = parameter.kind == Kind::signed_integer || parameter.kind == Kind::unsigned_integer;
  if (parameter.kind == Kind::pointer && argument.kind == Argument::Kind::pointer) {
    slot.pointer = argument.pointer;
    return std::nullopt;
  }
  if (wants_integer && argument.kind == Argument::Kind::integer) {
    if (!fits(argument.integer, parameter)) {
      return fmt::format("{} does not fit: the parameter is {}; make it std::int64_t", argument.integer,
                         described(parameter));
    }
    slot.integer = argument.integer;
    return std::nullopt;
  }
  if (parameter.kind == Kind::real && argument.kind != Argument::Kind::pointer) {
    slot.real = argument.kind == Argument::Kind::real ? argument.real : static_cast<double>(argument.integer);
    if (parameter.bytes == 4 && std::isfinite(slot.real) &&
        std::abs(slot.real) > double{std::numeric_limits<float>::max()}) {
      return fmt::format("{} does not fit: the parameter is {}", slot.real, described(parameter));
    }
    return std::nullopt;
  }
  return fmt::format("it is {}, but the parameter is {}", described(argument), described(parameter));
}

}  // namespace

const std::string& entry_name(const std::vector<std::string>& entries, const Launch& launch) {
  if (launch.entry >= entries.size()) {
    throw DeviceError(fmt::format("launch {} was not compiled: the program has {}", launch.entry, entries.size()));
  }
  return entries[launch.entry];
}

std::int64_t block_count(const Launch& launch, const std::string& name) {
  std::int64_t blocks = 1;
  for (const std::int64_t extent : launch.grid) {
    if (extent < 1 || blocks > std::numeric_limits<std::int64_t>::max() / extent) {
      throw DeviceError(fmt::format("{}: a grid of {}×{}×{} blocks cannot be launched", name, launch.grid[0],
                                    launch.grid[1], launch.grid[2]));
    }
    blocks *= extent;
  }
  return blocks;
}

BoundArguments bind_arguments(const std::string& name, const bridge::Entry& entry, const Launch& launch,
                              std::int64_t blocks) {
  const std::vector<Argument>& arguments = launch.arguments;
  const auto count = static_cast<std::size_t>(entry.parameter_count);
  if (arguments.size() != count) {
    throw ArgumentError(launch.entry,
                        fmt::format("{} takes {} arguments, but the launch gives {}", name, count, arguments.size()));
  }
  BoundArguments bound;
  bound.slots.resize(count);
  bound.is_block_index = std::make_unique<bool[]>(count);
  for (std::size_t i = 0; i < count; ++i) {
    Argument argument = arguments[i];
    const bool is_index = argument.kind == Argument::Kind::block_index;
    if (is_index || argument.kind == Argument::Kind::grid_size) {
      argument.kind = Argument::Kind::integer;
      argument.integer = is_index ? blocks - 1 : blocks;  // the largest that must fit
    }
    bound.is_block_index[i] = is_index;
    if (const auto fault = bind_one(argument, entry.parameters[i], bound.slots[i])) {
      throw ArgumentError(launch.entry, fmt::format("{}, argument {} ({}): {}", name, i + 1, argument.text, *fault));
    }
  }
  return bound;
}

}  // namespace knobscope::device::host
