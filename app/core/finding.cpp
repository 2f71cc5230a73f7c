#include "core/finding.h"

namespace knobscope {
namespace {

std::string format_index(const std::array<std::int64_t, 3>& index) {
  const std::string x = std::to_string(index[0]);
  const std::string y = std::to_string(index[1]);
  if (index[2] != 0) return "(" + x + ", " + y + ", " + std::to_string(index[2]) + ")";
  if (index[1] != 0) return "(" + x + ", " + y + ")";
  return x;
}

std::string format_place(const SourcePlace& place) {
  return place.line > 0 ? place.file + ":" + std::to_string(place.line) : place.file;
}

}  // namespace

std::string format_thread(const ThreadPlace& place) {
  return "block " + format_index(place.block) + ", thread " + format_index(place.thread);
}

std::string format_finding(const Finding& finding) {
  std::string text = finding.at.file.empty() ? "" : format_place(finding.at) + ": ";
  text += std::string(name_of(finding.kind)) + ": " + finding.message;

  std::string details;
  const auto add = [&details](const std::string& detail) { details += (details.empty() ? "" : "; ") + detail; };
  if (finding.who) add(format_thread(*finding.who));
  if (!finding.within.file.empty()) add("in " + format_place(finding.within));
  if (finding.other_who || finding.other_at.line > 0) {
    std::string other = "earlier: ";
    if (finding.other_at.line > 0) {
      const bool same_file = finding.other_at.file == finding.at.file;
      other += same_file ? "line " + std::to_string(finding.other_at.line) : format_place(finding.other_at);
      if (finding.other_who) other += ", ";
    }
    if (finding.other_who) other += format_thread(*finding.other_who);
    add(other);
  }
  if (finding.count > 1) add(std::to_string(finding.count) + " times");
  return details.empty() ? text : text + " (" + details + ")";
}

}  // namespace knobscope
