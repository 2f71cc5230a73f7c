#include "device/emulated/places.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "device/child_process.h"

namespace knobscope::device::emulated {
namespace {

namespace fs = std::filesystem;

/// The lines at one address: the innermost of inlined calls first.
using Lines = std::vector<SourcePlace>;

// "…/kernels/include/knobscope/reduce.h" to "include/knobscope/reduce.h".
std::string shown_name(const std::string& path, const SourceNames& names) {
  std::error_code ignored;
  std::string folder = fs::absolute(names.kernels_dir, ignored).lexically_normal().string();
  if (!folder.ends_with('/')) folder += '/';
  const std::string normal = fs::path(path).lexically_normal().string();
  if (normal.starts_with(folder)) return normal.substr(folder.size());
  if (normal.ends_with("/" + names.id)) return names.id;
  return normal;
}

std::map<std::uint32_t, Lines> ask_addr2line(const std::vector<std::uint32_t>& offsets, const SourceNames& names) {
  std::map<std::uint32_t, Lines> lines;
  if (offsets.empty()) return lines;
  std::vector<std::string> command = {"addr2line", "-a", "-i", "-e", names.object_file};
  // A return address is behind the call it belongs to.
  for (const std::uint32_t offset : offsets) command.push_back(fmt::format("0x{:x}", offset - 1));
  const ChildResult said = run_child(command);
  if (!said.succeeded()) return lines;
  std::istringstream output(said.output);
  Lines* now = nullptr;
  for (std::string line; std::getline(output, line);) {
    if (line.starts_with("0x")) {
      now = &lines[static_cast<std::uint32_t>(std::stoul(line, nullptr, 16)) + 1];
      continue;
    }
    const std::size_t colon = line.rfind(':');
    if (now == nullptr || colon == std::string::npos || line.starts_with("??")) continue;
    SourcePlace place;
    place.file = shown_name(line.substr(0, colon), names);
    place.line = std::atoi(line.c_str() + colon + 1);
    if (place.line > 0) now->push_back(std::move(place));
  }
  return lines;
}

// Headers of ours and of the compiler are not what the author wrote; those below kernels/, and what lies beside the
// kernel file, are.
bool is_authors(const SourcePlace& place, const std::string& id) {
  const bool is_near =
      !place.file.starts_with("/") || place.file.starts_with(fs::path(id).parent_path().string() + "/");
  return is_near && place.file.find("knobscope_emulated") == std::string::npos &&
         place.file.find("knobscope_stubs") == std::string::npos && place.file != "entry_bridge.h" &&
         place.file != "entries";
}

struct Chain {
  SourcePlace at;      // the kernel file's own line, or the innermost there is
  SourcePlace within;  // the innermost, when that is another
};

Chain chain_of(const Lines& lines, const std::string& id) {
  Chain chain;
  const auto innermost = std::ranges::find_if(lines, [&id](const SourcePlace& place) { return is_authors(place, id); });
  if (innermost == lines.end()) return chain;
  const auto own = std::ranges::find(lines, id, &SourcePlace::file);
  chain.at = own != lines.end() ? *own : *innermost;
  if (!(chain.at == *innermost)) chain.within = *innermost;
  return chain;
}

}  // namespace

std::vector<Finding> located(const std::vector<RawFinding>& raw, const SourceNames& names) {
  std::vector<std::uint32_t> offsets;
  const auto want = [&offsets](std::uint32_t offset) {
    if (offset != 0) offsets.push_back(offset);
  };
  for (const RawFinding& each : raw) {
    want(each.pc);
    want(each.other_pc);
    std::ranges::for_each(each.frames, want);
  }
  std::ranges::sort(offsets);
  offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
  const std::map<std::uint32_t, Lines> known = ask_addr2line(offsets, names);
  const auto lines_at = [&known](std::uint32_t offset) {
    const auto found = known.find(offset);
    return found != known.end() ? found->second : Lines{};
  };

  std::vector<Finding> findings;
  for (const RawFinding& each : raw) {
    Finding finding;
    finding.kind = each.kind;
    finding.message = each.message;
    finding.who = each.who;
    finding.other_who = each.other_who;
    finding.count = each.count;
    if (each.launch < names.launches.size()) finding.launch = names.launches[each.launch];

    Lines lines;
    if (!each.file.empty()) lines.push_back({shown_name(each.file, names), each.line});
    for (const SourcePlace& place : lines_at(each.pc)) lines.push_back(place);
    for (const std::uint32_t frame : each.frames) {
      if (frame == each.pc) continue;
      for (const SourcePlace& place : lines_at(frame)) lines.push_back(place);
    }
    Chain chain = chain_of(lines, names.id);
    finding.at = std::move(chain.at);
    finding.within = std::move(chain.within);

    Lines others;
    if (!each.other_file.empty()) others.push_back({shown_name(each.other_file, names), each.other_line});
    for (const SourcePlace& place : lines_at(each.other_pc)) others.push_back(place);
    finding.other_at = chain_of(others, names.id).at;
    if (finding.at.file.empty()) finding.at.file = names.id;
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace knobscope::device::emulated
