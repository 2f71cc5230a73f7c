#include "device/cuda/compile.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include <fmt/format.h>

namespace knobscope::device::cuda {
namespace {

int cancel_when_set(void* stop, void*) { return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0; }

class NvrtcProgram {
 public:
  NvrtcProgram(const NvrtcLibrary& nvrtc, const CubinRequest& request) : nvrtc_(nvrtc) {
    std::vector<std::string> owned;  // NVRTC wants zero-terminated texts
    owned.reserve(2 * request.headers.size());
    std::vector<const char*> texts;
    std::vector<const char*> names;
    for (const auto& [name, text] : request.headers) {
      names.push_back(owned.emplace_back(name).c_str());
      texts.push_back(owned.emplace_back(text).c_str());
    }
    require(nvrtc.nvrtcCreateProgram(&program_, request.source.c_str(), request.name.c_str(),
                                     static_cast<int>(names.size()), texts.data(), names.data()),
            "taking the source");
  }
  ~NvrtcProgram() { nvrtc_.nvrtcDestroyProgram(&program_); }
  NvrtcProgram(const NvrtcProgram&) = delete;
  NvrtcProgram& operator=(const NvrtcProgram&) = delete;

  nvrtcProgram get() const { return program_; }

  void require(nvrtcResult result, const char* doing) const {
    if (result == NVRTC_SUCCESS) return;
    throw DeviceError(
        fmt::format("{} failed while {}: {}", nvrtc_.version_text(), doing, nvrtc_.nvrtcGetErrorString(result)));
  }

  std::string log() const {
    std::size_t size = 0;
    if (nvrtc_.nvrtcGetProgramLogSize(program_, &size) != NVRTC_SUCCESS || size <= 1) return {};
    std::string text(size, '\0');
    if (nvrtc_.nvrtcGetProgramLog(program_, text.data()) != NVRTC_SUCCESS) return {};
    text.resize(text.find_last_not_of(std::string_view("\0\n", 2)) + 1);
    return text;
  }

 private:
  const NvrtcLibrary& nvrtc_;
  nvrtcProgram program_ = nullptr;
};

std::string first_error_of(const std::string& log) {
  for (const std::string_view mark : {"): error", "catastrophic error", "error"}) {
    const std::size_t at = log.find(mark);
    if (at == std::string::npos) continue;
    const std::size_t before = log.rfind('\n', at);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    return log.substr(begin, std::min(log.find('\n', at), log.size()) - begin);
  }
  return log.substr(0, log.find('\n'));
}

// NVRTC looks names of kernels up in a text of its own, which nobody else can make sense of.
std::optional<std::string> unknown_entry_of(const std::string& log) {
  if (!log.starts_with("__nv_name_map")) return std::nullopt;
  constexpr std::string_view kMark = "Input name expression was: \"";
  const std::size_t at = log.find(kMark);
  if (at == std::string::npos) return std::nullopt;
  const std::size_t begin = log.find_first_not_of(' ', at + kMark.size());
  return log.substr(begin, log.find('"', begin) - begin);
}

[[noreturn]] void throw_no_kernel(const std::string& file, const std::string& entry, std::string log) {
  throw CompileError(fmt::format("{} has no kernel named \"{}\": the entry of a launch must name a __global__ function "
                                 "of the file",
                                 file, entry),
                     std::move(log));
}

}  // namespace

std::vector<std::string> options_of(const NvrtcLibrary& nvrtc, const CubinRequest& request) {
  std::vector<std::string> options{"--std=c++20", "--gpu-architecture=" + request.architecture, "-lineinfo"};
  if (!request.contract) options.emplace_back("--fmad=false");
  for (const auto& [name, value] : request.macros) options.push_back("-D" + name + "=" + value);
  for (const std::string& dir : request.include_dirs) options.push_back("-I" + dir);
  for (const std::string& dir : nvrtc.include_dirs) options.push_back("-I" + dir);
  return options;
}

CubinRequest request_for(const CompileRequest& variant, const std::string& kernels_dir,
                         const std::string& architecture) {
  CubinRequest request;
  request.name = variant.variant->id;
  request.source = variant.variant->source;
  request.architecture = architecture;
  request.macros = variant.macros;
  request.include_dirs = {(std::filesystem::path(kernels_dir) / "include").string()};
  request.entries = variant.entries;
  return request;
}

Cubin compile_to_cubin(const NvrtcLibrary& nvrtc, const CubinRequest& request) {
  const NvrtcProgram program(nvrtc, request);
  std::vector<std::string> expressions = request.entries;  // several launches may name one kernel
  std::sort(expressions.begin(), expressions.end());
  expressions.erase(std::unique(expressions.begin(), expressions.end()), expressions.end());
  for (const std::string& entry : expressions) {
    program.require(nvrtc.nvrtcAddNameExpression(program.get(), entry.c_str()), "taking the name of a kernel");
  }
  if (request.stop != nullptr) {
    if (request.stop->load()) throw Cancelled();
    if (nvrtc.set_flow_callback != nullptr) {
      nvrtc.set_flow_callback(program.get(), cancel_when_set, const_cast<std::atomic<bool>*>(request.stop));
    }
  }

  const std::vector<std::string> options = options_of(nvrtc, request);
  std::vector<const char*> option_texts;
  option_texts.reserve(options.size());
  for (const std::string& option : options) option_texts.push_back(option.c_str());
  const nvrtcResult result =
      nvrtc.nvrtcCompileProgram(program.get(), static_cast<int>(option_texts.size()), option_texts.data());
  if (request.stop != nullptr && request.stop->load()) throw Cancelled();

  Cubin cubin;
  cubin.log = program.log();
  if (result != NVRTC_SUCCESS) {
    std::string log = cubin.log;
    if (nvrtc.include_dirs.empty()) {
      log +=
          "\n(no CUDA headers were found: install the CUDA Toolkit or the PyPI package nvidia-cuda-runtime, "
          "or name the folder with cuda_fp16.h in KNOBSCOPE_CUDA_INCLUDE)";
    }
    const std::string reason =
        result == NVRTC_ERROR_COMPILATION ? first_error_of(cubin.log) : nvrtc.nvrtcGetErrorString(result);
    if (const auto entry = unknown_entry_of(cubin.log)) throw_no_kernel(request.name, *entry, std::move(log));
    throw CompileError(fmt::format("{} does not compile: {}", request.name, reason), std::move(log));
  }

  for (const std::string& entry : request.entries) {
    const char* lowered = nullptr;
    const nvrtcResult named = nvrtc.nvrtcGetLoweredName(program.get(), entry.c_str(), &lowered);
    if (named != NVRTC_SUCCESS || lowered == nullptr) {
      throw_no_kernel(request.name, entry, cubin.log);
    }
    cubin.lowered_names.emplace_back(lowered);
  }
  const bool is_ptx = request.architecture.starts_with("compute_");
  std::size_t size = 0;
  program.require(is_ptx ? nvrtc.nvrtcGetPTXSize(program.get(), &size) : nvrtc.nvrtcGetCUBINSize(program.get(), &size),
                  "giving back the code");
  cubin.image.resize(size);
  program.require(is_ptx ? nvrtc.nvrtcGetPTX(program.get(), cubin.image.data())
                         : nvrtc.nvrtcGetCUBIN(program.get(), cubin.image.data()),
                  "giving back the code");
  return cubin;
}

}  // namespace knobscope::device::cuda
