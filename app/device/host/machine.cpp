#include "device/host/machine.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace knobscope::device::host {
namespace {

namespace fs = std::filesystem;

std::string line_of(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The first value of a field of /proc/cpuinfo or /proc/meminfo.
std::string field_of(const char* path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || line.find_first_not_of(" \t", name.size()) != colon) continue;
    const std::size_t begin = line.find_first_not_of(" \t", colon + 1);
    return begin == std::string::npos ? std::string{} : line.substr(begin);
  }
  return {};
}

template <class Number>
std::optional<Number> number_in(const std::string& text) {
  std::istringstream stream(text);
  Number number{};
  if (stream >> number) return number;
  return std::nullopt;
}

// "32768K"
std::int64_t bytes_in(const std::string& text) {
  const std::int64_t number = number_in<std::int64_t>(text).value_or(0);
  if (text.find('K') != std::string::npos) return number << 10;
  if (text.find('M') != std::string::npos) return number << 20;
  return number;
}

}  // namespace

std::string processor_name() {
  const std::string name = field_of("/proc/cpuinfo", "model name");
  if (!name.empty()) return name;
  utsname system{};
  return uname(&system) == 0 ? fmt::format("{} CPU", system.machine) : std::string{};
}

std::string system_name() {
  utsname system{};
  return uname(&system) == 0 ? fmt::format("{} {}", system.sysname, system.release) : std::string{};
}

Bytes total_memory() { return {static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE)}; }

Bytes last_level_cache() {
  std::map<int, std::map<std::string, std::int64_t>> caches;  // by level, by the processors that share one
  std::error_code error;
  for (fs::directory_iterator cpu("/sys/devices/system/cpu", error), end; !error && cpu != end; cpu.increment(error)) {
    const std::string name = cpu->path().filename().string();
    if (!name.starts_with("cpu") || name.find_first_not_of("0123456789", 3) != std::string::npos) continue;
    std::error_code none;
    for (fs::directory_iterator index(cpu->path() / "cache", none), last; !none && index != last;
         index.increment(none)) {
      if (line_of(index->path() / "type") == "Instruction") continue;
      const int level = number_in<int>(line_of(index->path() / "level")).value_or(0);
      const std::int64_t size = bytes_in(line_of(index->path() / "size"));
      if (level > 0 && size > 0) caches[level][line_of(index->path() / "shared_cpu_list")] = size;
    }
  }
  std::int64_t total = 0;
  if (!caches.empty()) {
    for (const auto& [shared, size] : caches.rbegin()->second) total += size;
  }
#if defined(_SC_LEVEL3_CACHE_SIZE)
  if (total == 0) total = std::max<std::int64_t>(sysconf(_SC_LEVEL3_CACHE_SIZE), sysconf(_SC_LEVEL2_CACHE_SIZE));
#endif
  return {std::max<std::int64_t>(total, 0)};
}

std::string machine_identity() {
  return field_of("/proc/cpuinfo", "model name") + "|" + field_of("/proc/cpuinfo", "cpu family") + "|" +
         field_of("/proc/cpuinfo", "model") + "|" + field_of("/proc/cpuinfo", "flags") + "|" +
         field_of("/proc/cpuinfo", "Features");
}

std::optional<Bytes> available_memory() {
  const auto kibibytes = number_in<std::int64_t>(field_of("/proc/meminfo", "MemAvailable"));
  if (!kibibytes) return std::nullopt;
  return Bytes{*kibibytes << 10};
}

std::optional<double> clock_mhz() {
  double sum = 0.0;
  int count = 0;
  for (int cpu = 0; cpu < 4096; ++cpu) {
    const fs::path folder = fmt::format("/sys/devices/system/cpu/cpu{}", cpu);
    std::error_code error;
    if (!fs::exists(folder, error)) break;
    if (const auto khz = number_in<double>(line_of(folder / "cpufreq" / "scaling_cur_freq"))) {
      sum += *khz * 1e-3;
      ++count;
    }
  }
  if (count == 0) {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
      if (!line.starts_with("cpu MHz")) continue;
      if (const auto mhz = number_in<double>(line.substr(line.find(':') + 1))) {
        sum += *mhz;
        ++count;
      }
    }
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

}  // namespace knobscope::device::host
