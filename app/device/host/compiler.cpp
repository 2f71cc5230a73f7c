#include "device/host/compiler.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "device/child_process.h"
#include "device/host/loaded_object.h"
#include "entry_bridge_text.h"

namespace knobscope::device::host {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

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

}  // namespace

CompilerSearch find_compiler(std::string_view purpose) {
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
                     : fmt::format("no C++ compiler was found, and {} need one: install g++ or set CXX", purpose);
  return search;
}

KernelFile kernel_file(const std::string& kernels_dir, const Variant& variant) {
  const fs::path path = fs::path(kernels_dir) / variant.id;
  std::error_code ignored;
  const bool on_disk = fs::is_regular_file(path, ignored) && read_text(path) == variant.source;
  KernelFile file;
  file.folder = fs::absolute(path.parent_path(), ignored);
  file.include = fs::absolute(fs::path(kernels_dir) / "include", ignored);
  file.shown_path = on_disk ? fs::absolute(path, ignored).string() : variant.id;
  return file;
}

std::string translation_unit(const CompileRequest& request, const std::string& shown_path) {
  std::string text = fmt::format("#line 1 {}\n{}\n#line 1 \"entry_bridge.h\"\n{}\n", quoted(shown_path),
                                 request.variant->source, embedded::entry_bridge_text::entry_bridge_h);
  text += "namespace {\nconstexpr knobscope::device::host::bridge::Entry knobscope_entries[] = {\n";
  for (const std::string& entry : request.entries) {
    // A mistake in the name is then reported at a place that says what is looked for.
    text += fmt::format("#line 1 {}\n    knobscope::device::host::bridge::entry_of<&{}>(),\n",
                        quoted(fmt::format("{} (launch entry {})", request.variant->id, entry)), entry);
  }
  text += "#line 1 \"entries\"\n};\n}  // namespace\n";
  text += fmt::format(
      "extern \"C\" __attribute__((visibility(\"default\"))) const knobscope::device::host::bridge::Entry* "
      "{}(int launch) {{\n  return &knobscope_entries[launch];\n}}\n",
      kEntryFunction);
  return text;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result + "\"";
}

std::vector<std::string> macro_options(const CompileRequest& request) {
  std::vector<std::string> options;
  for (const auto& [name, value] : request.macros) options.push_back(fmt::format("-D{}={}", name, value));
  return options;
}

std::vector<std::string> include_options(const KernelFile& file) {
  return {"-I" + file.include.string(), "-iquote", file.folder.string()};
}

void add_compiler(CacheKey& key, const Compiler& compiler, const std::vector<std::string>& options) {
  key.add("compiler", compiler.identity);
  for (const std::string& word : compiler.command) key.add("command", word);
  for (const std::string& option : options) key.add("option", option);
}

void add_headers(CacheKey& key, const KernelFile& file) {
  key.add("headers", hash_of_folder(file.include));
  std::error_code listing;
  std::vector<fs::path> neighbours;  // headers that lie beside the kernel file
  for (fs::directory_iterator entry(file.folder, listing), end; !listing && entry != end; entry.increment(listing)) {
    const std::string extension = entry->path().extension().string();
    if (extension == ".h" || extension == ".hpp" || extension == ".inc") neighbours.push_back(entry->path());
  }
  std::sort(neighbours.begin(), neighbours.end());
  for (const fs::path& header : neighbours) key.add(header.filename().string(), read_text(header));
}

void write_source(const std::string& text, const fs::path& path) {
  std::ofstream source(path, std::ios::binary);
  source << text;
  if (!source.flush()) {
    throw DeviceError(
        fmt::format("cannot write to {}: make room there or choose another cache folder", path.parent_path().string()));
  }
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return std::move(text).str();
}

CompilerRun run_compiler(const Compiler& compiler, const std::vector<std::string>& arguments,
                         const std::string& work_folder, const std::string& kernels_dir, const std::string& id,
                         const std::atomic<bool>& stop) {
  std::vector<std::string> command = compiler.command;
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto started = std::chrono::steady_clock::now();
  const ChildResult said = run_child(command, work_folder, &stop);
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - started;
  if (said.stopped) throw Cancelled();
  if (!said.start_fault.empty()) {
    throw CompileError(fmt::format("the C++ compiler could not be started: {}", said.start_fault), said.start_fault);
  }
  std::error_code ignored;
  const std::string real_folder = fs::canonical(work_folder, ignored).string();
  std::string log = cleaned_log(said.output, fs::absolute(kernels_dir, ignored).string(), real_folder);
  if (!said.succeeded()) {
    const std::string how =
        said.signal != 0 ? fmt::format("the compiler was ended by signal {}", said.signal) : reason_in(log);
    throw CompileError(fmt::format("{} does not compile: {}", id, how), std::move(log));
  }
  return {std::move(log), took.count()};
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

std::string reason_in(const std::string& log) {
  for (const std::string_view mark : {"error:", "undefined reference", "error"}) {
    const std::size_t at = log.find(mark);
    if (at == std::string::npos) continue;
    const std::size_t begin = log.rfind('\n', at);
    return first_line(log.substr(begin == std::string::npos ? 0 : begin + 1));
  }
  return first_line(log);
}

}  // namespace knobscope::device::host
