#include "device/cpu/compiler.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "device/child_process.h"
#include "entry_bridge_text.h"

namespace knobscope::device::cpu {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSourceName = "knobscope_kernel.cpp";
constexpr const char* kObjectName = "kernel.so";

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return std::move(text).str();
}

// "g++ 12.2.0" from "g++ (Debian 12.2.0-14) 12.2.0" or "Debian clang version 14.0.6".
std::string title_of(const std::string& identity) {
  std::string line = first_line(identity);
  std::string version;
  for (const std::string& word : words_of(line)) {
    if (word.find_first_not_of("0123456789.") == std::string::npos && word.find('.') != std::string::npos)
      version = word;
  }
  if (version.empty()) return line;
  if (line.find("clang") != std::string::npos) return "clang++ " + version;
  if (identity.find("Free Software Foundation") != std::string::npos) return "g++ " + version;
  return line;
}

// As it stands between the quotes of a #line directive.
std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result + "\"";
}

// The kernel's text under its own name and line numbers, then the bridge, then one entry for each launch.
std::string translation_unit(const CompileRequest& request, const std::string& shown_path) {
  std::string text = fmt::format("#line 1 {}\n{}\n#line 1 \"entry_bridge.h\"\n{}\n", quoted(shown_path),
                                 request.variant->source, embedded::entry_bridge_text::entry_bridge_h);
  text += "namespace {\nconstexpr knobscope::device::cpu::bridge::Entry knobscope_entries[] = {\n";
  for (const std::string& entry : request.entries) {
    // A mistake in the name is then reported at a place that says what is looked for.
    text += fmt::format("#line 1 {}\n    knobscope::device::cpu::bridge::entry_of<&{}>(),\n",
                        quoted(fmt::format("{} (launch entry {})", request.variant->id, entry)), entry);
  }
  text += "#line 1 \"entries\"\n};\n}  // namespace\n";
  text += fmt::format(
      "extern \"C\" __attribute__((visibility(\"default\"))) const knobscope::device::cpu::bridge::Entry* "
      "{}(int launch) {{\n  return &knobscope_entries[launch];\n}}\n",
      kEntryFunction);
  return text;
}

std::string reason_in(const std::string& log) {
  for (const std::string_view mark : {"error:", "undefined reference", "error"}) {
    const std::size_t at = log.find(mark);
    if (at == std::string::npos) continue;
    const std::size_t begin = log.rfind('\n', at);
    return first_line(log.substr(begin == std::string::npos ? 0 : begin + 1));
  }
  return first_line(log);
}

}  // namespace

CompilerSearch find_compiler() {
  std::vector<std::vector<std::string>> candidates;
  const char* chosen = std::getenv("CXX");
  const bool is_chosen = chosen != nullptr && !words_of(chosen).empty();
  if (is_chosen) {
    candidates.push_back(words_of(chosen));
  } else {
    candidates = {{"c++"}, {"g++"}, {"clang++"}};
  }
  CompilerSearch search;
  for (const std::vector<std::string>& command : candidates) {
    std::vector<std::string> asking = command;
    asking.emplace_back("--version");
    const ChildResult said = run_child(asking);
    if (!said.succeeded()) continue;
    search.compiler = Compiler{command, said.output, title_of(said.output)};
    return search;
  }
  search.fault = is_chosen
                     ? fmt::format("the C++ compiler named by CXX ({}) does not run: correct or unset CXX", chosen)
                     : "no C++ compiler was found, and kernels for the CPU need one: install g++ or set CXX";
  return search;
}

std::string cleaned_log(std::string log, const std::string& kernels_dir, const std::string& work_folder) {
  const auto without = [&](const std::string& prefix) {
    if (prefix.size() < 2) return;
    for (std::size_t at = log.find(prefix); at != std::string::npos; at = log.find(prefix, at))
      log.erase(at, prefix.size());
  };
  without(work_folder + "/");
  std::string folder = kernels_dir;
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  without(folder + "/");

  std::istringstream lines(log);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    // The linker speaks of object files that are gone by now.
    for (const std::string_view mark : {"undefined reference", "in function `"}) {
      if (const std::size_t at = line.find(mark); at != std::string::npos) line.erase(0, at);
    }
    // Lines that only speak of the text around the kernel's own.
    if (line.find(kSourceName) != std::string::npos && line.find("rror") == std::string::npos) continue;
    if (line.find("entry_bridge.h:") != std::string::npos && line.find("error:") == std::string::npos) continue;
    if (line.starts_with("collect2:")) continue;
    result += line + "\n";
  }
  if (!result.empty()) result.pop_back();
  return result;
}

