#include "device/cpu/compiler.h"

#include <filesystem>

namespace knobscope::device::cpu {
namespace {

constexpr const char* kObjectName = "kernel.so";

}  // namespace

host::CompiledObject compile_object(const host::Compiler& compiler, const CompileCache& cache,
                                    const ObjectRequest& request, const std::atomic<bool>& stop) {
  const CompileRequest& kernel = *request.kernel;
  const host::KernelFile file = host::kernel_file(request.kernels_dir, *kernel.variant);
  const std::string unit = host::translation_unit(kernel, file.shown_path);

  std::vector<std::string> options = {
      "-std=c++20", "-O3",   "-march=native",       "-fopenmp-simd",     "-fdiagnostics-color=never",
      "-shared",    "-fPIC", "-fvisibility=hidden", "-Wl,--no-undefined"};
  for (std::string& option : host::macro_options(kernel)) options.push_back(std::move(option));

  CacheKey key;
  key.add("kind", "cpu").add("machine", request.machine);
  host::add_compiler(key, compiler, options);
  key.add("unit", unit);
  host::add_headers(key, file);
  if (std::optional<CachedCode> found = cache.find(key.text())) {
    return {std::move(found->code), std::move(found->notes), std::nullopt};
  }

  const std::filesystem::path folder = request.work_folder;
  host::write_source(unit, folder / host::kSourceName);
  std::vector<std::string> arguments = std::move(options);
  for (std::string& option : host::include_options(file)) arguments.push_back(std::move(option));
  arguments.insert(arguments.end(), {"-o", kObjectName, host::kSourceName});
  host::CompilerRun run =
      host::run_compiler(compiler, arguments, request.work_folder, request.kernels_dir, kernel.variant->id, stop);
  host::CompiledObject object{host::read_text(folder / kObjectName), std::move(run.log), run.took_ms};
  cache.store(key.text(), {object.code, object.log});
  return object;
}

}  // namespace knobscope::device::cpu
