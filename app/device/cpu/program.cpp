#include "device/cpu/program.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include <dlfcn.h>
#include <fmt/format.h>

#include "device/cpu/compiler.h"

namespace knobscope::device::cpu {
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

std::int64_t block_count(const Launch& launch, const std::string& entry) {
  std::int64_t blocks = 1;
  for (const std::int64_t extent : launch.grid) {
    if (extent < 1 || blocks > std::numeric_limits<std::int64_t>::max() / extent) {
      throw DeviceError(fmt::format("{}: a grid of {}×{}×{} blocks cannot be launched", entry, launch.grid[0],
                                    launch.grid[1], launch.grid[2]));
    }
    blocks *= extent;
  }
  return blocks;
}

}  // namespace

LoadedObject::LoadedObject(const std::string& code, const std::string& work_folder) {
  // A name that was never loaded before: the loader recognises files it knows and would give back the old code.
  const std::filesystem::path path =
      std::filesystem::path(work_folder) / fmt::format("load.{:x}.so", reinterpret_cast<std::uintptr_t>(this));
  {
    std::ofstream file(path, std::ios::binary);
    file.write(code.data(), static_cast<std::streamsize>(code.size()));
    if (!file.flush()) {
      throw DeviceError(fmt::format("cannot write to {}: make room there or choose another cache folder", work_folder));
    }
  }
  handle_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);  // the mapping stays
  if (handle_ == nullptr) throw DeviceError(fmt::format("the compiled kernel cannot be loaded: {}", ::dlerror()));
  entry_of_ = reinterpret_cast<const bridge::Entry* (*)(int)>(::dlsym(handle_, kEntryFunction));
  if (entry_of_ == nullptr) {
    ::dlclose(handle_);
    throw DeviceError("the compiled kernel does not tell its entries");
  }
}

LoadedObject::~LoadedObject() { ::dlclose(handle_); }

CpuProgram::CpuProgram(std::shared_ptr<const LoadedObject> object, std::vector<std::string> entries, std::string log,
                       std::optional<double> compile_ms)
    : object_(std::move(object)), entries_(std::move(entries)), log_(std::move(log)), compile_ms_(compile_ms) {}

BoundLaunch bind(const CpuProgram& program, const Launch& launch) {
  if (launch.entry >= program.entries().size()) {
    throw DeviceError(
        fmt::format("launch {} was not compiled: the program has {}", launch.entry, program.entries().size()));
  }
  const std::string& name = program.entries()[launch.entry];
  for (const std::int64_t extent : launch.block) {
    if (extent == 1) continue;
    throw DeviceError(
        fmt::format("{}: a block of {}×{}×{} threads cannot run on the CPU, where a block is one call: leave out "
                    "`block`",
                    name, launch.block[0], launch.block[1], launch.block[2]));
  }
  if (launch.shared_bytes != 0 || launch.cooperative || launch.cluster) {
    throw DeviceError(
        fmt::format("{}: shared memory, cooperative launches and clusters are for GPUs: leave them out", name));
  }
  const bridge::Entry& entry = program.object()->entry(static_cast<int>(launch.entry));
  const auto count = static_cast<std::size_t>(entry.parameter_count);
  if (launch.arguments.size() != count) {
    throw DeviceError(
        fmt::format("{} takes {} arguments, but the launch gives {}", name, count, launch.arguments.size()));
  }

  BoundLaunch bound;
  bound.object = program.object();
  bound.name = name;
  bound.entry = &entry;
  bound.blocks = block_count(launch, name);
  bound.slots.resize(count);
  bound.is_block_index = std::make_unique<bool[]>(count);
  for (std::size_t i = 0; i < count; ++i) {
    Argument argument = launch.arguments[i];
    const bool is_index = argument.kind == Argument::Kind::block_index;
    if (is_index || argument.kind == Argument::Kind::grid_size) {
      argument.kind = Argument::Kind::integer;
      argument.integer = is_index ? bound.blocks - 1 : bound.blocks;  // the largest that must fit
    }
    bound.is_block_index[i] = is_index;
    if (const auto fault = bind_one(argument, entry.parameters[i], bound.slots[i])) {
      throw DeviceError(fmt::format("{}, argument {} ({}): {}", name, i + 1, argument.text, *fault));
    }
  }
  return bound;
}

void BoundLaunch::run(ThreadPool& pool, const std::atomic<bool>& stop) const {
  try {
    pool.run(
        blocks, pool.chunk_for(blocks),
        [this, &stop](std::int64_t begin, std::int64_t end) {
          // A piece can take long; look at the flag a few times on the way.
          const std::int64_t step = std::max<std::int64_t>((end - begin) / 32, 1);
          for (std::int64_t at = begin; at < end; at += step) {
            if (stop.load(std::memory_order_relaxed)) throw Cancelled();
            entry->run(slots.data(), is_block_index.get(), at, std::min(at + step, end));
          }
        },
        &stop);
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    throw DeviceError(fmt::format("{} threw an exception: {}", name, error.what()));
  } catch (...) {
    throw DeviceError(fmt::format("{} threw an exception", name));
  }
}

}  // namespace knobscope::device::cpu