CompiledObject compile_object(const Compiler& compiler, const CompileCache& cache, const ObjectRequest& request,
                              const std::atomic<bool>& stop) {
  const CompileRequest& kernel = *request.kernel;
  const Variant& variant = *kernel.variant;
  const fs::path file = fs::path(request.kernels_dir) / variant.id;
  std::error_code ignored;
  // Where the file on disk has this very text, its path lets the compiler quote lines of it.
  const bool on_disk = fs::is_regular_file(file, ignored) && read_text(file) == variant.source;
  const std::string unit = translation_unit(kernel, on_disk ? fs::absolute(file, ignored).string() : variant.id);
  const fs::path include = fs::absolute(fs::path(request.kernels_dir) / "include", ignored);

  std::vector<std::string> options = {
      "-std=c++20", "-O3",   "-march=native",       "-fopenmp-simd",     "-fdiagnostics-color=never",
      "-shared",    "-fPIC", "-fvisibility=hidden", "-Wl,--no-undefined"};
  for (const auto& [name, value] : kernel.macros) options.push_back(fmt::format("-D{}={}", name, value));

  CacheKey key;
  key.add("kind", "cpu").add("compiler", compiler.identity).add("machine", request.machine);
  for (const std::string& word : compiler.command) key.add("command", word);
  for (const std::string& option : options) key.add("option", option);
  key.add("unit", unit).add("headers", hash_of_folder(include));
  std::error_code listing;
  std::vector<fs::path> neighbours;  // headers that lie beside the kernel file
  for (fs::directory_iterator entry(file.parent_path(), listing), end; !listing && entry != end;
       entry.increment(listing)) {
    const std::string extension = entry->path().extension().string();
    if (extension == ".h" || extension == ".hpp" || extension == ".inc") neighbours.push_back(entry->path());
  }
  std::sort(neighbours.begin(), neighbours.end());
  for (const fs::path& header : neighbours) key.add(header.filename().string(), read_text(header));

  if (std::optional<CachedCode> found = cache.find(key.text())) {
    return {std::move(found->code), std::move(found->notes), std::nullopt};
  }

  const fs::path folder = request.work_folder;
  {
    std::ofstream source(folder / kSourceName, std::ios::binary);
    source << unit;
    if (!source.flush()) {
      throw DeviceError(
          fmt::format("cannot write to {}: make room there or choose another cache folder", folder.string()));
    }
  }
  std::vector<std::string> command = compiler.command;
  command.insert(command.end(), options.begin(), options.end());
  command.push_back("-I" + include.string());
  command.insert(command.end(), {"-iquote", fs::absolute(file.parent_path(), ignored).string()});
  command.insert(command.end(), {"-o", kObjectName, kSourceName});

  const auto started = std::chrono::steady_clock::now();
  const ChildResult said = run_child(command, folder.string(), &stop);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - started;
  if (said.stopped) throw Cancelled();
  if (!said.start_fault.empty()) {
    throw CompileError(fmt::format("the C++ compiler could not be started: {}", said.start_fault), said.start_fault);
  }
  const std::string real_folder = fs::canonical(folder, ignored).string();
  std::string log = cleaned_log(said.output, fs::absolute(request.kernels_dir, ignored).string(), real_folder);
  if (!said.succeeded()) {
    const std::string how =
        said.signal != 0 ? fmt::format("the compiler was ended by signal {}", said.signal) : reason_in(log);
    throw CompileError(fmt::format("{} does not compile: {}", variant.id, how), std::move(log));
  }
  CompiledObject object{read_text(folder / kObjectName), std::move(log), took.count()};
  cache.store(key.text(), {object.code, object.log});
  return object;
}

}  // namespace knobscope::device::cpu
