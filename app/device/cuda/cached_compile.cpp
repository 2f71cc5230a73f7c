#include "device/cuda/cached_compile.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>

namespace knobscope::device::cuda {
namespace {

std::string key_of(const NvrtcLibrary& nvrtc, const CubinRequest& request, std::string_view headers_hash) {
  CacheKey key;
  key.add("compiler", nvrtc.version_text());
  // Updates of one release share a version number, but hardly a size.
  std::error_code error;
  const auto size = std::filesystem::file_size(nvrtc.path, error);
  key.add("compiler's size", error ? std::string() : std::to_string(size));
  for (const std::string& option : options_of(nvrtc, request)) key.add("option", option);
  key.add("name", request.name).add("source", request.source).add("headers", headers_hash);
  for (const auto& [name, text] : request.headers) key.add("header", name).add("text", text);
  for (const std::string& entry : request.entries) key.add("entry", entry);
  return key.text();
}

// Lowered names, which hold no line breaks, a line each; an empty line; the log.
std::string notes_of(const Cubin& cubin) {
  std::string notes;
  for (const std::string& name : cubin.lowered_names) notes += name + '\n';
  return notes + '\n' + cubin.log;
}

std::optional<Cubin> cubin_of(CachedCode code, std::size_t entries) {
  Cubin cubin;
  std::size_t at = 0;
  for (;;) {
    const std::size_t end = code.notes.find('\n', at);
    if (end == std::string::npos) return std::nullopt;
    const std::string line = code.notes.substr(at, end - at);
    at = end + 1;
    if (line.empty()) break;
    cubin.lowered_names.push_back(line);
  }
  if (cubin.lowered_names.size() != entries) return std::nullopt;
  cubin.log = code.notes.substr(at);
  cubin.image = std::move(code.code);
  return cubin;
}

}  // namespace

CachedCubin compile_cached(const NvrtcLibrary& nvrtc, const CompileCache& cache, const CubinRequest& request,
                           std::string_view headers_hash) {
  const std::string key = key_of(nvrtc, request, headers_hash);
  if (auto found = cache.find(key)) {
    if (auto cubin = cubin_of(std::move(*found), request.entries.size())) return {std::move(*cubin), std::nullopt};
  }
  const auto begin = std::chrono::steady_clock::now();
  Cubin cubin = compile_to_cubin(nvrtc, request);
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - begin;
  cache.store(key, CachedCode{cubin.image, notes_of(cubin)});
  return {std::move(cubin), elapsed.count()};
}

}  // namespace knobscope::device::cuda
