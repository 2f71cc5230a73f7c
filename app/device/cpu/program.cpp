#include "device/cpu/program.h"

#include <algorithm>

#include <fmt/format.h>

namespace knobscope::device::cpu {

CpuProgram::CpuProgram(std::shared_ptr<const host::LoadedObject> object, std::vector<std::string> entries,
                       std::string log, std::optional<double> compile_ms)
    : object_(std::move(object)), entries_(std::move(entries)), log_(std::move(log)), compile_ms_(compile_ms) {}

BoundLaunch bind(const CpuProgram& program, const Launch& launch) {
  const std::string& name = host::entry_name(program.entries(), launch);
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
  BoundLaunch bound;
  bound.object = program.object();
  bound.name = name;
  bound.entry = &program.object()->entry(static_cast<int>(launch.entry));
  bound.blocks = host::block_count(launch, name);
  bound.arguments = host::bind_arguments(name, *bound.entry, launch, bound.blocks);
  return bound;
}

void BoundLaunch::run(host::ThreadPool& pool, const std::atomic<bool>& stop) const {
  try {
    pool.run(
        blocks, pool.chunk_for(blocks),
        [this, &stop](std::int64_t begin, std::int64_t end) {
          // A piece can take long; look at the flag a few times on the way.
          const std::int64_t step = std::max<std::int64_t>((end - begin) / 32, 1);
          for (std::int64_t at = begin; at < end; at += step) {
            if (stop.load(std::memory_order_relaxed)) throw Cancelled();
            entry->run(arguments.slots.data(), arguments.is_block_index.get(), at, std::min(at + step, end));
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
