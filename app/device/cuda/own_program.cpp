#include "device/cuda/own_program.h"

#include <stdexcept>

#include <fmt/format.h>

#include "cuda_programs.h"
#include "numerics_headers.h"

namespace knobscope::device::cuda {
namespace {

// Every extern "C" __global__ function of a text, in order: the list of kernels is the file itself.
std::vector<std::string> kernels_of(std::string_view source) {
  constexpr std::string_view kMark = "extern \"C\" __global__ void";
  std::vector<std::string> kernels;
  for (std::size_t at = source.find(kMark); at != std::string_view::npos; at = source.find(kMark, at)) {
    at += kMark.size();
    std::size_t begin = at;
    constexpr std::string_view kBounds = "__launch_bounds__(";
    const std::size_t word = source.find_first_not_of(" \n", begin);
    if (source.substr(word).starts_with(kBounds)) begin = source.find(')', word) + 1;
    begin = source.find_first_not_of(" \n", begin);
    kernels.emplace_back(source.substr(begin, source.find('(', begin) - begin));
  }
  return kernels;
}

}  // namespace

std::vector<std::string> own_program_files() {
  std::vector<std::string> names;
  names.reserve(embedded::cuda_programs::files.size());
  for (const auto& file : embedded::cuda_programs::files) names.emplace_back(file.name);
  return names;
}

CubinRequest own_program_request(const std::string& file, const std::string& architecture) {
  const auto source = embedded::cuda_programs::find(file);
  if (!source) throw std::logic_error("no program of our own is called " + file);
  CubinRequest request;
  request.name = "knobscope/" + file;
  request.source = *source;
  request.architecture = architecture;
  for (const auto& header : embedded::numerics_headers::files) request.headers.emplace_back(header.name, header.text);
  request.entries = kernels_of(*source);
  request.contract = false;  // the CPU's bits
  return request;
}

OwnProgram::OwnProgram(ContextPtr context, const NvrtcLibrary& nvrtc, const CompileCache& cache,
                       const std::string& architecture, const std::string& file)
    : context_(std::move(context)),
      module_(context_, compile_cached(nvrtc, cache, own_program_request(file, architecture), "").cubin.image, file) {
  for (const std::string& name : own_program_request(file, architecture).entries) {
    Entry entry;
    entry.function = module_.function(name);
    std::size_t offset = 0;
    std::size_t size = 0;
    while (context_->driver().cuFuncGetParamInfo(entry.function, entry.parameter_sizes.size(), &offset, &size) ==
           CUDA_SUCCESS) {
      entry.parameter_sizes.push_back(size);
    }
    entries_.emplace(name, std::move(entry));
  }
}

void OwnProgram::enqueue_checked(std::string_view kernel, std::int64_t blocks, unsigned threads, void** arguments,
                                 const std::vector<std::size_t>& sizes) const {
  const auto found = entries_.find(kernel);
  if (found == entries_.end() || found->second.parameter_sizes != sizes) {
    throw std::logic_error(fmt::format("the call of our kernel {} does not match its parameters", kernel));
  }
  CUlaunchConfig config{};
  config.gridDimX = static_cast<unsigned>(blocks);
  config.gridDimY = 1;
  config.gridDimZ = 1;
  config.blockDimX = threads;
  config.blockDimY = 1;
  config.blockDimZ = 1;
  config.hStream = context_->stream();
  KNOBSCOPE_CU(context_->driver(), fmt::format("launching our kernel {} in {} blocks", kernel, blocks),
               cuLaunchKernelEx(&config, found->second.function, arguments, nullptr));
}

}  // namespace knobscope::device::cuda
