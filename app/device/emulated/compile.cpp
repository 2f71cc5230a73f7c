#include "device/emulated/compile.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

#include "device/cuda_folders.h"
#include "device/emulated/loaded_kernel.h"
#include "device/emulated/unplayable.h"
#include "emulated_headers.h"

namespace knobscope::device::emulated {
namespace {

constexpr const char* kObjectName = "kernel.o";
constexpr const char* kSharedName = "kernel.so";
constexpr const char* kDynamicName = "dynamic_shared.s";

bool is_clang(const host::Compiler& compiler) { return compiler.identity.find("clang") != std::string::npos; }

std::vector<std::string> options_of(const host::Compiler& compiler) {
  std::vector<std::string> options = {
      "-std=c++20", "-O1", "-finline-functions", "-finline-small-functions", "-march=native", "-fPIC",
      "-fvisibility=hidden", "-fdiagnostics-color=never",
      // Of version 5 addr2line takes the first file for the one that the compiler was given.
      "-g1", "-gdwarf-4",
      // Nobody asks where variables are, and following them takes a quarter of the time.
      "-fno-var-tracking",
      // Pointers to elements are read as vectors, as on a GPU.
      "-fno-strict-aliasing",
      // As nvcc does by default.
      "-ffp-contract=fast", "-fno-exceptions",
      // Every access of memory calls a hook, and so does every mistake that a compiler can see being made.
      "-fsanitize=thread,signed-integer-overflow,shift,integer-divide-by-zero,bounds,alignment",
      // extern __shared__ arrays have no initialisation that would have to be looked for.
      "-fno-extern-tls-init", "-Wno-unknown-pragmas", "-Wno-attributes"};
  if (is_clang(compiler)) {
    options.erase(std::ranges::find(options, "-fno-extern-tls-init"));
    for (const char* option : {"-mllvm", "-tsan-instrument-func-entry-exit=0", "-mllvm", "-tsan-distinguish-volatile=1",
                               "-mllvm", "-tsan-instrument-memintrinsics=1", "-Wno-unknown-attributes"}) {
      options.emplace_back(option);
    }
  } else {
    for (const char* option : {"--param=tsan-instrument-func-entry-exit=0", "--param=tsan-distinguish-volatile=1",
                               // At -O1 g++ makes no fused multiply-add without the first, whatever -ffp-contract says,
                               // and without the second none in a sum on processors where a chain of them is slower.
                               "-fexpensive-optimizations", "--param=avoid-fma-max-bits=0",
                               // A unique symbol would keep the object loaded for ever.
                               "-fno-gnu-unique",
                               // A flag that is looked at in a loop is looked at each time.
                               "-fno-tree-loop-im",
                               // Loops that become calls of memcpy or memset are not seen.
                               "-fno-tree-loop-distribute-patterns"}) {
      options.emplace_back(option);
    }
  }
  return options;
}

std::string unit_of(const CompileRequest& request, const std::string& shown_path) {
  return "#include \"knobscope_emulated.h\"\n" + host::translation_unit(request, shown_path) +
         fmt::format(
             "#line 1 \"knobscope_emulated\"\n"
             "#include \"knobscope_stubs.h\"\n"
             "static thread_local char knobscope_anchor;\n"
             "extern \"C\" __attribute__((visibility(\"default\"))) void* {}() {{ return &knobscope_anchor; }}\n",
             kAnchorFunction);
}

// The memory that extern __shared__ arrays stand for: all of them begin at the same address.
std::string dynamic_shared_source(const std::vector<std::string>& names) {
  std::string text = ".section .tbss.knobscope,\"awT\",%nobits\n.balign 256\n";
  const auto label = [&text](const std::string& name) {
    text += fmt::format(".globl {0}\n.hidden {0}\n.type {0}, %tls_object\n{0}:\n", name);
  };
  for (const std::string& name : names) label(name);
  label(kDynamicShared);
  // Room behind it keeps what follows away from an index that goes too far.
  return text + fmt::format(".zero {}\n.section .note.GNU-stack,\"\",%progbits\n", kMostSharedBytes + 1024);
}

// "file:line" of the last line with "error:" up to `mark`.
std::string place_before(const std::string& log, std::size_t mark) {
  const std::size_t line_end = log.find('\n', mark);
  const std::size_t error = log.rfind("error:", line_end);
  if (error == std::string::npos) return {};
  const std::size_t begin = log.rfind('\n', error);
  std::string place = log.substr(begin == std::string::npos ? 0 : begin + 1, error);
  place = place.substr(0, place.find('\n'));
  const std::size_t line = place.find(':');
  if (line == std::string::npos) return {};
  return place.substr(0, place.find(':', line + 1));
}

// Compilers advise another option, which kernels cannot choose.
std::string without_advice_on_exceptions(std::string text) {
  for (const std::string_view error : knobscope::emulated::kExceptionErrors) {
    for (std::size_t at = text.find(error); at != std::string::npos; at = text.find(error, at + 1)) {
      text.replace(at, std::min(text.find('\n', at), text.size()) - at, knobscope::emulated::kExceptionWords);
    }
  }
  return text;
}

}  // namespace

void write_headers(const std::filesystem::path& folder) {
  for (const auto& file : embedded::emulated_headers::files) {
    std::string_view name = file.name;
    if (name.starts_with("include/")) name.remove_prefix(8);
    const std::filesystem::path path = folder / name;
    std::filesystem::create_directories(path.parent_path());
    host::write_source(std::string(file.text), path);
  }
}

std::string unplayable_in(const std::string& log, const std::string& id) {
  using knobscope::emulated::kUnplayableMarker;
  std::string words;
  std::size_t mark = log.find(kUnplayableMarker);
  if (mark != std::string::npos) {
    const std::size_t name = mark + kUnplayableMarker.size();
    const std::size_t end = log.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_", name);
    words = knobscope::emulated::words_of_unplayable(log.substr(name, end - name));
  } else {
    // Only where an error's own line holds it.
    for (std::size_t at = log.find("error:"); at != std::string::npos && words.empty();
         at = log.find("error:", at + 1)) {
      std::istringstream lines(log.substr(at));
      std::string line;
      std::getline(lines, line);
      std::getline(lines, line);
      if (line.find(knobscope::emulated::kLaunchFromKernel) == std::string::npos) continue;
      words = knobscope::emulated::kLaunchFromKernelWords;
      mark = at;
    }
  }
  if (words.empty()) return {};
  const std::string place = place_before(log, mark);
  return fmt::format(
      "{}: {} cannot be played on the emulated device; use a wrapper under <knobscope/…> that has an "
      "emulated form, or run it on a GPU",
      place.empty() ? id : place, words);
}

host::CompiledObject compile_for_emulation(const host::Compiler& compiler, const CompileCache& cache,
                                           const EmulatedRequest& request, const std::atomic<bool>& stop) {
  const CompileRequest& kernel = *request.kernel;
  const host::KernelFile file = host::kernel_file(request.kernels_dir, *kernel.variant);
  const std::string unit = unit_of(kernel, file.shown_path);
  const std::vector<std::string> cuda = cuda_include_folders({});

  std::vector<std::string> options = options_of(compiler);
  for (std::string& option : host::macro_options(kernel)) options.push_back(std::move(option));
  options.emplace_back("-DKNOBSCOPE_DEVICE_EMULATED=1");

  CacheKey key;
  key.add("kind", "emulated").add("machine", request.machine);
  host::add_compiler(key, compiler, options);
  key.add("unit", unit);
  for (const auto& header : embedded::emulated_headers::files) key.add(header.name, header.text);
  for (const std::string& folder : cuda) key.add("cuda", folder);
  host::add_headers(key, file);
  if (std::optional<CachedCode> found = cache.find(key.text())) {
    return {std::move(found->code), std::move(found->notes), std::nullopt};
  }

  const std::filesystem::path folder = request.work_folder;
  host::write_source(unit, folder / host::kSourceName);
  std::vector<std::string> arguments = std::move(options);
  arguments.insert(arguments.end(), {"-isystem", request.headers});
  for (std::string& option : host::include_options(file)) arguments.push_back(std::move(option));
  for (const std::string& each : cuda) arguments.insert(arguments.end(), {"-isystem", each});
  arguments.insert(arguments.end(), {"-c", "-o", kObjectName, host::kSourceName});
  host::CompilerRun run;
  try {
    run = host::run_compiler(compiler, arguments, request.work_folder, request.kernels_dir, kernel.variant->id, stop);
  } catch (const CompileError& error) {
    if (const std::string sentence = unplayable_in(error.log, kernel.variant->id); !sentence.empty()) {
      throw Unplayable(sentence);
    }
    if (const std::string log = without_advice_on_exceptions(error.log); log != error.log) {
      throw CompileError(without_advice_on_exceptions(error.what()), log);
    }
    if (cuda.empty() && error.log.find("cuda_") != std::string::npos) {
      throw CompileError(error.what(),
                         error.log +
                             "\n(no CUDA headers were found: install the CUDA Toolkit or the PyPI package "
                             "nvidia-cuda-runtime, or name the folder with cuda_fp16.h in KNOBSCOPE_CUDA_INCLUDE)");
    }
    throw;
  }

  host::write_source(dynamic_shared_source(undefined_thread_locals(host::read_text(folder / kObjectName))),
                     folder / kDynamicName);
  const host::CompilerRun link = host::run_compiler(
      compiler, {"-shared", "-fPIC", "-Wl,--no-undefined", "-o", kSharedName, kObjectName, kDynamicName},
      request.work_folder, request.kernels_dir, kernel.variant->id, stop);
  host::CompiledObject object{host::read_text(folder / kSharedName), std::move(run.log), run.took_ms + link.took_ms};
  cache.store(key.text(), {object.code, object.log});
  return object;
}

}  // namespace knobscope::device::emulated
