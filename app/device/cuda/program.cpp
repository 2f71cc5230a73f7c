#include "device/cuda/program.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

namespace knobscope::device::cuda {
namespace {

std::int64_t volume(const std::array<std::int64_t, 3>& extents) { return extents[0] * extents[1] * extents[2]; }

std::string format_extents(const std::array<std::int64_t, 3>& extents) {
  return fmt::format("{}×{}×{}", extents[0], extents[1], extents[2]);
}

std::string describe(const Kernel& kernel, const Launch& launch) {
  return fmt::format("launching {} on a grid of {} blocks of {} threads with {} B of dynamic shared memory{}{}",
                     kernel.name, format_extents(launch.grid), format_extents(launch.block), launch.shared_bytes,
                     launch.cooperative ? ", cooperatively" : "",
                     launch.cluster ? ", in clusters of " + format_extents(*launch.cluster) : std::string());
}

int attribute(const Context& context, CUfunction function, CUfunction_attribute which, const std::string& name) {
  int value = 0;
  KNOBSCOPE_CU(context.driver(), "reading the attributes of " + name, cuFuncGetAttribute(&value, which, function));
  return value;
}

std::vector<Parameter> parameters_of(const Context& context, CUfunction function, const std::string& lowered_name,
                                     const std::string& name) {
  std::vector<Parameter> parameters;
  for (;;) {
    std::size_t offset = 0;
    std::size_t size = 0;
    const CUresult result = context.driver().cuFuncGetParamInfo(function, parameters.size(), &offset, &size);
    if (result == CUDA_ERROR_INVALID_VALUE) break;  // past the last one
    if (result != CUDA_SUCCESS) {
      throw_result(context.driver(), result, "cuFuncGetParamInfo(", "reading the parameters of " + name);
    }
    parameters.push_back({size, ParameterType::unknown});
  }
  const std::vector<ParameterType> types = parameter_types(lowered_name);
  if (types.size() == parameters.size()) {
    for (std::size_t i = 0; i < types.size(); ++i) parameters[i].type = types[i];
  }
  return parameters;
}

std::vector<std::uint64_t> bound_arguments(const Kernel& kernel, const Launch& launch) {
  try {
    return bind_arguments(launch.arguments, kernel.parameters, kernel.name);
  } catch (const DeviceError& error) {
    throw ArgumentError(launch.entry, error.what());
  }
}

}  // namespace

Module::Module(ContextPtr context, const std::string& image, const std::string& name) : context_(std::move(context)) {
  KNOBSCOPE_CU(context_->driver(), "loading the code of " + name, cuModuleLoadData(&module_, image.data()));
}

Module::~Module() {
  context_->activate_quietly();
  context_->driver().cuStreamSynchronize(context_->stream());  // its kernels may still run
  context_->driver().cuModuleUnload(module_);
}

CUfunction Module::function(const std::string& lowered_name) const {
  CUfunction function = nullptr;
  KNOBSCOPE_CU(context_->driver(), "looking up the kernel " + lowered_name,
               cuModuleGetFunction(&function, module_, lowered_name.c_str()));
  return function;
}

CudaProgram::CudaProgram(ContextPtr context, const DeviceFacts& facts, const std::string& name, const Cubin& cubin,
                         const std::vector<std::string>& entries, std::optional<double> compile_ms)
    : context_(std::move(context)),
      facts_(facts),
      module_(context_, cubin.image, name),
      log_(cubin.log),
      compile_ms_(compile_ms) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    Kernel kernel;
    kernel.name = entries[i];
    kernel.function = module_.function(cubin.lowered_names.at(i));
    kernel.parameters = parameters_of(*context_, kernel.function, cubin.lowered_names.at(i), kernel.name);
    const auto read = [&](CUfunction_attribute which) {
      return attribute(*context_, kernel.function, which, kernel.name);
    };
    kernel.registers = read(CU_FUNC_ATTRIBUTE_NUM_REGS);
    kernel.local_bytes = read(CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES);
    kernel.static_shared = read(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
    kernel.max_threads = read(CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
    kernels_.push_back(std::move(kernel));
  }
}

Kernel& CudaProgram::kernel_of(const Launch& launch) {
  if (launch.entry >= kernels_.size()) {
    throw DeviceError(fmt::format("the program has {} kernels, but its launch asks for number {}", kernels_.size(),
                                  launch.entry + 1));
  }
  return kernels_[launch.entry];
}

void CudaProgram::check_and_opt_in(Kernel& kernel, const Launch& launch) {
  const auto refuse = [&](const std::string& why) { throw DeviceError(describe(kernel, launch) + ": " + why); };
  for (int axis = 0; axis < 3; ++axis) {
    // The driver's limits; blocks and clusters have tighter ones of their own, which it checks.
    const std::int64_t most = axis == 0 ? std::numeric_limits<std::int32_t>::max() : 65535;
    const auto index = static_cast<std::size_t>(axis);
    if (launch.grid[index] < 1 || launch.grid[index] > most) {
      refuse(fmt::format("the grid's {} must be from 1 to {}", "xyz"[axis], most));
    }
    if (launch.block[index] < 1 || launch.block[index] > 1024) {
      refuse(fmt::format("the block's {} must be from 1 to 1024", "xyz"[axis]));
    }
    if (launch.cluster && ((*launch.cluster)[index] < 1 || launch.grid[index] % (*launch.cluster)[index] != 0)) {
      refuse("the grid must be a multiple of the cluster");
    }
  }
  if (volume(launch.block) > kernel.max_threads) {
    refuse(fmt::format("as compiled, a block may have {} threads ({} registers a thread, launch bounds)",
                       kernel.max_threads, kernel.registers));
  }
  const std::int64_t shared = launch.shared_bytes + kernel.static_shared;
  if (launch.shared_bytes < 0 || shared > facts_.shared_per_block_optin.count) {
    refuse(fmt::format("with {} B static it needs {} B of shared memory, a block may have {}", kernel.static_shared,
                       shared, facts_.shared_per_block_optin.count));
  }
  const Driver& driver = context_->driver();
  if (shared > facts_.shared_per_block.count && launch.shared_bytes > kernel.opted_in_shared) {
    KNOBSCOPE_CU(driver, describe(kernel, launch) + " (asking for more shared memory)",
                 cuFuncSetAttribute(kernel.function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                                    static_cast<int>(launch.shared_bytes)));
    kernel.opted_in_shared = launch.shared_bytes;
  }
  if (launch.cluster && volume(*launch.cluster) > 8 && !kernel.large_clusters) {
    KNOBSCOPE_CU(driver, describe(kernel, launch) + " (asking for a larger cluster)",
                 cuFuncSetAttribute(kernel.function, CU_FUNC_ATTRIBUTE_NON_PORTABLE_CLUSTER_SIZE_ALLOWED, 1));
    kernel.large_clusters = true;
  }
}

// The driver's description of a launch. Holds the attributes that `config` points to, so it stays where it is made.
struct CudaProgram::Configured {
  CUlaunchConfig config{};
  std::array<CUlaunchAttribute, 2> attributes{};
};

CudaProgram::Configured CudaProgram::configured(Kernel& kernel, const Launch& launch) {
  check_and_opt_in(kernel, launch);
  Configured result;
  const auto narrow = [](std::int64_t value) { return static_cast<unsigned>(value); };
  result.config.gridDimX = narrow(launch.grid[0]);
  result.config.gridDimY = narrow(launch.grid[1]);
  result.config.gridDimZ = narrow(launch.grid[2]);
  result.config.blockDimX = narrow(launch.block[0]);
  result.config.blockDimY = narrow(launch.block[1]);
  result.config.blockDimZ = narrow(launch.block[2]);
  result.config.sharedMemBytes = narrow(launch.shared_bytes);
  result.config.hStream = context_->stream();
  unsigned count = 0;
  if (launch.cooperative) {
    result.attributes[count].id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE;
    result.attributes[count++].value.cooperative = 1;
  }
  if (launch.cluster) {
    result.attributes[count].id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION;
    result.attributes[count].value.clusterDim.x = narrow((*launch.cluster)[0]);
    result.attributes[count].value.clusterDim.y = narrow((*launch.cluster)[1]);
    result.attributes[count++].value.clusterDim.z = narrow((*launch.cluster)[2]);
  }
  result.config.numAttrs = count;
  return result;
}

void CudaProgram::enqueue(const Launch& launch) {
  Kernel& kernel = kernel_of(launch);
  std::vector<std::uint64_t> values = bound_arguments(kernel, launch);
  std::vector<void*> pointers;
  pointers.reserve(values.size());
  for (std::uint64_t& value : values) pointers.push_back(&value);
  Configured call = configured(kernel, launch);
  call.config.attrs = call.attributes.data();
  KNOBSCOPE_CU(context_->driver(), describe(kernel, launch),
               cuLaunchKernelEx(&call.config, kernel.function, pointers.data(), nullptr));
}

CompileFacts CudaProgram::inspect(const std::vector<Launch>& launches) {
  const Launch* largest = nullptr;
  std::int64_t most = -1;
  CompileFacts result;
  for (const Launch& launch : launches) {
    const Kernel& kernel = kernel_of(launch);
    bound_arguments(kernel, launch);
    const CompileFacts facts = facts_of(launch);  // every launch must be possible
    const std::int64_t threads = volume(launch.grid) * volume(launch.block);
    if (threads <= most) continue;
    most = threads;
    largest = &launch;
    result = facts;
  }
  if (largest == nullptr) throw DeviceError("there is no launch to inspect");
  result.compile_ms = compile_ms_;
  return result;
}

CompileFacts CudaProgram::facts_of(const Launch& launch) {
  const Driver& driver = context_->driver();
  Kernel& kernel = kernel_of(launch);
  Configured call = configured(kernel, launch);
  call.config.attrs = call.attributes.data();
  const std::int64_t threads = volume(launch.block);
  int blocks = 0;
  KNOBSCOPE_CU(driver, describe(kernel, launch) + " (asking for its occupancy)",
               cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel.function, static_cast<int>(threads),
                                                           static_cast<std::size_t>(launch.shared_bytes)));
  const auto refuse = [&](const std::string& why) { throw DeviceError(describe(kernel, launch) + ": " + why); };
  if (blocks < 1) {
    refuse(fmt::format("not one block fits a multiprocessor ({} registers a thread, {} B static shared memory)",
                       kernel.registers, kernel.static_shared));
  }
  const std::int64_t resident = std::int64_t{blocks} * facts_.multiprocessors;
  if (launch.cooperative && volume(launch.grid) > resident) {
    refuse(fmt::format("a cooperative grid may have at most {} blocks here ({} on each of {} multiprocessors)",
                       resident, blocks, facts_.multiprocessors));
  }
  std::int64_t at_once = resident;
  if (launch.cluster) {
    int clusters = 0;
    KNOBSCOPE_CU(driver, describe(kernel, launch) + " (asking how many clusters fit)",
                 cuOccupancyMaxActiveClusters(&clusters, kernel.function, &call.config));
    if (clusters < 1) refuse("not one cluster of this size fits the GPU");
    at_once = clusters * volume(*launch.cluster);  // a cluster's blocks run together in one part of the GPU
  }
  const std::int64_t warps = (threads + facts_.warp_size - 1) / facts_.warp_size;
  const std::int64_t most_warps = facts_.max_threads_per_multiprocessor / facts_.warp_size;
  CompileFacts result;
  result.registers = kernel.registers;
  result.spill = Bytes{kernel.local_bytes};
  result.shared = Bytes{kernel.static_shared + launch.shared_bytes};
  result.occupancy = static_cast<double>(blocks * warps) / static_cast<double>(most_warps);
  result.waves = static_cast<double>(volume(launch.grid)) / static_cast<double>(at_once);
  result.resident_blocks = blocks;
  const auto attribute = [&](CUdevice_attribute which) {
    int value = 0;
    return driver.cuDeviceGetAttribute(&value, which, context_->device()) == CUDA_SUCCESS ? value : 0;
  };
  result.occupancy_limit = occupancy_limit({
      .warps = warps,
      .shared = result.shared->count + attribute(CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK),
      .resident = blocks,
      .most_warps = most_warps,
      .most_blocks = attribute(CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR),
      .most_shared = facts_.shared_per_multiprocessor.count,
  });
  return result;
}

}  // namespace knobscope::device::cuda
